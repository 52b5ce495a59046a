// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "isoflop/base/error.h"
#include "isoflop/base/random.h"
#include "isoflop/laws/curve.h"
#include "isoflop/laws/predict.h"
#include "isoflop/runs/read_curves.h"
#include "isoflop/units/text.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::near_rel;
using testing::shared_path;
using testing::Tolerance;

constexpr const char* kCosine = "cosine:steps=4000,peak=1e-3,warmup=200";
constexpr const char* kHold = "wsd:steps=4000,peak=1e-3,warmup=200,decay=1000";

/// The fit to the 100M model of the source.
Law annealing() {
  Law law;
  law.id = "truth";
  law.form = find_form("annealing");
  law.coefficients.resize(5);
  law.coefficients << 2.7888, 0.5926, 0.4548, 0.4812, 0.999;
  return law;
}

/// Every 40th step of a law along schedules, with the rates of each step.
Runs observe(const Law& law,
             const std::vector<std::string>& schedules,
             double noise = 0.0,
             double memory = 0.0) {
  constexpr int kStride = 40;
  std::ostringstream text;
  text.precision(17);
  text << "name,step,lr,loss\n";
  RandomStream random(3, 0);
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    const LearningRateSchedule schedule = parse_schedule(schedules[k]);
    const LossCurve curve = loss_curve(law, schedule, kStride);
    double error = 0.0;
    for (Eigen::Index i = 0; i < curve.step.size(); ++i) {
      error = memory * error +
              std::sqrt(1.0 - memory * memory) * noise * random.normal();
      const auto step = static_cast<Eigen::Index>(curve.step[i]);
      text << "run" << k << "," << step << "," << schedule.rates[step - 1]
           << "," << curve.loss_nats[i] * std::exp(error) << "\n";
    }
  }
  std::istringstream in(text.str());
  return read_curves(in, "curves.csv");
}

CurveFitOptions options_of(int bootstrap = 0) {
  CurveFitOptions options;
  options.law = "annealing";
  options.bootstrap = bootstrap;
  options.threads = 1;
  return options;
}

/// Of a design in which the momentum is known less well than the rest.
void expect_truth(const FitResult& result, double tolerance) {
  const Law truth = annealing();
  for (int j = 0; j < 5; ++j) {
    EXPECT_THAT(result.law.coefficients[j],
                near_rel(truth.coefficients[j], Tolerance{tolerance}))
        << truth.form->coefficients()[static_cast<std::size_t>(j)].name;
  }
}

TEST(FitCurves, RecoversTheFormFromItsOwnCurves) {
  const Runs curves = observe(annealing(),
                              {kHold,
                               "constant:steps=4000,"
                               "peak=1e-3,warmup=200"});
  // Linear parts of a schedule are known exactly from every 40th step.
  const FitResult result = fit_curves(curves, options_of());
  expect_truth(result, 1e-5);
  EXPECT_TRUE(result.search.is_confirmed);
  EXPECT_TRUE(result.search.converged);
  EXPECT_TRUE(result.is_identified());
  // 5 points of each lie in the warm-up.
  EXPECT_EQ(result.runs_used, 190);
  EXPECT_EQ(result.runs_dropped, 10);
}

TEST(FitCurves, TakesAScheduleInPlaceOfAColumn) {
  Runs curves = observe(annealing(), {kCosine});
  std::erase_if(curves.extra, [](const ExtraColumn& column) {
    return column.name == "learning_rate";
  });
  EXPECT_THAT(message_of<DataError>([&] { fit_curves(curves, options_of()); }),
              HasSubstr("a column lr, or --schedule"));
  CurveFitOptions options = options_of();
  options.schedule = kCosine;
  expect_truth(fit_curves(curves, options), 1e-5);
  options.schedule = "cosine:steps=3000,peak=1e-3,warmup=200";
  EXPECT_THAT(message_of([&] { fit_curves(curves, options); }),
              HasSubstr("schedule has 3000 steps, but curve 'run0' has 4000"));
}

TEST(FitCurves, SavesALawThatPredictsAlongOtherSchedules) {
  const FitResult result =
      fit_curves(observe(annealing(), {kCosine, kHold}, 1e-3), options_of(50));
  const Law saved = parse_law(law_text(result.law), "law.json");
  PredictInputs inputs;
  inputs.law = "law.json";
  inputs.schedule = "linear:steps=4000,peak=1e-3,warmup=200,end=0";
  inputs.step = 4000;
  const Prediction said = predict(saved, inputs);
  const Prediction truth = predict(annealing(), inputs);
  EXPECT_THAT(said.value, near_rel(truth.value, Tolerance{2e-3}));
  ASSERT_TRUE(said.interval);
  EXPECT_LT(said.interval->low, said.value);
  EXPECT_GT(said.interval->high, said.value);
}

