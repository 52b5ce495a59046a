// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "isoflop/base/parallel.h"
#include "isoflop/units/text.h"
#include "isoflop/version.h"

int main() {
  const auto flops =
      isoflop::train_flops(isoflop::parse_quantity<isoflop::ParamsTag>("70B"),
                           isoflop::parse_quantity<isoflop::TokensTag>("1.4T"));
  isoflop::parallel_for(4, 2, [](std::int64_t) {});
  std::cout << isoflop::version() << " " << isoflop::format_quantity(flops)
            << "\n";
}
