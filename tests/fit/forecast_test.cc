// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <sstream>
#include <string_view>

#include "fit/forecast_problem.h"
#include "fit/held_out.h"
#include "isoflop/base/error.h"
#include "isoflop/base/random.h"
#include "isoflop/laws/predict.h"
#include "laws/discrepancy_kernel.h"
#include "support/reference.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using testing::compute_of;
using testing::near_rel;
using testing::reference_rows;
using testing::ReferenceRow;
using testing::rows_of;
using testing::runs_where;
using testing::shared_path;
using testing::wavy_runs;

/// Forecasts that another implementation made from real runs: learned from
/// those up to a tenth of the largest compute, for the others.
class ForecastReference : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const ReferenceRow& row : reference_rows("forecasts.csv")) {
    if (names.empty() || names.back() != row.text("case")) {
      names.push_back(row.text("case"));
    }
  }
  return names;
}

/// A number of a forecast by the name it has in the table; the terms of the
/// law as (A N^-alpha)^(1/gamma), limiting exponents.
double quantity_of(const Forecast& forecast, const std::string& name) {
  const auto c = forecast.law.named_coefficients();
  const double gamma = c.at("gamma");
  if (name == "amplitude") return forecast.scales().amplitude;
  if (name == "length") return forecast.scales().length;
  if (name == "growth") return forecast.scales().growth;
  if (name == "noise") return forecast.scales().noise;
  if (name == "A" || name == "B") return std::pow(c.at(name), gamma);
  if (name == "alpha" || name == "beta") return gamma * c.at(name);
  if (name == "nopt_exp") {
    return c.at("beta") / (c.at("alpha") + c.at("beta"));
  }
  return c.at(name);
}

