// SPDX-License-Identifier: Apache-2.0
#include "isoflop/units/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "isoflop/units/range.h"

namespace isoflop {
namespace {

constexpr UnitWord kParamWords[] = {
    {"params", 1}, {"param", 1}, {"parameters", 1}, {"parameter", 1}};
constexpr UnitWord kTokenWords[] = {{"tokens", 1}, {"token", 1}, {"tok", 1}};
constexpr UnitWord kFlopWords[] = {{"FLOP", 1},
                                   {"FLOPs", 1},
                                   {"GFLOP", 1e9},
                                   {"TFLOP", 1e12},
                                   {"PFLOP", 1e15},
                                   {"EFLOP", 1e18},
                                   {"ZFLOP", 1e21},
                                   {"YFLOP", 1e24},
                                   {"PF-day", 8.64e19},
                                   {"PF-days", 8.64e19}};
constexpr UnitWord kNatWords[] = {{"nats", 1}, {"nat", 1}};
constexpr UnitWord kByteWords[] = {{"B", 1},
                                   {"bytes", 1},
                                   {"byte", 1},
                                   {"MiB", 1048576},
                                   {"GiB", 1073741824},
                                   {"TiB", 1099511627776}};
constexpr UnitWord kFlopRateWords[] = {{"FLOP/s", 1}};
constexpr UnitWord kByteRateWords[] = {{"B/s", 1}};
constexpr UnitWord kWattWords[] = {{"W", 1}, {"watts", 1}, {"watt", 1}};
constexpr UnitWord kUsdWords[] = {{"USD", 1}, {"dollars", 1}, {"$", 1}};
constexpr UnitWord kUsdRateWords[] = {{"USD/h", 1}, {"$/h", 1}};
constexpr UnitWord kSecondWords[] = {{"s", 1},
                                     {"seconds", 1},
                                     {"second", 1},
                                     {"min", 60},
                                     {"minutes", 60},
                                     {"minute", 60},
                                     {"h", kSecondsPerHour},
                                     {"hours", kSecondsPerHour},
                                     {"hour", kSecondsPerHour}};
constexpr UnitWord kDayWords[] = {{"days", 1},
                                  {"day", 1},
                                  {"d", 1},
                                  {"weeks", 7},
                                  {"week", 7},
                                  {"hours", 1.0 / kHoursPerDay},
                                  {"hour", 1.0 / kHoursPerDay},
                                  {"h", 1.0 / kHoursPerDay}};
constexpr UnitWord kDeviceHourWords[] = {{"device-hours", 1},
                                         {"device-hour", 1},
                                         {"GPU-hours", 1},
                                         {"GPU-hour", 1},
                                         {"GPU-h", 1},
                                         {"TPU-hours", 1},
                                         {"chip-hours", 1}};
constexpr UnitWord kJouleWords[] = {
    {"J", 1}, {"joules", 1}, {"joule", 1}, {"Wh", kSecondsPerHour}};
constexpr UnitWord kTokenRateWords[] = {
    {"tokens/s", 1}, {"token/s", 1}, {"tok/s", 1}};
constexpr UnitWord kUsdPerMillionWords[] = {
    {"USD/Mtok", 1}, {"$/Mtok", 1}, {"USD/M", 1}, {"$/M", 1}};
constexpr UnitWord kShareWords[] = {{"%", 0.01}};

struct Suffix {
  char letter;
  double scale;
};
constexpr Suffix kSuffixes[] = {{'k', 1e3},
                                {'K', 1e3},
                                {'M', 1e6},
                                {'B', 1e9},
                                {'b', 1e9},
                                {'G', 1e9},
                                {'g', 1e9},
                                {'T', 1e12},
                                {'t', 1e12},
                                {'P', 1e15},
                                {'E', 1e18}};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool equal_fold(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto fold = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    if (fold(a[i]) != fold(b[i])) return false;
  }
  return true;
}

constexpr std::string_view kOutOfRange =
    "it is outside the range of a double (1e-308 to 1e308)";

/// Reason a text is not a number; empty when it is.
struct Parsed {
  double value = 0.0;
  std::string_view rest;
  std::string problem;
};

std::string odd_character(std::string_view text) {
  // UTF-8 sequences that spreadsheets and papers put into numbers.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOdd{
      {{"\xc2\xa0", "a no-break space (U+00A0)"},
       {"\xe2\x88\x92", "a typographic minus sign (U+2212)"},
       {"\xe2\x80\x93", "an en dash (U+2013)"}}};
  for (const auto& [bytes, name] : kOdd) {
    if (text.find(bytes) != std::string_view::npos) {
      return "it contains " + std::string(name);
    }
  }
  return {};
}

