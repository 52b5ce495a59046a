// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "isoflop/base/suggest.h"
#include "isoflop/check/check.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "options.h"
#include "tables.h"

namespace isoflop::cli {
namespace {

/// What has no columns takes no filter and no CSV.
void require_plain(const std::string& what, const OptionSet& options) {
  const bool is_csv = options.format() == Format::Csv;
  if (!is_csv && !options.has("where")) return;
  throw std::invalid_argument(
      std::string("list: ") + (is_csv ? "--format csv" : "--where") +
      " is for models and accelerators, not for " + what);
}

int run_list(const Command& command,
             const std::vector<std::string>& args,
             const Streams& streams) {
  OptionSet options(command);
  options.add<LawFilter>().add<TableFilter>().allow_csv();
  if (!options.parse(args, 1, streams)) return kAnswered;
  const std::string what =
      options.positional().empty() ? "" : options.positional().front();
  if (what != "laws" && (options.has("form") || options.has("answers"))) {
    throw std::invalid_argument("list: form and answers belong to `list laws`");
  }
  if (list_table(what, options, streams)) return kAnswered;
  if (what == "laws") {
    require_plain(what, options);
    LawFilter filter;
    options.fill(filter);
    write_result(published_laws(filter), options.format(), streams);
  } else if (what == "codes") {
    require_plain(what, options);
    write_result(finding_codes(), options.format(), streams);
  } else if (what == "scenarios") {
    require_plain(what, options);
    write_result(published_scenarios(), options.format(), streams);
  } else {
    const std::string known = "laws, models, accelerators, codes or scenarios";
    if (what.empty()) throw std::invalid_argument("list: needs " + known);
    throw std::invalid_argument(
        "list: what is '" + what + "', but must be " + known +
        did_you_mean(what,
                     {"laws", "models", "accelerators", "codes", "scenarios"}));
  }
  return kAnswered;
}

}  // namespace

const Command kListCommand{
    "list",
    "the published laws, models, accelerators, codes, scenarios",
    {"list laws",
     "list laws --answers learning_rate",
     "list models --where org=Meta --where 'params>=10B'",
     "list accelerators --format csv",
     "list codes",
     "list scenarios --format json"},
    "laws|models|accelerators|codes|scenarios",
    run_list};

}  // namespace isoflop::cli
