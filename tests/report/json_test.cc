// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "isoflop/plan/scenario_file.h"
#include "isoflop/runs/read_runs.h"
#include "isoflop/version.h"
#include "report/results.h"

namespace isoflop {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;

/// The parts that every result has.
Json parsed(const std::string& text, const std::string& schema) {
  EXPECT_EQ(text.back(), '\n');
  Json json = Json::parse(text);
  EXPECT_EQ(json.at("schema"), "isoflop." + schema + "/1");
  EXPECT_EQ(json.at("version"), std::string(version()));
  std::vector<std::string> keys;
  for (const auto& item : json.items()) keys.push_back(item.key());
  EXPECT_THAT(keys,
              ElementsAre("schema", "version", "inputs", "result", "findings"));
  EXPECT_TRUE(json.at("findings").is_array());
  for (const Json& finding : json.at("findings")) {
    for (const char* key :
         {"code", "severity", "message", "remedy", "values"}) {
      EXPECT_TRUE(finding.contains(key)) << key;
    }
  }
  return json;
}

template <class Options>
void expect_echo(const Json& inputs) {
  for (const OptionInfo& info : option_infos<Options>()) {
    EXPECT_EQ(inputs.contains(info.name), info.name != "threads") << info.name;
  }
}

TEST(Json, FitHasItsParts) {
  const FitResult fit = testing::good_fit();
  const Json json = parsed(to_json(fit), "fit");
  expect_echo<FitOptions>(json.at("inputs"));
  const Json& result = json.at("result");
  const Json& coefficients = result.at("law").at("coefficients");
  const char* const names[] = {"E", "A", "B", "alpha", "beta"};
  for (int j = 0; j < 5; ++j) {
    EXPECT_EQ(coefficients.at(names[j]).get<double>(), fit.law.coefficients[j]);
    EXPECT_EQ(
        result.at("intervals").at("coefficients").at(names[j])[1].get<double>(),
        fit.intervals[static_cast<std::size_t>(j)].high);
  }
  EXPECT_EQ(result.at("objective").at("value").get<double>(),
            fit.objective_value);
  EXPECT_EQ(result.at("objective").at("name"), "huber");
  EXPECT_EQ(result.at("objective").at("delta"), 1e-3);
  EXPECT_EQ(result.at("runs").at("used"), fit.runs_used);
  EXPECT_EQ(result.at("optimum").size(), fit.optimum.size());
  EXPECT_EQ(result.at("optimum")[0].at("params").get<double>(),
            fit.optimum[0].best.params.value());
  EXPECT_EQ(result.at("identifiability").at("status"), "identified");
  EXPECT_EQ(result.at("search").at("converged"), true);
}

TEST(Json, FitHasTheSameBytesOnAnyNumberOfThreads) {
  using testing::chinchilla_law;
  const Runs runs =
      testing::observe(testing::isoflop_sweep(7, 9, 4), chinchilla_law(), 0.01);
  FitOptions options;
  options.bootstrap = 40;
  options.threads = 1;
  const std::string one = to_json(fit(runs, options));
  for (const int threads : {2, 3, 8}) {
    options.threads = threads;
    EXPECT_EQ(to_json(fit(runs, options)), one) << threads;
  }
}

TEST(Json, CoefficientsThatAreNotIdentifiedAreNull) {
  const FitResult fit = testing::poor_fit();
  const Json json = parsed(to_json(fit), "fit");
  EXPECT_TRUE(json.at("result").at("law").at("coefficients").is_null());
  EXPECT_EQ(json.at("result").at("identifiability").at("status"),
            "not_identified");
  EXPECT_TRUE(json.at("result").at("optimum").empty());
  EXPECT_EQ(json.at("findings")[0].at("severity"), "error");
}

TEST(Json, PlanHasItsParts) {
  const Plan plan = testing::some_plan();
  const Json json = parsed(to_json(plan), "plan");
  expect_echo<Scenario>(json.at("inputs"));
  expect_echo<PlanOptions>(json.at("inputs"));
  const Json& result = json.at("result");
  EXPECT_EQ(result.at("params").get<double>(), plan.run.params.value());
  EXPECT_EQ(result.at("tokens").get<double>(), plan.run.tokens.value());
  EXPECT_EQ(result.at("loss_nats").get<double>(), plan.run.loss.value());
  EXPECT_TRUE(result.at("epochs").is_null());
  EXPECT_EQ(result.at("alternatives").size(), 4u);
  EXPECT_EQ(result.at("intervals").at("params")[0].get<double>(),
            plan.params->low);
  EXPECT_EQ(result.at("sensitivity")[0].at("key"), "budget.flops");
  EXPECT_EQ(result.at("sensitivity")[0].at("loss_nats").get<double>(),
            plan.sensitivity[0].loss_nats);
  EXPECT_EQ(result.at("frontier").at("training").size(), 5u);
  EXPECT_EQ(result.at("risk").at("measure"), "mean");
  const Json& origins = json.at("inputs").at("origins");
  EXPECT_EQ(origins.at("budget.flops").at("from"), "option");
  EXPECT_EQ(origins.at("law").at("from"), "default");
}

TEST(Json, RefusedPlanHasNoResult) {
  Law law = published_law("besiroglu2024");
  law.status = LawStatus::Weak;
  Scenario scenario;
  scenario.flops = Flops(1e24);
  const Json json = parsed(to_json(plan(law, scenario)), "plan");
  EXPECT_TRUE(json.at("result").is_null());
  EXPECT_EQ(json.at("findings")[0].at("code"), "fit.weak");
}

TEST(Json, CheckHasItsParts) {
  for (const Check& check : testing::some_checks()) {
    const Json json = parsed(to_json(check), "check");
    expect_echo<Scenario>(json.at("inputs"));
    expect_echo<CheckOptions>(json.at("inputs"));
    const Json& result = json.at("result");
    EXPECT_EQ(result.at("verdict"), std::string(to_string(check.verdict)));
    EXPECT_EQ(result.at("waste").at("compute_factor").get<double>(),
              check.waste.compute_factor);
    EXPECT_EQ(result.at("by_law").size(), check.by_law.size());
    EXPECT_EQ(result.at("needs").at("tokens").get<double>(),
              check.needs.tokens.value());
    EXPECT_EQ(json.at("findings").size(), check.findings.size());
  }
}

TEST(Json, RangesArePairs) {
  const Check check = testing::gpt45();
  const Json json = parsed(to_json(check), "check");
  EXPECT_THAT(json.at("inputs").at("flops").get<std::vector<double>>(),
              ElementsAre(2e26, 5.4e26));
  EXPECT_TRUE(json.at("inputs").at("params").is_null());
  EXPECT_EQ(json.at("inputs").at("name"), "gpt-4.5");
  EXPECT_EQ(json.at("result").at("decided_by").at("quantity"), "tokens");
}

TEST(Json, PredictionHasItsParts) {
  const Prediction made =
      predict(published_law("hoffmann2022"), Params(1e9), Tokens(2e10));
  const Json json = parsed(to_json(made), "predict");
  EXPECT_EQ(json.at("inputs").at("law"), "hoffmann2022");
  EXPECT_EQ(json.at("result").at("loss_nats").get<double>(), made.value);
  EXPECT_TRUE(json.at("result").at("intervals").at("loss_nats").is_null());
}

TEST(Json, ListsAndPages) {
  EXPECT_EQ(parsed(to_json(published_laws()), "laws").at("result").size(),
            published_law_ids().size());
  EXPECT_EQ(parsed(to_json(finding_codes()), "codes").at("result").size(),
            finding_codes().size());
  EXPECT_EQ(
      parsed(to_json(published_scenarios()), "scenarios").at("result").size(),
      1u);
  const Json law = parsed(to_json(published_law("besiroglu2024")), "law-page");
  EXPECT_EQ(law.at("result").at("coefficients").at("alpha"), 0.34781);
  const Json code = parsed(to_json(find_code("fit.weak")), "code");
  EXPECT_EQ(code.at("result").at("code"), "fit.weak");
}

TEST(Json, InfinityIsNull) {
  FitResult fit = testing::good_fit();
  fit.identifiability.condition = HUGE_VAL;
  fit.intervals[0].high = HUGE_VAL;
  const Json json = parsed(to_json(fit), "fit");
  EXPECT_TRUE(
      json.at("result").at("identifiability").at("condition").is_null());
  EXPECT_TRUE(json.at("result")
                  .at("intervals")
                  .at("coefficients")
                  .at("E")[1]
                  .is_null());
}

TEST(Json, AnyBytesInNamesGiveValidJson) {
  FitResult fit = testing::good_fit();
  fit.source = "run\xff\x1b[2J\n\"</script>.csv";
  const Json json = parsed(to_json(fit), "fit");
  const std::string runs = json.at("inputs").at("runs");
  EXPECT_NE(runs.find("\x1b[2J\n\"</script>"), std::string::npos);
}

}  // namespace
}  // namespace isoflop
