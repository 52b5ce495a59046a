// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/evaluate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/bind.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kOwner = "evaluate";

[[noreturn]] void fail(std::string_view owner, const std::string& problem) {
  throw std::invalid_argument(std::string(owner) + ": " + problem);
}

/// The length that columns of more than one number share.
Eigen::Index rows_of(const InputColumns& inputs) {
  Eigen::Index rows = 1;
  std::string_view first;
  for (const auto& [name, column] : inputs) {
    if (column.size() == 1) continue;
    if (first.empty()) {
      first = name;
      rows = column.size();
    } else if (column.size() != rows) {
      fail(kOwner,
           printable(name, 40) + " has " + std::to_string(column.size()) +
               " values, but " + std::string(first) + " has " +
               std::to_string(rows));
    }
  }
  return rows;
}

}  // namespace

Eigen::VectorXd coefficient_vector(
    const Form& form,
    const std::map<std::string, double>& coefficients,
    std::string_view owner) {
  std::vector<std::string> names;
  std::vector<std::string> missing;
  Eigen::VectorXd values(form.coefficient_count());
  for (int j = 0; j < values.size(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    names.emplace_back(info.name);
    const auto found = coefficients.find(names.back());
    if (found == coefficients.end()) {
      missing.push_back(names.back());
      continue;
    }
    values[j] = found->second;
    const bool is_allowed = std::isfinite(values[j]) &&
                            (info.scale == Scale::Linear || values[j] >= 0.0);
    if (!is_allowed) {
      fail(owner,
           names.back() + " is " + format_exact(values[j]) +
               ", but must be finite" +
               (info.scale == Scale::Log ? " and >= 0" : ""));
    }
  }
  for (const auto& [name, value] : coefficients) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    fail(owner,
         "the form " + std::string(form.name()) + " has no coefficient '" +
             printable(name, 40) + "'" + did_you_mean(name, names));
  }
  if (!missing.empty()) {
    fail(owner,
         "the form " + std::string(form.name()) + " needs the coefficients " +
             join_words(missing));
  }
  return values;
}

Eigen::VectorXd evaluate(const Form& form,
                         const std::map<std::string, double>& coefficients,
                         const InputColumns& inputs) {
  const Eigen::VectorXd theta = form.theta_from_coefficients(
      coefficient_vector(form, coefficients, kOwner));
  const Eigen::Index rows = rows_of(inputs);
  Eigen::MatrixXd at(rows, form.input_count());
  InputValues row;
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (const auto& [name, column] : inputs) {
      row[name] = column[column.size() == 1 ? 0 : i];
    }
    at.row(i) = input_vector(form, row, kOwner);
  }
  Eigen::VectorXd answers;
  form.evaluate_columns(theta, at, answers, nullptr);
  const Scale scale = form.output().scale;
  return answers.unaryExpr([scale](double x) { return from_scale(x, scale); });
}

}  // namespace isoflop
