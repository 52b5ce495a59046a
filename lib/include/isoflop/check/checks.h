// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/error.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/check/check.h"
#include "isoflop/check/check_law.h"
#include "isoflop/check/router.h"

namespace isoflop {

/// The least severity of a finding for which the answer is no.
enum class FailOn { Note, Warning, Error };

template <>
struct EnumWords<FailOn> {
  static constexpr std::pair<FailOn, std::string_view> values[] = {
      {FailOn::Error, "error"},
      {FailOn::Warning, "warning"},
      {FailOn::Note, "note"}};
};

/// From which severity on an answer is no; see `fields()`.
struct ChecksOptions {
  FailOn fail_on = FailOn::Error;

  static constexpr auto fields() {
    return std::make_tuple(
        field("fail_on",
              &ChecksOptions::fail_on,
              "error, warning or note: findings from this severity on make "
              "the exit status 1; accepted ones do not"));
  }
};

/// Why something could not be judged.
struct CheckProblem {
  std::string message;  ///< one line, without the place
  Location at;          ///< in a file; empty where there is none
  std::exception_ptr error;
};

/// One of several things that were asked about.
struct Checked {
  std::string name;  ///< a path, or the name of a scenario or model
  std::variant<Check, RouterCheck, LawCheck, CheckProblem> answer;
};

/// Several plans, router loads or laws, judged in one call.
struct Checks {
  std::vector<Checked> all;
  ChecksOptions options;

  /// Whether a finding counts against one of them, or one has no answer.
  bool fails() const;
};

/// Judges each name; what `judge` throws is the answer of that one, so that
/// it does not keep the others from theirs.
Checks check_each(
    const std::vector<std::string>& names,
    const std::function<decltype(Checked::answer)(const std::string&)>& judge,
    const ChecksOptions& options = {});

/// Whether a finding of this severity or above was not accepted.
bool fails(const Check& check, FailOn fail_on);
bool fails(const RouterCheck& check, FailOn fail_on);
bool fails(const LawCheck& check, FailOn fail_on);

/// The key of a scenario file that a finding is about, and where it is: the
/// first of its code's keys that the file sets. Without one the file alone,
/// and nothing for a scenario that is from no file.
struct FindingPlace {
  std::string key;
  Location at;
};
/// The place of one finding of a check.
FindingPlace place_of(const Check& check, const Finding& finding);

}  // namespace isoflop
