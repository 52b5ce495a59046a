// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/failures.h"

#include <algorithm>
#include <cmath>

#include "isoflop/cost/training.h"

namespace isoflop {

Seconds time_between_failures(DeviceHours per_failure, double devices) {
  return wall_time(per_failure, devices);
}

Seconds time_between_failures(double failures_per_1000_node_days,
                              double nodes) {
  return seconds_of(Days(1000.0 / (failures_per_1000_node_days * nodes)));
}

Seconds young_interval(Seconds checkpoint, Seconds between_failures) {
  return Seconds(
      std::sqrt(2.0 * checkpoint.value() * between_failures.value()));
}

Seconds daly_interval(Seconds checkpoint, Seconds between_failures) {
  if (checkpoint >= between_failures / 2.0) return between_failures;
  return young_interval(checkpoint, between_failures) - checkpoint;
}

Share goodput(Seconds interval,
              Seconds checkpoint,
              Seconds restart,
              Seconds between_failures) {
  const double mean = between_failures.value();
  return Share(interval.value() /
               (mean * std::exp(restart / between_failures) *
                std::expm1((interval + checkpoint).value() / mean)));
}

Reliability reliability(const Failures& failures, double devices) {
  Reliability result;
  result.between_failures =
      time_between_failures(failures.per_failure, devices);
  // A checkpoint that costs as much as a failure is not worth taking often.
  result.checkpoint_interval =
      std::max(young_interval(failures.checkpoint, result.between_failures),
               failures.checkpoint);
  result.goodput = goodput(result.checkpoint_interval,
                           failures.checkpoint,
                           failures.restart,
                           result.between_failures);
  return result;
}

}  // namespace isoflop