TEST(FitCurves, DrawsBlocksWhereNeighboursErrTogether) {
  const FitResult alone =
      fit_curves(observe(annealing(), {kCosine, kHold}, 1e-3), options_of(50));
  const FitResult together = fit_curves(
      observe(annealing(), {kCosine, kHold}, 1e-3, 0.8), options_of(50));
  // What seems to correlate by chance makes short blocks at most.
  const auto length = [](const FitResult& result) {
    const Finding* finding = find(result.findings, "fit.curve-points");
    return finding == nullptr ? 0.0 : finding->values[1].value;
  };
  EXPECT_LE(length(alone), 3.0);
  EXPECT_EQ(alone.bootstrap.kind, BootstrapKind::Pairs);
  EXPECT_GE(length(together), 8.0);
  EXPECT_EQ(together.bootstrap.kind, BootstrapKind::Cluster);
  const auto width = [](const FitResult& result) {
    return result.intervals[0].high - result.intervals[0].low;
  };
  EXPECT_GT(width(together), 1.3 * width(alone));
}

TEST(FitCurves, HoldsCoefficientsAndRanges) {
  const Runs curves = observe(annealing(), {kCosine, kHold}, 1e-3);
  CurveFitOptions options = options_of();
  options.fix = {"lam=0.999"};
  const FitResult result = fit_curves(curves, options);
  EXPECT_EQ(result.law.coefficients[4], 0.999);
  EXPECT_THAT(result.law.coefficients[3], near_rel(0.4812, Tolerance{0.02}));
}

// At the value that a tie finds, holding both finds the same fit; beside it
// none as good.
TEST(FitCurves, TiesCoefficients) {
  const Runs curves = observe(annealing(), {kCosine, kHold}, 1e-3);
  CurveFitOptions options = options_of(20);
  options.fix = {"A=C"};
  const FitResult tied = fit_curves(curves, options);
  ASSERT_EQ(tied.law.coefficients.size(), 5);
  ASSERT_EQ(tied.law.draws.cols(), 5);
  ASSERT_EQ(tied.intervals.size(), 5U);
  EXPECT_EQ(tied.law.coefficients[1], tied.law.coefficients[3]);
  EXPECT_EQ(tied.law.draws.col(1), tied.law.draws.col(3));
  EXPECT_EQ(tied.named_intervals().at("A").low,
            tied.named_intervals().at("C").low);
  EXPECT_EQ(tied.standard_errors.classical.at("A"),
            tied.standard_errors.classical.at("C"));
  const auto held_at = [&](double value) {
    CurveFitOptions held = options_of();
    const std::string text = format_exact(value);
    held.fix = {"A=" + text, "C=" + text};
    return fit_curves(curves, held);
  };
  const double value = tied.law.coefficients[1];
  const FitResult held = held_at(value);
  EXPECT_THAT(held.objective_value,
              near_rel(tied.objective_value, Tolerance{1e-9}));
  EXPECT_THAT(held.law.coefficients[0],
              near_rel(tied.law.coefficients[0], Tolerance{1e-6}));
  for (const double factor : {0.98, 1.02}) {
    EXPECT_GT(held_at(factor * value).objective_value, held.objective_value);
  }
}

TEST(FitCurves, IsTheSameForAnyThreadsAndOrderOfRows) {
  const Runs curves = observe(annealing(), {kCosine, kHold}, 1e-3);
  CurveFitOptions options = options_of(20);
  const std::string wanted = law_text(fit_curves(curves, options).law);
  options.threads = 3;
  EXPECT_EQ(law_text(fit_curves(curves, options).law), wanted);
  Runs turned = curves;
  turned.loss_nats.reverseInPlace();
  std::reverse(turned.name.begin(), turned.name.end());
  for (ExtraColumn& column : turned.extra) column.values.reverseInPlace();
  EXPECT_EQ(law_text(fit_curves(turned, options).law), wanted);
}

TEST(FitCurves, RefusesWhatIsNoCurve) {
  Runs curves = observe(annealing(), {kCosine});
  curves.extra[0].values[7] = 2.5;
  EXPECT_THAT(message_of<DataError>([&] { fit_curves(curves, options_of()); }),
              HasSubstr("step is 2.5"));
  curves.extra[0].values[7] = 40;
  EXPECT_THAT(message_of<DataError>([&] { fit_curves(curves, options_of()); }),
              HasSubstr("curve 'run0' has step 40 twice"));
  CurveFitOptions options = options_of();
  options.law = "additive";
  EXPECT_THAT(message_of([&] { fit_curves(curves, options); }),
              HasSubstr("is none of loss curves"));
}

TEST(FitCurves, OfARealRunPredictsItsOwnEnd) {
  const std::string path = shared_path("monitoring_curves.csv");
  if (path.empty()) GTEST_SKIP() << "monitoring_curves.csv is not here";
  ReadOptions read;
  read.where = {"run_id=bwnjf6si"};
  const Runs curves = read_curves(path, read);
  const FitResult result = fit_curves(curves, options_of());
  EXPECT_TRUE(result.search.converged);
  EXPECT_TRUE(result.search.is_confirmed);
  // Within a few per cent all along: a batch's loss scatters by one.
  EXPECT_LT(result.residual_scale, 0.02);
}

}  // namespace
}  // namespace isoflop
