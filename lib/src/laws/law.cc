// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/law.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/file_text.h"
#include "isoflop/base/error.h"
#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"

namespace isoflop {

std::map<std::string, double> Law::named_coefficients() const {
  std::map<std::string, double> named;
  for (int j = 0; j < form->coefficient_count(); ++j) {
    const auto& info = form->coefficients()[static_cast<std::size_t>(j)];
    named[std::string(info.name)] = coefficients[j];
  }
  return named;
}

double Law::value(const InputValues& inputs) const {
  const Eigen::VectorXd at = input_vector(*form, inputs, "predict");
  const Eigen::VectorXd theta = form->theta_from_coefficients(coefficients);
  return from_scale(form->evaluate(theta.data(), at.data()),
                    form->output().scale);
}

Nats Law::loss(Params params, Tokens tokens) const {
  const auto bound = bind_inputs(form, {}, "predict");
  const std::string size(bound->inputs()[0].name);
  const Eigen::VectorXd at = input_vector(
      *bound,
      {{size, params.value()}, {std::string(kTokens.name), tokens.value()}},
      "predict");
  const Eigen::VectorXd theta = form->theta_from_coefficients(coefficients);
  return Nats(from_scale(bound->evaluate(theta.data(), at.data()),
                         form->output().scale));
}

Interval widened(const Interval& interval, double value, double factor) {
  return {value * std::pow(interval.low / value, factor),
          value * std::pow(interval.high / value, factor)};
}

double Law::widening_at(Flops flops) const {
  if (widening.empty() || !range.flops) return 1.0;
  const double beyond = flops.value() / range.flops->high;
  Widening from;
  for (const Widening& to : widening) {
    if (beyond <= to.distance) {
      const double share = std::log(std::max(beyond, 1.0) / from.distance) /
                           std::log(to.distance / from.distance);
      return from.factor + std::max(share, 0.0) * (to.factor - from.factor);
    }
    from = to;
  }
  return from.factor;
}

Law bind_inputs(const Law& law,
                const InputValues& fixed,
                std::string_view owner) {
  Law bound = law;
  bound.form = bind_inputs(law.form, fixed, owner);
  return bound;
}

std::vector<Finding> law_notes(const Law& law) {
  std::vector<Finding> notes;
  const Provenance& known = law.provenance;
  if (!law.has_draws()) {
    notes.push_back({"law.no-draws",
                     Severity::Note,
                     "the law '" + law.id +
                         "' comes without draws: how far it may be off is not "
                         "known, and there are no intervals",
                     "compare with a law that has draws",
                     {}});
  }
  if (law.status == LawStatus::Published && !known.counts_all_params()) {
    notes.push_back({"law.params-counted",
                     Severity::Note,
                     "the law '" + law.id +
                         "' counts as size: " + known.params_counted +
                         "; sizes given and found are taken so",
                     known.params_counted.find("embedding") == std::string::npos
                         ? ""
                         : "convert with the law pearce_song2024",
                     {}});
  }
  std::vector<std::string> assumed;
  for (const Variable& input : law.form->inputs()) {
    const bool is_taken =
        !input.has_absent() || input.name == kUniqueTokens.name;
    if (!is_taken) assumed.emplace_back(input.name);
  }
  if (!assumed.empty()) {
    notes.push_back({"law.assumed-inputs",
                     Severity::Note,
                     "the law '" + law.id + "' also reads " +
                         join_words(assumed) +
                         ": a dense model at full precision is assumed",
                     "isoflop predict takes them",
                     {}});
  }
  return notes;
}

bool is_runs_path(std::string_view name) {
  return name.ends_with(".csv") || name.ends_with(".tsv") ||
         name.ends_with(".jsonl");
}

bool is_law_path(std::string_view id_or_path) {
  return id_or_path.ends_with(".json") || is_runs_path(id_or_path) ||
         id_or_path.find('/') != std::string_view::npos;
}

Law find_law(const std::string& id_or_path, bool allow_unverified) {
  if (is_runs_path(id_or_path)) {
    throw std::invalid_argument(
        "law '" + printable(id_or_path, 80) +
        "' is a table of runs, but a law is asked for here: fit it first, "
        "isoflop fit RUNS -o law.json");
  }
  if (!id_or_path.ends_with(".json") &&
      id_or_path.find_first_of("+*^()") != std::string::npos) {
    throw std::invalid_argument(
        "law '" + printable(id_or_path, 80) +
        "' is a formula without coefficients: fit it "
        "first, isoflop fit RUNS --law ... -o law.json");
  }
  return is_law_path(id_or_path) ? read_law(id_or_path)
                                 : published_law(id_or_path, allow_unverified);
}

Law read_law(const std::string& path) {
  const std::string text = read_text_file(path);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || text[first] != '{') {
    throw DataError(
        {path, 0, 0},
        "is no law: one that isoflop fit -o saved is JSON, and a table of "
        "runs to learn from has a name in .csv, .tsv or .jsonl");
  }
  return parse_law(text, path);
}

void write_law(const Law& law, const std::string& path, bool replace) {
  write_text_file(path, law_text(law), replace);
}

void require_writable(const std::string& path, bool replace) {
  require_writable_file(path, replace);
}

}  // namespace isoflop
