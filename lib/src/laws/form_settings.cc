// SPDX-License-Identifier: Apache-2.0
#include "laws/form_settings.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/curve.h"
#include "isoflop/units/range.h"
#include "isoflop/units/text.h"
#include "laws/forwarding_form.h"

namespace isoflop {
namespace {

/// A form with coefficients searched elsewhere.
class RangedForm final : public ForwardingForm {
 public:
  RangedForm(std::shared_ptr<const Form> form,
             std::vector<CoefficientInfo> coefficients,
             FormSettings settings)
      : ForwardingForm(std::move(form)),
        coefficients_(std::move(coefficients)),
        settings_(std::move(settings)) {}

  std::span<const CoefficientInfo> coefficients() const override {
    return coefficients_;
  }
  bool counts_resting_experts() const override {
    return inner().counts_resting_experts();
  }
  FormSettings settings() const override { return settings_; }

 private:
  std::vector<CoefficientInfo> coefficients_;
  FormSettings settings_;
};

[[noreturn]] void fail(std::string_view text, const std::string& problem) {
  throw std::invalid_argument("form: '" + printable(text, 80) + "' " + problem);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

double number_in(std::string_view text, std::string_view whole) {
  double number = 0.0;
  try {
    number = parse_number(trimmed(text));
  } catch (const std::invalid_argument& error) {
    fail(whole, std::string("does not set a coefficient: ") + error.what());
  }
  if (!std::isfinite(number)) fail(whole, "must have finite numbers");
  return number;
}

void add_setting(std::string_view text, CoefficientSetting& setting) {
  const std::string_view value = text.substr(text.find('=') + 1);
  if (value.find("..") == std::string_view::npos) {
    if (setting.start) fail(text, "sets a start that is already set");
    setting.start = number_in(value, text);
    return;
  }
  if (setting.low) fail(text, "sets a range that is already set");
  const std::size_t dots = value.find("..");
  setting.low = number_in(value.substr(0, dots), text);
  setting.high = number_in(value.substr(dots + 2), text);
  if (*setting.low > *setting.high) {
    fail(text, "must have its lower bound first");
  }
  if (*setting.low == *setting.high) {
    fail(text, "leaves nothing to search; fix it");
  }
}

}  // namespace

std::vector<CoefficientSetting> read_coefficient_settings(
    const std::vector<std::string>& texts,
    const std::vector<std::string>& coefficients,
    const std::string& owner) {
  std::vector<CoefficientSetting> settings;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      fail(text, "must be NAME=LOW..HIGH or NAME=START");
    }
    const std::string name(trimmed(std::string_view(text).substr(0, equals)));
    if (std::find(coefficients.begin(), coefficients.end(), name) ==
        coefficients.end()) {
      throw std::invalid_argument(
          "form: " + owner + " has no coefficient '" + printable(name, 40) +
          "'" + did_you_mean(name, coefficients) +
          (coefficients.empty()
               ? std::string(" (it has none)")
               : " (it has " + join_words(coefficients) + ")"));
    }
    auto place = std::find_if(
        settings.begin(), settings.end(), [&](const CoefficientSetting& s) {
          return s.name == name;
        });
    if (place == settings.end()) {
      place = settings.insert(settings.end(), {name, {}, {}, {}});
    }
    add_setting(text, *place);
  }
  for (const CoefficientSetting& s : settings) {
    if (s.low && s.start && (*s.start < *s.low || *s.start > *s.high)) {
      throw std::invalid_argument(
          "form: " + s.name + " starts at " + format_exact(*s.start) +
          ", outside its range " + format_exact(*s.low) + ".." +
          format_exact(*s.high));
    }
  }
  return settings;
}

double start_within(double low, double high, double nominal, Scale scale) {
  if (nominal > low && nominal < high) return nominal;
  if (scale == Scale::Log && low > 0.0) return std::sqrt(low) * std::sqrt(high);
  return 0.5 * low + 0.5 * high;
}

std::shared_ptr<const Form> with_settings(std::shared_ptr<const Form> form,
                                          const FormSettings& settings) {
  if (settings.answer == Scale::Linear) {
    throw std::invalid_argument("form: only a formula has an answer setting; " +
                                std::string(form->name()) + " is none");
  }
  if (settings.coefficients.empty()) return form;
  if (dynamic_cast<const CurveForm*>(form.get()) != nullptr) {
    throw std::invalid_argument("form: " + std::string(form->name()) +
                                " is a form of loss curves and takes no "
                                "ranges");
  }
  std::vector<CoefficientInfo> infos(form->coefficients().begin(),
                                     form->coefficients().end());
  std::vector<std::string> names;
  for (const CoefficientInfo& info : infos) names.emplace_back(info.name);
  const std::string owner = "the form " + std::string(form->name());
  for (const CoefficientSetting& setting :
       read_coefficient_settings(settings.coefficients, names, owner)) {
    CoefficientInfo& info =
        *std::find_if(infos.begin(), infos.end(), [&](const auto& i) {
          return i.name == setting.name;
        });
    const double low = setting.low.value_or(info.low);
    const double high = setting.high.value_or(info.high);
    const double start = setting.start.value_or(
        start_within(low, high, info.nominal, info.scale));
    for (const double value : {low, high, start}) {
      if (value >= info.low && value <= info.high) continue;
      throw std::invalid_argument(
          "form: " + setting.name + " reaches to " + format_exact(value) +
          ", outside " + format_exact(info.low) + ".." +
          format_exact(info.high) + ", its range in " + owner);
    }
    if (info.scale == Scale::Log && !(start > 0.0)) {
      throw std::invalid_argument("form: " + setting.name +
                                  " starts at 0, but must start above it");
    }
    info.low = low;
    info.high = high;
    info.nominal = start;
  }
  FormSettings kept;
  kept.coefficients = settings.coefficients;
  return std::make_shared<RangedForm>(
      std::move(form), std::move(infos), std::move(kept));
}

}  // namespace isoflop
