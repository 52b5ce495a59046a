// SPDX-License-Identifier: Apache-2.0
#include "laws/formula_coefficients.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include "isoflop/units/text.h"
#include "laws/formula_program.h"

namespace isoflop {
namespace {

/// Sets of coefficients, a bit each: there are at most 64.
using Set = std::uint64_t;

Set bit(std::size_t j) { return Set{1} << j; }
std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// By step: the coefficients it depends on.
std::vector<Set> dependence(const FormulaText& formula) {
  std::vector<Set> sets;
  for (const FormulaStep& step : formula.steps) {
    Set set = step.a < 0 ? 0 : sets[at(step.a)];
    if (step.b >= 0) set |= sets[at(step.b)];
    if (step.op == FormulaOp::Coefficient) set |= bit(at(step.index));
    sets.push_back(set);
  }
  return sets;
}

/// Coefficients in exponents, and those that multiply inside exp: exp(-k x).
Set exponents_of(const FormulaText& formula, const std::vector<Set>& reads) {
  Set exponents = 0;
  std::vector<bool> inside_exp(formula.steps.size(), false);
  for (std::size_t i = formula.steps.size(); i-- > 0;) {
    const FormulaStep& step = formula.steps[i];
    if (step.op == FormulaOp::Power) exponents |= reads[at(step.b)];
    if (step.op == FormulaOp::Exp) inside_exp[at(step.a)] = true;
    if (!inside_exp[i]) continue;
    if (step.op == FormulaOp::Multiply) {
      exponents |= reads[at(step.a)] | reads[at(step.b)];
    } else if (step.op == FormulaOp::Divide) {
      exponents |= reads[at(step.a)];
    } else if (step.op == FormulaOp::Add || step.op == FormulaOp::Subtract ||
               step.op == FormulaOp::Negate) {
      inside_exp[at(step.a)] = true;
      if (step.b >= 0) inside_exp[at(step.b)] = true;
    }
  }
  return exponents;
}

/// Coefficients in which the value is a polynomial of degree one.
Set affine_in(const FormulaText& formula, const std::vector<Set>& reads) {
  std::vector<Set> bent;
  for (std::size_t i = 0; i < formula.steps.size(); ++i) {
    const FormulaStep& step = formula.steps[i];
    const Set a = step.a < 0 ? 0 : bent[at(step.a)];
    const Set b = step.b < 0 ? 0 : bent[at(step.b)];
    switch (step.op) {
      case FormulaOp::Number:
      case FormulaOp::Input:
      case FormulaOp::Coefficient:
      case FormulaOp::Negate:
      case FormulaOp::Add:
      case FormulaOp::Subtract:
        bent.push_back(a | b);
        break;
      case FormulaOp::Multiply:
        bent.push_back(a | b | (reads[at(step.a)] & reads[at(step.b)]));
        break;
      case FormulaOp::Divide:
        bent.push_back(a | reads[at(step.b)]);
        break;
      default:
        bent.push_back(reads[i]);
    }
  }
  return reads.back() & ~bent.back();
}

/// Whether the value is a sum of terms with one factor of the set each. None
/// may be subtracted: alone it would have no logarithm.
bool is_sum_over(const FormulaText& formula,
                 const std::vector<Set>& reads,
                 Set set) {
  // Degree of each step in the set; nothing when its terms differ.
  std::vector<std::optional<int>> degrees;
  for (std::size_t i = 0; i < formula.steps.size(); ++i) {
    const FormulaStep& step = formula.steps[i];
    std::optional<int> degree;
    const auto a = step.a < 0 ? std::optional(0) : degrees[at(step.a)];
    const auto b = step.b < 0 ? std::optional(0) : degrees[at(step.b)];
    if ((reads[i] & set) == 0) {
      degree = 0;
    } else if (step.op == FormulaOp::Coefficient) {
      degree = 1;
    } else if (step.op == FormulaOp::Divide && b == 0) {
      degree = a;
    } else if (step.op == FormulaOp::Add && a == b) {
      degree = a;
    } else if (step.op == FormulaOp::Multiply && a && b) {
      degree = std::min(*a + *b, 2);
    }
    degrees.push_back(degree);
  }
  return degrees.back() == 1;
}

/// The largest set at hand over which the value is such a sum: all that are
/// given, or all but one.
Set linear_among(const FormulaText& formula,
                 const std::vector<Set>& reads,
                 Set given) {
  if (is_sum_over(formula, reads, given)) return given;
  for (std::size_t j = formula.coefficients.size(); j-- > 0;) {
    const Set fewer = given & ~bit(j);
    if (fewer != given && is_sum_over(formula, reads, fewer)) return fewer;
  }
  return 0;
}

/// A usual run, on the scales of the inputs.
std::vector<double> usual_run(std::span<const Variable> inputs, double count) {
  std::vector<double> values;
  for (const Variable& input : inputs) {
    double value = input.scale == Scale::Log ? count : 1.0;
    if (input.name == kFlops.name) value = kFlopsPerParamToken * count * count;
    if (input.has_absent() && std::isfinite(input.absent)) {
      value = input.absent;
    }
    values.push_back(
        to_scale(std::clamp(value, input.low, input.high), input.scale));
  }
  return values;
}

/// Starts of the terms: one nat over the slope, or 1.8 for a constant.
void add_term_starts(const FormulaText& formula,
                     std::span<const Variable> inputs,
                     Set terms,
                     std::vector<CoefficientInfo>& infos) {
  std::vector<Scale> scales;
  std::vector<Scale> input_scales;
  std::vector<double> theta;
  for (const CoefficientInfo& info : infos) {
    scales.push_back(info.scale);
    theta.push_back(to_scale(info.nominal, info.scale));
  }
  for (const Variable& input : inputs) input_scales.push_back(input.scale);
  const FormulaProgram program =
      compile(formula, scales, input_scales, Scale::Linear);
  std::vector<double> slopes(infos.size(), 0.0);
  std::vector<double> elsewhere(infos.size(), 0.0);
  program.gradient(
      theta.data(), usual_run(inputs, 1e9).data(), slopes.data(), nullptr);
  program.gradient(
      theta.data(), usual_run(inputs, 1e10).data(), elsewhere.data(), nullptr);
  for (std::size_t j = 0; j < infos.size(); ++j) {
    if ((terms & bit(j)) == 0) continue;
    constexpr double kConstantStart = 1.8;
    const double slope = std::abs(slopes[j]);
    const double nats = slopes[j] == elsewhere[j] ? kConstantStart : 1.0;
    const bool is_usable = slope > 1e-24 && slope < 1e24;
    infos[j].nominal = is_usable ? nats / slope : 1.0;
  }
}

CoefficientInfo info_of(std::string_view name, Role role) {
  switch (role) {
    case Role::Exponent:
      return {name, "exponent", 0.01, 4.0, Scale::Linear, false, 0.35};
    case Role::Linear:
      return {name, "factor of a term", 0.0, 1e30, Scale::Log, false, 1.0};
    case Role::Other:
      break;
  }
  return {name, "coefficient", 1e-12, 1e12, Scale::Log, false, 1.0};
}

/// A range decides how it is searched.
void set_range(const CoefficientSetting& setting,
               Role role,
               CoefficientInfo& info) {
  constexpr double kWide = 100.0;
  info.low = *setting.low;
  info.high = *setting.high;
  const bool is_wide = info.high > kWide * info.low;
  const bool is_log = info.low > 0.0 && role != Role::Exponent &&
                      (is_wide || role == Role::Linear);
  info.scale = is_log ? Scale::Log : Scale::Linear;
}

void set_start(const CoefficientSetting& setting, CoefficientInfo& info) {
  const double start = *setting.start;
  const bool is_inside = start >= info.low && start <= info.high &&
                         (info.scale == Scale::Linear || start > 0.0);
  if (!is_inside) {
    throw std::invalid_argument("form: " + setting.name + " starts at " +
                                format_exact(start) + ", outside its range " +
                                format_exact(info.low) + ".." +
                                format_exact(info.high) + "; give another as " +
                                setting.name + "=LOW..HIGH");
  }
  info.nominal = start;
}

}  // namespace

std::vector<Role> roles_of(const FormulaText& formula) {
  const std::vector<Set> reads = dependence(formula);
  const Set exponents = exponents_of(formula, reads);
  const Set affine = affine_in(formula, reads) & ~exponents;
  std::vector<Role> roles;
  for (std::size_t j = 0; j < formula.coefficients.size(); ++j) {
    roles.push_back((exponents & bit(j)) != 0 ? Role::Exponent
                    : (affine & bit(j)) != 0  ? Role::Linear
                                              : Role::Other);
  }
  return roles;
}

std::vector<CoefficientInfo> infos_of(
    const FormulaText& formula,
    std::span<const Variable> inputs,
    const std::vector<CoefficientSetting>& settings) {
  const std::vector<Role> roles = roles_of(formula);
  std::vector<CoefficientInfo> infos;
  Set terms = 0;
  for (std::size_t j = 0; j < roles.size(); ++j) {
    infos.push_back(info_of(formula.coefficients[j], roles[j]));
    for (const CoefficientSetting& setting : settings) {
      if (setting.name != infos[j].name) continue;
      if (setting.low) set_range(setting, roles[j], infos[j]);
    }
    const bool is_term =
        roles[j] == Role::Linear && infos[j].scale == Scale::Log;
    if (is_term) terms |= bit(j);
    if (!is_term) {
      infos[j].nominal = start_within(
          infos[j].low, infos[j].high, infos[j].nominal, infos[j].scale);
    }
  }
  add_term_starts(formula, inputs, terms, infos);
  const Set linear = linear_among(formula, dependence(formula), terms);
  for (std::size_t j = 0; j < infos.size(); ++j) {
    CoefficientInfo& info = infos[j];
    info.is_linear = (linear & bit(j)) != 0;
    info.nominal = start_within(info.low, info.high, info.nominal, info.scale);
    for (const CoefficientSetting& setting : settings) {
      if (setting.name == info.name && setting.start) set_start(setting, info);
    }
  }
  return infos;
}

}  // namespace isoflop
