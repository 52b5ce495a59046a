// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <cmath>
#include <sstream>

#include "fit/held_out.h"
#include "isoflop/base/error.h"
#include "isoflop/base/random.h"
#include "isoflop/laws/predict.h"
#include "laws/discrepancy_kernel.h"
#include "support/reference.h"

namespace isoflop {
namespace {

using testing::compute_of;
using testing::near_rel;
using testing::reference_rows;
using testing::ReferenceRow;
using testing::rows_of;
using testing::runs_where;
using testing::shared_path;

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

/// Runs of a law with a wavy departure from it and a little noise.
Runs wavy_runs(int count, std::uint64_t seed) {
  const Law law = published_law("besiroglu2024");
  RandomStream random(seed, 0);
  Eigen::VectorXd params(count);
  Eigen::VectorXd tokens(count);
  Eigen::VectorXd loss(count);
  for (int i = 0; i < count; ++i) {
    params[i] = 1e7 * std::pow(100.0, random.uniform());
    tokens[i] = params[i] * 5.0 * std::pow(20.0, random.uniform());
    loss[i] = law.loss(Params(params[i]), Tokens(tokens[i])).value() *
              std::exp(0.01 * std::sin(std::log(params[i])) +
                       0.002 * random.normal());
  }
  return runs_from_columns(
      {{"params", params}, {"tokens", tokens}, {"loss", loss}});
}

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

/// Runs that cannot carry a forecast are named; numbers stay numbers.
struct Degenerate {
  std::string name;
  Eigen::VectorXd params;
  Eigen::VectorXd tokens;
  Eigen::VectorXd loss;
  LawStatus status;
  std::string code;
};

std::vector<Degenerate> degenerate() {
  const Eigen::VectorXd one = Eigen::VectorXd::Ones(12);
  const Eigen::VectorXd rise = Eigen::VectorXd::LinSpaced(12, 1, 12);
  const Eigen::VectorXd fall = Eigen::VectorXd::LinSpaced(12, 3.5, 3.0);
  const Runs runs = wavy_runs(40, 8);
  return {{"one_row",
           one.head(1) * 1e8,
           one.head(1) * 1e9,
           one.head(1) * 3,
           LawStatus::NotIdentified,
           "forecast.few-runs"},
          {"identical",
           one * 1e8,
           one * 1e9,
           one * 3,
           LawStatus::NotIdentified,
           "forecast.few-runs"},
          {"seven",
           rise.head(7) * 1e8,
           rise.head(7) * 1e9,
           fall.head(7),
           LawStatus::NotIdentified,
           "forecast.few-runs"},
          {"one_size",
           one * 1e8,
           rise * 1e9,
           fall,
           LawStatus::Weak,
           "forecast.flat-design"},
          {"one_ratio",
           rise * 1e8,
           rise * 2e9,
           fall,
           LawStatus::Weak,
           "forecast.flat-design"},
          {"perplexity",
           runs.params,
           runs.tokens,
           runs.loss_nats.array().exp().matrix(),
           LawStatus::Identified,
           "forecast.prior-mismatch"},
          {"tiny_unit",
           runs.params,
           runs.tokens,
           runs.loss_nats * 1e-3,
           LawStatus::Identified,
           "forecast.prior-mismatch"},
          {"flat_loss",
           runs.params,
           runs.tokens,
           Eigen::VectorXd::Constant(40, 2),
           LawStatus::Identified,
           ""}};
}

TEST(Forecast, SaysWhatRunsCannotCarryIt) {
  for (const Degenerate& one : degenerate()) {
    const Forecast result = forecast(runs_from_columns(
        {{"params", one.params}, {"tokens", one.tokens}, {"loss", one.loss}}));
    EXPECT_EQ(result.law.status, one.status) << one.name;
    if (!one.code.empty()) {
      EXPECT_NE(find(result.findings, one.code), nullptr) << one.name;
    }
    EXPECT_TRUE(result.law.coefficients.allFinite()) << one.name;
    EXPECT_TRUE(result.law.draws.allFinite()) << one.name;
    for (const double factor : {0.1, 1.0, 1e4}) {
      const LossForecast at =
          result.predict(Params(1e8 * factor), Tokens(1e9 * factor));
      EXPECT_TRUE(std::isfinite(at.log_loss())) << one.name;
      EXPECT_TRUE(at.sd_run() > 0.0 && std::isfinite(at.sd_run())) << one.name;
    }
  }
  EXPECT_THROW(forecast(Runs()), std::invalid_argument);
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
  EXPECT_FALSE(parse_law(law_text(published_law("besiroglu2024")), "law.json")
                   .is_forecast());
  std::string broken = text;
  broken.replace(broken.find("\"length\""), 8, "\"lenght\"");
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
