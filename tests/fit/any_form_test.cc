// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/LU>

#include <cmath>
#include <map>
#include <numeric>

#include "fit/designs.h"
#include "fit/polish.h"
#include "fit/problem.h"
#include "fit/starts.h"
#include "isoflop/laws/curve.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::message_of;
using testing::without_bootstrap;

constexpr int kRuns = 120;
constexpr double kNoise = 1e-3;

/// Levels from which runs take what they are made of.
const std::map<std::string_view, std::vector<double>>& levels() {
  static const std::map<std::string_view, std::vector<double>> kLevels = {
      {"experts", {1, 2, 8, 32, 128, 512}},
      {"granularity", {1, 2, 4, 8, 16, 32}},
      {"sparsity", {0, 0.5, 0.75, 0.9, 0.95}},
      {"weight_bits", {2, 3, 4, 6, 8, 16}},
      {"activation_bits", {2, 3, 4, 6, 8, 16}},
      {"kv_bits", {1, 2, 3, 4, 8, 16}},
      {"post_bits", {1, 2, 3, 4, 6, kMissing}}};
  return kLevels;
}

/// Columns of runs all over the space that the forms read; no loss yet.
Runs designed() {
  RandomStream random(11, 0);
  const auto between = [&](double low, double high) {
    return low * std::pow(high / low, random.uniform());
  };
  Eigen::VectorXd params(kRuns);
  Eigen::VectorXd tokens(kRuns);
  Eigen::VectorXd unique(kRuns);
  for (int i = 0; i < kRuns; ++i) {
    params[i] = between(1e7, 2e10);
    tokens[i] = between(1e9, 1e12);
    unique[i] = tokens[i] / (i % 3 == 0 ? 0.5 : between(1, 60));
  }
  Runs runs = runs_from_columns({{"params", params},
                                 {"tokens", tokens},
                                 {"unique_tokens", unique},
                                 {"loss", Eigen::VectorXd::Ones(kRuns)}});
  for (const auto& [name, values] : levels()) {
    Eigen::VectorXd column(kRuns);
    const auto count = static_cast<std::uint32_t>(values.size());
    for (double& x : column) x = values[random.below(count)];
    runs.extra.push_back({std::string(name), column});
  }
  runs.extra.push_back({"active_params", 0.2 * params});
  return runs;
}

/// Coefficients beside the nominal ones, which are a start of their own, on
/// the search scales.
Eigen::VectorXd truth_of(const Form& form) {
  Eigen::VectorXd values(form.coefficient_count());
  for (int j = 0; j < values.size(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    const double factor = info.scale == Scale::Log ? 1.5 : 1.1;
    values[j] = info.nominal * (j % 2 == 0 ? factor : 1.0 / factor);
  }
  return form.theta_from_coefficients(values);
}

/// Those runs under these coefficients, with noise.
Runs simulated(const Form& form) {
  Runs runs = designed();
  Eigen::VectorXd log_loss;
  form.evaluate_columns(
      truth_of(form), inputs_of(runs, form), log_loss, nullptr);
  RandomStream random(12, 0);
  for (int i = 0; i < kRuns; ++i) {
    runs.loss_nats[i] = std::exp(log_loss[i] + kNoise * random.normal());
  }
  return runs;
}

class AnyForm : public ::testing::TestWithParam<std::shared_ptr<const Form>> {
 protected:
  const Form& form() const { return *GetParam(); }

  FitOptions options() const {
    FitOptions options = without_bootstrap();
    options.law = form().name();
    options.objective = Objective::Squared;
    return options;
  }

  Eigen::VectorXd truth() const { return truth_of(form()); }
};

TEST_P(AnyForm, IsFittedAsWellAsTheTruthAndGivesItBackWhereRunsHoldIt) {
  const Runs runs = simulated(form());
  const FitResult result = fit(runs, options());
  std::vector<Eigen::Index> order;
  const FitProblem problem = make_problem(runs, options(), form(), order);
  FitEvaluator evaluator(problem);
  EXPECT_TRUE(result.search.converged);
  EXPECT_LE(result.objective_value,
            reported_objective(problem, evaluator.residuals(truth())));

  // p coefficients move the predictions by sqrt(p / n) of the noise.
  Eigen::VectorXd expected;
  Eigen::VectorXd predicted;
  form().evaluate_columns(truth(), problem.inputs, expected, nullptr);
  form().evaluate_columns(
      form().theta_from_coefficients(result.law.coefficients),
      problem.inputs,
      predicted,
      nullptr);
  const double off = (predicted - expected).norm() / std::sqrt(kRuns);
  EXPECT_LE(off,
            2 * kNoise * std::sqrt(form().coefficient_count() / double(kRuns)));

  if (result.law.status == LawStatus::NotIdentified) return;
  const Eigen::MatrixXd covariance =
      (evaluator.curvature(truth()) * problem.scale * problem.scale).inverse() *
      kNoise * kNoise;
  const Eigen::VectorXd theta =
      form().theta_from_coefficients(result.law.coefficients);
  for (int j = 0; j < form().coefficient_count(); ++j) {
    EXPECT_LE(std::abs(theta[j] - truth()[j]), 5 * std::sqrt(covariance(j, j)))
        << form().coefficients()[static_cast<std::size_t>(j)].name;
  }
}

TEST_P(AnyForm, DoesNotDependOnTheOrderOfRowsOrOnThreads) {
  const Runs runs = simulated(form());
  FitOptions few = options();
  few.bootstrap = 2;
  const FitResult result = fit(runs, few);
  Runs reversed = runs;
  const auto reverse = [](Eigen::VectorXd& x) { x.reverseInPlace(); };
  for (Eigen::VectorXd* column : {&reversed.params,
                                  &reversed.tokens,
                                  &reversed.flops,
                                  &reversed.loss_nats,
                                  &reversed.unique_tokens}) {
    reverse(*column);
  }
  for (ExtraColumn& column : reversed.extra) reverse(column.values);
  few.threads = 2;
  const FitResult again = fit(reversed, few);
  EXPECT_EQ(again.law.coefficients, result.law.coefficients);
  EXPECT_TRUE(again.law.draws == result.law.draws);
  EXPECT_EQ(again.search.optima, result.search.optima);
}

std::vector<std::shared_ptr<const Form>> forms_of_a_loss() {
  std::vector<std::shared_ptr<const Form>> forms;
  for (const auto& form : all_forms()) {
    const bool is_curve = dynamic_cast<const CurveForm*>(form.get()) != nullptr;
    if (form->answers_loss() && !is_curve) forms.push_back(form);
  }
  return forms;
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         AnyForm,
                         ::testing::ValuesIn(forms_of_a_loss()),
                         [](const auto& entry) {
                           return std::string(entry.param->name());
                         });

FitOptions law(const std::string& name) {
  FitOptions options = without_bootstrap();
  options.law = name;
  return options;
}

TEST(FitInputs, MissingColumnIsNamed) {
  Runs runs = simulated(*find_form("clark"));
  std::erase_if(runs.extra, [](const auto& x) { return x.name == "experts"; });
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { fit(runs, law("clark")); }),
      AllOf(HasSubstr("clark"), HasSubstr("experts"), HasSubstr("column")));
}

