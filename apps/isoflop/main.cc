// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return isoflop::cli::run(
      {argv + 1, argv + argc}, std::cin, std::cout, std::cerr);
}
