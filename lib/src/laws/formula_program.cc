// SPDX-License-Identifier: Apache-2.0
#include "laws/formula_program.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace isoflop {
namespace {

constexpr int kLanes = 8;
using Lanes = Eigen::Array<double, kLanes, 1>;

// Where exp leaves the normal numbers, and where it overflows.
constexpr double kLeastExponent = -708.0;
constexpr double kMostExponent = 709.782712893384;

// The arithmetic that numbers and lanes do not share.
double constant(double, double x) { return x; }
Lanes constant(const Lanes&, double x) { return Lanes::Constant(x); }
double choose(bool first, double a, double b) { return first ? a : b; }
template <class Mask>
Lanes choose(const Mask& first, const Lanes& a, const Lanes& b) {
  return first.select(a, b);
}
double exp_of(double x) { return x < kLeastExponent ? 0.0 : std::exp(x); }
Lanes exp_of(const Lanes& x) {
  const Lanes most = (x > kMostExponent).select(kInfinite, x.exp());
  return (x < kLeastExponent).select(0.0, most);
}
double log_of(double x) { return std::log(x); }
Lanes log_of(const Lanes& x) { return x.log(); }
double sqrt_of(double x) { return std::sqrt(x); }
Lanes sqrt_of(const Lanes& x) { return x.sqrt(); }
double abs_of(double x) { return std::abs(x); }
Lanes abs_of(const Lanes& x) { return x.abs(); }
double sin_of(double x) { return std::sin(x); }
Lanes sin_of(const Lanes& x) { return x.sin(); }
double cos_of(double x) { return std::cos(x); }
Lanes cos_of(const Lanes& x) { return x.cos(); }
double atan_of(double x) { return std::atan(x); }
Lanes atan_of(const Lanes& x) { return x.atan(); }

/// NaN where either is.
template <class T>
T min_of(const T& a, const T& b) {
  return choose(a <= b, a, choose(a != a, a, b));
}
template <class T>
T max_of(const T& a, const T& b) {
  return choose(a >= b, a, choose(a != a, a, b));
}

/// A whole power by squaring.
template <class T>
T whole_power(const T& x, double exponent) {
  T result = constant(x, 1.0);
  T square = x;
  for (auto n = static_cast<std::uint64_t>(std::abs(exponent)); n > 0;
       n >>= 1) {
    if (n & 1) result = result * square;
    square = square * square;
  }
  return exponent < 0 ? T(1.0 / result) : result;
}

/// Nothing times anything is nothing.
template <class T>
T times(const T& weight, const T& factor) {
  return choose(weight == 0.0, weight, T(weight * factor));
}

template <class T>
T result_of(const FormulaStep& step, const T& a, const T& b) {
  switch (step.op) {
    case FormulaOp::Negate:
      return -a;
    case FormulaOp::Add:
      return a + b;
    case FormulaOp::Subtract:
      return a - b;
    case FormulaOp::Multiply:
      return a * b;
    case FormulaOp::Divide:
      return a / b;
    case FormulaOp::Power:
      return whole_power(a, step.number);
    case FormulaOp::Exp:
      return exp_of(a);
    case FormulaOp::Log:
      return log_of(a);
    case FormulaOp::Sqrt:
      return sqrt_of(a);
    case FormulaOp::Sin:
      return sin_of(a);
    case FormulaOp::Cos:
      return cos_of(a);
    case FormulaOp::Atan:
      return atan_of(a);
    case FormulaOp::Abs:
      return abs_of(a);
    case FormulaOp::Min:
      return min_of(a, b);
    case FormulaOp::Max:
      return max_of(a, b);
    default:  // Number, Input and Coefficient are set, Log10 is compiled away
      return a;
  }
}

/// What a change of the result weighs for the operands.
template <class T>
struct Shares {
  T a;
  T b;
};

/// @param v  the result
/// @param w  d answer / d result
template <class T>
Shares<T> shares_of(
    const FormulaStep& step, const T& a, const T& b, const T& v, const T& w) {
  const T zero = constant(w, 0.0);
  switch (step.op) {
    case FormulaOp::Negate:
      return {-w, zero};
    case FormulaOp::Add:
      return {w, w};
    case FormulaOp::Subtract:
      return {w, -w};
    case FormulaOp::Multiply:
      return {times<T>(w, b), times<T>(w, a)};
    case FormulaOp::Divide: {
      const T share = times<T>(w, 1.0 / b);
      return {share, times<T>(-share, v)};
    }
    case FormulaOp::Power:
      return {times<T>(w, step.number * whole_power(a, step.number - 1.0)),
              zero};
    case FormulaOp::Exp:
      return {times<T>(w, v), zero};
    case FormulaOp::Log:
      return {times<T>(w, 1.0 / a), zero};
    case FormulaOp::Sqrt:
      return {times<T>(w, 0.5 / v), zero};
    case FormulaOp::Sin:
      return {times<T>(w, cos_of(a)), zero};
    case FormulaOp::Cos:
      return {times<T>(w, -sin_of(a)), zero};
    case FormulaOp::Atan:
      return {times<T>(w, 1.0 / (1.0 + a * a)), zero};
    case FormulaOp::Abs:
      return {choose(a < 0.0, T(-w), w), zero};
    case FormulaOp::Min:
      return {choose(a <= b, w, zero), choose(a <= b, zero, w)};
    case FormulaOp::Max:
      return {choose(a >= b, w, zero), choose(a >= b, zero, w)};
    default:
      return {zero, zero};
  }
}

bool is_leaf(const FormulaStep& step) {
  return step.op == FormulaOp::Number || step.op == FormulaOp::Input ||
         step.op == FormulaOp::Coefficient;
}

/// Values of all steps for one run, or for some times eight.
template <class T>
class Tape {
 public:
  Tape(std::span<const FormulaStep> steps, std::size_t width, bool backwards)
      : steps_(steps),
        width_(width),
        values_(steps.size() * width),
        weights_(backwards ? steps.size() * width : 0) {}

