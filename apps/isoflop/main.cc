// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "cli.h"
#include "progress.h"

namespace {

// Files appear whole or not at all, so it is safe to leave at any point.
extern "C" void leave_at_once(int) {
  isoflop::cli::wipe_progress();
  std::_Exit(isoflop::cli::kInterrupted);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, leave_at_once);
  std::ios::sync_with_stdio(false);
  return isoflop::cli::run(
      {argv + 1, argv + argc}, std::cin, std::cout, std::cerr);
}
