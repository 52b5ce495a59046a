// SPDX-License-Identifier: Apache-2.0
#include "isoflop/units/text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "isoflop/base/random.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

double params(std::string_view text) {
  return parse_quantity<ParamsTag>(text).value();
}
double tokens(std::string_view text) {
  return parse_quantity<TokensTag>(text).value();
}
double flops(std::string_view text) {
  return parse_quantity<FlopsTag>(text).value();
}
double nats(std::string_view text) {
  return parse_quantity<NatsTag>(text).value();
}

TEST(ParseQuantity, ReadsTheFormsPeopleWrite) {
  EXPECT_EQ(params("70B"), 70e9);
  EXPECT_EQ(params("70b"), 70e9);
  EXPECT_EQ(params("70G"), 70e9);
  EXPECT_EQ(params("125M"), 125e6);
  EXPECT_EQ(params("44k"), 44e3);
  EXPECT_EQ(params("44K"), 44e3);
  EXPECT_EQ(tokens("1.4T"), 1.4e12);
  EXPECT_EQ(tokens("1.4t"), 1.4e12);
  EXPECT_EQ(tokens("2P"), 2e15);
  EXPECT_EQ(flops("3E"), 3e18);
  EXPECT_EQ(flops("1e24"), 1e24);
  EXPECT_EQ(flops("1E24"), 1e24);
  EXPECT_EQ(flops("1e+24"), 1e24);
  EXPECT_EQ(flops("5.76e23"), 5.76e23);
  EXPECT_EQ(tokens("1_000"), 1000.0);
  EXPECT_EQ(tokens("1_000_000"), 1e6);
  EXPECT_EQ(nats("1.97"), 1.97);
  EXPECT_EQ(nats(".5"), 0.5);
  EXPECT_EQ(nats("-0.01"), -0.01);
  EXPECT_EQ(nats("+0.01"), 0.01);
  EXPECT_EQ(params("0"), 0.0);
}

TEST(ParseQuantity, AllowsSpaceAroundAndBeforeSuffix) {
  EXPECT_EQ(params("  70B\t"), 70e9);
  EXPECT_EQ(params("70 B"), 70e9);
  EXPECT_EQ(tokens("13T tokens\r\n"), 13e12);
}

TEST(ParseQuantity, ReadsUnitWordsWithoutRegardToCase) {
  EXPECT_EQ(tokens("13T tokens"), 13e12);
  EXPECT_EQ(tokens("1000 Token"), 1000.0);
  EXPECT_EQ(params("7B params"), 7e9);
  EXPECT_EQ(params("7 PARAMETERS"), 7.0);
  EXPECT_EQ(nats("1.9 nats"), 1.9);
  EXPECT_EQ(flops("5 ZFLOP"), 5e21);
  EXPECT_EQ(flops("5zflop"), 5e21);
  EXPECT_EQ(flops("1e24 FLOPs"), 1e24);
  EXPECT_EQ(flops("50 PF-days"), 50 * 8.64e19);
}

struct Refused {
  std::string_view text;
  std::string_view because;
};

