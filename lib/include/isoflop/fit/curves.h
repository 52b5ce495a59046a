// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tuple>

#include "isoflop/base/field.h"
#include "isoflop/fit/fit.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// The options of a fit, and the schedule of curves that do not tell theirs.
struct CurveFitOptions : FitOptions {
  std::string schedule;

  static constexpr auto fields() {
    return std::tuple_cat(
        FitOptions::fields(),
        std::make_tuple(field(
            "schedule",
            &CurveFitOptions::schedule,
            "of loss curves without a column lr: the learning rates of every "
            "run, as cosine:steps=24000,peak=3e-4,warmup=2160")));
  }
};

/// Whether a law is a form of loss curves, fitted by `fit_curves`.
bool is_curve_form(std::string_view law);

/// Fits a form of loss curves to the curves of one model, a row a step.
///
/// Reads the extra columns `step` and, unless `schedule` is given,
/// `learning_rate`, as `read_curves` makes them; rows of one name are a run.
/// Between the steps that were logged the rate is a straight line, before the
/// first one it rises from zero. Steps of the warm-up, up to the largest rate,
/// are left out: the forms do not describe them.
///
/// Points of a curve err together. Unless another kind is asked for, refits
/// draw blocks of neighbours, long enough for the correlation of the errors,
/// and a finding says how long. What hangs on size or compute is absent: an
/// optimum, and a widening by larger runs.
///
/// @return  the law is that of the form itself, for any schedule.
/// @throws std::invalid_argument as `fit`, for another form, and a schedule
///     that ends before the curves do.
/// @throws DataError for steps that are no counts or come twice, and curves
///     without learning rates.
/// @source blocks: Carlstein 1986, doi:10.1214/aos/1176350057.
FitResult fit_curves(const Runs& curves, const CurveFitOptions& options);

}  // namespace isoflop
