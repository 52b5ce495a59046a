// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/form.h"

#include <stdexcept>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "laws/fixed_form.h"
#include "laws/form_settings.h"
#include "laws/formula_form.h"
#include "laws/formula_text.h"

namespace isoflop {

std::optional<int> Form::input_index(std::string_view name) const {
  const auto variables = inputs();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].name == name) return static_cast<int>(i);
  }
  return std::nullopt;
}

namespace {

[[noreturn]] void fail_without_prior(const Form& form) {
  throw std::invalid_argument("the form " + std::string(form.name()) +
                              " declares no prior");
}

}  // namespace

void Form::theta_from_prior(const double*,
                            const double*,
                            double*,
                            Eigen::MatrixXd&) const {
  fail_without_prior(*this);
}

void Form::prior_from_theta(const double*, const double*, double*) const {
  fail_without_prior(*this);
}

Eigen::VectorXd Form::theta_from_coefficients(
    const Eigen::VectorXd& coefficients_) const {
  Eigen::VectorXd theta = coefficients_;
  const auto infos = coefficients();
  for (Eigen::Index j = 0; j < theta.size(); ++j) {
    theta[j] = to_scale(theta[j], infos[static_cast<std::size_t>(j)].scale);
  }
  return theta;
}

Eigen::VectorXd Form::coefficients_from_theta(
    const Eigen::VectorXd& theta) const {
  Eigen::VectorXd values = theta;
  const auto infos = coefficients();
  for (Eigen::Index j = 0; j < values.size(); ++j) {
    values[j] = from_scale(values[j], infos[static_cast<std::size_t>(j)].scale);
  }
  return values;
}

std::shared_ptr<const Form> find_form(std::string_view text,
                                      const FormSettings& settings) {
  std::vector<std::string> names;
  for (const auto& form : all_forms()) {
    if (form->name() == text) {
      return with_fixed(with_settings(form, settings), settings.fixed);
    }
    names.emplace_back(form->name());
  }
  const bool is_hyphenated =
      text.find_first_of("+*/^() 0123456789") == std::string_view::npos &&
      !suggest(text, names).empty();
  if (is_formula(text) && !is_hyphenated) {
    return with_fixed(formula_form(text, settings), settings.fixed);
  }
  throw std::invalid_argument("unknown form '" + printable(text, 80) +
                              "'; known: " + join_words(names) +
                              did_you_mean(text, names));
}

}  // namespace isoflop
