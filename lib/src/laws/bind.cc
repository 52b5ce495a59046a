// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/bind.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "isoflop/base/suggest.h"
#include "isoflop/laws/law.h"
#include "isoflop/units/text.h"
#include "laws/forwarding_form.h"

namespace isoflop {
namespace {

[[noreturn]] void fail(std::string_view owner, const std::string& problem) {
  throw std::invalid_argument(std::string(owner) + ": " + problem);
}

std::string domain_of(const Variable& variable) {
  std::string text = variable.includes_low ? ">= " : "> ";
  text += format_exact(variable.low);
  if (std::isfinite(variable.high)) {
    text += " and <= " + format_exact(variable.high);
  }
  return text;
}

/// A form with some inputs held at values.
class BoundForm final : public ForwardingForm {
 public:
  /// @param at    n_inputs of `form`, on their scales
  /// @param free  places of the inputs that stay free
  BoundForm(std::shared_ptr<const Form> form,
            Eigen::VectorXd at,
            std::vector<int> free)
      : ForwardingForm(std::move(form)),
        at_(std::move(at)),
        free_(std::move(free)) {
    for (const int i : free_) {
      inputs_.push_back(inner().inputs()[static_cast<std::size_t>(i)]);
    }
  }

  std::span<const Variable> inputs() const override { return inputs_; }
  bool counts_resting_experts() const override {
    return inner().counts_resting_experts();
  }

  double evaluate(const double* theta, const double* inputs) const override {
    return inner().evaluate(theta, filled(inputs).data());
  }

  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    Eigen::VectorXd whole(at_.size());
    inner().input_gradient(theta, filled(inputs).data(), whole.data());
    for (std::size_t k = 0; k < free_.size(); ++k)
      gradient[k] = whole[free_[k]];
  }

  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    Eigen::MatrixXd whole = at_.transpose().replicate(inputs.rows(), 1);
    for (std::size_t k = 0; k < free_.size(); ++k) {
      whole.col(free_[k]) = inputs.col(static_cast<Eigen::Index>(k));
    }
    inner().evaluate_columns(theta, whole, out, jacobian);
  }

  std::optional<double> optimal_log_params(const double*,
                                           double) const override {
    return std::nullopt;
  }

 private:
  Eigen::VectorXd filled(const double* inputs) const {
    Eigen::VectorXd whole = at_;
    for (std::size_t k = 0; k < free_.size(); ++k) whole[free_[k]] = inputs[k];
    return whole;
  }

  Eigen::VectorXd at_;
  std::vector<int> free_;
  std::vector<Variable> inputs_;
};

/// The value given for a variable, or the one of a run that does not have it.
double value_of(const Variable& variable,
                const InputValues& values,
                std::string_view owner) {
  auto found = values.find(variable.name);
  if (found == values.end() && variable.name == kActiveParams.name) {
    found = values.find(kParams.name);
  }
  if (found == values.end()) return variable.absent;
  const double value = found->second;
  if (std::isnan(value) || !variable.contains(value) ||
      (std::isinf(value) && !std::isinf(variable.absent))) {
    fail(owner,
         std::string(variable.name) + " is " + format_exact(value) +
             ", but must be finite and " + domain_of(variable));
  }
  return value;
}

/// "; published laws that do: a and b", and what else takes it.
std::string readers_of(const std::string& name, const Form& form) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> laws;
  for (const Law& law : published_laws()) {
    if (law.provenance.is_verified && law.form->input_index(name) &&
        law.form->output().name == form.output().name) {
      laws.push_back(law.id);
    }
  }
  std::string text;
  if (!laws.empty()) {
    const std::size_t more = laws.size() - std::min(laws.size(), kMost);
    laws.resize(laws.size() - more);
    if (more > 0) laws.push_back(std::to_string(more) + " more");
    text = "; published laws that do: " + join_words(laws);
  }
  if (name == kUniqueTokens.name) {
    text += "; plan and check count what repeats are worth under any law";
  }
  return text;
}

std::optional<int> size_index(const Form& form) {
  const auto active = form.input_index(kActiveParams.name);
  return active ? active : form.input_index(kParams.name);
}

}  // namespace

Eigen::VectorXd input_vector(const Form& form,
                             const InputValues& values,
                             std::string_view owner) {
  std::vector<std::string> missing;
  std::vector<std::string> known;
  Eigen::VectorXd inputs(form.input_count());
  for (int i = 0; i < form.input_count(); ++i) {
    const Variable& variable = form.inputs()[static_cast<std::size_t>(i)];
    known.emplace_back(variable.name);
    const double value = value_of(variable, values, owner);
    if (std::isnan(value)) missing.emplace_back(variable.name);
    inputs[i] = to_scale(value, variable.scale);
  }
  const bool reads_active = form.input_index(kActiveParams.name).has_value();
  for (const auto& [name, value] : values) {
    if (form.input_index(name)) continue;
    if (reads_active && name == kParams.name) continue;
    fail(owner,
         "the form " + std::string(form.name()) + " does not read " + name +
             "; it reads " + join_words(known) + readers_of(name, form));
  }
  if (!missing.empty()) {
    fail(owner,
         "the form " + std::string(form.name()) + " needs " +
             join_words(missing));
  }
  return inputs;
}

bool answers_size_and_data(const Form& form) {
  return form.answers_loss() && !form.counts_resting_experts() &&
         size_index(form) && form.input_index(kTokens.name);
}

std::shared_ptr<const Form> bind_inputs(std::shared_ptr<const Form> form,
                                        const InputValues& fixed,
                                        std::string_view owner) {
  if (!answers_size_and_data(*form)) {
    const bool reads_compute_alone = form->answers_loss() &&
                                     form->input_count() == 1 &&
                                     form->input_index(kFlops.name);
    fail(owner,
         "the form " + std::string(form->name()) +
             (form->counts_resting_experts()
                  ? " counts experts that rest as parameters, so that "
                    "C = 6 N D does not hold"
              : reads_compute_alone
                  ? " is a law of compute alone, which does not say how to "
                    "divide it into size and data; `isoflop predict --flops` "
                    "asks it"
                  : " does not answer a loss from size and data; `isoflop "
                    "predict` asks it"));
  }
  for (const auto& [name, value] : fixed) {
    if (!form->input_index(name)) {
      fail(owner,
           "the form " + std::string(form->name()) + " does not read " + name);
    }
  }
  const std::vector<int> free = {*size_index(*form),
                                 *form->input_index(kTokens.name)};
  if (form->input_count() == 2 && free[0] == 0) return form;
  InputValues values = fixed;
  // Places to be filled; any value of the domain serves.
  values[std::string(form->inputs()[static_cast<std::size_t>(free[0])].name)] =
      1.0;
  values[std::string(kTokens.name)] = 1.0;
  Eigen::VectorXd at = input_vector(*form, values, owner);
  return std::make_shared<BoundForm>(std::move(form), std::move(at), free);
}

}  // namespace isoflop
