// SPDX-License-Identifier: Apache-2.0
#include "runs/column_map.h"

#include <algorithm>

#include "isoflop/base/suggest.h"
#include "isoflop/runs/runs.h"
#include "runs/cell_text.h"
#include "runs/file_kind.h"

namespace isoflop {

const std::vector<ColumnAlias>& column_aliases() {
  // clang-format off
  static const std::vector<ColumnAlias> kAliases{
      {"params",
       {"n", "nparams", "numparams", "parameters", "nparameters",
        "numparameters", "paramcount", "parameter", "parametercount",
        "modelsize", "modelparams", "size", "totalparams", "nparamstotal",
        "ntotal", "paramstotal"},
       "trainable parameters, a count"},
      {"tokens",
       {"d", "ntokens", "numtokens", "traintokens", "trainingtokens",
        "dtokens", "ntraintokens", "tokencount", "tokensseen", "datasetsize",
        "datasize", "totaltokens"},
       "training tokens, a count"},
      {"flops",
       {"c", "flop", "compute", "trainflop", "trainflops", "trainingflop",
        "trainingflops", "trainingcompute", "traincompute", "totalflop",
        "totalflops", "computeflop", "computeflops"},
       "training compute, FLOP"},
      {"loss",
       {"l", "lossnats", "finalloss", "valloss", "evalloss", "evallossnats",
        "testloss", "validationloss", "vallossnats", "finalvalloss",
        "eval/loss", "val/loss", "valid/loss", "validation/loss", "test/loss"},
       "final loss, nats per token"},
      {"unique_tokens",
       {"uniquedata", "nuniquetokens", "numuniquetokens"},
       "tokens that differ, a count"},
      {"weight", {"sampleweight"}, "relative weight, > 0"},
      {"loss_sd",
       {"sigma", "lossstd", "losssigma"},
       "standard deviation of the loss, in its unit; gives the weight"},
      {"bytes_per_token", {}, "bytes in a token, for bits per byte"},
      {"name", {"runid", "run", "runname", "model", "id"}, "label of a run"},
      {"group", {"family", "cluster"}, "runs that vary together"},
      {"loss_unit",
       {},
       "of a row's loss: nats, bits, bits_per_byte or perplexity"}};
  // clang-format on
  return kAliases;
}

namespace detail {
namespace {

using Names = std::vector<std::string>;

const ColumnAlias& alias_of(int role) {
  return column_aliases()[static_cast<std::size_t>(role)];
}

bool is_alias(int role, std::string_view folded) {
  const auto& aliases = alias_of(role).aliases;
  return std::find(aliases.begin(), aliases.end(), folded) != aliases.end();
}

Names printable_names(const Names& names) {
  Names result;
  for (const std::string& name : names) result.push_back(excerpt(name));
  return result;
}

const std::string& at(const Names& names, int index) {
  return names[static_cast<std::size_t>(index)];
}

/// The one of several columns that hold the same thing.
[[noreturn]] void fail_ambiguous(const Names& header,
                                 const std::vector<int>& columns,
                                 std::string_view wanted,
                                 bool is_file) {
  const std::string& first = at(header, columns[0]);
  const std::string& second = at(header, columns[1]);
  std::string text;
  if (first == second) {
    text = "column " + quoted(first) + " appears twice (cells " +
           std::to_string(columns[0] + 1) + " and " +
           std::to_string(columns[1] + 1) + " of the header); rename one";
  } else {
    text = "both " + quoted(first) + " and " + quoted(second) + " may be " +
           std::string(wanted);
    text += is_file ? "; say which, as in --column " + std::string(wanted) +
                          "=" + excerpt(first)
                    : "; rename or leave out one";
  }
  throw ColumnError(text);
}

/// How well a column name fits a role: 0 the same text, 1 the same folded
/// name, 2 an alias, 3 not at all.
int mismatch(const std::string& name, const std::string& folded, int role) {
  const std::string_view standard = alias_of(role).name;
  if (name == standard) return 0;
  if (folded == fold_name(standard)) return 1;
  return is_alias(role, folded) ? 2 : 3;
}

/// Labels are no numbers to get wrong: of several the first alias listed.
int first_alias(const Names& folded,
                const std::vector<int>& columns,
                int role) {
  for (const std::string_view alias : alias_of(role).aliases) {
    for (const int column : columns) {
      if (at(folded, column) == alias) return column;
    }
  }
  return columns.front();
}

int find_role(const Names& header,
              const Names& folded,
              const std::vector<bool>& taken,
              int role,
              bool is_file) {
  std::array<std::vector<int>, 3> found;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (taken[i]) continue;
    const int tier = mismatch(header[i], folded[i], role);
    if (tier < 3) {
      found[static_cast<std::size_t>(tier)].push_back(static_cast<int>(i));
    }
  }
  for (std::size_t tier = 0; tier < found.size(); ++tier) {
    const std::vector<int>& columns = found[tier];
    if (columns.empty()) continue;
    if (columns.size() == 1) return columns.front();
    if (tier == 2 && role >= kNumberRoles) {
      return first_alias(folded, columns, role);
    }
    fail_ambiguous(header, columns, alias_of(role).name, is_file);
  }
  return -1;
}

/// Columns that may be meant by a missing role: "c4_loss" for loss.
std::string guess_column(const Names& all, const ColumnMap& map, int role) {
  Names header;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_aggregate =
        all[i].ends_with("__MIN") || all[i].ends_with("__MAX");
    if (!map.uses(static_cast<int>(i)) && !is_aggregate) {
      header.push_back(all[i]);
    }
  }
  const std::string stem = role == static_cast<int>(Role::Flops)
                               ? "flop"
                               : fold_name(alias_of(role).name);
  for (const std::string& name : header) {
    if (fold_name(name).find(stem) != std::string::npos) return name;
  }
  std::string near = suggest(alias_of(role).name, header);
  for (const std::string_view alias : alias_of(role).aliases) {
    if (near.empty() && alias.size() >= 4) near = suggest(alias, header);
  }
  return near;
}

[[noreturn]] void fail_missing(const Names& header,
                               const ColumnMap& map,
                               int role,
                               const std::string& what,
                               bool is_file) {
  std::string text = what + "; columns found: " + list_names(header);
  if (header.size() == 1 && is_file) {
    text += " (only one; is the separator another than ',', ';' and tab?)";
  }
  if (!header.empty() && is_file &&
      std::all_of(header.begin(), header.end(), [](const std::string& cell) {
        return loose_number(cell).has_value();
      })) {
    text += " (all numbers; is the header row missing?)";
  }
  const std::string guess = guess_column(header, map, role);
  const std::string name(alias_of(role).name);
  if (!guess.empty()) text += "; did you mean " + quoted(guess) + "?";
  if (is_file) {
    text += guess.empty() ? "; name it" : " Name it";
    text += " with --column " + name + "=" +
            (guess.empty() ? "COLUMN" : excerpt(guess));
  }
  throw ColumnError(text);
}

void require_columns(const Names& header,
                     const ColumnMap& map,
                     bool is_file,
                     TableKind kind) {
  const bool is_curves = kind == TableKind::Curves;
  const bool needs_loss = kind != TableKind::PlannedRuns;
  if (!is_curves && map.of(Role::Params) < 0 && map.of(Role::Tokens) < 0) {
    const std::string curve = describe_curve_header(header);
    if (!curve.empty()) throw ColumnError(curve);
  }
  if (needs_loss && map.of(Role::Loss) < 0) {
    fail_missing(header,
                 map,
                 static_cast<int>(Role::Loss),
                 "no column holds the loss",
                 is_file);
  }
  if (is_curves) {
    if (std::any_of(header.begin(), header.end(), is_step)) return;
    throw ColumnError("no column holds the step; columns found: " +
                      list_names(header));
  }
  Names have;
  int missing = -1;
  for (const Role role : {Role::Flops, Role::Tokens, Role::Params}) {
    if (map.of(role) >= 0) {
      have.emplace_back(name_of(role));
    } else {
      missing = static_cast<int>(role);
    }
  }
  if (have.size() >= 2) return;
  const bool is_compute_only = needs_loss && map.of(Role::Flops) >= 0;
  if (is_compute_only) {
    // A column that looks like the other one is more likely meant.
    for (const Role role : {Role::Tokens, Role::Params}) {
      missing = static_cast<int>(role);
      if (!guess_column(header, map, missing).empty()) break;
      missing = -1;
    }
    if (missing < 0) return;
  }
  fail_missing(header,
               map,
               missing,
               "two of params, tokens and flops are needed, but there is " +
                   (have.empty() ? "none" : "only " + have.front()),
               is_file);
}

int choose_role(std::string_view name) {
  const int role = role_of(name);
  if (role >= 0) return role;
  Names known;
  for (const ColumnAlias& alias : column_aliases()) {
    known.emplace_back(alias.name);
  }
  throw std::invalid_argument("column: " + quoted(name) + " is not one of " +
                              join_words(known) + did_you_mean(name, known));
}

void check_aggregate(const std::string& name) {
  if (!name.ends_with("__MIN") && !name.ends_with("__MAX")) return;
  throw ColumnError("column " + quoted(name) +
                    " is the extreme over a group of runs that W&B adds on "
                    "export, not a value of one run; use " +
                    quoted(name.substr(0, name.size() - 5)));
}

void apply_choices(const Names& header, const Names& chosen, ColumnMap& map) {
  for (const std::string& text : chosen) {
    const Assignment pair = split_assignment(text, "column", "loss=eval_loss");
    const auto role = static_cast<std::size_t>(choose_role(pair.left));
    if (map.index[role] >= 0) {
      throw std::invalid_argument("column: " + quoted(pair.left) +
                                  " is given twice");
    }
    map.index[role] = find_column(header, pair.right);
    if (map.index[role] < 0) {
      throw ColumnError("no column " + quoted(pair.right) + " (--column " +
                        excerpt(text) + ")" + near_column(pair.right, header) +
                        "; columns found: " + list_names(header));
    }
  }
}

}  // namespace

