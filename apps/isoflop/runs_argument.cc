// SPDX-License-Identifier: Apache-2.0
#include "runs_argument.h"

#include <unistd.h>

#include <iostream>
#include <stdexcept>

#include "isoflop/runs/read_curves.h"

namespace isoflop::cli {
namespace {

constexpr const char* kInput = "<stdin>";

std::istream& standard_input(const Streams& streams) {
  if (&streams.in == &std::cin && ::isatty(STDIN_FILENO) != 0) {
    throw std::invalid_argument(
        "standard input is a terminal; give a file, or runs by a pipe");
  }
  return streams.in;
}

}  // namespace

Runs runs_argument(const std::string& path,
                   const ReadOptions& options,
                   const Streams& streams) {
  if (path != "-") return read_runs(path, options);
  return read_runs(standard_input(streams), kInput, options);
}

Runs curves_argument(const std::string& path,
                     const ReadOptions& options,
                     const Streams& streams) {
  if (path != "-") return read_curves(path, options);
  return read_curves(standard_input(streams), kInput, options);
}

}  // namespace isoflop::cli
