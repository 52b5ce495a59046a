// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/checks.h"

#include <algorithm>
#include <new>

#include "isoflop/base/interrupt.h"
#include "isoflop/base/progress.h"

namespace isoflop {
namespace {

bool any_fails(const std::vector<Finding>& findings,
               const std::vector<Accepted>& accepted,
               FailOn fail_on) {
  return std::any_of(
      findings.begin(), findings.end(), [&](const Finding& finding) {
        return static_cast<int>(finding.severity) >=
                   static_cast<int>(fail_on) &&
               !is_accepted(finding, accepted);
      });
}

/// What went wrong, its place apart.
CheckProblem problem_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const DataError& data) {
    std::string message = data.what();
    const std::string place = to_string(data.location()) + ": ";
    if (message.starts_with(place)) message.erase(0, place.size());
    return {std::move(message), data.location(), std::move(error)};
  } catch (const std::exception& other) {
    return {other.what(), {}, std::move(error)};
  }
}

/// The keys that a code is about, the first one first.
std::vector<std::string_view> keys_of(const std::string& code) {
  if (!code.starts_with("plan.") && !code.starts_with("data.")) {
    return {"law"};
  }
  std::vector<std::string_view> keys;
  std::string_view words = find_code(code).keys;
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    keys.push_back(words.substr(0, end));
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return keys;
}

}  // namespace

bool fails(const Check& check, FailOn fail_on) {
  return check.verdict == Verdict::NoVerdict ||
         any_fails(check.findings, check.accepted, fail_on);
}

bool fails(const RouterCheck& check, FailOn fail_on) {
  return any_fails(check.findings, check.accepted, fail_on);
}

bool fails(const LawCheck& check, FailOn fail_on) {
  return any_fails(check.findings, check.accepted, fail_on);
}

bool Checks::fails() const {
  return std::any_of(all.begin(), all.end(), [&](const Checked& checked) {
    return std::visit(
        [&](const auto& answer) {
          if constexpr (requires { isoflop::fails(answer, options.fail_on); }) {
            return isoflop::fails(answer, options.fail_on);
          } else {
            return true;  // a problem
          }
        },
        checked.answer);
  });
}

Checks check_each(
    const std::vector<std::string>& names,
    const std::function<decltype(Checked::answer)(const std::string&)>& judge,
    const ChecksOptions& options) {
  Checks checks;
  checks.options = options;
  ProgressStage stage("plans", std::ssize(names));
  for (const std::string& name : names) {
    try {
      checks.all.push_back({name, judge(name)});
    } catch (const Interrupted&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {
      checks.all.push_back({name, problem_of(std::current_exception())});
    }
    stage.step();
  }
  return checks;
}

FindingPlace place_of(const Check& check, const Finding& finding) {
  const auto& origins = check.scenario.origins;
  for (const std::string_view key : keys_of(finding.code)) {
    for (const KeyOrigin& origin : origins) {
      if (origin.is_yours && origin.key == key) return {origin.key, origin.at};
    }
  }
  for (const KeyOrigin& origin : origins) {
    if (origin.is_yours) return {"", {origin.at.path, 0, 0}};
  }
  return {};
}

}  // namespace isoflop