  T* values(std::size_t step) { return &values_[step * width_]; }
  T* weights(std::size_t step) { return &weights_[step * width_]; }
  T* answer() { return values(steps_.size() - 1); }

  void run(std::size_t i) {
    const FormulaStep& step = steps_[i];
    if (is_leaf(step)) return;
    const T* a = values(static_cast<std::size_t>(step.a));
    const T* b = step.b < 0 ? a : values(static_cast<std::size_t>(step.b));
    T* out = values(i);
    for (std::size_t k = 0; k < width_; ++k) {
      out[k] = result_of(step, a[k], b[k]);
    }
  }

  /// From the answer back to the steps that are `wanted`.
  void run_back(const std::vector<bool>& wanted) {
    std::fill(weights_.begin(), weights_.end(), constant(T(), 0.0));
    std::fill_n(weights(steps_.size() - 1), width_, constant(T(), 1.0));
    for (std::size_t i = steps_.size(); i-- > 0;) {
      const FormulaStep& step = steps_[i];
      if (is_leaf(step) || !wanted[i]) continue;
      const auto a = static_cast<std::size_t>(step.a);
      const auto b = step.b < 0 ? a : static_cast<std::size_t>(step.b);
      const bool needs_a = wanted[a];
      const bool needs_b = step.b >= 0 && wanted[b];
      for (std::size_t k = 0; k < width_; ++k) {
        const Shares<T> shares = shares_of(
            step, values(a)[k], values(b)[k], values(i)[k], weights(i)[k]);
        if (needs_a) weights(a)[k] += shares.a;
        if (needs_b) weights(b)[k] += shares.b;
      }
    }
  }

 private:
  std::span<const FormulaStep> steps_;
  std::size_t width_;
  std::vector<T> values_;
  std::vector<T> weights_;
};

/// A run alone, with the values of all its steps.
void fill(Tape<double>& tape,
          std::span<const FormulaStep> steps,
          const double* theta,
          const double* inputs) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const FormulaStep& step = steps[i];
    if (step.op == FormulaOp::Number) *tape.values(i) = step.number;
    if (step.op == FormulaOp::Coefficient) *tape.values(i) = theta[step.index];
    if (step.op == FormulaOp::Input) *tape.values(i) = inputs[step.index];
    tape.run(i);
  }
}

