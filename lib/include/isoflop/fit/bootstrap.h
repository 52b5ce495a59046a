// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "isoflop/base/enum_words.h"

namespace isoflop {

/// What a refit is fitted to.
enum class BootstrapKind {
  Auto,      ///< residual; pairs where errors differ in size along the inputs
  Pairs,     ///< runs drawn with replacement
  Cluster,   ///< groups of runs drawn with replacement
  Residual,  ///< the runs with errors drawn from all of them
  Wild       ///< the runs with their own errors, signs drawn
};

template <>
struct EnumWords<BootstrapKind> {
  static constexpr std::pair<BootstrapKind, std::string_view> values[] = {
      {BootstrapKind::Auto, "auto"},
      {BootstrapKind::Pairs, "pairs"},
      {BootstrapKind::Cluster, "cluster"},
      {BootstrapKind::Residual, "residual"},
      {BootstrapKind::Wild, "wild"}};
};

/// How intervals follow.
enum class IntervalMethod { Percentile, Bca, Profile };

template <>
struct EnumWords<IntervalMethod> {
  static constexpr std::pair<IntervalMethod, std::string_view> values[] = {
      {IntervalMethod::Percentile, "percentile"},
      {IntervalMethod::Bca, "bca"},
      {IntervalMethod::Profile, "profile"}};
};

/// Refits to resampled runs.
struct FitBootstrap {
  BootstrapKind kind = BootstrapKind::Residual;  ///< never auto
  int replicates = 0;                            ///< refits made
  int clusters = 0;   ///< groups that were drawn from, of a cluster bootstrap
  int failed = 0;     ///< did not converge, left out
  int escalated = 0;  ///< where a fresh start beat the warm one
};

}  // namespace isoflop
