// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runs/table.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::TemporaryFolder;

class Convert : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }

  TemporaryFolder folder_;
};

// A chart: a column a run, with the extremes that W&B adds.
constexpr const char* kChart =
    "\"Step\",\"a - eval/loss\",\"a - eval/loss__MIN\",\"a - "
    "eval/loss__MAX\",\"b - eval/loss\",\"b - eval/loss__MIN\",\"b - "
    "eval/loss__MAX\"\n"
    "100,4.0,3.9,4.1,5.0,4.9,5.1\n"
    "200,3.5,3.4,3.6,4.4,4.3,4.5\n"
    "300,3.6,3.5,3.7,,,\n";

TEST_F(Convert, TakesTheLastStepOfEachRunOfAChart) {
  ConvertOptions options;
  options.params = Params(1e8);
  options.tokens_per_step = Tokens(1e6);
  const Conversion made = convert({file("chart.csv", kChart)}, options);
  EXPECT_THAT(made.runs.name, ElementsAre("a", "b"));
  EXPECT_THAT(made.runs.loss_nats, ElementsAre(3.6, 4.4));
  EXPECT_THAT(made.runs.tokens, ElementsAre(3e8, 2e8));
  ASSERT_EQ(made.files.size(), 1U);
  EXPECT_EQ(made.files[0].kind, "W&B chart export");
  EXPECT_EQ(made.files[0].rows, 3);
  EXPECT_EQ(made.files[0].runs, 2);
}

TEST_F(Convert, TakesTheBestStepWhenAsked) {
  ConvertOptions options;
  options.pick = Pick::Best;
  options.params = Params(1e8);
  options.tokens_per_step = Tokens(1e6);
  const Conversion made = convert({file("chart.csv", kChart)}, options);
  EXPECT_THAT(made.runs.loss_nats, ElementsAre(3.5, 4.4));
  EXPECT_THAT(made.runs.tokens, ElementsAre(2e8, 2e8));
}

TEST_F(Convert, JoinsSizesByTheNameOfTheRun) {
  ConvertOptions options;
  options.tokens_per_step = Tokens(1e6);
  options.join = file("sizes.csv", "name,N\nb,2e8\na,1e8\nc,9e9\n");
  const Conversion made = convert({file("chart.csv", kChart)}, options);
  EXPECT_THAT(made.runs.params, ElementsAre(1e8, 2e8));

  options.join = file("few.csv", "name,N\nc,2e8\na,1e8\n");
  EXPECT_THAT(
      message_of<DataError>([&] { convert({folder_ / "chart.csv"}, options); }),
      HasSubstr("few.csv: no row is of run 'b'"));
  options.join = file("twice.csv", "name,N\na,2e8\na,1e8\n");
  EXPECT_THAT(
      message_of<DataError>([&] { convert({folder_ / "chart.csv"}, options); }),
      HasSubstr("twice.csv:3: run 'a' is there twice"));
}

// Evaluations and training steps are rows of their own in a history.
TEST_F(Convert, CarriesTheLatestTokensToAnEvaluation) {
  const std::string path = file("history.csv",
                                "_step,tokens,train/loss,eval/loss,params\n"
                                "1,10M,5.0,,1e8\n"
                                "2,20M,4.0,,\n"
                                "2,,,4.2,\n"
                                "3,30M,3.9,,\n");
  const Conversion made = convert({path});
  EXPECT_EQ(made.runs.size(), 1);
  EXPECT_EQ(made.runs.loss_nats[0], 4.2);
  EXPECT_EQ(made.runs.tokens[0], 20e6);
  EXPECT_EQ(made.runs.params[0], 1e8);
}

TEST_F(Convert, SplitsAHistoryByTheNameOfTheRun) {
  const std::string path = file("history.csv",
                                "name,_step,tokens,loss,params\n"
                                "a,2,20M,3.9,1e8\n"
                                "b,1,10M,4.5,2e8\n"
                                "a,1,10M,5.0,1e8\n"
                                "b,2,20M,3.6,2e8\n");
  const Conversion made = convert({path});
  EXPECT_THAT(made.runs.name, ElementsAre("a", "b"));
  EXPECT_THAT(made.runs.loss_nats, ElementsAre(3.9, 3.6));
}

constexpr const char* kTrainerState =
    R"({"global_step": 400, "total_flos": 2.4e17, "log_history": [
  {"step": 100, "loss": NaN, "grad_norm": Infinity},
  {"step": 200, "loss": 4.0},
  {"step": 200, "eval_loss": 3.9},
  {"step": 400, "loss": 3.5},
  {"step": 400, "eval_loss": 3.8},
  {"step": 400, "total_flos": 2.4e17, "train_loss": 3.7}]})";

TEST_F(Convert, ReadsATrainerStateByItsEvaluations) {
  ConvertOptions options;
  options.params = Params(1e8);
  const std::string path = file("trainer_state.json", kTrainerState);
  const Conversion last = convert({path}, options);
  EXPECT_EQ(last.files[0].kind, "Hugging Face trainer_state.json");
  EXPECT_THAT(last.runs.loss_nats, ElementsAre(3.8));
  EXPECT_THAT(last.runs.name, ElementsAre(path));
  EXPECT_THAT(last.runs.flops, ElementsAre(2.4e17));
  EXPECT_THAT(last.runs.tokens, ElementsAre(4e8));  // C / 6N
}

