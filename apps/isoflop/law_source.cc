// SPDX-License-Identifier: Apache-2.0
#include "law_source.h"

#include <algorithm>
#include <stdexcept>

#include "isoflop/fit/law_source.h"

namespace isoflop::cli {
namespace {

/// Refuses options that would be ignored: all of them without runs to learn
/// from or a table to read, those of the forecast without the runs.
void require_runs(const OptionSet& options) {
  const std::vector<OptionInfo> reading = option_infos<ReadOptions>();
  for (const std::string& name : options.given_of_accepted()) {
    const bool reads =
        std::any_of(reading.begin(), reading.end(), [&](const auto& info) {
          return info.name == name;
        });
    if (reads && options.has("at")) continue;
    throw std::invalid_argument(name +
                                " belongs to runs that a law is learned "
                                "from: --from RUNS.CSV, or as law");
  }
}

}  // namespace

void offer_runs(OptionSet& options) {
  options
      .add("from",
           "RUNS.CSV",
           "forecast from these runs, in place of a law; takes the options of "
           "`isoflop forecast` too")
      .accept<ReadOptions>()
      .accept<ForecastOptions>();
}

Law law_or_forecast(const OptionSet& options,
                    std::string& id,
                    bool allow_unverified) {
  const auto from = options.last("from");
  if (from && options.has("law")) {
    throw std::invalid_argument(
        "law and from are both given; one is to be asked");
  }
  if (!from && !is_runs_path(id)) require_runs(options);
  ReadOptions read_options;
  options.fill(read_options);
  ForecastOptions forecast_options;
  options.fill(forecast_options);
  if (!from) {
    return law_or_forecast(
        id, allow_unverified, read_options, forecast_options);
  }
  id = *from;
  return forecast_law(id, read_options, forecast_options);
}

ReadOptions read_options_at(const OptionSet& options, const std::string& id) {
  ReadOptions read_options;
  options.fill(read_options);
  if (options.has("from") || is_runs_path(id)) read_options.where.clear();
  return read_options;
}

}  // namespace isoflop::cli
