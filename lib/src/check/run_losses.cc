// SPDX-License-Identifier: Apache-2.0
#include "check/run_losses.h"

#include "isoflop/laws/predict.h"

namespace isoflop {

void add_run_losses(const Law& law, Check& result) {
  const double level = result.options.level;
  if (law.is_forecast()) {
    // Regret stays the law's: the optimum departs from it by as much as the
    // run.
    const LossForecast at =
        law.discrepancy->at(result.run.params, result.run.tokens);
    result.best.loss = at.loss() / result.run.loss * result.best.loss;
    result.run.loss = at.loss();
    result.loss_nats = at.curve_interval(level);
  } else if (!law.widening.empty()) {
    const Prediction at =
        predict(law, result.run.params, result.run.tokens, {level});
    result.loss_nats = at.interval;
    result.loss_widening = at.widening;
  }
}

}  // namespace isoflop
