// SPDX-License-Identifier: Apache-2.0
#include "runs/row_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs/table.h"

namespace isoflop {
namespace {

using testing::data_error;
using ::testing::HasSubstr;
using testing::option_error;
using testing::read;
using testing::with_where;

constexpr const char* kTable =
    "name,family,loss,N,D,outlier,eval note\n"
    "a,c4,3.0,10M,1e9,0,\n"
    "b,rpj,3.5,1e8,2e9,0.0,x=1\n"
    "c,c4,4.0,1e9,3e9,1,y\n"
    "d,rw,bad,1e9,3e9,2,y\n";

std::string kept(std::vector<std::string> where) {
  where.emplace_back("name!=d");
  const Runs runs = read(kTable, with_where(std::move(where)));
  std::string names;
  for (const std::string& name : runs.name) names += name;
  EXPECT_EQ(runs.size() + runs.dropped, 4);
  return names;
}

TEST(Where, ComparesNumbers) {
  EXPECT_EQ(kept({"outlier=0"}), "ab");
  EXPECT_EQ(kept({"outlier==0"}), "ab");
  EXPECT_EQ(kept({"outlier!=0"}), "c");
  EXPECT_EQ(kept({"loss>3"}), "bc");
  EXPECT_EQ(kept({"loss >= 3.5"}), "bc");
  EXPECT_EQ(kept({"loss<3.5"}), "a");
  EXPECT_EQ(kept({"loss<=3.5"}), "ab");
}

TEST(Where, ComparesQuantities) {
  EXPECT_EQ(kept({"N=1e7"}), "a");
  EXPECT_EQ(kept({"N>=100M"}), "bc");
  EXPECT_EQ(kept({"params>=1e8"}), "bc");
}

TEST(Where, ComparesText) {
  EXPECT_EQ(kept({"family=c4"}), "ac");
  EXPECT_EQ(kept({"family!=c4"}), "b");
  EXPECT_EQ(kept({"eval_note=x=1"}), "b");
  EXPECT_EQ(kept({"eval note="}), "a");
  EXPECT_EQ(kept({"eval note=x=1", "family=rpj"}), "b");
}

TEST(Where, OrderingDoesNotHoldForText) {
  EXPECT_THAT(data_error(kTable, with_where({"family>1"})),
              HasSubstr("no rows are left of 4: where 'family>1' left out 4"));
}

TEST(Where, HidesBadCells) {
  EXPECT_THAT(data_error(kTable), HasSubstr("runs.csv:5:6: loss"));
  EXPECT_EQ(read(kTable, with_where({"outlier<=1"})).size(), 3);
}

TEST(Where, ComparesInTheUnitOfTheColumn) {
  ReadOptions options = with_where({"params>=1e8"});
  options.unit = {"params=1e9"};
  const Runs runs = read("loss,params,D\n3,0.05,2e9\n3,0.5,2e9\n", options);
  EXPECT_EQ(runs.size(), 1);
  EXPECT_EQ(runs.params[0], 5e8);
}

TEST(Where, TellsWhichConditionLeftNothing) {
  EXPECT_EQ(data_error(kTable, with_where({"family=c4", "loss>9"})),
            "runs.csv: no rows are left of 4: where 'family=c4' left out 2, "
            "where 'loss>9' left out 2");
}

TEST(Where, RefusesUnknownColumns) {
  EXPECT_THAT(data_error(kTable, with_where({"famly=c4"})),
              HasSubstr("runs.csv:1: where: 'famly=c4': no column 'famly'; did "
                        "you mean 'family'?; columns found: name, family"));
  EXPECT_THAT(data_error(kTable, with_where({"flops>1"})),
              HasSubstr("no column holds flops"));
  EXPECT_THAT(data_error("loss,N,D,x,x\n3,1e8,2e9,4,5\n", with_where({"x=1"})),
              HasSubstr("column 'x' is not unique"));
}

TEST(Where, RefusesWhatIsNoCondition) {
  for (const char* text : {"outlier", "", "=1", "!", " >3"}) {
    EXPECT_THAT(option_error(kTable, with_where({text})),
                HasSubstr("is not a condition"))
        << text;
  }
  EXPECT_THAT(option_error(kTable, with_where({"loss>high"})),
              HasSubstr("needs a number behind >"));
}

}  // namespace
}  // namespace isoflop
