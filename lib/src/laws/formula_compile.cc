// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <tuple>
#include <utility>

#include "laws/formula_program.h"

namespace isoflop {
namespace {

constexpr int kNone = -1;
constexpr double kMostWholePower = 1e9;

/// A value as constant * factor * exp(log), where factor and log are steps of
/// the program or absent.
struct Term {
  double constant = 1.0;
  int factor = kNone;
  int log = kNone;

  bool is_number() const { return factor == kNone && log == kNone; }
  /// Known to be above zero and cheap to have as a logarithm.
  bool is_log() const { return factor == kNone && constant > 0.0; }
};

/// Emits steps: each once, numbers folded.
class Builder {
 public:
  int number(double value) {
    return emit({FormulaOp::Number, kNone, kNone, value});
  }

  int emit(FormulaStep step) {
    const bool is_constant = step.a != kNone && is_number(step.a) &&
                             (step.b == kNone || is_number(step.b));
    if (is_constant) {
      const double b = step.b == kNone ? 0.0 : at(step.b).number;
      return number(apply(step, at(step.a).number, b));
    }
    const auto key = std::tuple(step.op,
                                step.a,
                                step.b,
                                std::bit_cast<std::uint64_t>(step.number),
                                step.index);
    const auto [place, is_new] =
        places_.try_emplace(key, static_cast<int>(steps_.size()));
    if (is_new) steps_.push_back(step);
    return place->second;
  }

  /// The number that a step is, if it is one.
  std::optional<double> number_at(int i) const {
    if (i == kNone || !is_number(i)) return std::nullopt;
    return at(i).number;
  }

  /// The program of a step: what it does not need is left out.
  FormulaProgram program(int answer) const {
    std::vector<bool> is_needed(steps_.size(), false);
    is_needed[static_cast<std::size_t>(answer)] = true;
    for (std::size_t i = steps_.size(); i-- > 0;) {
      if (!is_needed[i]) continue;
      for (const int operand : {steps_[i].a, steps_[i].b}) {
        if (operand >= 0) is_needed[static_cast<std::size_t>(operand)] = true;
      }
    }
    std::vector<FormulaStep> kept;
    std::vector<int> place(steps_.size(), kNone);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!is_needed[i]) continue;
      FormulaStep step = steps_[i];
      if (step.a >= 0) step.a = place[static_cast<std::size_t>(step.a)];
      if (step.b >= 0) step.b = place[static_cast<std::size_t>(step.b)];
      place[i] = static_cast<int>(kept.size());
      kept.push_back(step);
    }
    return FormulaProgram(std::move(kept));
  }

 private:
  const FormulaStep& at(int i) const {
    return steps_[static_cast<std::size_t>(i)];
  }
  bool is_number(int i) const { return at(i).op == FormulaOp::Number; }

  using Key = std::tuple<FormulaOp, int, int, std::uint64_t, int>;
  std::vector<FormulaStep> steps_;
  std::map<Key, int> places_;
};

class Compiler {
 public:
  Compiler(std::span<const Scale> coefficients, std::span<const Scale> inputs)
      : coefficients_(coefficients), inputs_(inputs) {}

  FormulaProgram compile(const FormulaText& formula, Scale answer) {
    std::vector<Term> terms;
    for (const FormulaStep& step : formula.steps) {
      const Term a = step.a < 0 ? Term{} : terms[static_cast<size_t>(step.a)];
      const Term b = step.b < 0 ? Term{} : terms[static_cast<size_t>(step.b)];
      terms.push_back(folded(term_of(step, a, b)));
    }
    const Term& whole = terms.back();
    return builder_.program(answer == Scale::Log ? log_of(whole)
                                                 : value_of(whole));
  }

 private:
  int unary(FormulaOp op, int a) { return builder_.emit({op, a}); }
  int binary(FormulaOp op, int a, int b) { return builder_.emit({op, a, b}); }

  /// Two parts that may be absent.
  int joined(FormulaOp op, int a, int b) {
    if (b == kNone) return a;
    if (a != kNone) return binary(op, a, b);
    if (op == FormulaOp::Subtract) return unary(FormulaOp::Negate, b);
    if (op == FormulaOp::Divide) return binary(op, builder_.number(1.0), b);
    return b;
  }

  int scaled(int step, double constant) {
    if (step == kNone || constant == 1.0) return step;
    if (constant == -1.0) return unary(FormulaOp::Negate, step);
    return binary(FormulaOp::Multiply, builder_.number(constant), step);
  }

  int value_of(const Term& term) {
    if (term.is_number()) return builder_.number(term.constant);
    const int power =
        term.log == kNone ? kNone : unary(FormulaOp::Exp, term.log);
    const int product = joined(FormulaOp::Multiply, term.factor, power);
    return scaled(product, term.constant);
  }

