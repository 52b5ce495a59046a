// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ostream>

#include "check_subjects.h"
#include "isoflop/report/annotations.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"

namespace isoflop::cli {
namespace {

void write(const Checks& checks, Format format, const Streams& streams) {
  if (format == Format::Sarif) {
    streams.out << to_sarif(checks);
  } else if (format == Format::Github) {
    streams.out << to_github(checks);
  } else if (format == Format::Junit) {
    streams.out << to_junit(checks);
  } else if (checks.all.size() > 1) {
    write_result(checks, format, streams);
  } else if (const Checked& one = checks.all.front();
             const auto* plan = std::get_if<Check>(&one.answer)) {
    write_result(*plan, format, streams);
  } else if (const auto* router = std::get_if<RouterCheck>(&one.answer)) {
    write_result(*router, format, streams);
  } else if (const auto* law = std::get_if<LawCheck>(&one.answer)) {
    write_result(*law, format, streams);
  } else {
    std::rethrow_exception(std::get<CheckProblem>(one.answer).error);
  }
}

/// The exit status of the worst; of text, problems go to `err` too.
int status_of(const Checks& checks, Format format, const Streams& streams) {
  int status = checks.fails() ? kNo : kAnswered;
  for (const Checked& checked : checks.all) {
    const auto* problem = std::get_if<CheckProblem>(&checked.answer);
    if (problem == nullptr) continue;
    status =
        std::max(status,
                 format == Format::Text ? complain(streams.err, problem->error)
                                        : exit_status(problem->error));
  }
  return status;
}

int run_check(const Command& command,
              const std::vector<std::string>& args,
              const Streams& streams) {
  constexpr int kMostScenarios = 100000;
  OptionSet options(command);
  offer_subjects(options);
  options.allow({Format::Sarif, Format::Github, Format::Junit});
  if (!options.parse(args, kMostScenarios, streams)) return kAnswered;
  const Checks checks = judge_subjects(options, command);
  write(checks, options.format(), streams);
  return status_of(checks, options.format(), streams);
}

}  // namespace

const Command kCheckCommand{
    "check",
    "whether a plan should be trained, or a law be planned by",
    {"check --params 70B --tokens 1.4T",
     "check --params 530B --tokens 270B",
     "check gpt-4.5",
     "check --model llama-3.1-405b",
     "check --params 30B --tokens 600B --from data/pilot/pile.csv",
     "check --expert-load data/pilot/expert_load.csv",
     "check --params 2T --tokens 13T --unique-tokens 5T..13T --format json"},
    "[SCENARIO|LAW.JSON...]",
    run_check};

}  // namespace isoflop::cli