TEST(ParseQuantity, RefusesWhatItCannotMean) {
  constexpr Refused kCases[] = {
      {"", "it is empty"},
      {"   ", "it is empty"},
      {"70m", "'m' is unclear; write M for million"},
      {"5Q", "unknown suffix 'Q'"},
      {"5 BB", "unknown suffix 'BB'"},
      {"1,000", "',' is ambiguous"},
      {"1,5", "',' is ambiguous"},
      {",5", "',' is ambiguous"},
      {"0x10", "unknown suffix 'x10'"},
      {"1.5.2", "expected a number"},
      {"1e", "unknown suffix 'e'"},
      {"1e+", "expected a number"},
      {"--5", "expected a number"},
      {"+-5", "expected a number"},
      {"-+5", "expected a number"},
      {"5-", "unknown suffix '-'"},
      {"1 000", "unknown suffix '000'"},
      {"1__000", "unknown suffix '__000'"},
      {"_1", "expected a number"},
      {"1_", "unknown suffix '_'"},
      {"\xe2\x88\x92"
       "5",
       "typographic minus sign (U+2212)"},
      {"1\xc2\xa0"
       "000",
       "no-break space (U+00A0)"},
      {"1\xe2\x80\x93"
       "2",
       "en dash (U+2013)"},
      {"1e400", "outside the range of a double"},
      {"-1e400", "outside the range of a double"},
      {"1e300T", "outside the range of a double"},
      {"1e-400", "outside the range of a double"},
      {"NaN", "expected a number"},
      {"nan", "expected a number"},
      {"inf", "expected a number"},
      {"-inf", "expected a number"},
      {"B", "expected a number"},
      {"tokens", "expected a number"},
      {".", "expected a number"},
      {"5%", "'%' measures a share"},
  };
  for (const auto& [text, because] : kCases) {
    const std::string message =
        message_of<std::invalid_argument>([&] { tokens(text); });
    EXPECT_THAT(message, HasSubstr(std::string(because))) << text;
    EXPECT_THAT(
        message,
        HasSubstr("'" + std::string(text) + "' is not a number of tokens: "))
        << text;
  }
}

TEST(ParseQuantity, RefusesTheWordOfAnotherUnit) {
  EXPECT_THAT(message_of([] { params("13T tokens"); }),
              HasSubstr("'tokens' measures a number of tokens"));
  // A count with the unit of bytes: the right form is named.
  EXPECT_THAT(message_of([] { params("70GB"); }), HasSubstr("; write 70B"));
  EXPECT_THAT(message_of([] { params("124MB"); }), HasSubstr("; write 124M"));
  EXPECT_THAT(message_of([] { tokens("1.5 TiB"); }), HasSubstr("; write 1.5T"));
  EXPECT_THAT(message_of([] { flops("70GB"); }),
              ::testing::Not(HasSubstr("write")));
  EXPECT_THAT(message_of([] { tokens("1e24 FLOP"); }),
              HasSubstr("'FLOP' measures an amount of FLOP"));
  EXPECT_THAT(message_of([] { flops("7B params"); }),
              HasSubstr("'params' measures a number of parameters"));
  EXPECT_THAT(message_of([] { flops("2 nats"); }),
              HasSubstr("'nats' measures a loss in nats"));
}

TEST(ParseNumber, ReadsPlainNumbersOnly) {
  EXPECT_EQ(parse_number("0.34"), 0.34);
  EXPECT_EQ(parse_number("1e-3"), 1e-3);
  EXPECT_EQ(parse_number("1_000"), 1000.0);
  for (const char* text : {"70B", "1 token", "1.5.2", "", "nan", "1e999"}) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { parse_number(text); }),
                HasSubstr("is not a number: "))
        << text;
  }
}

