// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isoflop/base/printable.h"
#include "isoflop/check/check.h"
#include "isoflop/check/checks.h"
#include "isoflop/check/router.h"
#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/model.h"
#include "isoflop/fit/backtest.h"
#include "isoflop/fit/compare.h"
#include "isoflop/fit/envelope.h"
#include "isoflop/fit/fit.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/fit/valleys.h"
#include "isoflop/laws/predict.h"
#include "isoflop/laws/predict_table.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/what_if.h"
#include "isoflop/runs/convert.h"

namespace isoflop {

// Results as text for an 80-column terminal: the verdict, the numbers with
// their intervals, the reason, the next step. Three significant digits.
// Control characters in names are shown as \xNN.

std::string to_text(const FitResult& result);
std::string to_text(const Conversion& conversion);
std::string to_text(const ValleyResult& result);
std::string to_text(const EnvelopeResult& result);
std::string to_text(const FormComparison& result);
std::string to_text(const RunsComparison& result);
std::string to_text(const Prediction& prediction);
std::string to_text(const Forecast& forecast);
std::string to_text(const PredictionTable& table);
std::string to_text(const Backtest& backtest);
std::string to_text(const Plan& plan);
std::string to_text(const Check& check);
std::string to_text(const RouterCheck& check);
std::string to_text(const LawCheck& check);
std::string to_text(const Checks& checks);
std::string to_text(const WhatIf& result);
std::string to_text(const Law& law);
std::string to_text(const std::vector<Law>& laws);
std::string to_text(const std::vector<RuleInfo>& codes);
std::string to_text(const RuleInfo& code);
std::string to_text(const std::vector<Scenario>& scenarios);
std::string to_text(const Model& model);
std::string to_text(const std::vector<Model>& models);
std::string to_text(const Accelerator& accelerator);
std::string to_text(const std::vector<Accelerator>& accelerators);

/// "error[plan.data-wall]: message" and its remedy, wrapped.
std::string to_text(const Finding& finding);

}  // namespace isoflop
