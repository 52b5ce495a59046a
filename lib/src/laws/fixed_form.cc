// SPDX-License-Identifier: Apache-2.0
#include "laws/fixed_form.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/curve.h"
#include "isoflop/units/text.h"
#include "laws/forwarding_form.h"

namespace isoflop {
namespace {

using Infos = std::vector<CoefficientInfo>;

[[noreturn]] void fail(std::string_view text, const std::string& problem) {
  throw std::invalid_argument("form: '" + printable(text, 80) + "' " + problem);
}

std::string trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

/// A form of which some coefficients are numbers or others.
class FixedForm final : public ForwardingForm {
 public:
  /// @param infos   n_inner, of the inner form, with the numbers in place
  /// @param source  n_inner, the coefficient that each one is: itself, or
  ///     another that is itself
  FixedForm(std::shared_ptr<const Form> form,
            Infos infos,
            const std::vector<int>& source,
            const std::vector<std::string>& fixed)
      : ForwardingForm(std::move(form)), settings_(inner().settings()) {
    settings_.fixed = fixed;
    std::vector<int> place(infos.size(), -1);
    for (std::size_t j = 0; j < infos.size(); ++j) {
      if (source[j] != static_cast<int>(j)) continue;
      place[j] = static_cast<int>(coefficients_.size());
      coefficients_.push_back(infos[j]);
    }
    formula_ = inner().formula();
    for (std::size_t j = 0; j < infos.size(); ++j) {
      const auto at = static_cast<std::size_t>(source[j]);
      place_.push_back(place[at]);
      if (at == j) continue;
      formula_ += ", " + std::string(infos[j].name) + " = " +
                  std::string(infos[at].name);
      auto& info = coefficients_[static_cast<std::size_t>(place[at])];
      info.is_linear = info.is_linear && infos[j].is_linear;
      info.low = std::max(info.low, infos[j].low);
      info.high = std::min(info.high, infos[j].high);
      has_ties_ = true;
    }
  }

  std::string_view formula() const override { return formula_; }
  std::span<const CoefficientInfo> coefficients() const override {
    return coefficients_;
  }
  bool counts_resting_experts() const override {
    return inner().counts_resting_experts();
  }
  FormSettings settings() const override { return settings_; }
  const std::vector<int>& places() const { return place_; }

  double evaluate(const double* theta, const double* inputs) const override {
    return inner().evaluate(whole(theta).data(), inputs);
  }
  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    inner().input_gradient(whole(theta).data(), inputs, gradient);
  }
  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    if (!has_ties_) {
      inner().evaluate_columns(theta, inputs, out, jacobian);
      return;
    }
    Eigen::MatrixXd slopes;
    inner().evaluate_columns(whole(theta.data()),
                             inputs,
                             out,
                             jacobian == nullptr ? nullptr : &slopes);
    if (jacobian == nullptr) return;
    jacobian->setZero(inputs.rows(), theta.size());
    for (std::size_t j = 0; j < place_.size(); ++j) {
      jacobian->col(place_[j]) += slopes.col(static_cast<Eigen::Index>(j));
    }
  }
  std::optional<double> optimal_log_params(const double* theta,
                                           double log_flops) const override {
    return inner().optimal_log_params(whole(theta).data(), log_flops);
  }

 private:
  /// Coefficients of the inner form.
  Eigen::VectorXd whole(const double* theta) const {
    Eigen::VectorXd all(static_cast<Eigen::Index>(place_.size()));
    for (std::size_t j = 0; j < place_.size(); ++j) {
      all[static_cast<Eigen::Index>(j)] = theta[place_[j]];
    }
    return all;
  }

  FormSettings settings_;
  std::string formula_;
  std::vector<CoefficientInfo> coefficients_;
  std::vector<int> place_;  ///< n_inner, among the coefficients
  bool has_ties_ = false;
};

int place_of(const std::string& name,
             const Infos& infos,
             const std::string& owner) {
  std::vector<std::string> names;
  for (std::size_t j = 0; j < infos.size(); ++j) {
    names.emplace_back(infos[j].name);
    if (names.back() == name) return static_cast<int>(j);
  }
  throw std::invalid_argument(
      "form: " + owner + " has no coefficient '" + printable(name, 40) + "'" +
      did_you_mean(name, names) + " (it has " + join_words(names) + ")");
}

void hold(const std::string& text, double value, CoefficientInfo& info) {
  if (!(value >= info.low && value <= info.high)) {
    fail(text,
         "is outside " + format_exact(info.low) + ".." +
             format_exact(info.high) + ", the range of " +
             std::string(info.name));
  }
  info.low = info.high = info.nominal = value;
}

}  // namespace

std::vector<int> places_of_coefficients(const Form& form) {
  if (const auto* fixed = dynamic_cast<const FixedForm*>(&form)) {
    return fixed->places();
  }
  std::vector<int> places(static_cast<std::size_t>(form.coefficient_count()));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

std::shared_ptr<const Form> with_fixed(std::shared_ptr<const Form> form,
                                       const std::vector<std::string>& fixed) {
  if (fixed.empty()) return form;
  if (dynamic_cast<const CurveForm*>(form.get()) != nullptr) {
    throw std::invalid_argument("form: " + std::string(form->name()) +
                                " is a form of loss curves and takes no "
                                "fixed coefficients");
  }
  const std::string owner = "the form " + std::string(form->name());
  Infos infos(form->coefficients().begin(), form->coefficients().end());
  std::vector<int> source(infos.size());
  for (std::size_t j = 0; j < infos.size(); ++j) {
    source[j] = static_cast<int>(j);
  }
  std::vector<bool> is_fixed(infos.size(), false);
  std::vector<std::pair<int, std::string>> ties;
  for (const std::string& text : fixed) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos)
      fail(text, "must be NAME=NUMBER or NAME=OTHER");
    const int j = place_of(trimmed(text.substr(0, equals)), infos, owner);
    const auto at = static_cast<std::size_t>(j);
    if (is_fixed[at]) fail(text, "fixes what is already fixed");
    is_fixed[at] = true;
    const std::string value = trimmed(text.substr(equals + 1));
    const bool is_number = value.find_first_of("0123456789") == 0 ||
                           value.find_first_of("+-.") == 0;
    if (!is_number) {
      const int other = place_of(value, infos, owner);
      if (other == j) fail(text, "ties a coefficient to itself");
      source[at] = other;
      ties.emplace_back(j, text);
      continue;
    }
    try {
      hold(text, parse_number(value), infos[at]);
    } catch (const std::invalid_argument& error) {
      const std::string message = error.what();
      if (message.starts_with("form:")) throw;
      fail(text, "does not fix a coefficient: " + message);
    }
  }
  for (const auto& [j, text] : ties) {
    const auto at = static_cast<std::size_t>(j);
    const auto other = static_cast<std::size_t>(source[at]);
    if (source[other] != static_cast<int>(other)) {
      fail(text, "ties to a coefficient that is itself tied");
    }
    if (infos[at].scale != infos[other].scale) {
      fail(text, "ties coefficients that are searched on different scales");
    }
    if (std::max(infos[at].low, infos[other].low) >
        std::min(infos[at].high, infos[other].high)) {
      fail(text, "ties coefficients whose ranges do not meet");
    }
  }
  return std::make_shared<FixedForm>(
      std::move(form), std::move(infos), source, fixed);
}

}  // namespace isoflop
