// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>

#include "isoflop/check/check.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "options.h"
#include "tables.h"

namespace isoflop::cli {
namespace {

int run_explain(const Command& command,
                const std::vector<std::string>& args,
                const Streams& streams) {
  OptionSet options(command);
  if (!options.parse(args, 2, streams)) return kAnswered;
  const std::vector<std::string>& words = options.positional();
  if (words.size() == 2 &&
      explain_row(words[0], words[1], options.format(), streams)) {
    return kAnswered;
  }
  const std::vector<std::string> laws = published_law_ids();
  if (words.size() == 1 &&
      std::find(laws.begin(), laws.end(), words[0]) != laws.end()) {
    write_result(published_law(words[0], true), options.format(), streams);
  } else if (words.size() == 2 && words[0] == "law") {
    write_result(find_law(words[1], true), options.format(), streams);
  } else if (words.size() == 1) {
    write_result(find_code(words[0]), options.format(), streams);
  } else {
    throw std::invalid_argument(
        "explain: needs a code such as plan.overparameterized, or law, model "
        "or accelerator and an ID");
  }
  return kAnswered;
}

}  // namespace

const Command kExplainCommand{"explain",
                              "what a finding's code means, a law, a model, an "
                              "accelerator",
                              {"explain plan.overparameterized",
                               "explain fit.weak",
                               "explain law besiroglu2024",
                               "explain model gpt-3-175b",
                               "explain accelerator h100-sxm"},
                              "CODE | law ID | model ID | accelerator ID",
                              run_explain};

}  // namespace isoflop::cli
