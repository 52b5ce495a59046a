// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "isoflop/units/quantity.h"

namespace isoflop::detail {

/// The standard columns, in the order of `column_aliases`.
enum class Role {
  Params,
  Tokens,
  Flops,
  Loss,
  UniqueTokens,
  Weight,
  LossSd,
  BytesPerToken,
  Name,
  Group,
  LossUnit
};
inline constexpr int kRoleCount = 11;
inline constexpr int kNumberRoles = 8;  ///< the first ones hold numbers

std::string_view name_of(Role role);
/// Unit of the cells; nullptr for a plain number.
const Unit* unit_of(Role role);

/// Lower case, without blanks, `_` and `-`: how names are compared.
std::string fold_name(std::string_view name);

/// The role of a standard name or alias, or -1.
int role_of(std::string_view name);

/// "params=N" from an option.
struct Assignment {
  std::string left;
  std::string right;
};

/// @param option   name for messages.
/// @param example  what a right value looks like.
/// @throws std::invalid_argument if there is no '=' or a side is empty.
Assignment split_assignment(std::string_view text,
                            std::string_view option,
                            std::string_view example);

/// Columns that do not fit together; the caller adds the place.
class ColumnError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Which column of the table holds what; -1 for none.
struct ColumnMap {
  std::array<int, kRoleCount> index{};

  int of(Role role) const { return index[static_cast<std::size_t>(role)]; }
  bool uses(int column) const;
};

/// The column that a user means by a name: the same text, else the same
/// folded name.
/// @return -1 if there is none.
/// @throws ColumnError if there are several.
int find_column(const std::vector<std::string>& header, std::string_view name);

/// "; did you mean 'X'?" over column names, or "".
std::string near_column(std::string_view name,
                        const std::vector<std::string>& header);

/// Which column has which role, as far as there is one.
///
/// A choice of the caller wins over the standard name, that over its aliases.
///
/// @param chosen   "loss=eval/loss" by the caller.
/// @param is_file  messages tell of --column.
/// @throws ColumnError for ambiguous and duplicate columns.
/// @throws std::invalid_argument for a choice of an unknown role.
ColumnMap find_columns(const std::vector<std::string>& header,
                       const std::vector<std::string>& chosen,
                       bool is_file);

/// Trackers write the loss of training as "loss" beside that of evaluation:
/// nobody can know which is meant.
/// @throws ColumnError where both are there and the caller chose none.
void refuse_two_losses(const std::vector<std::string>& header,
                       const std::vector<std::string>& chosen,
                       const ColumnMap& map,
                       bool is_file);

/// What the rows of a table are: runs, runs that are planned (the loss may be
/// absent, there are no findings), or steps of loss curves (sizes may be
/// absent, there are no findings).
enum class TableKind { Runs, PlannedRuns, Curves };

/// Whether a column counts the steps of a training curve.
bool is_step(const std::string& name);

/// The same; of runs loss and two of params, tokens and flops must be there, or
/// loss and flops where no column looks like the others; of curves loss and a
/// step.
/// @throws ColumnError also for missing columns.
ColumnMap map_columns(const std::vector<std::string>& header,
                      const std::vector<std::string>& chosen,
                      bool is_file,
                      TableKind kind = TableKind::Runs);

}  // namespace isoflop::detail
