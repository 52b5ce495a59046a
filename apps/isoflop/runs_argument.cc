// SPDX-License-Identifier: Apache-2.0
#include "runs_argument.h"

#include <unistd.h>

#include <iostream>
#include <stdexcept>

namespace isoflop::cli {

Runs runs_argument(const std::string& path,
                   const ReadOptions& options,
                   const Streams& streams) {
  if (path != "-") return read_runs(path, options);
  if (&streams.in == &std::cin && ::isatty(STDIN_FILENO) != 0) {
    throw std::invalid_argument(
        "standard input is a terminal; give a file, or runs by a pipe");
  }
  return read_runs(streams.in, "<stdin>", options);
}

}  // namespace isoflop::cli
