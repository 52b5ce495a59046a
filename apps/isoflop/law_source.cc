// SPDX-License-Identifier: Apache-2.0
#include "law_source.h"

#include <stdexcept>

#include "isoflop/fit/forecast.h"
#include "isoflop/runs/read_runs.h"

namespace isoflop::cli {

void offer_runs(OptionSet& options) {
  options
      .add("from",
           "RUNS.CSV",
           "forecast from these runs, in place of a law (see `isoflop "
           "forecast`)")
      .add("where",
           "TEXT",
           "of --from: keep rows where a column holds a value, as family=c4 "
           "(repeatable)");
}

LawSource law_or_forecast(const OptionSet& options,
                          std::string& id,
                          bool allow_unverified) {
  const auto from = options.last("from");
  if (!from) {
    if (options.has("where")) {
      throw std::invalid_argument("where belongs to --from RUNS.CSV");
    }
    return {find_law(id, allow_unverified), {}};
  }
  if (options.has("law")) {
    throw std::invalid_argument(
        "law and from are both given; one is to be asked");
  }
  ReadOptions read_options;
  read_options.where = options.given("where");
  id = *from;
  const Forecast known = forecast(read_runs(*from, read_options));
  return {known.law, known.findings};
}

}  // namespace isoflop::cli