bool is_step(const std::string& name) {
  constexpr std::string_view kNames[] = {"step",
                                         "globalstep",
                                         "trainstep",
                                         "trainingstep",
                                         "train/globalstep",
                                         "trainer/globalstep",
                                         "iteration",
                                         "iter"};
  const std::string folded = fold_name(name);
  return std::find(std::begin(kNames), std::end(kNames), folded) !=
         std::end(kNames);
}

std::string_view name_of(Role role) {
  return alias_of(static_cast<int>(role)).name;
}

const Unit* unit_of(Role role) {
  switch (role) {
    case Role::Params:
      return &ParamsTag::unit;
    case Role::Tokens:
    case Role::UniqueTokens:
      return &TokensTag::unit;
    case Role::Flops:
      return &FlopsTag::unit;
    case Role::Loss:
      return &NatsTag::unit;
    default:
      return nullptr;
  }
}

std::string fold_name(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == ' ' || c == '\t' || c == '_' || c == '-') continue;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return folded;
}

int role_of(std::string_view name) {
  const std::string folded = fold_name(name);
  for (int role = 0; role < kRoleCount; ++role) {
    if (folded == fold_name(alias_of(role).name)) return role;
  }
  for (int role = 0; role < kRoleCount; ++role) {
    if (is_alias(role, folded)) return role;
  }
  return -1;
}

