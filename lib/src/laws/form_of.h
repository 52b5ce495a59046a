// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ceres/jet.h>

#include <algorithm>
#include <iterator>

#include "isoflop/laws/form.h"
#include "laws/pack.h"

namespace isoflop {

/// The `Form` that follows from a form's header: its one templated function
/// instantiated with doubles, with jets over the inputs, with eight runs at
/// once, and with jets over theta of eight runs at once.
template <class F>
class FormOf final : public Form {
  static constexpr int kCoefficients =
      static_cast<int>(std::size(F::coefficients));
  static constexpr int kInputs = static_cast<int>(std::size(F::inputs));
  using PackJet = ceres::Jet<Pack, kCoefficients>;

 public:
  std::string_view name() const override { return F::name; }
  std::string_view formula() const override { return F::formula; }
  std::string_view source() const override { return F::source; }
  std::span<const CoefficientInfo> coefficients() const override {
    return F::coefficients;
  }
  std::span<const Variable> inputs() const override { return F::inputs; }
  const Variable& output() const override {
    if constexpr (requires { F::output; }) {
      return F::output;
    } else {
      return kLoss;
    }
  }
  bool counts_resting_experts() const override {
    if constexpr (requires { F::counts_resting_experts; }) {
      return F::counts_resting_experts;
    } else {
      return false;
    }
  }

  std::span<const PriorInfo> priors() const override {
    if constexpr (requires { F::priors; }) {
      return F::priors;
    } else {
      return {};
    }
  }

  void theta_from_prior(const double* at,
                        const double* centre,
                        double* theta,
                        Eigen::MatrixXd& jacobian) const override {
    if constexpr (requires { F::priors; }) {
      using Jet = ceres::Jet<double, kCoefficients>;
      Jet from[kCoefficients];
      Jet to[kCoefficients];
      for (int j = 0; j < kCoefficients; ++j) from[j] = Jet(at[j], j);
      F::theta_from_prior(from, centre, to);
      jacobian.resize(kCoefficients, kCoefficients);
      for (int j = 0; j < kCoefficients; ++j) {
        theta[j] = to[j].a;
        jacobian.row(j) = to[j].v.transpose();
      }
    } else {
      Form::theta_from_prior(at, centre, theta, jacobian);
    }
  }

  void prior_from_theta(const double* theta,
                        const double* centre,
                        double* at) const override {
    if constexpr (requires { F::priors; }) {
      F::prior_from_theta(theta, centre, at);
    } else {
      Form::prior_from_theta(theta, centre, at);
    }
  }

  double evaluate(const double* theta, const double* inputs) const override {
    return F::evaluate(theta, inputs);
  }

  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    using InputJet = ceres::Jet<double, kInputs>;
    InputJet jets[kInputs];
    for (int i = 0; i < kInputs; ++i) jets[i] = InputJet(inputs[i], i);
    const InputJet result = F::evaluate(theta, jets);
    for (int i = 0; i < kInputs; ++i) gradient[i] = result.v[i];
  }

  // All in one piece: jets of packs are slow across calls, and a compiler
  // that sees many forms at once stops inlining them.
  [[gnu::flatten]] void evaluate_columns(
      const Eigen::VectorXd& theta,
      const Eigen::MatrixXd& inputs,
      Eigen::VectorXd& out,
      Eigen::MatrixXd* jacobian) const override {
    const Eigen::Index n = inputs.rows();
    out.resize(n);
    PackJet jets[kCoefficients];
    for (int j = 0; j < kCoefficients; ++j) {
      jets[j] = PackJet(Pack(theta[j]), j);
    }
    if (jacobian != nullptr) jacobian->resize(n, kCoefficients);
    for (Eigen::Index row = 0; row < n; row += Pack::kSize) {
      const Eigen::Index count = std::min<Eigen::Index>(Pack::kSize, n - row);
      Pack packs[kInputs];
      for (int i = 0; i < kInputs; ++i) {
        packs[i] = load(inputs.col(i).data() + row, count);
      }
      if (jacobian == nullptr) {
        store(F::evaluate(theta.data(), packs), out.data() + row, count);
        continue;
      }
      const PackJet result = F::evaluate(jets, packs);
      store(result.a, out.data() + row, count);
      for (int j = 0; j < kCoefficients; ++j) {
        store(result.v[j], jacobian->col(j).data() + row, count);
      }
    }
  }

  std::optional<double> optimal_log_params(const double* theta,
                                           double log_flops) const override {
    if constexpr (requires { F::optimal_log_params(theta, log_flops); }) {
      return F::optimal_log_params(theta, log_flops);
    } else {
      return std::nullopt;
    }
  }

 private:
  /// The last run stands in for the ones beyond the end.
  static Pack load(const double* from, Eigen::Index count) {
    if (count == Pack::kSize) {
      return Pack(Eigen::Map<const Pack::Array>(from));
    }
    Pack pack(from[count - 1]);
    pack.v.head(count) = Eigen::Map<const Eigen::ArrayXd>(from, count);
    return pack;
  }
  static void store(const Pack& pack, double* to, Eigen::Index count) {
    if (count == Pack::kSize) {
      Eigen::Map<Pack::Array> target(to);
      target = pack.v;
    } else {
      Eigen::Map<Eigen::ArrayXd>(to, count) = pack.v.head(count);
    }
  }
};

}  // namespace isoflop
