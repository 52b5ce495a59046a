// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/form.h"

#include <cmath>
#include <stdexcept>

#include "isoflop/base/suggest.h"
#include "laws/registry.h"

namespace isoflop {

std::string_view to_string(Input input) {
  return input == Input::ParamCount ? "params" : "tokens";
}

Eigen::VectorXd Form::theta_from_coefficients(
    const Eigen::VectorXd& coefficients_) const {
  Eigen::VectorXd theta = coefficients_;
  const auto infos = coefficients();
  for (Eigen::Index j = 0; j < theta.size(); ++j) {
    if (infos[static_cast<std::size_t>(j)].scale == Scale::Log) {
      theta[j] = std::log(theta[j]);
    }
  }
  return theta;
}

Eigen::VectorXd Form::coefficients_from_theta(
    const Eigen::VectorXd& theta) const {
  Eigen::VectorXd values = theta;
  const auto infos = coefficients();
  for (Eigen::Index j = 0; j < values.size(); ++j) {
    if (infos[static_cast<std::size_t>(j)].scale == Scale::Log) {
      values[j] = std::exp(values[j]);
    }
  }
  return values;
}

const Form& find_form(std::string_view name) {
  std::vector<std::string> names;
  for (const Form* form : all_forms()) {
    if (form->name() == name) return *form;
    names.emplace_back(form->name());
  }
  throw std::invalid_argument("unknown form '" + std::string(name) +
                              "'; known: " + join_words(names) +
                              did_you_mean(name, names));
}

}  // namespace isoflop