/// The last run stands in for the ones beyond the end.
Lanes load(const double* from, Eigen::Index count) {
  if (count >= kLanes) return Eigen::Map<const Lanes>(from);
  Lanes lanes = Lanes::Constant(from[std::max<Eigen::Index>(count, 1) - 1]);
  if (count > 0)
    lanes.head(count) = Eigen::Map<const Eigen::ArrayXd>(from, count);
  return lanes;
}

void store(const Lanes& lanes, double* to, Eigen::Index count) {
  const Eigen::Index size = std::min<Eigen::Index>(count, kLanes);
  for (Eigen::Index i = 0; i < size; ++i) to[i] = lanes[i];
}

}  // namespace

double apply(const FormulaStep& step, double a, double b) {
  return result_of(step, a, b);
}

FormulaProgram::FormulaProgram(std::vector<FormulaStep> steps)
    : steps_(std::move(steps)) {
  for (const FormulaStep& step : steps_) {
    const auto either = [&step](const std::vector<bool>& reads) {
      return (step.a >= 0 && reads[static_cast<std::size_t>(step.a)]) ||
             (step.b >= 0 && reads[static_cast<std::size_t>(step.b)]);
    };
    reads_theta_.push_back(step.op == FormulaOp::Coefficient ||
                           either(reads_theta_));
    reads_inputs_.push_back(step.op == FormulaOp::Input ||
                            either(reads_inputs_));
  }
}

double FormulaProgram::value(const double* theta, const double* inputs) const {
  Tape<double> tape(steps_, 1, false);
  fill(tape, steps_, theta, inputs);
  return *tape.answer();
}

void FormulaProgram::gradient(const double* theta,
                              const double* inputs,
                              double* by_theta,
                              double* by_inputs) const {
  Tape<double> tape(steps_, 1, true);
  fill(tape, steps_, theta, inputs);
  const auto read = [&](FormulaOp op, double* gradient) {
    tape.run_back(op == FormulaOp::Input ? reads_inputs_ : reads_theta_);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].op == op) gradient[steps_[i].index] = *tape.weights(i);
    }
  };
  if (by_theta != nullptr) read(FormulaOp::Coefficient, by_theta);
  if (by_inputs != nullptr) read(FormulaOp::Input, by_inputs);
}

void FormulaProgram::columns(const Eigen::VectorXd& theta,
                             const Eigen::MatrixXd& inputs,
                             Eigen::VectorXd& out,
                             Eigen::MatrixXd* jacobian) const {
  // As many runs at once as keep the tape of a usual formula near the core.
  constexpr Eigen::Index kMostPacks = 8;
  const Eigen::Index n = out.size();
  if (n == 0) return;
  const auto packs =
      std::min<Eigen::Index>(kMostPacks, (n + kLanes - 1) / kLanes);
  const auto width = static_cast<std::size_t>(packs);
  Tape<Lanes> tape(steps_, width, jacobian != nullptr);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const FormulaStep& step = steps_[i];
    if (reads_inputs_[i]) continue;
    if (is_leaf(step)) {
      const double value =
          step.op == FormulaOp::Number ? step.number : theta[step.index];
      std::fill_n(tape.values(i), width, Lanes(Lanes::Constant(value)));
    }
    tape.run(i);
  }
  for (Eigen::Index row = 0; row < n; row += packs * kLanes) {
    const auto each_pack = [&](auto&& visit) {
      for (Eigen::Index k = 0; k < packs && row + k * kLanes < n; ++k) {
        visit(static_cast<std::size_t>(k), row + k * kLanes);
      }
    };
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!reads_inputs_[i]) continue;
      if (steps_[i].op == FormulaOp::Input) {
        const double* column = inputs.col(steps_[i].index).data();
        each_pack([&](std::size_t k, Eigen::Index at) {
          tape.values(i)[k] = load(column + at, n - at);
        });
      }
      tape.run(i);
    }
    each_pack([&](std::size_t k, Eigen::Index at) {
      store(tape.answer()[k], out.data() + at, n - at);
    });
    if (jacobian == nullptr) continue;
    tape.run_back(reads_theta_);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].op != FormulaOp::Coefficient) continue;
      double* column = jacobian->col(steps_[i].index).data();
      each_pack([&](std::size_t k, Eigen::Index at) {
        store(tape.weights(i)[k], column + at, n - at);
      });
    }
  }
}

}  // namespace isoflop
