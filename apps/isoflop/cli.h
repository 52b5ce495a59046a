// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace isoflop::cli {

/// Exit statuses of the command.
enum Exit {
  kAnswered = 0,      ///< the question was answered
  kNo = 1,            ///< the answer is no: an error finding, not identified
  kUsage = 2,         ///< a verb, option or value that cannot be meant
  kData = 3,          ///< a file whose content cannot be used
  kNumerical = 4,     ///< a computation failed
  kFile = 5,          ///< a file that cannot be opened or written
  kInterrupted = 130  ///< Ctrl-C
};

/// What a command reads and writes.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

/// A verb. The first example is shown first in its help; a test runs them
/// all from the root of the repository.
struct Command {
  std::string_view name;
  std::string_view summary;
  std::vector<std::string_view> examples;
  std::string_view arguments;  ///< "FILE", as usage shows them
  int (*run)(const Command& command,
             const std::vector<std::string>& args,
             const Streams& streams);
};

/// Runs a command line without the program's name; the exit status. Writes
/// one line to `err` for whatever is wrong.
int run(const std::vector<std::string>& args,
        std::istream& in,
        std::ostream& out,
        std::ostream& err);

/// The exit status of what a command throws.
int exit_status(const std::exception_ptr& error);

/// Writes one line about it to `err`; its exit status.
int complain(std::ostream& err, const std::exception_ptr& error);

// The verbs, each in its own file.
extern const Command kFitCommand;
extern const Command kForecastCommand;
extern const Command kPredictCommand;
extern const Command kBacktestCommand;
extern const Command kWhatIfCommand;
extern const Command kPlanCommand;
extern const Command kCheckCommand;
extern const Command kConvertCommand;
extern const Command kCompareCommand;
extern const Command kValleysCommand;
extern const Command kEnvelopeCommand;
extern const Command kListCommand;
extern const Command kExplainCommand;

}  // namespace isoflop::cli
