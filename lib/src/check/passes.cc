// SPDX-License-Identifier: Apache-2.0
#include "check/passes.h"

#include <cmath>

#include "isoflop/laws/repeats.h"
#include "units/threshold_text.h"

namespace isoflop {

double passes_worth_making(const CheckContext& context) {
  return 1.0 - worn_repeats(context.law) *
                   std::log(context.check.options.repeat_value);
}

bool makes_more(const CheckSample& sample, double passes) {
  constexpr double kRounding = 1.0 + 1e-12;
  return sample.epochs() > passes * kRounding;
}

std::string fewer_passes(const CheckContext& context, double passes) {
  return "find " +
         format_at_least(context.check.run.tokens.value() / passes,
                         TokensTag::unit) +
         " unique tokens, or train on " +
         format_at_most(context.point.unique_tokens * passes, TokensTag::unit);
}

}  // namespace isoflop
