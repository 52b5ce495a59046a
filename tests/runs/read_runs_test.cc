// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/read_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runs/table.h"

namespace isoflop {
namespace {

using testing::data_error;
using testing::dropping_bad;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::option_error;
using testing::read;
using testing::with_column;
using testing::with_unit;

constexpr const char* kHead = "loss,params,tokens\n";

// Columns.

TEST(ReadRuns, DerivesTheThirdOfParamsTokensAndFlops) {
  const Runs no_flops = read("loss,params,tokens\n3,1e8,2e9\n");
  EXPECT_EQ(no_flops.flops[0], 6.0 * 1e8 * 2e9);
  EXPECT_EQ(no_flops.derived, "flops");
  const Runs no_tokens = read("loss,params,flops\n3,1e8,1.2e18\n");
  EXPECT_EQ(no_tokens.tokens[0], 1.2e18 / (6.0 * 1e8));
  EXPECT_EQ(no_tokens.derived, "tokens");
  const Runs no_params = read("loss,flops,tokens\n3,1.2e18,2e9\n");
  EXPECT_EQ(no_params.params[0], 1.2e18 / (6.0 * 2e9));
  EXPECT_EQ(no_params.derived, "params");
  const Runs all = read("loss,params,tokens,flops\n3,1e8,2e9,1.23e18\n");
  EXPECT_EQ(all.flops[0], 1.23e18);
  EXPECT_EQ(all.derived, "");
}

TEST(ReadRuns, TakesComputeAlone) {
  const Runs runs = read("flops,loss\n1e18,3\n1e19,2.8\n");
  EXPECT_FALSE(runs.has_sizes());
  EXPECT_EQ(runs.size(), 2);
  EXPECT_EQ(runs.flops[1], 1e19);
  EXPECT_EQ(runs.tokens.size(), 0);
  EXPECT_EQ(runs.derived, "");
  EXPECT_NE(find(runs.findings, "runs.compute-only"), nullptr);
  // A column that looks like size or data is rather meant.
  EXPECT_THAT(data_error("flops,loss,params_b\n1e18,3,1\n"),
              HasSubstr("did you mean 'params_b'?"));
  EXPECT_THAT(data_error("loss,params\n3,1e8\n"),
              HasSubstr("there is only params"));
}

TEST(ReadRuns, FindsAliasesWithoutRegardToCaseAndSeparators) {
  for (const char* header : {"L,N,D",
                             " Final Loss ,n_params,Training-Tokens",
                             "EVAL_LOSS_NATS,NumParams,n tokens",
                             "\"val/loss\",model_size,D"}) {
    const Runs runs = read(std::string(header) + "\n3.5,1e8,2e9\n");
    EXPECT_EQ(runs.loss_nats[0], 3.5) << header;
    EXPECT_EQ(runs.params[0], 1e8) << header;
    EXPECT_EQ(runs.tokens[0], 2e9) << header;
  }
}

TEST(ReadRuns, EveryAliasIsFolded) {
  for (const ColumnAlias& alias : column_aliases()) {
    for (const std::string_view name : alias.aliases) {
      EXPECT_EQ(name.find_first_of(" _-ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                std::string_view::npos)
          << name;
    }
  }
}

TEST(ReadRuns, NoAliasNamesTwoColumns) {
  std::vector<std::string_view> seen;
  for (const ColumnAlias& alias : column_aliases()) {
    for (const std::string_view name : alias.aliases) {
      EXPECT_THAT(seen, Not(::testing::Contains(name)));
      seen.push_back(name);
    }
  }
}

TEST(ReadRuns, StandardNameWinsOverAlias) {
  const Runs runs = read("final_loss,loss,N,params,D\n9,3,7,1e8,2e9\n");
  EXPECT_EQ(runs.loss_nats[0], 3.0);
  EXPECT_EQ(runs.params[0], 1e8);
  ASSERT_EQ(runs.extra.size(), 2U);
  EXPECT_EQ(runs.extra[0].name, "final_loss");
  EXPECT_EQ(runs.extra[0].values[0], 9.0);
}

TEST(ReadRuns, AsksWhichLossIsThatOfEvaluation) {
  const std::string text = "loss,val_loss,N,D\n3.1,3.2,1e8,2e9\n";
  EXPECT_EQ(data_error(text),
            "runs.csv:1: both 'val_loss' and 'loss' may be loss; say which, as "
            "in --column loss=val_loss");
  EXPECT_EQ(read(text, with_column({"loss=val_loss"})).loss_nats[0], 3.2);
  EXPECT_EQ(read(text, with_column({"loss=loss"})).loss_nats[0], 3.1);
}

TEST(ReadRuns, RefusesTwoAliasesOfOneThing) {
  const std::string text = "val_loss,test_loss,N,D\n3,4,1e8,2e9\n";
  EXPECT_EQ(data_error(text),
            "runs.csv:1: both 'val_loss' and 'test_loss' may be loss; say "
            "which, as in --column loss=val_loss");
  EXPECT_EQ(read(text, with_column({"loss=test_loss"})).loss_nats[0], 4.0);
}

TEST(ReadRuns, TakesTheFirstAliasOfLabels) {
  const Runs runs = read("model,run_id,loss,N,D\nm,r,3,1e8,2e9\n");
  EXPECT_THAT(runs.name, ElementsAre("r"));
  const Runs chosen = read("model,run_id,loss,N,D\nm,r,3,1e8,2e9\n",
                           with_column({"group=model"}));
  EXPECT_THAT(chosen.group, ElementsAre("m"));
}

TEST(ReadRuns, RefusesADuplicateHeaderOnlyIfUsed) {
  EXPECT_EQ(data_error("loss,N,D,loss\n3,1e8,2e9,4\n"),
            "runs.csv:1: column 'loss' appears twice (cells 1 and 4 of the "
            "header); rename one");
  EXPECT_EQ(read("loss,N,D,x,x\n3,1e8,2e9,4,5\n").size(), 1);
}

TEST(ReadRuns, TellsWhatIsMissing) {
  EXPECT_EQ(data_error("run,train_loss,N,D\na,3,1e8,2e9\n"),
            "runs.csv:1: no column holds the loss; columns found: run, "
            "train_loss, N and D; did you mean 'train_loss'? Name it with "
            "--column loss=train_loss");
  EXPECT_EQ(data_error("loss,N\n3,1e8\n"),
            "runs.csv:1: two of params, tokens and flops are needed, but "
            "there is only params; columns found: loss and N; name it with "
            "--column tokens=COLUMN");
  EXPECT_THAT(data_error("loss,N,tokns\n3,1e8,2e9\n"),
              HasSubstr("did you mean 'tokns'?"));
  EXPECT_THAT(data_error("loss N D\n3 1e8 2e9\n"), HasSubstr("only one"));
  EXPECT_THAT(data_error("3,1e8,2e9\n3,1e8,2e9\n"),
              HasSubstr("is the header row missing?"));
}

TEST(ReadRuns, ListsOnlyTheFirstOfManyColumns) {
  std::string header = "c0";
  for (int i = 1; i < 100000; ++i) header += ",c" + std::to_string(i);
  const std::string message = data_error(header + "\n1\n");
  EXPECT_THAT(message, HasSubstr("99988 more"));
  EXPECT_LT(message.size(), 500U);
}

TEST(ReadRuns, ReadsAHundredThousandColumns) {
  std::string header = "loss,N,D";
  std::string row = "3,1e8,2e9";
  for (int i = 0; i < 100000; ++i) {
    header += ",c" + std::to_string(i);
    row += i % 2 == 0 ? ",1" : ",x";
  }
  const Runs runs = read(header + "\n" + row + "\n" + row + "\n");
  EXPECT_EQ(runs.extra.size(), 50000U);
}

TEST(ReadRuns, MapsColumnsByOption) {
  const std::string text = "c4 loss,N,D\n3,1e8,2e9\n";
  EXPECT_EQ(read(text, with_column({"loss = c4_loss"})).loss_nats[0], 3.0);
  EXPECT_EQ(data_error(text, with_column({"loss=c4_los"})),
            "runs.csv:1: no column 'c4_los' (--column loss=c4_los); did you "
            "mean 'c4 loss'?; columns found: c4 loss, N and D");
  EXPECT_THAT(option_error(text, with_column({"lss=c4 loss"})),
              HasSubstr("column: 'lss' is not one of params, tokens"));
  EXPECT_THAT(option_error(text, with_column({"lss=c4 loss"})),
              HasSubstr("did you mean 'loss'?"));
  EXPECT_THAT(option_error(text, with_column({"loss"})), HasSubstr("NAME="));
  EXPECT_THAT(option_error(text, with_column({"loss=D", "L=c4 loss"})),
              HasSubstr("given twice"));
}

TEST(ReadRuns, RefusesWandbExtremesOnlyIfUsed) {
  const std::string text = "a/loss,a/loss__MIN,N,D\n3,2,1e8,2e9\n";
  EXPECT_EQ(read(text, with_column({"loss=a/loss"})).loss_nats[0], 3.0);
  EXPECT_THAT(data_error(text, with_column({"loss=a/loss__MIN"})),
              HasSubstr("use 'a/loss'"));
}

TEST(ReadRuns, KeepsExtraColumnsOfNumbers) {
  const Runs runs = read(
      "loss,N,D,lr,note,Unnamed: 0,late\n"
      "3,1e8,2e9,1e-3,a,0,1\n"
      "4,1e8,2e9,,b,1,x\n");
  ASSERT_EQ(runs.extra.size(), 1U);
  EXPECT_EQ(runs.extra[0].name, "lr");
  EXPECT_EQ(runs.extra[0].values[0], 1e-3);
  EXPECT_TRUE(std::isnan(runs.extra[0].values[1]));
}

TEST(ReadRuns, ReadsOptionalColumns) {
  const Runs runs = read(
      "name,family,loss,N,D,unique tokens,weight\n"
      "a,c4,3,1e8,2e9,1B,0.5\n");
  EXPECT_THAT(runs.name, ElementsAre("a"));
  EXPECT_THAT(runs.group, ElementsAre("c4"));
  EXPECT_EQ(runs.unique_tokens[0], 1e9);
  EXPECT_EQ(runs.weight[0], 0.5);
  const Runs without = read("loss,N,D\n3,1e8,2e9\n");
  EXPECT_EQ(without.unique_tokens.size(), 0);
  EXPECT_EQ(without.weight.size(), 0);
  EXPECT_TRUE(without.name.empty());
}

TEST(ReadRuns, DoesNotDependOnOrder) {
  const Runs a = read("loss,N,D\n3,1e8,2e9\n4,1e7,1e9\n");
  const Runs b = read("D,loss,N\n1e9,4,1e7\n2e9,3,1e8\n");
  EXPECT_EQ(a.loss_nats, b.loss_nats.reverse());
  EXPECT_EQ(a.params, b.params.reverse());
  EXPECT_EQ(a.flops, b.flops.reverse());
}

// Shape.

TEST(ReadRuns, SniffsSeparators) {
  EXPECT_EQ(read("loss;N;D\n3;1e8;2e9\n").params[0], 1e8);
  EXPECT_EQ(read("loss\tN\tD\n3\t1e8\t2e9\n").params[0], 1e8);
  ReadOptions options;
  options.separator = "tab";
  EXPECT_EQ(read("loss\tN\tD\ta,b,c,d,e\n3\t1e8\t2e9\t0\n", options).size(), 1);
  options.separator = "|";
  EXPECT_THAT(option_error("loss|N\n", options), HasSubstr("separator: '|'"));
}

TEST(ReadRuns, NeverReadsADecimalCommaAsAnInteger) {
  const std::string text = "loss;N;D\n1,5;1e8;2e9\n";
  const std::string message =
      "runs.csv:2:1: loss is '1,5', with a decimal comma: --decimal ,";
  EXPECT_EQ(data_error(text), message);
  EXPECT_EQ(data_error(text, dropping_bad()), message);
  EXPECT_THAT(
      data_error("loss,N,D\n\"1,5\",1e8,2e9\n"),
      HasSubstr("runs.csv:2:1: loss: '1,5' is not a loss in nats: ','"));
  EXPECT_THAT(data_error("loss,N,D\n1,5,1e8,2e9\n"), HasSubstr("4 cells"));
}

TEST(ReadRuns, LocatesRaggedRows) {
  EXPECT_EQ(data_error("loss,N,D\n3,1e8,2e9\n\n3,1e8\n"),
            "runs.csv:4: 2 cells found, but the header has 3 (--drop-bad "
            "leaves such rows out)");
}

TEST(ReadRuns, SkipsCommentsOnlyByOption) {
  ReadOptions options;
  options.comment = "#";
  const std::string text = "# from a;b;c;d\nloss,N,D\n3,1e8,2e9\n#end\n";
  EXPECT_EQ(read(text, options).size(), 1);
  EXPECT_NE(data_error(text), "");
}

// Cells.

TEST(ReadRuns, ReadsQuantities) {
  const Runs runs = read(
      "loss,N,D\n"
      " +3.5 ,70B,1.4T\n"
      "3.25 nats, 7_000_000 ,\"9007199254740993 tokens\"\n");
  EXPECT_EQ(runs.loss_nats[0], 3.5);
  EXPECT_EQ(runs.params[0], 70e9);
  EXPECT_EQ(runs.tokens[0], 1.4e12);
  EXPECT_EQ(runs.loss_nats[1], 3.25);
  EXPECT_EQ(runs.params[1], 7e6);
  EXPECT_EQ(runs.tokens[1], 9007199254740992.0);
}

struct BadLoss {
  const char* cell;
  const char* message;
};

class BadCell : public ::testing::TestWithParam<BadLoss> {};

TEST_P(BadCell, IsLocatedOrDropped) {
  const std::string text = "params,loss,tokens\n1e8,3,2e9\n1e8," +
                           std::string(GetParam().cell) + ",2e9\n";
  const std::string message = data_error(text);
  EXPECT_THAT(message, HasSubstr("runs.csv:3:5: loss"));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_THAT(message, HasSubstr("--drop-bad"));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  const Runs runs = read(text, dropping_bad());
  EXPECT_EQ(runs.size(), 1);
  EXPECT_EQ(runs.dropped, 0);
  const Finding* dropped = find(runs.findings, "runs.dropped");
  ASSERT_NE(dropped, nullptr);
  EXPECT_EQ(dropped->severity, Severity::Warning);
  EXPECT_EQ(dropped->values[0].value, 1.0);
}

INSTANTIATE_TEST_SUITE_P(
    ReadRuns,
    BadCell,
    ::testing::Values(BadLoss{"", "is empty"},
                      BadLoss{" ", "is empty"},
                      BadLoss{"NaN", "is 'NaN', not a finite number"},
                      BadLoss{"nan", "did the run diverge?"},
                      BadLoss{"NA", "no value"},
                      BadLoss{"null", "no value"},
                      BadLoss{"None", "no value"},
                      BadLoss{"inf", "not a finite number"},
                      BadLoss{"-inf", "not a finite number"},
                      BadLoss{"+Infinity", "not a finite number"},
                      BadLoss{"0", "is '0', but must be > 0"},
                      BadLoss{"-0.0", "must be > 0"},
                      BadLoss{"-2.5", "log-probability or a reward"},
                      BadLoss{"1e400", "outside the range of a double"},
                      BadLoss{"1e-400", "outside the range of a double"},
                      BadLoss{"0x10", "unknown suffix"},
                      BadLoss{"1.5.2", "not a loss in nats"},
                      BadLoss{"1e", "not a loss in nats"},
                      BadLoss{"--5", "not a loss in nats"},
                      BadLoss{"1-Feb", "unknown suffix"},
                      BadLoss{"\"1,000\"", "ambiguous"},
                      BadLoss{"\xe2\x88\x92"
                              "1",
                              "U+2212"},
                      BadLoss{"3\xc2\xa0", "U+00A0"},
                      BadLoss{"high", "not a loss in nats"},
                      BadLoss{"\"a\x1b[2J\xff\"", "'a\\x1b[2J\\xff'"},
                      BadLoss{"5 tokens", "measures a number of tokens"}));

TEST(ReadRuns, NamesTheColumnOfTheFile) {
  EXPECT_THAT(data_error("eval loss,N,D\n3,-5,1e9\n"),
              HasSubstr("params (column 'N') is '-5', but must be > 0"));
  EXPECT_THAT(data_error("loss,N,D,weight\n3,1e8,1e9,0\n"),
              HasSubstr("runs.csv:2:11: weight is '0', but must be > 0"));
}

TEST(ReadRuns, QuotesOnlyTheBeginningOfALongCell) {
  const std::string message =
      data_error(kHead + std::string(100000, 'y') + ",1e8,2e9\n");
  EXPECT_THAT(message, HasSubstr("yyy...' is not a number"));
  EXPECT_LT(message.size(), 200U);
}

TEST(ReadRuns, RefusesComputeBeyondADouble) {
  EXPECT_THAT(data_error("loss,N,D\n3,1e200,1e200\n"),
              HasSubstr("runs.csv:2:3: params (column 'N') puts C = 6 N D"));
}

TEST(ReadRuns, CountsDroppedRowsByReason) {
  const Runs runs = read(
      "loss,N,D\n3,1e8,2e9\nnan,1e8,2e9\n,1e8,2e9\n1,2\ninf,1,1\n-1,1e8,1e9\n",
      dropping_bad());
  EXPECT_EQ(runs.size(), 1);
  const Finding* dropped = find(runs.findings, "runs.dropped");
  ASSERT_NE(dropped, nullptr);
  EXPECT_EQ(dropped->message,
            "5 rows could not be read and were left out: 2 not finite, 1 "
            "empty, 1 ragged, 1 not positive; the first in line 3");
  EXPECT_EQ(dropped->values[2].name, "not_finite");
  EXPECT_EQ(dropped->values[2].value, 2.0);
}

TEST(ReadRuns, LeavesOutRowsBeforeTraining) {
  const Runs runs = read("loss,N,D\n9,1e8,0\n3,1e8,2e9\n");
  EXPECT_EQ(runs.size(), 1);
  const Finding* dropped = find(runs.findings, "runs.dropped");
  ASSERT_NE(dropped, nullptr);
  EXPECT_THAT(dropped->message, HasSubstr("1 before training"));
}

TEST(ReadRuns, ReadsDecimalCommasWhenAsked) {
  ReadOptions options;
  options.decimal = ",";
  const Runs runs = read("loss;N;D;name\n1,5;1e8;2,5e9;a,b\n", options);
  EXPECT_EQ(runs.loss_nats[0], 1.5);
  EXPECT_EQ(runs.tokens[0], 2.5e9);
  EXPECT_THAT(runs.name, ElementsAre("a,b"));
  EXPECT_THAT(option_error("loss,N,D\n3,1e8,2e9\n", options),
              HasSubstr("cannot be the separator"));
  options.decimal = "x";
  EXPECT_THAT(option_error("loss;N;D\n", options), HasSubstr("decimal: 'x'"));
}

TEST(ReadRuns, RefusesLossesThatDoNotCompare) {
  const std::string text =
      "tokenizer,loss,N,D\ngpt2,3,1e8,2e9\nllama,3.1,2e8,4e9\n";
  EXPECT_EQ(data_error(text),
            "runs.csv: column 'tokenizer' holds 'gpt2' and 'llama', and losses "
            "per token compare only within one: --where tokenizer=gpt2, or "
            "--column group=tokenizer to take them together all the same");
  EXPECT_EQ(read(text, testing::with_where({"tokenizer=gpt2"})).size(), 1);
  const Runs grouped = read(text, with_column({"group=tokenizer"}));
  EXPECT_NE(find(grouped.findings, "runs.mixed-labels"), nullptr);
}

TEST(ReadRuns, SaysWhenParamsAreCountedInTwoWays) {
  const Runs runs = read(
      "params_counted,loss,N,D\ntotal,3,1e8,2e9\nnon-embedding,3,1e8,3e9\n");
  EXPECT_NE(find(runs.findings, "runs.mixed-labels"), nullptr);
}

TEST(ReadRuns, TellsWhenEveryRowWasDropped) {
  EXPECT_EQ(data_error("loss,N,D\nnan,1e8,2e9\n,1e8,2e9\n", dropping_bad()),
            "runs.csv: no rows are left of 2: 2 could not be read (1 not "
            "finite, 1 empty; the first in line 2)");
}

// Units.

TEST(ReadRuns, MultipliesByTheUnit) {
  const Runs runs =
      read("loss,N,tokens\n3,0.5,10\n", with_unit({"params=1e9", "tokens=1B"}));
  EXPECT_EQ(runs.params[0], 5e8);
  EXPECT_EQ(runs.tokens[0], 1e10);
  EXPECT_EQ(read("loss,N,D\n3,0.5,1e10\n", with_unit({"N=1e9"})).params[0],
            5e8);
}

TEST(ReadRuns, RefusesUnitsThatCannotBeMeant) {
  const std::string text = "loss,N,D\n3,1e8,2e9\n";
  EXPECT_THAT(option_error(text, with_unit({"params=0"})), HasSubstr("> 0"));
  EXPECT_THAT(option_error(text, with_unit({"params=big"})), HasSubstr("> 0"));
  EXPECT_THAT(option_error(text, with_unit({"params"})), HasSubstr("NAME="));
  EXPECT_THAT(option_error(text, with_unit({"x=1e9"})),
              HasSubstr("unit: 'x' is not one of params"));
  EXPECT_THAT(data_error(text, with_unit({"flops=1e9"})),
              HasSubstr("no column holds flops"));
  EXPECT_THAT(data_error("loss,N,D\n3,1e300,2e9\n", with_unit({"N=1e9"})),
              HasSubstr("outside the range of a double"));
}

}  // namespace
}  // namespace isoflop
