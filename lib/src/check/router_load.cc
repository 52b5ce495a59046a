// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "isoflop/base/error.h"
#include "isoflop/base/suggest.h"
#include "isoflop/check/router.h"
#include "runs/cell_text.h"
#include "runs/column_map.h"
#include "runs/open_table.h"

namespace isoflop {
namespace {

constexpr std::array<std::string_view, 3> kNames = {
    "layer", "expert", "tokens"};

/// One row of a table: a place in the load and what it holds.
struct Entry {
  std::array<double, 3> values{};  ///< layer, expert, tokens
  std::int64_t row = 0;            ///< line of a file, row from 0 of columns
  std::int64_t column = 0;

  double layer() const { return values[0]; }
  double expert() const { return values[1]; }
};

/// Throws what is wrong with a row; with row < 0 with the whole.
using Complain = std::function<void(const Entry* at, const std::string&)>;

std::string whole(double value) {
  return std::to_string(static_cast<std::int64_t>(value));
}

std::string named(double layer) { return "layer " + whole(layer); }

void require_count(const Entry& entry,
                   std::size_t which,
                   const Complain& complain) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const double value = entry.values[which];
  if (value >= 0.0 && value <= kExact && value == std::floor(value)) return;
  std::string text = std::string(kNames[which]) + " is " +
                     format_number(value, 6) + ", but must be a whole number";
  text += value < 0.0 ? " >= 0" : "";
  if (which == 2 && value > 0.0) {
    text += ": counts of tokens, not shares of them";
  }
  complain(&entry, text);
}

/// Experts of one layer count from 0 or 1 without a gap.
void require_experts(const std::vector<Entry>& layer,
                     const Complain& complain) {
  const double first = layer.front().expert();
  if (first > 1.0) {
    complain(&layer.front(),
             named(layer.front().layer()) + " begins with expert " +
                 whole(first) +
                 "; experts count from 0 or 1, and one without "
                 "tokens has a row with 0");
  }
  for (std::size_t i = 1; i < layer.size(); ++i) {
    const double expected = layer[i - 1].expert() + 1.0;
    const double found = layer[i].expert();
    if (found < expected) {
      complain(&layer[i],
               named(layer[i].layer()) + ", expert " + whole(found) +
                   " is given twice; one window of training is one table");
    }
    if (found > expected) {
      complain(&layer[i],
               named(layer[i].layer()) + " has no expert " + whole(expected) +
                   "; one without tokens has a row with 0");
    }
  }
}

/// The numbers of the layers have equal steps: a gap is a layer lost.
void require_steps(const std::vector<std::int64_t>& layers,
                   const Complain& complain) {
  if (layers.size() < 3) return;
  std::int64_t step = layers[1] - layers[0];
  for (std::size_t i = 1; i < layers.size(); ++i) {
    step = std::min(step, layers[i] - layers[i - 1]);
  }
  for (std::size_t i = 1; i < layers.size(); ++i) {
    if (layers[i] - layers[i - 1] == step) continue;
    complain(nullptr,
             "layer " + std::to_string(layers[i - 1] + step) +
                 " is missing between " + std::to_string(layers[i - 1]) +
                 " and " + std::to_string(layers[i]) +
                 "; if it has no router, number those that have one 0, 1, 2 "
                 "and so on");
  }
}

RouterLoad load_of(std::vector<Entry> entries, const Complain& complain) {
  if (entries.empty()) complain(nullptr, "no rows");
  for (const Entry& entry : entries) {
    for (std::size_t k = 0; k < kNames.size(); ++k) {
      require_count(entry, k, complain);
    }
  }
  std::stable_sort(
      entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::pair(a.layer(), a.expert()) <
               std::pair(b.layer(), b.expert());
      });
  std::vector<std::vector<Entry>> layers;
  for (const Entry& entry : entries) {
    if (layers.empty() || layers.back().back().layer() != entry.layer()) {
      layers.emplace_back();
    }
    layers.back().push_back(entry);
  }
  RouterLoad load;
  for (const std::vector<Entry>& layer : layers) {
    require_experts(layer, complain);
    const std::vector<Entry>& first = layers.front();
    if (layer.size() != first.size() ||
        layer.front().expert() != first.front().expert()) {
      const auto range = [](const std::vector<Entry>& of) {
        return "experts " + whole(of.front().expert()) + " to " +
               whole(of.back().expert());
      };
      complain(&layer.front(),
               named(layer.front().layer()) + " has " + range(layer) + ", " +
                   named(first.front().layer()) + " has " + range(first) +
                   "; one without tokens has a row with 0");
    }
    load.layers.push_back(static_cast<std::int64_t>(layer.front().layer()));
  }
  require_steps(load.layers, complain);
  const auto experts = static_cast<Eigen::Index>(layers.front().size());
  if (experts < 2) complain(nullptr, "one expert a layer needs no router");
  load.tokens.resize(std::ssize(layers), experts);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (Eigen::Index j = 0; j < experts; ++j) {
      load.tokens(static_cast<Eigen::Index>(i), j) =
          layers[i][static_cast<std::size_t>(j)].values[2];
    }
    if (load.tokens.row(static_cast<Eigen::Index>(i)).sum() > 0.0) continue;
    complain(&layers[i].front(),
             named(layers[i].front().layer()) + " was given no tokens at all");
  }
  return load;
}