TEST(FitInputs, ValueOutsideTheDomainIsNamedWithItsRun) {
  Runs runs = simulated(*find_form("clark"));
  for (ExtraColumn& column : runs.extra) {
    if (column.name == "experts") column.values[17] = 0.5;
  }
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { fit(runs, law("clark")); }),
      AllOf(HasSubstr("experts"), HasSubstr("0.5"), HasSubstr("row 18")));
  runs.name.assign(kRuns, "x");
  runs.name[17] = "a-small-one";
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { fit(runs, law("clark")); }),
      HasSubstr("a-small-one"));
}

TEST(FitInputs, EmptyCellIsARunWithoutIt) {
  const Runs runs = simulated(*find_form("clark"));
  Runs with_gaps = runs;
  for (ExtraColumn& column : with_gaps.extra) {
    if (column.name != "experts") continue;
    for (double& x : column.values) x = x == 1.0 ? kMissing : x;
  }
  EXPECT_EQ(fit(with_gaps, law("clark")).law.coefficients,
            fit(runs, law("clark")).law.coefficients);
}

TEST(FitInputs, AllParametersWorkWhereNothingElseIsSaid) {
  Runs runs = simulated(*find_form("ludziejewski"));
  Runs plain = runs;
  std::erase_if(plain.extra,
                [](const auto& x) { return x.name == "active_params"; });
  plain.params = 0.2 * runs.params;
  plain.flops = 0.2 * runs.flops;
  EXPECT_EQ(inputs_of(plain, *find_form("ludziejewski")),
            inputs_of(runs, *find_form("ludziejewski")));
}

TEST(FitInputs, RunsWithoutUniqueTokensDoNotRepeat) {
  Runs runs = simulated(*find_form("data_constrained"));
  runs.unique_tokens.resize(0);
  const Eigen::MatrixXd inputs =
      inputs_of(runs, *find_form("data_constrained"));
  EXPECT_TRUE((inputs.col(2).array() == kInfinite).all());
  const FitResult result = fit(runs, law("data_constrained"));
  EXPECT_EQ(result.law.status, LawStatus::NotIdentified);
  EXPECT_LT(result.identifiability.rank, 7);
}

TEST(FitInputs, FormWithoutALossIsRefused) {
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [] { fit(designed(), law("params_allocation")); }),
              AllOf(HasSubstr("params_allocation"), HasSubstr("loss")));
}

TEST(FitOfAnyForm, WithoutABudgetToDivideHasNoOptimum) {
  FitOptions options = law("clark");
  options.bootstrap = 40;
  const FitResult result = fit(simulated(*find_form("clark")), options);
  EXPECT_TRUE(result.optimum.empty());
  EXPECT_FALSE(result.identifiability.sd_log_params);
  ASSERT_TRUE(result.identifiability.sd_log_loss);
  EXPECT_LT(*result.identifiability.sd_log_loss, 0.01);
  EXPECT_EQ(result.law.draws.rows(), 40);
}

