// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/printable.h"

#include <gtest/gtest.h>

namespace isoflop {
namespace {

TEST(Printable, TextStaysAsItIs) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("\u00fcn\u00efcode \u2212 \U0001f600"),
            "\u00fcn\u00efcode \u2212 \U0001f600");
}

TEST(Printable, ControlCharactersAreShown) {
  EXPECT_EQ(printable("a\x1b[2J\n\t\x7f"), "a\\x1b[2J\\x0a\\x09\\x7f");
  // U+009B starts a terminal command as ESC [ does.
  EXPECT_EQ(printable("a\xc2\x9bz"), "a\\xc2\\x9bz");
}

TEST(Printable, BytesThatAreNotUtf8AreShown) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Printable, MarksThatTurnOrBreakLinesAreShown) {
  for (const char* mark : {"\u061c",
                           "\u200e",
                           "\u200f",
                           "\u2028",
                           "\u2029",
                           "\u202a",
                           "\u202e",
                           "\u2066",
                           "\u2069"}) {
    EXPECT_EQ(printable(mark).substr(0, 2), "\\x") << mark;
  }
  EXPECT_EQ(printable("\u2027\u202f\u2065"), "\u2027\u202f\u2065");
}

TEST(Printable, LongTextIsCut) {
  EXPECT_EQ(printable("abcdef", 4), "abcd...");
  EXPECT_EQ(printable("abcd", 4), "abcd");
}

}  // namespace
}  // namespace isoflop
