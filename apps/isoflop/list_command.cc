// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "isoflop/base/suggest.h"
#include "isoflop/check/check.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "options.h"

namespace isoflop::cli {
namespace {

int run_list(const Command& command,
             const std::vector<std::string>& args,
             const Streams& streams) {
  OptionSet options(command);
  if (!options.parse(args, 1, streams)) return kAnswered;
  const std::string what =
      options.positional().empty() ? "" : options.positional().front();
  if (what == "laws") {
    write_result(published_laws(), options.format(), streams);
  } else if (what == "codes") {
    write_result(finding_codes(), options.format(), streams);
  } else if (what == "scenarios") {
    write_result(published_scenarios(), options.format(), streams);
  } else if (what.empty()) {
    throw std::invalid_argument("list: needs laws, codes or scenarios");
  } else {
    throw std::invalid_argument(
        "list: what is '" + what + "', but must be laws, codes or scenarios" +
        did_you_mean(what, {"laws", "codes", "scenarios"}));
  }
  return kAnswered;
}

}  // namespace

const Command kListCommand{
    "list",
    "the published laws, codes of findings, scenarios",
    {"list laws", "list codes", "list scenarios --format json"},
    "laws|codes|scenarios",
    run_list};

}  // namespace isoflop::cli