TEST(FitOfAnyForm, OneNumberOfExpertsDoesNotDetermineARoutedLaw) {
  Runs runs = simulated(*find_form("clark"));
  for (ExtraColumn& column : runs.extra) {
    if (column.name == "experts") column.values.setConstant(64);
  }
  const FitResult result = fit(runs, law("clark"));
  EXPECT_EQ(result.law.status, LawStatus::NotIdentified);
}

TEST(FitOfAnyForm, RepeatsAreSuggestedWhereNoTokenRepeats) {
  Runs runs = simulated(*find_form("data_constrained"));
  runs.unique_tokens = runs.tokens;
  const FitResult result = fit(runs, law("data_constrained"));
  EXPECT_FALSE(result.is_identified());
  const auto& more = result.identifiability.suggested_runs;
  ASSERT_FALSE(more.empty());
  for (const SuggestedRun& run : more) {
    EXPECT_LE(run.others.at("unique_tokens"), 1.001 * run.tokens.value());
  }
  EXPECT_LT(more.front().others.at("unique_tokens"),
            0.5 * more.front().tokens.value());
}

TEST(FitOfAnyForm, OptimumOfARepeatedDataLawIsThatOfFreshData) {
  const FitResult result =
      fit(simulated(*find_form("data_constrained")), law("data_constrained"));
  ASSERT_EQ(result.optimum.size(), 5U);
  Law fresh;
  fresh.id = "fresh";
  fresh.form = find_form("additive");
  fresh.coefficients = result.law.coefficients.head(5);
  for (const OptimumEstimate& row : result.optimum) {
    EXPECT_THAT(row.best.params.value(),
                testing::near_rel(optimum(fresh, row.best.flops).params.value(),
                                  {1e-9}));
  }
}

/// The additive form with A given and alpha in a range that its best value is
/// outside of.
class NarrowForm final : public Form {
 public:
  NarrowForm() {
    infos_[1].low = infos_[1].high = 480.0;
    infos_[3].low = 0.4;
  }
  std::string_view name() const override { return "narrow"; }
  std::string_view formula() const override { return inner_->formula(); }
  std::string_view source() const override { return inner_->source(); }
  std::span<const CoefficientInfo> coefficients() const override {
    return infos_;
  }
  std::span<const Variable> inputs() const override { return inner_->inputs(); }
  double evaluate(const double* theta, const double* inputs) const override {
    return inner_->evaluate(theta, inputs);
  }
  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    inner_->input_gradient(theta, inputs, gradient);
  }
  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    inner_->evaluate_columns(theta, inputs, out, jacobian);
  }
  std::optional<double> optimal_log_params(const double* theta,
                                           double log_flops) const override {
    return inner_->optimal_log_params(theta, log_flops);
  }

 private:
  std::shared_ptr<const Form> inner_ = find_form("additive");
  std::vector<CoefficientInfo> infos_{inner_->coefficients().begin(),
                                      inner_->coefficients().end()};
};

TEST(Polish, HoldsGivenCoefficientsAndRanges) {
  const NarrowForm form;
  const Runs runs =
      testing::observe(testing::grid(8, 7), testing::chinchilla_law(), 1e-3, 4);
  FitOptions options = without_bootstrap();
  options.objective = Objective::Squared;
  std::vector<Eigen::Index> order;
  const FitProblem problem = make_problem(runs, options, form, order);
  const Starts starts(problem, 1);
  const Polished end = polish(problem, starts.first().front());
  EXPECT_TRUE(end.converged);
  EXPECT_NEAR(end.theta[1], std::log(480.0), 1e-15);
  EXPECT_EQ(end.theta[3], 0.4);
  EXPECT_EQ(end.at_bound, std::vector<int>{3});
  // No other point of the range is better: the slopes of the rest are zero,
  // and F rises with alpha.
  FitEvaluator evaluator(problem);
  Eigen::VectorXd gradient;
  const double value = evaluator(end.theta, &gradient);
  EXPECT_GT(gradient[3], 0.0);
  for (const int j : {0, 2, 4}) EXPECT_NEAR(gradient[j], 0.0, 1e-5 * value);
  const Identifiability found = identify(runs, form, end.theta, 0.0);
  EXPECT_EQ(found.coefficients, 4);
  EXPECT_EQ(found.rank, 4);
  EXPECT_THAT(found.reasons, ::testing::Contains(HasSubstr("alpha ends at")));
}

TEST(Box, HoldsOnEveryScale) {
  const Box box(*find_form("clark"));
  Eigen::VectorXd theta(6);
  theta << 3, -3, 0, 0, -1, 100;
  const Eigen::VectorXd inside = box.clamp(theta);
  EXPECT_EQ(inside[0], 2.0);
  EXPECT_EQ(inside[1], -2.0);
  EXPECT_EQ(inside[4], 0.0);
  EXPECT_EQ(inside[5], std::log(1e5));
}

}  // namespace
}  // namespace isoflop
