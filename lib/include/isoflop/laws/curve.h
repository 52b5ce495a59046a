// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "isoflop/laws/form.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/schedule.h"

namespace isoflop {

/// A form of the loss in the course of a run: it reads the step, and answers
/// only along a schedule.
class CurveForm : public Form {
 public:
  /// The form along a schedule; its domain are the steps of it.
  virtual std::shared_ptr<const Form> along(
      LearningRateSchedule schedule) const = 0;
};

/// The loss after every `stride`-th step of a schedule, and after the last.
struct LossCurve {
  Eigen::VectorXd step;       ///< n_points, counted from 1
  Eigen::VectorXd loss_nats;  ///< n_points
};

/// @throws std::invalid_argument when the law is none of loss curves or
///     stride is below 1.
LossCurve loss_curve(const Law& law,
                     const LearningRateSchedule& schedule,
                     int stride = 1);

}  // namespace isoflop
