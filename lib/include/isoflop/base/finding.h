// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isoflop {

enum class Severity { Note, Warning, Error };

std::string_view to_string(Severity severity);

/// One number that supports a finding.
struct Evidence {
  std::string name;  ///< snake_case, unit in the name where it has one
  double value = 0.0;
};

/// Something that the reader of a result must know.
///
/// Codes are stable, grouped by layer (`fit.weak`, `plan.data-wall`), never
/// reused. The message is one sentence with its numbers; the remedy says what
/// would clear the finding and may be empty.
struct Finding {
  std::string code;
  Severity severity = Severity::Note;
  std::string message;
  std::string remedy;
  std::vector<Evidence> values;
};

/// The most severe of the findings; Note when there are none.
Severity worst(const std::vector<Finding>& findings);

/// The first finding with this code, or nullptr.
const Finding* find(const std::vector<Finding>& findings,
                    std::string_view code);

}  // namespace isoflop
