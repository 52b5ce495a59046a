// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/units/quantity.h"

namespace isoflop {

/// Device-hours between interruptions of the pre-training of Llama 3 405B:
/// 419 unexpected ones in 54 days on 16,384 devices.
/// @source Grattafiori et al. 2024, arXiv:2407.21783, section 3.3.4.
inline constexpr DeviceHours kDeviceHoursPerFailure =
    device_hours_of(Days(54.0), 16384.0) / 419.0;

/// Time between interruptions of a job on this many devices, which fail
/// independently at a constant rate.
Seconds time_between_failures(DeviceHours per_failure, double devices);

/// The same from failures in node-days: 1 / (nodes x rate).
/// @source Kokolis et al. 2025 (HPCA), "Revisiting Reliability in Large-Scale
///     Machine Learning Research Clusters".
Seconds time_between_failures(double failures_per_1000_node_days, double nodes);

/// Checkpoint interval that loses least, to first order: sqrt(2 d M) for a
/// checkpoint of cost d and time M between failures.
/// @source Young 1974, doi:10.1145/361147.361115.
Seconds young_interval(Seconds checkpoint, Seconds between_failures);

/// Daly's estimate of it, which does not count the checkpoint as work:
/// sqrt(2 d M) - d while d < M / 2, else M.
/// @source Daly 2006, doi:10.1016/j.future.2004.11.016, equation 20, first
///     order.
Seconds daly_interval(Seconds checkpoint, Seconds between_failures);

/// Share of the time that becomes work kept, in expectation: with a
/// checkpoint after each interval of work t, t / (M e^(R/M) (e^((t+d)/M) - 1))
/// for failures at a constant rate 1/M and a restart that takes R.
/// @source Daly 2006, equation 14.
Share goodput(Seconds interval,
              Seconds checkpoint,
              Seconds restart,
              Seconds between_failures);

/// What interrupts a run, and what each interruption costs.
struct Failures {
  DeviceHours per_failure = kDeviceHoursPerFailure;
  Seconds checkpoint{30.0};
  Seconds restart{300.0};
};

/// A job on devices that fail.
struct Reliability {
  Seconds between_failures;
  Seconds checkpoint_interval;  ///< Young's
  Share goodput;
};

/// How often devices interrupt a job, and what is kept of its time with
/// checkpoints at the best interval.
/// @param devices  > 0
Reliability reliability(const Failures& failures, double devices);

}  // namespace isoflop