Parsed parse_leading_number(std::string_view text) {
  Parsed parsed;
  text = trim(text);
  if (text.empty()) {
    parsed.problem = "it is empty";
    return parsed;
  }
  parsed.problem = odd_character(text);
  if (!parsed.problem.empty()) return parsed;
  std::string digits;
  std::size_t used = 0;
  for (; used < text.size(); ++used) {
    const char c = text[used];
    const bool digit = c >= '0' && c <= '9';
    const bool separator = c == '_' && used > 0 && used + 1 < text.size() &&
                           text[used - 1] >= '0' && text[used - 1] <= '9' &&
                           text[used + 1] >= '0' && text[used + 1] <= '9';
    if (separator) continue;
    const bool exponent = (c == 'e' || c == 'E') && used + 1 < text.size() &&
                          (text[used + 1] == '+' || text[used + 1] == '-' ||
                           (text[used + 1] >= '0' && text[used + 1] <= '9'));
    const bool sign =
        (c == '+' || c == '-') &&
        (used == 0 || text[used - 1] == 'e' || text[used - 1] == 'E');
    if (!digit && c != '.' && !exponent && !sign) break;
    if (!(used == 0 && c == '+')) digits.push_back(c);
  }
  const auto [end, error] = std::from_chars(
      digits.data(), digits.data() + digits.size(), parsed.value);
  if (error == std::errc::result_out_of_range) {
    parsed.problem = kOutOfRange;
    return parsed;
  }
  if (error != std::errc() || end != digits.data() + digits.size()) {
    parsed.problem = "expected a number such as 0.34 or 1e24";
    if (text.find(',') != std::string_view::npos) {
      parsed.problem = "',' is ambiguous; write 1000 or 1_000 or 1.5";
    }
    return parsed;
  }
  parsed.rest = trim(text.substr(used));
  if (!parsed.rest.empty() && parsed.rest.front() == ',') {
    parsed.problem = "',' is ambiguous; write 1000 or 1_000 or 1.5";
  }
  if (!std::isfinite(parsed.value)) parsed.problem = "it is not finite";
  return parsed;
}

const UnitWord* find_word(const Unit& unit, std::string_view text) {
  for (int i = 0; i < unit.word_count; ++i) {
    const std::string_view word = unit.words[i].word;
    // A single letter is case-sensitive: B is bytes, b would be bits.
    const bool is_same =
        word.size() == 1 ? word == text : equal_fold(word, text);
    if (is_same) return &unit.words[i];
  }
  return nullptr;
}

/// The unit, other than `unit`, that uses this word.
const Unit* unit_of_word(std::string_view word, const Unit& unit) {
  for (const Unit* other : {&ParamsTag::unit,
                            &TokensTag::unit,
                            &FlopsTag::unit,
                            &NatsTag::unit,
                            &BytesTag::unit,
                            &FlopsPerSecondTag::unit,
                            &BytesPerSecondTag::unit,
                            &WattsTag::unit,
                            &UsdTag::unit,
                            &UsdPerHourTag::unit,
                            &DaysTag::unit,
                            &SecondsTag::unit,
                            &DeviceHoursTag::unit,
                            &JoulesTag::unit,
                            &TokensPerSecondTag::unit,
                            &UsdPerMillionTokensTag::unit,
                            &ShareTag::unit}) {
    if (other != &unit && find_word(*other, word) != nullptr) return other;
  }
  return nullptr;
}

/// "; write 70B" of 70 GB, where a count was meant.
std::string count_instead(const Parsed& parsed,
                          const Unit& given,
                          const Unit& wanted) {
  constexpr std::string_view kPrefixes = "kMGTPE";
  const bool is_count =
      &wanted == &ParamsTag::unit || &wanted == &TokensTag::unit;
  const char prefix = parsed.rest.front();
  if (!is_count || &given != &BytesTag::unit ||
      kPrefixes.find(prefix) == std::string_view::npos) {
    return {};
  }
  return "; write " + format_exact(parsed.value) +
         (prefix == 'G' ? 'B' : prefix);
}

[[noreturn]] void fail(std::string_view text,
                       std::string_view noun,
                       std::string_view problem) {
  throw std::invalid_argument("'" + std::string(text) + "' is not " +
                              std::string(noun) + ": " + std::string(problem));
}

std::string to_chars_general(double value, int digits) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(),
                                          buffer.data() + buffer.size(),
                                          value,
                                          std::chars_format::general,
                                          digits);
  std::string text(buffer.data(), end);
  // "1e+24" -> "1e24": the form people type.
  if (const auto at = text.find("e+"); at != std::string::npos) {
    text.erase(at + 1, 1);
    if (text[at + 1] == '0') text.erase(at + 1, 1);
  }
  return text;
}

