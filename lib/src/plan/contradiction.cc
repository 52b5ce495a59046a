// SPDX-License-Identifier: Apache-2.0
#include "plan/contradiction.h"

#include <algorithm>
#include <tuple>

#include "isoflop/base/error.h"
#include "plan/cluster.h"

namespace isoflop {

void fail_on_keys(const Scenario& scenario,
                  std::string_view owner,
                  std::initializer_list<std::string_view> keys,
                  const std::string& problem) {
  Location last;
  for (const std::string_view key : keys) {
    const auto found = std::find_if(
        scenario.origins.begin(),
        scenario.origins.end(),
        [&](const KeyOrigin& origin) { return origin.key == key; });
    // An option beside the file is what does not fit it.
    if (found == scenario.origins.end() || found->at.line == 0) {
      fail(owner, problem);
    }
    const Location& at = found->at;
    if (std::tie(at.line, at.column) > std::tie(last.line, last.column)) {
      last = at;
    }
  }
  throw DataError(last, problem);
}

}  // namespace isoflop