  int log_of(const Term& term) {
    int sum = term.log;
    double constant = term.constant;
    if (term.factor != kNone) {
      // Both may be negative.
      const bool is_positive = constant > 0.0;
      const int factor =
          is_positive ? term.factor : scaled(term.factor, constant);
      if (!is_positive) constant = 1.0;
      sum = joined(FormulaOp::Add, sum, unary(FormulaOp::Log, factor));
    }
    if (constant == 1.0 && sum != kNone) return sum;
    return joined(FormulaOp::Add, sum, builder_.number(std::log(constant)));
  }

  Term power(const Term& a, const Term& b) {
    if (!b.is_number()) {
      return {1.0, kNone, binary(FormulaOp::Multiply, value_of(b), log_of(a))};
    }
    const double k = b.constant;
    if (k == 0.0) return {};
    if (a.is_number()) return {std::pow(a.constant, k)};
    if (k == 0.5) return root(a);
    const bool is_whole = k == std::floor(k);
    if (a.is_log() || (is_whole && std::abs(k) <= kMostWholePower)) {
      int factor = a.factor;
      if (factor != kNone && k != 1.0) {
        factor = builder_.emit({FormulaOp::Power, factor, kNone, k});
      }
      return {std::pow(a.constant, k), factor, scaled(a.log, k)};
    }
    return {1.0, kNone, scaled(log_of(a), k)};
  }

  Term root(const Term& a) {
    if (a.is_number()) return {std::sqrt(a.constant)};
    if (a.constant < 0.0) {
      return {1.0, unary(FormulaOp::Sqrt, value_of(a))};
    }
    const int factor =
        a.factor == kNone ? kNone : unary(FormulaOp::Sqrt, a.factor);
    return {std::sqrt(a.constant), factor, scaled(a.log, 0.5)};
  }

  Term term_of(const FormulaStep& step, const Term& a, const Term& b) {
    const auto place = static_cast<std::size_t>(step.index);
    switch (step.op) {
      case FormulaOp::Number:
        return {step.number};
      case FormulaOp::Input:
        return on_scale(builder_.emit(step), inputs_[place]);
      case FormulaOp::Coefficient:
        return on_scale(builder_.emit(step), coefficients_[place]);
      case FormulaOp::Negate:
        return {-a.constant, a.factor, a.log};
      case FormulaOp::Multiply:
        return {a.constant * b.constant,
                joined(step.op, a.factor, b.factor),
                joined(FormulaOp::Add, a.log, b.log)};
      case FormulaOp::Divide:
        return {a.constant / b.constant,
                joined(step.op, a.factor, b.factor),
                joined(FormulaOp::Subtract, a.log, b.log)};
      case FormulaOp::Power:
        return power(a, b);
      case FormulaOp::Exp:
        if (a.is_number()) return {std::exp(a.constant)};
        return {1.0, kNone, value_of(a)};
      case FormulaOp::Log:
        return {1.0, log_of(a)};
      case FormulaOp::Log10:
        return {1.0 / std::numbers::ln10, log_of(a)};
      case FormulaOp::Sqrt:
        return root(a);
      case FormulaOp::Abs:
        return {std::abs(a.constant),
                a.factor == kNone ? kNone : unary(step.op, a.factor),
                a.log};
      case FormulaOp::Min:
      case FormulaOp::Max:
        if (a.is_log() && b.is_log()) {
          return {1.0, kNone, binary(step.op, log_of(a), log_of(b))};
        }
        break;
      default:
        break;
    }
    if (step.b < 0) return {1.0, unary(step.op, value_of(a))};
    return {1.0, binary(step.op, value_of(a), value_of(b))};
  }

  /// Parts that are numbers go into the constant.
  Term folded(Term term) const {
    if (const auto factor = builder_.number_at(term.factor)) {
      term.constant *= *factor;
      term.factor = kNone;
    }
    if (const auto log = builder_.number_at(term.log)) {
      term.constant *= std::exp(*log);
      term.log = kNone;
    }
    return term;
  }

  static Term on_scale(int step, Scale scale) {
    return scale == Scale::Log ? Term{1.0, kNone, step} : Term{1.0, step};
  }

  Builder builder_;
  std::span<const Scale> coefficients_;
  std::span<const Scale> inputs_;
};

}  // namespace

FormulaProgram compile(const FormulaText& formula,
                       std::span<const Scale> coefficient_scales,
                       std::span<const Scale> input_scales,
                       Scale answer) {
  return Compiler(coefficient_scales, input_scales).compile(formula, answer);
}

}  // namespace isoflop