TEST(ParseNumber, ReadsTheNearestDouble) {
  EXPECT_EQ(parse_number("0.1"), 0.1);
  EXPECT_EQ(parse_number("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(parse_number("2.2250738585072014e-308"),
            std::numeric_limits<double>::min());
  EXPECT_EQ(parse_number("1.7976931348623157e308"),
            std::numeric_limits<double>::max());
}

TEST(FormatExact, ReadsBackAsTheSameDouble) {
  RandomStream random(1, 0);
  for (int i = 0; i < 10000; ++i) {
    const double value = random.normal() * std::exp(50.0 * random.normal());
    EXPECT_EQ(parse_number(format_exact(value)), value);
  }
}

TEST(FormatExact, IsShortest) {
  EXPECT_EQ(format_exact(0.1), "0.1");
  EXPECT_EQ(format_exact(1e24), "1e+24");
  EXPECT_EQ(format_exact(-3.0), "-3");
  EXPECT_EQ(format_exact(std::nan("")), "nan");
  EXPECT_EQ(format_exact(HUGE_VAL), "inf");
  EXPECT_EQ(format_exact(-HUGE_VAL), "-inf");
}

TEST(FormatQuantity, WritesTheFormPeopleRead) {
  EXPECT_EQ(format_quantity(Params(70e9)), "70B");
  EXPECT_EQ(format_quantity(Params(1.23456e9)), "1.23B");
  EXPECT_EQ(format_quantity(Params(-70e9)), "-70B");
  EXPECT_EQ(format_quantity(Tokens(1.33e12)), "1.33T");
  EXPECT_EQ(format_quantity(Tokens(1500)), "1.5k");
  EXPECT_EQ(format_quantity(Tokens(123)), "123");
  EXPECT_EQ(format_quantity(Tokens(0)), "0");
  EXPECT_EQ(format_quantity(Tokens(3e16)), "3e16");
  EXPECT_EQ(format_quantity(Flops(5.76e23)), "5.76e23");
  EXPECT_EQ(format_quantity(Flops(1e24)), "1e24");
  EXPECT_EQ(format_quantity(Flops(1500)), "1.5e3");
  EXPECT_EQ(format_quantity(Flops(0)), "0");
  EXPECT_EQ(format_quantity(Nats(1.9712)), "1.97");
}

TEST(FormatQuantity, RoundsIntoTheNextSuffix) {
  EXPECT_EQ(format_quantity(Params(999.4e6)), "999M");
  EXPECT_EQ(format_quantity(Params(999.96e6)), "1B");
  EXPECT_EQ(format_quantity(Params(-999.96e6)), "-1B");
  EXPECT_EQ(format_quantity(Params(999.96e6), 4), "1B");
  EXPECT_EQ(format_quantity(Params(999.96e6), 5), "999.96M");
  EXPECT_EQ(format_quantity(Params(999.96e12)), "1e15");
}

TEST(FormatQuantity, KeepsTheSuffixAtOneAndTwoDigits) {
  EXPECT_EQ(format_quantity(Params(123e9), 2), "120B");
  EXPECT_EQ(format_quantity(Params(123e9), 1), "100B");
  EXPECT_EQ(format_quantity(Params(996e9), 2), "1T");
}

TEST(FormatQuantity, PutsAPrefixBeforeBytesAndRates) {
  EXPECT_EQ(format_quantity(Bytes(80e9)), "80 GB");
  EXPECT_EQ(format_quantity(Bytes(123e9), 2), "120 GB");
  EXPECT_EQ(format_quantity(Bytes(999.96e9)), "1 TB");
  EXPECT_EQ(format_quantity(Bytes(512)), "512 B");
  EXPECT_EQ(format_quantity(BytesPerSecond(3.35e12)), "3.35 TB/s");
  EXPECT_EQ(format_quantity(FlopsPerSecond(9.894e14)), "989 TFLOP/s");
  EXPECT_EQ(format_quantity(FlopsPerSecond(2.25e15)), "2.25 PFLOP/s");
  EXPECT_EQ(format_quantity(Watts(700)), "700");
  EXPECT_EQ(format_quantity(UsdPerHour(1.47)), "1.47");
  EXPECT_EQ(format_quantity(Usd(5.576e6)), "5.58M");
  EXPECT_EQ(format_quantity(DeviceHours(2.788e6)), "2.79M");
  EXPECT_EQ(format_quantity(Joules(449e6 * 3600)), "449 MWh");
  EXPECT_EQ(format_quantity(Days(63.21)), "63.2");
  EXPECT_EQ(format_quantity(Share(0.4)), "40 %");
}

TEST(ParseQuantity, ReadsBytesRatesPowerAndPrices) {
  const auto bytes = [](std::string_view text) {
    return parse_quantity<BytesTag>(text).value();
  };
  EXPECT_EQ(bytes("80GB"), 80e9);
  EXPECT_EQ(bytes("80 B"), 80.0);
  EXPECT_EQ(bytes("96 GiB"), 103079215104.0);
  EXPECT_EQ(parse_quantity<BytesPerSecondTag>("3.35TB/s").value(), 3.35e12);
  EXPECT_EQ(parse_quantity<FlopsPerSecondTag>("989 TFLOP/s").value(), 989e12);
  EXPECT_EQ(parse_quantity<WattsTag>("5MW").value(), 5e6);
  EXPECT_EQ(parse_quantity<UsdTag>("2e6 USD").value(), 2e6);
  EXPECT_EQ(parse_quantity<UsdPerHourTag>("2 $/h").value(), 2.0);
  EXPECT_EQ(parse_quantity<SecondsTag>("5 min").value(), 300.0);
  EXPECT_EQ(parse_quantity<DaysTag>("2 weeks").value(), 14.0);
  EXPECT_EQ(parse_quantity<DeviceHoursTag>("2.788M GPU-hours").value(),
            2.788e6);
  EXPECT_EQ(parse_quantity<JoulesTag>("5 GWh").value(), 5e9 * 3600);
  EXPECT_EQ(parse_quantity<JoulesTag>("1 kJ").value(), 1e3);
  EXPECT_EQ(parse_quantity<TokensPerSecondTag>("30 tok/s").value(), 30.0);
  EXPECT_EQ(parse_quantity<UsdPerMillionTokensTag>("3 $/M").value(), 3.0);
  EXPECT_EQ(parse_quantity<ShareTag>("40 %").value(), 0.4);
  EXPECT_EQ(parse_quantity<ShareTag>("0.4").value(), 0.4);
  EXPECT_THAT(message_of([] { parse_quantity<DaysTag>("5 GWh"); }),
              HasSubstr("'Wh' measures an amount of energy"));
  EXPECT_THROW(bytes("80Gb"), std::invalid_argument);  // bits
  EXPECT_THAT(message_of([] { parse_quantity<TokensTag>("80 GB"); }),
              HasSubstr("'B' measures a number of bytes"));
}

TEST(FormatQuantity, IsReadBackWithinItsDigits) {
  RandomStream random(2, 0);
  for (const Unit* unit : {&ParamsTag::unit,
                           &TokensTag::unit,
                           &FlopsTag::unit,
                           &NatsTag::unit,
                           &BytesTag::unit,
                           &FlopsPerSecondTag::unit,
                           &WattsTag::unit,
                           &UsdTag::unit,
                           &JoulesTag::unit,
                           &DaysTag::unit,
                           &ShareTag::unit}) {
    for (int i = 0; i < 2000; ++i) {
      const double value = std::exp(60.0 * random.uniform());
      const double back = parse_quantity(format_quantity(value, *unit), *unit);
      // Three digits: at most half a unit of the third, 0.5 %.
      EXPECT_LE(std::abs(back / value - 1.0), 0.00501) << value;
      EXPECT_EQ(format_quantity(back, *unit), format_quantity(value, *unit));
    }
  }
}

TEST(FormatNumber, WritesSignificantDigits) {
  EXPECT_EQ(format_number(1.2712), "1.27");
  EXPECT_EQ(format_number(1.8234e-5), "1.82e-05");
  EXPECT_EQ(format_number(0.36612), "0.366");
  EXPECT_EQ(format_number(1e24), "1e24");
  EXPECT_EQ(format_number(100000), "1e5");
  EXPECT_EQ(format_number(std::nan("")), "nan");
}

TEST(Text, DoesNotDependOnTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8"}) {
    if (std::setlocale(LC_ALL, name) == nullptr) continue;
    EXPECT_EQ(parse_number("1.5"), 1.5);
    EXPECT_EQ(format_exact(1.5), "1.5");
    EXPECT_EQ(format_quantity(Tokens(1.5e12)), "1.5T");
  }
  std::setlocale(LC_ALL, before.c_str());
}

}  // namespace
}  // namespace isoflop
