// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "isoflop/base/error.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// @param verb  what is not done with runs of compute alone
/// @throws DataError where the runs have neither params nor tokens.
inline void require_sizes(const Runs& runs, std::string_view verb) {
  if (runs.has_sizes() || runs.size() == 0) return;
  throw DataError({runs.source, 0, 0},
                  std::string(verb) +
                      " needs params or tokens beside flops: compute alone "
                      "does not say how it divides into size and data; "
                      "`isoflop fit` fits a law of it");
}

}  // namespace isoflop