TEST_F(Convert, SharesTheComputeOfATrainerStateOverItsSteps) {
  ConvertOptions options;
  options.params = Params(1e8);
  options.pick = Pick::Best;
  ReadOptions by_training_loss;
  by_training_loss.column = {"loss=loss"};
  std::string text = kTrainerState;
  text.replace(text.find("\"loss\": 3.5"), 11, "\"loss\": 4.5");
  const Conversion best =
      convert({file("trainer_state.json", text)}, options, by_training_loss);
  EXPECT_THAT(best.runs.loss_nats, ElementsAre(4.0));
  EXPECT_THAT(best.runs.flops, ElementsAre(1.2e17));
  const Finding* marked = find(best.findings, "runs.not-finite");
  ASSERT_NE(marked, nullptr);
  EXPECT_EQ(marked->values[0].value, 1.0);
}

TEST_F(Convert, RefusesARunWhoseLastLossIsNotFinite) {
  const std::string path = file("h.csv",
                                "name,step,tokens,loss,params\n"
                                "a,1,10M,5.0,1e8\na,2,20M,nan,1e8\n"
                                "b,1,10M,5.0,1e8\nb,2,20M,4.0,1e8\n");
  EXPECT_THAT(message_of<DataError>([&] { convert({path}); }),
              HasSubstr("h.csv:3: loss is 'nan', not a finite number; did the "
                        "run diverge?"));
  ReadOptions dropping;
  dropping.drop_bad = true;
  const Conversion made = convert({path}, {}, dropping);
  EXPECT_THAT(made.runs.name, ElementsAre("b"));
  EXPECT_NE(find(made.findings, "runs.dropped"), nullptr);
}

TEST_F(Convert, ReadsTensorBoard) {
  ConvertOptions options;
  options.params = Params(1e8);
  options.tokens_per_step = Tokens(1e6);
  const Conversion made = convert(
      {file("tb.csv", "Wall time,Step,Value\n1.5,100,4.0\n2.5,200,3.0\n")},
      options);
  EXPECT_THAT(made.runs.loss_nats, ElementsAre(3.0));
  EXPECT_THAT(made.runs.tokens, ElementsAre(2e8));
}

TEST_F(Convert, TakesARunTableAsItIs) {
  const std::string path =
      file("wandb.csv",
           "Name,State,n_params,step,train_tokens,eval/loss,eval/loss__MIN\n"
           "a,finished,1e8,500,2e9,3.5,3.4\nb,finished,2e8,900,4e9,3.2,3.1\n");
  const Conversion made = convert({path});
  EXPECT_THAT(made.runs.loss_nats, ElementsAre(3.5, 3.2));
  EXPECT_EQ(made.files[0].kind, "CSV");
}

TEST_F(Convert, PutsFilesOfSeveralKindsTogether) {
  ConvertOptions options;
  options.params = Params(1e8);
  options.tokens_per_step = Tokens(1e6);
  const Conversion made = convert(
      {file("chart.csv", kChart),
       file("more.jsonl", R"({"run": "c", "N": 3e8, "D": 6e9, "loss": 3.0})")},
      options);
  EXPECT_THAT(made.runs.name, ElementsAre("a", "b", "c"));
  EXPECT_THAT(made.runs.params, ElementsAre(1e8, 1e8, 3e8));
  EXPECT_EQ(made.runs.source, made.files[0].path + " and 1 more");
}

TEST_F(Convert, WritesWhatReadsBackTheSame) {
  const Runs runs = testing::read(
      "name,group,loss,N,D,lr,unique tokens,weight\n"
      "\"a, \"\"b\"\"\",g,3.123456789012345,1e8,2e9,1e-3,1B,0.5\n"
      "c,h,4,1e7,1e9,,1B,1.5\n");
  const Runs again = testing::read(runs_csv(runs));
  EXPECT_EQ(again.name, runs.name);
  EXPECT_EQ(again.group, runs.group);
  EXPECT_EQ(again.loss_nats, runs.loss_nats);
  EXPECT_EQ(again.params, runs.params);
  EXPECT_EQ(again.flops, runs.flops);
  EXPECT_EQ(again.derived, "flops");
  EXPECT_EQ(again.unique_tokens, runs.unique_tokens);
  EXPECT_EQ(again.weight, runs.weight);
  EXPECT_EQ(again.extra[0].values[0], 1e-3);
  EXPECT_TRUE(std::isnan(again.extra[0].values[1]));
}

TEST_F(Convert, ReplacesAFileOnlyWhenAsked) {
  const Runs runs = testing::read("loss,N,D\n3,1e8,2e9\n");
  const std::string path = file("runs.csv", "mine");
  EXPECT_THAT(message_of<FileError>([&] { write_runs(runs, path, false); }),
              HasSubstr("exists already"));
  write_runs(runs, path, true);
  EXPECT_EQ(read_runs(path).loss_nats[0], 3.0);
}

TEST_F(Convert, NamesTheColumnThatACurveLacks) {
  EXPECT_THAT(message_of<DataError>(
                  [&] { convert({file("h.csv", "step,reward\n1,2\n2,3\n")}); }),
              HasSubstr("no column holds the loss of the curves; columns "
                        "found: step and reward"));
  EXPECT_THAT(message_of<std::invalid_argument>([] { convert({}); }),
              HasSubstr("needs a file"));
}

}  // namespace
}  // namespace isoflop
