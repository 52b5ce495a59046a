// SPDX-License-Identifier: Apache-2.0
#include "fit/candidate_runs.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

/// Columns of the inputs that have a meaning of their own.
struct Columns {
  explicit Columns(const Form& form)
      : params(form.input_index(kParams.name)),
        active(form.input_index(kActiveParams.name)),
        tokens(form.input_index(kTokens.name)),
        unique(form.input_index(kUniqueTokens.name)) {}

  std::optional<int> size() const { return active ? active : params; }

  std::optional<int> params, active, tokens, unique;
};

/// A run under way: its inputs so far, its size and its data.
struct Place {
  Eigen::RowVectorXd inputs;
  double log_size = 0.0;
  double log_tokens = 0.0;
};

std::vector<double> finite_values(const Eigen::VectorXd& column) {
  std::vector<double> values;
  for (const double value : column) {
    if (std::isfinite(value)) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

/// Levels of an input on its scale: of the runs where they vary it, else some
/// about the one that they have.
std::vector<double> levels_of(const Variable& variable,
                              const Eigen::VectorXd& column) {
  constexpr double kSteps[] = {1.0, 4.0, 16.0};
  const std::vector<double> values = finite_values(column);
  if (values.size() > 1) {
    return {values.front(), values[values.size() / 2], values.back()};
  }
  const double at =
      values.empty() ? 1.0 : from_scale(values[0], variable.scale);
  std::vector<double> levels;
  // A run without it, as a dense one beside mixtures.
  const double without = to_scale(variable.absent, variable.scale);
  if (std::isfinite(without) && variable.absent != at) {
    levels.push_back(without);
  }
  for (const double step : kSteps) {
    // What is a share comes nearer to its end, a count grows.
    double level = std::isfinite(variable.high)
                       ? variable.high - (variable.high - at) / step
                       : at * step;
    if (at < 0.0) level = at / step;
    if (variable.contains(level)) {
      levels.push_back(to_scale(level, variable.scale));
    }
  }
  return levels;
}

std::vector<Place> sizes_and_data(const Columns& columns,
                                  const WeightedInputs& present,
                                  int side) {
  const Eigen::VectorXd size = present.inputs.col(*columns.size());
  const double log_product = present.budget.maxCoeff() - kLog6;
  const double middle = 0.5 * (size.maxCoeff() + size.minCoeff());
  const Eigen::Index width = present.inputs.cols();
  std::vector<Place> places;
  for (int i = 0; i < side; ++i) {
    const double log_size =
        middle + std::log(5.0) * (2.0 * i / (side - 1) - 1.0);
    if (!columns.tokens) {
      if (log_size > size.maxCoeff()) continue;
      places.push_back({Eigen::RowVectorXd::Zero(width),
                        log_size,
                        log_product - size.maxCoeff()});
      continue;
    }
    for (int j = 0; j < side; ++j) {
      const double log_ratio = std::log(4.0) + std::log(25.0) * j / (side - 1);
      if (2.0 * log_size + log_ratio > log_product) continue;
      places.push_back(
          {Eigen::RowVectorXd::Zero(width), log_size, log_size + log_ratio});
    }
  }
  for (Place& place : places) {
    place.inputs[*columns.size()] = place.log_size;
    if (columns.tokens) place.inputs[*columns.tokens] = place.log_tokens;
  }
  return places;
}

/// Every place with every value that one more input may have there.
/// @param value  of a level at a place
template <class Value>
std::vector<Place> times(const std::vector<Place>& places,
                         int column,
                         const std::vector<double>& levels,
                         const Value& value) {
  std::vector<Place> found;
  for (const double level : levels) {
    for (Place place : places) {
      place.inputs[column] = value(place, level);
      found.push_back(std::move(place));
    }
  }
  return found;
}

std::vector<Place> with_other_inputs(const Form& form,
                                     const Columns& columns,
                                     const WeightedInputs& present,
                                     std::vector<Place> places) {
  const std::vector<double> epochs = {0.0, std::log(4.0), std::log(16.0)};
  for (int k = 0; k < form.input_count(); ++k) {
    if (k == columns.size() || k == columns.tokens) continue;
    if (k == columns.unique) {
      places = times(places, k, epochs, [](const Place& place, double level) {
        return place.log_tokens - level;
      });
    } else if (k == columns.params) {
      // Of a mixture: all parameters over those that are active.
      const Eigen::VectorXd ratio =
          present.inputs.col(k) - present.inputs.col(*columns.size());
      places = times(places,
                     k,
                     levels_of(kParams, ratio),
                     [](const Place& place, double level) {
                       return place.log_size + level;
                     });
    } else {
      const Variable& variable = form.inputs()[static_cast<std::size_t>(k)];
      places = times(places,
                     k,
                     levels_of(variable, present.inputs.col(k)),
                     [](const Place&, double level) { return level; });
    }
  }
  return places;
}

SuggestedRun name_of(const Form& form,
                     const Columns& columns,
                     const Place& place) {
  SuggestedRun run{
      Params(std::exp(place.log_size)), Tokens(std::exp(place.log_tokens)), {}};
  for (int k = 0; k < form.input_count(); ++k) {
    const Variable& variable = form.inputs()[static_cast<std::size_t>(k)];
    const double value = from_scale(place.inputs[k], variable.scale);
    if (k == columns.params) {
      run.params = Params(value);
    } else if (k != columns.tokens) {
      run.others[std::string(variable.name)] = value;
    }
  }
  return run;
}

}  // namespace

std::string describe(const SuggestedRun& run) {
  std::string text = format_quantity(run.params, 2) + " params on " +
                     format_quantity(run.tokens, 2) + " tokens";
  std::vector<std::string> others;
  for (const auto& [name, value] : run.others) {
    others.push_back(name + " " +
                     (value < 1e3
                          ? format_number(value, 3)
                          : format_quantity(value, ParamsTag::unit, 2)));
  }
  return others.empty() ? text : text + " (" + join_words(others) + ")";
}

CandidateRuns candidate_runs(const Form& form, const WeightedInputs& present) {
  const Columns columns(form);
  CandidateRuns found;
  if (!columns.size()) return found;
  const bool is_plain = form.input_count() == (columns.tokens ? 2 : 1);
  const std::vector<Place> places =
      with_other_inputs(form,
                        columns,
                        present,
                        sizes_and_data(columns, present, is_plain ? 7 : 5));
  const auto count = static_cast<Eigen::Index>(places.size());
  found.runs.inputs.resize(count, present.inputs.cols());
  found.runs.weight.setOnes(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Place& place = places[static_cast<std::size_t>(i)];
    found.runs.inputs.row(i) = place.inputs;
    found.named.push_back(name_of(form, columns, place));
  }
  return found;
}

}  // namespace isoflop