std::string with_suffix(double value, int digits) {
  constexpr std::pair<double, char> kSteps[] = {
      {1e12, 'T'}, {1e9, 'B'}, {1e6, 'M'}, {1e3, 'k'}};
  const double magnitude = std::abs(value);
  if (magnitude >= 1e15 || magnitude < 1e3) {
    return to_chars_general(value, digits);
  }
  for (int i = 0; i < 4; ++i) {
    if (magnitude < kSteps[i].first) continue;
    const std::string text = to_chars_general(value / kSteps[i].first, digits);
    double rounded = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    // Rounding may reach the next step: 999.96M prints as 1B, not 1000M.
    if (std::abs(rounded) < 1e3)
      return format_exact(rounded) + kSteps[i].second;
    return i == 0 ? to_chars_general(value, digits)
                  : std::string(value < 0 ? "-1" : "1") + kSteps[i - 1].second;
  }
  return to_chars_general(value, digits);
}

/// "80 GB", "989 TFLOP/s": the unit's word behind a metric prefix.
std::string with_prefix(double value, int digits, std::string_view word) {
  constexpr std::pair<double, std::string_view> kSteps[] = {
      {1e15, " P"}, {1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
  const double rounded = parse_number(to_chars_general(value, digits));
  const double magnitude = std::abs(rounded);
  for (const auto& [scale, prefix] : kSteps) {
    if (magnitude < scale || magnitude >= 1e3 * scale) continue;
    const std::string text = to_chars_general(rounded / scale, digits);
    return format_exact(parse_number(text)) + std::string(prefix) +
           std::string(word);
  }
  return to_chars_general(rounded, digits) + " " + std::string(word);
}

}  // namespace

const Unit ParamsTag::unit{
    "params", "PARAMS", "a number of parameters", kParamWords, 4};
const Unit TokensTag::unit{
    "tokens", "TOKENS", "a number of tokens", kTokenWords, 3};
const Unit FlopsTag::unit{"FLOP", "FLOP", "an amount of FLOP", kFlopWords, 10};
const Unit NatsTag::unit{"nats", "NATS", "a loss in nats", kNatWords, 2};
const Unit BytesTag::unit{"bytes", "BYTES", "a number of bytes", kByteWords, 6};
const Unit FlopsPerSecondTag::unit{
    "FLOP/s", "FLOP/S", "a rate of FLOP/s", kFlopRateWords, 1};
const Unit BytesPerSecondTag::unit{
    "B/s", "BYTES/S", "a rate of bytes/s", kByteRateWords, 1};
const Unit WattsTag::unit{"W", "WATTS", "a power in watts", kWattWords, 3};
const Unit UsdTag::unit{"USD", "USD", "an amount of US dollars", kUsdWords, 3};
const Unit UsdPerHourTag::unit{
    "USD/h", "USD/H", "a price in US dollars an hour", kUsdRateWords, 2};
const Unit SecondsTag::unit{"s", "SECONDS", "a time", kSecondWords, 9};
const Unit DaysTag::unit{"days", "DAYS", "a time in days", kDayWords, 8};
const Unit DeviceHoursTag::unit{"device-hours",
                                "DEVICE-HOURS",
                                "a number of device-hours",
                                kDeviceHourWords,
                                7};
const Unit JoulesTag::unit{
    "J", "JOULES", "an amount of energy", kJouleWords, 4};
const Unit TokensPerSecondTag::unit{
    "tokens/s", "TOKENS/S", "a rate of tokens/s", kTokenRateWords, 3};
const Unit UsdPerMillionTokensTag::unit{
    "USD/Mtok", "USD", "a price a million tokens", kUsdPerMillionWords, 4};
const Unit ShareTag::unit{"", "SHARE", "a share", kShareWords, 1};

double parse_number(std::string_view text) {
  Parsed parsed = parse_leading_number(text);
  if (parsed.problem.empty() && !parsed.rest.empty()) {
    parsed.problem = "unexpected '" + std::string(parsed.rest) + "'";
  }
  if (!parsed.problem.empty()) fail(text, "a number", parsed.problem);
  return parsed.value;
}

double parse_quantity(std::string_view text, const Unit& unit) {
  const auto scaled = [&](double value, double scale) {
    if (!std::isfinite(value * scale)) fail(text, unit.noun, kOutOfRange);
    return value * scale;
  };
  const Parsed parsed = parse_leading_number(text);
  if (!parsed.problem.empty()) fail(text, unit.noun, parsed.problem);
  std::string_view rest = parsed.rest;
  if (rest.empty()) return parsed.value;
  if (const UnitWord* word = find_word(unit, rest)) {
    return scaled(parsed.value, word->scale);
  }
  double scale = 0.0;
  for (const Suffix& suffix : kSuffixes) {
    if (rest.front() == suffix.letter) scale = suffix.scale;
  }
  const std::string_view word_text = trim(rest.substr(1));
  if (scale > 0.0 && word_text.empty()) return scaled(parsed.value, scale);
  if (scale > 0.0) {
    if (const UnitWord* word = find_word(unit, word_text)) {
      return scaled(parsed.value, scale * word->scale);
    }
  }
  for (const std::string_view candidate : {rest, word_text}) {
    // GB is bytes, but BB is nothing.
    constexpr std::string_view kPrefixes = "kMGTPE";
    if (candidate.size() == 1 && rest.size() > 1 &&
        kPrefixes.find(rest.front()) == std::string_view::npos) {
      continue;
    }
    if (const Unit* other = unit_of_word(candidate, unit)) {
      fail(text,
           unit.noun,
           "'" + std::string(candidate) + "' measures " +
               std::string(other->noun) + count_instead(parsed, *other, unit));
    }
  }
  if (rest == "m") fail(text, unit.noun, "'m' is unclear; write M for million");
  fail(text,
       unit.noun,
       "unknown suffix '" + std::string(rest) +
           "'; known are k, M, B, T, P, E, and the unit " +
           std::string(unit.words[0].word));
}

std::pair<std::string_view, std::string_view> split_range(
    std::string_view text) {
  const auto at = text.find("..");
  if (at == std::string_view::npos) return {text, text};
  const std::string_view from = text.substr(0, at);
  const std::string_view to = text.substr(at + 2);
  if (from.empty() || to.empty() || to.find("..") != std::string_view::npos) {
    throw std::invalid_argument("'" + std::string(text) +
                                "' is not a range; write low..high");
  }
  return {from, to};
}

std::string format_exact(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 64> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

std::string format_number(double value, int digits) {
  constexpr double kLargestPlain = 1e5;
  if (!std::isfinite(value)) return format_exact(value);
  const std::string text = to_chars_general(value, digits);
  const double magnitude = std::abs(value);
  if (text.find('e') == std::string::npos || magnitude < 1.0 ||
      magnitude >= kLargestPlain) {
    return text;
  }
  // "3.5e2" reads worse than "350" and says the same.
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(),
                                          buffer.data() + buffer.size(),
                                          parse_number(text),
                                          std::chars_format::fixed);
  return {buffer.data(), end};
}

std::string format_quantity(double value, const Unit& unit, int digits) {
  if (!std::isfinite(value)) return format_exact(value);
  if (&unit == &ParamsTag::unit || &unit == &TokensTag::unit) {
    return with_suffix(value, digits);
  }
  if (&unit == &UsdTag::unit || &unit == &DeviceHoursTag::unit) {
    return with_suffix(value, digits);
  }
  if (&unit == &JoulesTag::unit) {
    return with_prefix(value / kSecondsPerHour, digits, "Wh");
  }
  if (&unit == &DaysTag::unit || &unit == &SecondsTag::unit ||
      &unit == &TokensPerSecondTag::unit ||
      &unit == &UsdPerMillionTokensTag::unit) {
    return format_number(value, digits);
  }
  if (&unit == &ShareTag::unit) {
    return format_number(100.0 * value, digits) + " %";
  }
  if (&unit == &BytesTag::unit || &unit == &BytesPerSecondTag::unit ||
      &unit == &FlopsPerSecondTag::unit) {
    return with_prefix(value, digits, unit.words[0].word);
  }
  if (&unit == &FlopsTag::unit && value != 0.0) {
    std::array<char, 64> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(),
                                            buffer.data() + buffer.size(),
                                            value,
                                            std::chars_format::scientific,
                                            digits - 1);
    std::string text(buffer.data(), end);
    const auto at = text.find('e');
    std::string mantissa = text.substr(0, at);
    if (mantissa.find('.') != std::string::npos) {
      while (mantissa.back() == '0') mantissa.pop_back();
      if (mantissa.back() == '.') mantissa.pop_back();
    }
    int exponent = 0;
    const char* first = text.data() + at + 1 + (text[at + 1] == '+' ? 1 : 0);
    std::from_chars(first, text.data() + text.size(), exponent);
    return mantissa + "e" + std::to_string(exponent);
  }
  return to_chars_general(value, digits);
}

}  // namespace isoflop
