// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isoflop {

/// How grave a finding is; an error is the answer no.
enum class Severity { Note, Warning, Error };

/// "note", "warning" or "error".
std::string_view to_string(Severity severity);

/// One number that supports a finding.
struct Evidence {
  std::string name;    ///< snake_case, unit in the name where it has one
  double value = 0.0;  ///< in the unit of the name
};

/// Something that the reader of a result must know.
///
/// Codes are stable, grouped by layer (`fit.weak`, `plan.data-wall`), never
/// reused. The message is one sentence with its numbers; the remedy says what
/// would clear the finding and may be empty.
struct Finding {
  std::string code;  ///< stable, as `isoflop explain` takes it
  Severity severity = Severity::Note;
  std::string message;  ///< one sentence with its numbers
  std::string remedy;   ///< what would clear it, or empty
  std::vector<Evidence> values;
};

/// The most severe of the findings; Note when there are none.
Severity worst(const std::vector<Finding>& findings);

/// The first finding with this code, or nullptr.
const Finding* find(const std::vector<Finding>& findings,
                    std::string_view code);

}  // namespace isoflop