Assignment split_assignment(std::string_view text,
                            std::string_view option,
                            std::string_view example) {
  const auto equals = text.find('=');
  if (equals != std::string_view::npos) {
    const std::string_view left = trim(text.substr(0, equals));
    const std::string_view right = trim(text.substr(equals + 1));
    if (!left.empty() && !right.empty()) {
      return {std::string(left), std::string(right)};
    }
  }
  throw std::invalid_argument(std::string(option) + ": " + quoted(text) +
                              " is not of the form NAME=VALUE, as in " +
                              std::string(example));
}

bool ColumnMap::uses(int column) const {
  return std::find(index.begin(), index.end(), column) != index.end();
}

int find_column(const Names& header, std::string_view name) {
  name = trim(name);
  const std::string folded = fold_name(name);
  for (const bool exact : {true, false}) {
    std::vector<int> found;
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (exact ? header[i] == name : fold_name(header[i]) == folded) {
        found.push_back(static_cast<int>(i));
      }
    }
    if (found.size() == 1) return found.front();
    if (found.size() > 1) {
      const std::string& second = at(header, found[1]);
      throw ColumnError("column " + quoted(name) + " is not unique: cells " +
                        std::to_string(found[0] + 1) + " and " +
                        std::to_string(found[1] + 1) + " of the header" +
                        (second == name ? "" : " (" + quoted(second) + ")"));
    }
  }
  return -1;
}

std::string near_column(std::string_view name, const Names& header) {
  return did_you_mean(name, printable_names(header));
}

ColumnMap find_columns(const Names& header, const Names& chosen, bool is_file) {
  ColumnMap map;
  map.index.fill(-1);
  apply_choices(header, chosen, map);
  std::vector<bool> taken(header.size(), false);
  for (const int column : map.index) {
    if (column >= 0) taken[static_cast<std::size_t>(column)] = true;
  }
  Names folded;
  for (const std::string& name : header) folded.push_back(fold_name(name));
  for (int role = 0; role < kRoleCount; ++role) {
    int& index = map.index[static_cast<std::size_t>(role)];
    if (index < 0) index = find_role(header, folded, taken, role, is_file);
    if (index >= 0) check_aggregate(at(header, index));
  }
  return map;
}

void refuse_two_losses(const Names& header,
                       const Names& chosen,
                       const ColumnMap& map,
                       bool is_file) {
  constexpr int kLoss = static_cast<int>(Role::Loss);
  const int loss = map.of(Role::Loss);
  const bool is_chosen =
      std::any_of(chosen.begin(), chosen.end(), [](const std::string& text) {
        return role_of(text.substr(0, text.find('='))) == kLoss;
      });
  if (is_chosen || loss < 0 || fold_name(at(header, loss)) != "loss") return;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string folded = fold_name(header[i]);
    const bool is_evaluated = folded.find("val") != std::string::npos ||
                              folded.find("test") != std::string::npos;
    if (is_evaluated && is_alias(kLoss, folded)) {
      fail_ambiguous(
          header, {static_cast<int>(i), loss}, name_of(Role::Loss), is_file);
    }
  }
}

ColumnMap map_columns(const Names& header,
                      const Names& chosen,
                      bool is_file,
                      TableKind kind) {
  const ColumnMap map = find_columns(header, chosen, is_file);
  require_columns(header, map, is_file, kind);
  // Of loss curves that of training is as often meant.
  if (kind != TableKind::Curves) {
    refuse_two_losses(header, chosen, map, is_file);
  }
  return map;
}

}  // namespace detail
}  // namespace isoflop
