// SPDX-License-Identifier: Apache-2.0
#include "laws/formula_text.h"

#include <algorithm>
#include <charconv>
#include <numbers>
#include <optional>
#include <stdexcept>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/variable.h"

namespace isoflop {
namespace {

constexpr std::size_t kLongest = 10000;
constexpr int kDeepest = 200;
constexpr std::size_t kMostCoefficients = 64;

struct Function {
  std::string_view name;
  FormulaOp op;
  int arguments;
};
constexpr Function kFunctions[] = {{"exp", FormulaOp::Exp, 1},
                                   {"log", FormulaOp::Log, 1},
                                   {"ln", FormulaOp::Log, 1},
                                   {"log10", FormulaOp::Log10, 1},
                                   {"sqrt", FormulaOp::Sqrt, 1},
                                   {"sin", FormulaOp::Sin, 1},
                                   {"cos", FormulaOp::Cos, 1},
                                   {"atan", FormulaOp::Atan, 1},
                                   {"arctan", FormulaOp::Atan, 1},
                                   {"abs", FormulaOp::Abs, 1},
                                   {"min", FormulaOp::Min, 2},
                                   {"max", FormulaOp::Max, 2}};

constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
/// Not the first byte of a character in UTF-8.
bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::string with_single_blanks(std::string_view text) {
  std::string result;
  bool is_between = false;
  for (const char c : text) {
    if (kBlanks.find(c) != std::string_view::npos) {
      is_between = !result.empty();
      continue;
    }
    if (is_between) result += ' ';
    is_between = false;
    result += c;
  }
  return result;
}

enum class Kind { Number, Name, Sign, End };

struct Token {
  Kind kind = Kind::End;
  std::string_view text;  ///< "^" for "**"
  std::size_t at = 0;     ///< first byte
  double number = 0.0;
};

/// Recursive descent with one token in hand.
///
///   sum     = product {("+" | "-") product}
///   product = signed {("*" | "/") signed}
///   signed  = ("-" | "+") signed | power
///   power   = atom ["^" signed]
///   atom    = number | name | function "(" sum {"," sum} ")" | "(" sum ")"
class Parser {
 public:
  Parser(std::string text, std::span<const std::string> columns)
      : columns_(columns) {
    result_.text = std::move(text);
  }

  FormulaText parse() {
    const std::string& text = result_.text;
    if (text.empty()) {
      throw std::invalid_argument(
          "form: the text is empty, but must be a name or a formula");
    }
    if (text.size() > kLongest) {
      throw std::invalid_argument(
          "form: the formula is " + std::to_string(text.size()) +
          " characters long, but must be at most " + std::to_string(kLongest));
    }
    advance();
    sum();
    if (token_.kind != Kind::End) fail_after_value();
    if (result_.inputs.empty() && result_.coefficients.empty()) {
      throw std::invalid_argument("form: " + quoted(0) +
                                  " has no name in it, only numbers");
    }
    return std::move(result_);
  }

 private:
  /// The formula, or the part of a long one that is about a byte.
  std::string quoted(std::size_t at) const {
    constexpr std::size_t kAround = 30;
    std::string_view text = result_.text;
    std::string before;
    if (text.size() > 3 * kAround && at > 2 * kAround) {
      std::size_t cut = std::min(at, text.size()) - kAround;
      while (cut < text.size() && is_continuation(text[cut])) ++cut;
      before = "...";
      text.remove_prefix(cut);
    }
    return "'" + before + printable(text, 3 * kAround) + "'";
  }

  /// Counts characters from 1 as an editor shows them.
  std::string place(std::size_t at) const {
    const std::string_view before =
        std::string_view(result_.text).substr(0, at);
    const auto characters =
        std::count_if(before.begin(), before.end(), [](char c) {
          return !is_continuation(c);
        });
    return " (character " + std::to_string(characters + 1) + ")";
  }

  [[noreturn]] void fail(std::size_t at,
                         const std::string& problem,
                         const std::string& hint = {}) const {
    throw std::invalid_argument("form: " + quoted(at) + " " + problem +
                                place(at) + hint);
  }