TEST_P(ForecastReference, IsMet) {
  std::optional<Forecast> result;
  Runs held_out;
  Runs known;
  for (const ReferenceRow& row : reference_rows("forecasts.csv")) {
    if (row.text("case") != GetParam()) continue;
    if (!result) {
      const std::string path = shared_path(row.text("data"));
      if (path.empty()) GTEST_SKIP() << row.text("data") << " is not here";
      const Runs runs = runs_where(path, row.text("where"));
      const Eigen::VectorXd flops = compute_of(runs);
      const double most = flops.maxCoeff() / 10.0;
      known = rows_of(runs, [&](auto i) { return flops[i] <= most; });
      held_out = rows_of(runs, [&](auto i) { return flops[i] > most; });
      result = forecast(known);
      EXPECT_EQ(result->law.status, LawStatus::Identified);
    }
    const std::string& quantity = row.text("quantity");
    if (quantity == "n_train") {
      EXPECT_EQ(known.size(), row.number("expected"));
    } else if (quantity == "n_test") {
      EXPECT_EQ(held_out.size(), row.number("expected"));
    } else if (row.has("held_out")) {
      const auto i = static_cast<Eigen::Index>(row.number("held_out"));
      const LossForecast at = result->predict(Params(held_out.params[i]),
                                              Tokens(held_out.tokens[i]));
      EXPECT_THAT(quantity == "sd_run" ? at.sd_run() : at.log_loss(),
                  row.is_met())
          << quantity << " of run " << i;
    } else {
      EXPECT_THAT(quantity_of(*result, quantity), row.is_met()) << quantity;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RealRuns,
                         ForecastReference,
                         ::testing::ValuesIn(cases()),
                         [](const auto& entry) { return entry.param; });

std::string bytes_of(const Forecast& forecast) {
  const LossForecast at = forecast.predict(Params(7e9), Tokens(1.4e11));
  std::ostringstream text;
  text << std::hexfloat << forecast.law.coefficients.transpose() << "\n"
       << forecast.law.draws << "\n"
       << at.law << " " << at.discrepancy << " " << at.sd_run();
  return text.str();
}

TEST(Forecast, IsTheSameForAnyThreadsAndOrderOfRows) {
  const Runs runs = wavy_runs(60, 1);
  ForecastOptions options;
  options.threads = 1;
  const std::string wanted = bytes_of(forecast(runs, options));
  for (const int threads : {2, 3, 8}) {
    options.threads = threads;
    EXPECT_EQ(bytes_of(forecast(runs, options)), wanted);
  }
  Runs turned = runs;
  turned.params.reverseInPlace();
  turned.tokens.reverseInPlace();
  turned.flops.reverseInPlace();
  turned.loss_nats.reverseInPlace();
  EXPECT_EQ(bytes_of(forecast(turned, options)), wanted);
}

/// Runs of a law with a smooth random departure of 1 %, correlated over e^2
/// in size and data, and noise of 0.3 %; the first is far larger and without.
Runs drawn_runs(int count, std::uint64_t seed) {
  const Law law = published_law("besiroglu2024");
  RandomStream random(seed, 0);
  Eigen::MatrixXd at(count, 2);
  at.row(0) << std::log(4e9), std::log(8e10);
  for (int i = 1; i < count; ++i) {
    at(i, 0) = std::log(1e7 * std::pow(100.0, random.uniform()));
    at(i, 1) = at(i, 0) + std::log(5.0 * std::pow(20.0, random.uniform()));
  }
  Eigen::MatrixXd kernel = 1e-4 * unit_kernel(at, at, 2.0);
  kernel.diagonal().array() += 1e-12;
  const Eigen::MatrixXd factor = Eigen::LLT<Eigen::MatrixXd>(kernel).matrixL();
  Eigen::VectorXd step(count);
  for (double& value : step) value = random.normal();
  const Eigen::VectorXd departure = factor * step;
  Eigen::VectorXd loss(count);
  for (int i = 0; i < count; ++i) {
    const double noise = i == 0 ? 0.0 : 0.003 * random.normal();
    loss[i] = law.loss(Params(std::exp(at(i, 0))), Tokens(std::exp(at(i, 1))))
                  .value() *
              std::exp(departure[i] + noise);
  }
  return runs_from_columns({{"params", at.col(0).array().exp()},
                            {"tokens", at.col(1).array().exp()},
                            {"loss", loss}});
}

TEST(Forecast, HoldsItsIntervalsOnRunsOfItsOwnKind) {
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Runs runs = drawn_runs(51, seed);
    const Forecast result =
        forecast(rows_of(runs, [](auto i) { return i > 0; }));
    const Interval interval =
        result.predict(Params(runs.params[0]), Tokens(runs.tokens[0]))
            .curve_interval(0.9);
    const double truth = runs.loss_nats[0];
    held += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  // Binomial(40, 0.9) is below 30 once in three hundred.
  EXPECT_GE(held, 30);
}

TEST(Forecast, IsHardlyMovedByRunsThatFailed) {
  const Runs runs = wavy_runs(60, 5);
  Runs spoilt = runs;
  for (const int i : {7, 23, 41}) spoilt.loss_nats[i] *= 1.15;
  const Params params(5e9);
  const Tokens tokens(1e11);
  const LossForecast clean = forecast(runs).predict(params, tokens);
  const LossForecast other = forecast(spoilt).predict(params, tokens);
  EXPECT_LT(std::abs(other.log_loss() - clean.log_loss()), clean.sd_curve());
}

TEST(Forecast, LearnsNothingFromRunsFarOffTheOthers) {
  const Runs runs = wavy_runs(60, 5);
  Runs spoilt = runs;
  for (const int i : {7, 23, 41}) spoilt.loss_nats[i] *= 1.15;
  const Forecast other = forecast(spoilt);
  const Forecast without = forecast(
      rows_of(runs, [](auto i) { return i != 7 && i != 23 && i != 41; }));
  const Finding* finding = find(other.findings, "forecast.set-aside");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->values.front().value, 3.0);
  EXPECT_EQ(other.rows_used, 57);
  EXPECT_EQ(other.rows_dropped, 3);
  EXPECT_THAT(other.predict(Params(5e9), Tokens(1e11)).log_loss(),
              near_rel(without.predict(Params(5e9), Tokens(1e11)).log_loss(),
                       testing::kRounding));
  EXPECT_EQ(find(forecast(runs).findings, "forecast.set-aside"), nullptr);
}

TEST(Forecast, WithoutADepartureIsTheLawWithItsPrior) {
  ForecastOptions options;
  options.discrepancy = DiscrepancyChoice::None;
  const Forecast result = forecast(wavy_runs(40, 12), options);
  const LossForecast at = result.predict(Params(5e9), Tokens(1e11));
  EXPECT_EQ(at.discrepancy, 0.0);
  EXPECT_EQ(at.sd_discrepancy, 0.0);
  EXPECT_EQ(at.sd_noise, result.residual_scale);
  EXPECT_THAT(at.loss().value(),
              near_rel(result.law.loss(Params(5e9), Tokens(1e11)).value(),
                       testing::kSolver));
  EXPECT_FALSE(result.log_evidence.has_value());
  const Law back = parse_law(law_text(result.law), "law.json");
  EXPECT_EQ(back.discrepancy->at(Params(5e9), Tokens(1e11)).sd_run(),
            at.sd_run());
}

TEST(Forecast, TakesRowsOfOneNameAndSizeForCheckpoints) {
  Runs runs = wavy_runs(40, 3);
  for (int i = 0; i < 40; ++i) runs.params[i] = runs.params[i / 4 * 4];
  runs.flops = 6.0 * runs.params.cwiseProduct(runs.tokens);
  EXPECT_EQ(forecast(runs).runs, 40);
  EXPECT_EQ(forecast(runs).scales().run_effect, 0.0);
  for (int i = 0; i < 40; ++i) runs.name.push_back(std::to_string(i / 4));
  const Forecast grouped = forecast(runs);
  EXPECT_EQ(grouped.runs, 10);
  EXPECT_GT(grouped.scales().run_effect, 0.0);
  runs.name[3] = "";
  EXPECT_EQ(forecast(runs).runs, 11);
}

TEST(Forecast, AveragesItsScalesWhenAsked) {
  const Runs runs = wavy_runs(30, 4);
  ForecastOptions options;
  options.scales = ScaleChoice::Averaged;
  const Forecast averaged = forecast(runs, options);
  const auto& parts = averaged.law.discrepancy->data().parts;
  EXPECT_GT(parts.size(), 1u);
  double sum = 0.0;
  for (const DiscrepancyPart& part : parts) sum += part.weight;
  EXPECT_THAT(sum, near_rel(1.0, testing::kRounding));
  const Forecast best = forecast(runs);
  EXPECT_EQ(best.scales().amplitude, averaged.scales().amplitude);
  const LossForecast a = averaged.predict(Params(5e9), Tokens(1e11));
  const LossForecast b = best.predict(Params(5e9), Tokens(1e11));
  EXPECT_LT(std::abs(a.log_loss() - b.log_loss()), b.sd_run());
}

TEST(Forecast, AveragedScalesAreTheMixtureOfTheirParts) {
  ForecastOptions options;
  options.scales = ScaleChoice::Averaged;
  const Forecast averaged = forecast(wavy_runs(30, 4), options);
  const DiscrepancyData& all = averaged.law.discrepancy->data();
  ASSERT_GT(all.parts.size(), 1u);
  const Params params(5e9);
  const Tokens tokens(1e11);
  // The law of total variance over normals, worked out part by part.
  double mean = 0.0;
  double square = 0.0;
  for (const DiscrepancyPart& part : all.parts) {
    DiscrepancyData one = all;
    one.parts = {part};
    one.parts[0].weight = 1.0;
    const LossForecast said =
        Discrepancy(averaged.law.form, averaged.law.coefficients, one)
            .at(params, tokens);
    mean += part.weight * said.log_loss();
    square += part.weight * (said.sd_run() * said.sd_run() +
                             said.log_loss() * said.log_loss());
  }
  const LossForecast said = averaged.predict(params, tokens);
  EXPECT_THAT(said.log_loss(), near_rel(mean, testing::kRounding));
  EXPECT_THAT(said.sd_run(),
              near_rel(std::sqrt(square - mean * mean), testing::kSolver));
}

TEST(Forecast, WorksForTheAdditiveFormToo) {
  ForecastOptions options;
  options.form = "additive";
  const Forecast result = forecast(wavy_runs(60, 6), options);
  EXPECT_EQ(result.law.form->name(), "additive");
  EXPECT_THAT(result.predict(Params(1e9), Tokens(2e10)).loss().value(),
              ::testing::DoubleNear(published_law("besiroglu2024")
                                        .loss(Params(1e9), Tokens(2e10))
                                        .value(),
                                    0.05));
  options.form = "kaplan";
  EXPECT_THAT(testing::message_of([&] { forecast(wavy_runs(9, 1), options); }),
              ::testing::HasSubstr("additive and coupled"));
}

TEST(Forecast, TakesAPriorFromOtherLaws) {
  const Runs runs = wavy_runs(12, 7);
  ForecastOptions options;
  options.form = "additive";
  options.prior_law = {"besiroglu2024", "muennighoff2023"};
  EXPECT_THAT(testing::message_of([&] { forecast(runs, options); }),
              ::testing::HasSubstr("but must have additive"));
  options.prior_law = {"besiroglu2024"};
  const Forecast near = forecast(runs, options);
  options.prior_law = {};
  const Forecast usual = forecast(runs, options);
  EXPECT_NE(near.law.coefficients[3], usual.law.coefficients[3]);
  EXPECT_NE(near.law.provenance.draws_source.find("besiroglu2024"),
            std::string::npos);
  options.prior = ForecastPrior::None;
  const Forecast open = forecast(runs, options);
  EXPECT_GT(open.predict(Params(1e10), Tokens(1e12)).sd_curve(),
            usual.predict(Params(1e10), Tokens(1e12)).sd_curve());
}

TEST(Forecast, PriorOfLawsIsTheirMeanAndSpread) {
  const Runs runs = wavy_runs(12, 7);
  const auto form = find_form("coupled");
  const testing::TemporaryFolder folder;
  ForecastOptions options;
  std::vector<double> logs;
  for (const double alpha : {0.4, 0.6}) {
    Law law;
    law.id = "made-up";
    law.form = form;
    law.coefficients.resize(6);
    law.coefficients << 1.7, 500.0, 900.0, alpha, 0.5, 0.7;
    const std::string path =
        folder / (std::to_string(options.prior_law.size()) + ".json");
    write_law(law, path);
    options.prior_law.push_back(path);
    logs.push_back(std::log(alpha * 0.7));
  }
  const ForecastProblem problem = forecast_problem(runs, *form, options);
  const auto at = std::find_if(
      problem.priors.begin(), problem.priors.end(), [](const PriorInfo& one) {
        return std::string_view(one.name) == "ln alpha gamma";
      });
  ASSERT_NE(at, problem.priors.end());
  EXPECT_THAT(at->mean,
              near_rel((logs[0] + logs[1]) / 2.0, testing::kRounding));
  // The sd of two, and 0.1 for what two laws cannot show.
  const double spread = std::abs(logs[0] - logs[1]) / std::numbers::sqrt2;
  EXPECT_THAT(at->sd, near_rel(std::hypot(spread, 0.1), testing::kRounding));
}

TEST(Forecast, RefusesAPriorFromALawThatItsRunsLeaveOpen) {
  Law law;
  law.id = "made-up";
  law.form = find_form("coupled");
  law.coefficients.resize(6);
  law.coefficients << 1.7, 500.0, 900.0, 0.5, 0.5, 0.7;
  law.status = LawStatus::Weak;
  const testing::TemporaryFolder folder;
  const std::string path = folder / "weak.json";
  write_law(law, path);
  ForecastOptions options;
  options.prior_law = {path};
  EXPECT_THAT(testing::message_of([&] { forecast(wavy_runs(12, 7), options); }),
              ::testing::HasSubstr("is weak, but must be identified"));
}

TEST(Forecast, ComesBackFromItsFileBitByBit) {
  const Forecast result = forecast(wavy_runs(30, 10));
  const std::string text = law_text(result.law);
  const Law back = parse_law(text, "law.json");
  ASSERT_TRUE(back.is_forecast());
  EXPECT_EQ(law_text(back), text);
  const LossForecast a = result.predict(Params(3e9), Tokens(1e11));
  const LossForecast b = back.discrepancy->at(Params(3e9), Tokens(1e11));
  EXPECT_EQ(a.log_loss(), b.log_loss());
  EXPECT_EQ(a.sd_run(), b.sd_run());
  EXPECT_EQ(back.provenance.options.at("amplitude"),
            "0.001,0.003,0.006,0.012,0.024,0.048");
  EXPECT_EQ(back.provenance.options.at("level"), "0.9");
  EXPECT_FALSE(parse_law(law_text(published_law("besiroglu2024")), "law.json")
                   .is_forecast());
  std::string broken = text;
  broken.replace(broken.rfind("\"length\""), 8, "\"lenght\"");
  EXPECT_THAT(
      testing::message_of<DataError>([&] { parse_law(broken, "law.json"); }),
      ::testing::HasSubstr("length"));
}

TEST(Forecast, OfManyRowsKnowsTheLargestRun) {
  const Runs runs = wavy_runs(2005, 7);
  const Forecast result = forecast(runs);
  EXPECT_EQ(result.rows_used, 2000);
  EXPECT_THAT(result.law.range.params->high,
              near_rel(runs.params.maxCoeff(), testing::kRounding));
}

TEST(Forecast, TakesANameOfSeveralSizesForASetup) {
  Runs runs = wavy_runs(40, 11);
  const Forecast alone = forecast(runs);
  runs.name.assign(40, "setup");
  const Forecast named = forecast(runs);
  EXPECT_EQ(named.runs, alone.runs);
  EXPECT_EQ(named.predict(Params(3e9), Tokens(1e11)).log_loss(),
            alone.predict(Params(3e9), Tokens(1e11)).log_loss());
}

TEST(Forecast, OfTwoRunsIsNoneHoweverManyCheckpoints) {
  Runs runs = wavy_runs(40, 11);
  for (int i = 0; i < 40; ++i) {
    runs.params[i] = i % 2 == 0 ? 1e8 : 3e8;
    runs.tokens[i] = 1e9 * (i + 1);
    runs.name.push_back(i % 2 == 0 ? "a" : "b");
  }
  runs.flops = 6.0 * runs.params.cwiseProduct(runs.tokens);
  const Forecast result = forecast(runs);
  EXPECT_EQ(result.runs, 2);
  EXPECT_EQ(result.law.status, LawStatus::NotIdentified);
}

TEST(Forecast, RefusesALevelThatIsNone) {
  const LossForecast at =
      forecast(wavy_runs(40, 11)).predict(Params(3e9), Tokens(1e11));
  for (const double level : {1.0, -0.5, std::nan("")}) {
    EXPECT_THROW(at.run_interval(level), std::invalid_argument) << level;
  }
}

TEST(Forecast, IsWhatPredictionsOfItsLawSay) {
  const Forecast result = forecast(wavy_runs(40, 11));
  const Prediction said = predict(result.law, Params(3e9), Tokens(1e11));
  const LossForecast at = result.predict(Params(3e9), Tokens(1e11));
  EXPECT_EQ(said.value, at.loss().value());
  EXPECT_EQ(*said.interval, at.curve_interval(0.9));
  EXPECT_EQ(*said.run_interval, at.run_interval(0.9));
  EXPECT_GT(said.run_interval->high, said.interval->high);
  const OptimumEstimate best = optimum_estimate(result.law, Flops(1e21), 0.9);
  EXPECT_EQ(best.best.params.value(),
            optimum(result.law, Flops(1e21)).params.value());
  EXPECT_EQ(best.best.loss.value(),
            result.predict(best.best.params, best.best.tokens).loss().value());
  // How compute divides is the law's alone.
  Law alone = result.law;
  alone.discrepancy = nullptr;
  const Optimum by_law = optimum(alone, Flops(1e21));
  EXPECT_EQ(best.best.params.value(), by_law.params.value());
  EXPECT_NE(best.best.loss.value(), by_law.loss.value());
  EXPECT_EQ(said.law_options.at("prior"), "language_model");
}

TEST(Forecast, OfManyRowsUsesSomeEvenly) {
  Runs runs = wavy_runs(2100, 9);
  const Forecast result = forecast(runs);
  EXPECT_EQ(result.rows_used, 2000);
  EXPECT_EQ(result.rows_dropped, 100);
  EXPECT_NE(find(result.findings, "forecast.thinned"), nullptr);
}

}  // namespace
}  // namespace isoflop
