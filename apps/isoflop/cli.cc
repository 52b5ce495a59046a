// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include <new>
#include <ostream>
#include <stdexcept>

#include "isoflop/base/error.h"
#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/version.h"
#include "progress.h"

namespace isoflop::cli {
namespace {

const Command* const kCommands[] = {&kFitCommand,
                                    &kForecastCommand,
                                    &kPredictCommand,
                                    &kBacktestCommand,
                                    &kPlanCommand,
                                    &kCheckCommand,
                                    &kConvertCommand,
                                    &kCompareCommand,
                                    &kValleysCommand,
                                    &kEnvelopeCommand,
                                    &kWhatIfCommand,
                                    &kListCommand,
                                    &kExplainCommand};

std::string overview() {
  std::string text =
      "isoflop: fit scaling laws to training runs, plan runs, check plans\n\n";
  for (const Command* command : kCommands) {
    std::string name(command->name);
    name.resize(10, ' ');
    text += "  " + name + std::string(command->summary) + "\n";
  }
  text += "\nexamples\n";
  for (const Command* command : kCommands) {
    text += "  isoflop " + std::string(command->examples.front()) + "\n";
  }
  return text + "\n`isoflop VERB --help` shows a verb's options.\n";
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command* command : kCommands) {
    if (command->name == name) return *command;
    names.emplace_back(command->name);
  }
  throw std::invalid_argument("unknown verb '" + name + "'; verbs are " +
                              join_words(names) + did_you_mean(name, names));
}

int dispatch(const std::vector<std::string>& args, const Streams& streams) {
  if (args.empty()) {
    streams.err << overview();
    return kUsage;
  }
  if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    streams.out << overview();
    return kAnswered;
  }
  if (args[0] == "--version") {
    streams.out << "isoflop " << version() << "\n";
    return kAnswered;
  }
  const Command& command = find_command(args[0]);
  return command.run(command, {args.begin() + 1, args.end()}, streams);
}

int complain(std::ostream& err, const char* message, int status) {
  err << "isoflop: " << printable(message) << "\n";
  return status;
}

/// @throws what is no std::exception: nobody knows what to say of it.
template <class Say>
int describe(const std::exception_ptr& error, Say&& say) {
  try {
    std::rethrow_exception(error);
  } catch (const FileError& what) {
    return say(what.what(), kFile);
  } catch (const DataError& what) {
    return say(what.what(), kData);
  } catch (const std::invalid_argument& what) {
    return say(what.what(), kUsage);
  } catch (const std::bad_alloc&) {
    return say("out of memory", kNumerical);
  } catch (const std::exception& what) {
    return say(what.what(), kNumerical);
  }
}

}  // namespace

int exit_status(const std::exception_ptr& error) {
  return describe(error, [](const char*, int status) { return status; });
}

int complain(std::ostream& err, const std::exception_ptr& error) {
  return describe(error, [&](const char* message, int status) {
    return complain(err, message, status);
  });
}

int run(const std::vector<std::string>& args,
        std::istream& in,
        std::ostream& out,
        std::ostream& err) {
  const Progress progress(err);
  try {
    const int status = dispatch(args, {in, out, err});
    out.flush();
    if (!out) return complain(err, "the output cannot be written", kFile);
    return status;
  } catch (const std::exception&) {
    return complain(err, std::current_exception());
  }
}

}  // namespace isoflop::cli