  /// Something else stands where `wanted` must.
  [[noreturn]] void fail_wanted(const std::string& wanted) const {
    if (token_.kind == Kind::End) {
      std::size_t last = result_.text.size() - 1;
      while (last > 0 && is_continuation(result_.text[last])) --last;
      fail(last, "ends where " + wanted + " is expected");
    }
    fail(token_.at,
         "has '" + printable(token_.text, 40) + "' where " + wanted +
             " is expected");
  }

  [[noreturn]] void fail_after_value() const {
    if (token_.text == ")") fail(token_.at, "has a ')' without its '('");
    if (token_.text == ",") fail(token_.at, "has a ',' outside a function");
    const bool begins_value =
        token_.kind == Kind::Number || token_.kind == Kind::Name;
    std::string hint;
    if (last_.kind == Kind::Number && (begins_value || token_.text == "(")) {
      const std::string next(token_.text == "(" ? "(...)" : token_.text);
      hint = "; did you mean " + printable(last_.text, 40) + "*" +
             printable(next, 40) + "?";
    }
    fail(token_.at,
         "has '" + printable(token_.text, 40) +
             "' where an operator is expected",
         hint);
  }

  void advance() {
    last_ = token_;
    const std::string_view text = result_.text;
    at_ = std::min(text.find_first_not_of(kBlanks, at_), text.size());
    token_ = {Kind::End, text.substr(at_, 0), at_, 0.0};
    if (at_ == text.size()) return;
    const char c = text[at_];
    if (is_digit(c) ||
        (c == '.' && at_ + 1 < text.size() && is_digit(text[at_ + 1]))) {
      read_number();
    } else if (is_letter(c)) {
      std::size_t end = at_;
      while (end < text.size() && (is_letter(text[end]) || is_digit(text[end])))
        ++end;
      take(Kind::Name, end - at_);
    } else if (text.substr(at_, 2) == "**") {
      take(Kind::Sign, 2);
      token_.text = "^";
    } else if (std::string_view("+-*/^(),").find(c) != std::string_view::npos) {
      take(Kind::Sign, 1);
    } else {
      std::size_t end = at_ + 1;
      while (end < text.size() && end < at_ + 4 && is_continuation(text[end]))
        ++end;
      fail(at_,
           "has the character '" + printable(text.substr(at_, end - at_)) +
               "', which means nothing in a formula");
    }
  }

  void take(Kind kind, std::size_t size) {
    token_.kind = kind;
    token_.text = std::string_view(result_.text).substr(at_, size);
    at_ += size;
  }

  void read_number() {
    const std::string_view rest = std::string_view(result_.text).substr(at_);
    double number = 0.0;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const auto size = static_cast<std::size_t>(end - rest.data());
    take(Kind::Number, size);
    token_.number = number;
    if (error == std::errc::result_out_of_range) {
      fail(token_.at,
           "has the number " + printable(token_.text, 40) +
               ", which is too large or too small");
    }
    if (at_ < result_.text.size() && result_.text[at_] == '.') {
      fail(at_, "has a second '.' in a number");
    }
  }

  int push(FormulaStep step) {
    result_.steps.push_back(step);
    return static_cast<int>(result_.steps.size()) - 1;
  }

  bool accept(std::string_view sign) {
    if (token_.kind != Kind::Sign || token_.text != sign) return false;
    advance();
    return true;
  }

  int sum() {
    int left = product();
    for (;;) {
      if (accept("+")) {
        const int right = product();
        left = push({FormulaOp::Add, left, right});
      } else if (accept("-")) {
        const int right = product();
        left = push({FormulaOp::Subtract, left, right});
      } else {
        return left;
      }
    }
  }

  int product() {
    int left = signed_power();
    for (;;) {
      if (accept("*")) {
        const int right = signed_power();
        left = push({FormulaOp::Multiply, left, right});
      } else if (accept("/")) {
        const int right = signed_power();
        left = push({FormulaOp::Divide, left, right});
      } else {
        return left;
      }
    }
  }

  int signed_power() {
    // Every way to nest passes here.
    if (++depth_ > kDeepest) {
      fail(token_.at,
           "is nested more than " + std::to_string(kDeepest) + " deep");
    }
    int value = -1;
    if (accept("-")) {
      const int inner = signed_power();
      value = push({FormulaOp::Negate, inner});
    } else if (accept("+")) {
      value = signed_power();
    } else {
      value = atom();
      if (accept("^")) {
        const int exponent = signed_power();
        value = push({FormulaOp::Power, value, exponent});
      }
    }
    --depth_;
    return value;
  }