/// Which column holds layer, expert and tokens.
/// @throws detail::ColumnError
std::array<std::size_t, 3> find_columns(
    const std::vector<std::string>& header) {
  // clang-format off
  static const std::vector<std::string_view> kOthers[3] = {
      {"layer", "layerid", "layeridx", "layerindex", "layernumber", "block",
       "blockid", "blockidx", "depth", "l"},
      {"expert", "expertid", "expertidx", "expertindex", "expertnumber", "e"},
      {"tokens", "load", "count", "counts", "tokencount", "ntokens",
       "numtokens", "tokensperexpert", "expertload", "assignments"}};
  // clang-format on
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::array<std::size_t, 3> found;
  found.fill(kNone);
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string folded = detail::fold_name(header[i]);
    const auto* const other = std::find_if(
        std::begin(kOthers), std::end(kOthers), [&](const auto& names) {
          return std::find(names.begin(), names.end(), folded) != names.end();
        });
    if (other == std::end(kOthers)) {
      throw detail::ColumnError(
          "column " + detail::quoted(header[i]) +
          " is not one of layer, expert and tokens; rename it or leave it out");
    }
    std::size_t& place = found[static_cast<std::size_t>(other - kOthers)];
    if (place != kNone) {
      throw detail::ColumnError(
          "both " + detail::quoted(header[place]) + " and " +
          detail::quoted(header[i]) + " may be " +
          std::string(kNames[other - kOthers]) + "; leave out one");
    }
    place = i;
  }
  for (std::size_t k = 0; k < kNames.size(); ++k) {
    if (found[k] != kNone) continue;
    throw detail::ColumnError("no column holds the " + std::string(kNames[k]) +
                              "; columns found: " + detail::list_names(header));
  }
  return found;
}

/// Rows of a table as numbers.
std::vector<Entry> read_entries(detail::RecordSource& records) {
  if (!records.next()) {
    throw DataError({records.name(), 0, 0},
                    "no header: only blanks and comments");
  }
  const std::vector<std::string> header = detail::header_names(records.cells());
  std::array<std::size_t, 3> columns{};
  try {
    columns = find_columns(header);
  } catch (const detail::ColumnError& error) {
    throw DataError({records.name(), records.line(), 0}, error.what());
  }
  std::vector<Entry> entries;
  while (records.next()) {
    const std::vector<detail::CsvCell>& cells = records.cells();
    if (cells.size() != header.size()) {
      throw DataError({records.name(), records.line(), 0},
                      std::to_string(cells.size()) +
                          " cells found, but the header has " +
                          std::to_string(header.size()));
    }
    Entry& entry = entries.emplace_back();
    for (std::size_t k = 0; k < kNames.size(); ++k) {
      const detail::CsvCell& cell = cells[columns[k]];
      const auto number = detail::loose_number(cell.text);
      if (!number || std::isnan(*number)) {
        throw DataError({records.name(), cell.line, cell.column},
                        std::string(kNames[k]) + " is " +
                            detail::quoted(cell.text) +
                            ", but must be a whole number >= 0");
      }
      entry.values[k] = *number;
      entry.row = cell.line;
      // The tokens are what is wrong most often.
      entry.column = cell.column;
    }
  }
  return entries;
}

}  // namespace

RouterLoad read_router_load(const std::string& path) {
  std::ifstream in = detail::open_runs_file(path);
  detail::OpenTable table(in, path, {});
  RouterLoad load = load_of(
      read_entries(table.records()),
      [&](const Entry* at, const std::string& problem) {
        throw DataError({path, at ? at->row : 0, at ? at->column : 0}, problem);
      });
  load.source = path;
  return load;
}

RouterLoad router_load(const std::vector<NamedColumn>& columns) {
  std::vector<std::string> header;
  for (const NamedColumn& column : columns) header.push_back(column.name);
  std::array<std::size_t, 3> places{};
  try {
    places = find_columns(header);
  } catch (const detail::ColumnError& error) {
    throw std::invalid_argument("router load: " + std::string(error.what()));
  }
  const Eigen::Index rows = columns[places[0]].values.size();
  std::vector<Entry> entries(static_cast<std::size_t>(rows));
  for (std::size_t k = 0; k < kNames.size(); ++k) {
    const NamedColumn& column = columns[places[k]];
    if (column.values.size() != rows) {
      throw std::invalid_argument("router load: " + columns[places[0]].name +
                                  " has " + std::to_string(rows) + " rows, " +
                                  column.name + " has " +
                                  std::to_string(column.values.size()));
    }
    for (Eigen::Index i = 0; i < rows; ++i) {
      entries[static_cast<std::size_t>(i)].values[k] = column.values[i];
      entries[static_cast<std::size_t>(i)].row = i;
    }
  }
  RouterLoad load = load_of(
      std::move(entries), [](const Entry* at, const std::string& problem) {
        throw std::invalid_argument(
            "router load: " +
            (at ? "row " + std::to_string(at->row) + ": " : std::string()) +
            problem);
      });
  load.source = "columns";
  return load;
}

RouterLoad router_load(const Eigen::MatrixXd& tokens) {
  Eigen::VectorXd layer(tokens.size());
  Eigen::VectorXd expert(tokens.size());
  Eigen::VectorXd flat(tokens.size());
  for (Eigen::Index i = 0; i < tokens.rows(); ++i) {
    for (Eigen::Index j = 0; j < tokens.cols(); ++j) {
      const Eigen::Index at = i * tokens.cols() + j;
      layer[at] = static_cast<double>(i);
      expert[at] = static_cast<double>(j);
      flat[at] = tokens(i, j);
    }
  }
  return router_load({{"layer", std::move(layer)},
                      {"expert", std::move(expert)},
                      {"tokens", std::move(flat)}});
}

}  // namespace isoflop