  int atom() {
    if (token_.kind == Kind::Number) {
      const double number = token_.number;
      advance();
      return push({FormulaOp::Number, -1, -1, number});
    }
    if (token_.kind == Kind::Name) {
      const Token name = token_;
      advance();
      return token_.text == "(" ? call(name) : named(name);
    }
    const std::size_t open = token_.at;
    if (!accept("(")) fail_wanted("a number or a name");
    const int value = sum();
    close(open);
    return value;
  }

  void close(std::size_t open) {
    if (accept(")")) return;
    if (token_.kind == Kind::End) fail(open, "has a '(' without its ')'");
    if (token_.text == ",") fail_wanted("an operator or ')'");
    fail_after_value();
  }

  int call(const Token& name) {
    const auto* function = std::find_if(
        std::begin(kFunctions), std::end(kFunctions), [&](const Function& f) {
          return f.name == name.text;
        });
    if (function == std::end(kFunctions)) {
      std::vector<std::string> known;
      for (const Function& f : kFunctions) known.emplace_back(f.name);
      const std::string shown = printable(name.text, 40);
      const std::string near = suggest(name.text, known);
      fail(
          name.at,
          "has the unknown function '" + shown + "'",
          "; did you mean '" + (near.empty() ? shown + "*(...)" : near) + "'?");
    }
    const std::size_t open = token_.at;
    advance();
    std::vector<int> arguments = {sum()};
    while (accept(",")) arguments.push_back(sum());
    close(open);
    if (static_cast<int>(arguments.size()) != function->arguments) {
      fail(name.at,
           "gives " + std::string(function->name) + " " +
               std::to_string(arguments.size()) +
               (arguments.size() == 1 ? " argument" : " arguments") +
               ", but it takes " + std::to_string(function->arguments));
    }
    return push(
        {function->op, arguments[0], arguments.size() > 1 ? arguments[1] : -1});
  }

  /// The variable that a name stands for, where it is no coefficient.
  std::optional<std::string> input_named(std::string_view name) const {
    for (const Variable& variable : {kParams, kTokens, kFlops, kUniqueTokens}) {
      if (name == variable.symbol) return std::string(variable.name);
    }
    for (const Variable& variable : all_variables()) {
      if (name == variable.name) return std::string(name);
    }
    if (std::find(columns_.begin(), columns_.end(), name) != columns_.end()) {
      return std::string(name);
    }
    return std::nullopt;
  }

  int named(const Token& token) {
    if (const auto input = input_named(token.text)) {
      return push(
          {FormulaOp::Input, -1, -1, 0.0, place_among(result_.inputs, *input)});
    }
    if (token.text == "pi") {
      return push({FormulaOp::Number, -1, -1, std::numbers::pi});
    }
    for (const Function& function : kFunctions) {
      if (function.name != token.text) continue;
      fail(
          token.at,
          "has the function '" + std::string(token.text) + "' without its '('");
    }
    const int index =
        place_among(result_.coefficients, std::string(token.text));
    if (result_.coefficients.size() > kMostCoefficients) {
      fail(token.at,
           "has more than " + std::to_string(kMostCoefficients) +
               " coefficients");
    }
    return push({FormulaOp::Coefficient, -1, -1, 0.0, index});
  }

  static int place_among(std::vector<std::string>& names,
                         const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    const auto place = static_cast<int>(found - names.begin());
    if (found == names.end()) names.push_back(name);
    return place;
  }

  FormulaText result_;
  std::span<const std::string> columns_;
  std::size_t at_ = 0;  ///< first byte after token_
  Token token_;
  Token last_;
  int depth_ = 0;
};

}  // namespace

bool is_formula(std::string_view text) {
  if (text.find_first_of("+-*/^()") != std::string_view::npos) return true;
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos || is_digit(text[first]) ||
         text[first] == '.';
}

FormulaText parse_formula(std::string_view text,
                          std::span<const std::string> columns) {
  return Parser(with_single_blanks(text), columns).parse();
}

}  // namespace isoflop
