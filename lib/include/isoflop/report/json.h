// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

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

// Results as JSON (docs/reference/json.md): an object with `schema`,
// `version`, `inputs`, `result` and `findings`, numbers with all their
// digits, absent and infinite ones as null. Ends in a newline. The command
// line and Python give these bytes as they are.

std::string to_json(const FitResult& result);
std::string to_json(const Conversion& conversion);
std::string to_json(const ValleyResult& result);
std::string to_json(const EnvelopeResult& result);
std::string to_json(const FormComparison& result);
std::string to_json(const RunsComparison& result);
std::string to_json(const Prediction& prediction);
std::string to_json(const Forecast& forecast);
std::string to_json(const PredictionTable& table);
std::string to_json(const Backtest& backtest);
std::string to_json(const Plan& plan);
std::string to_json(const Check& check);
std::string to_json(const RouterCheck& check);
std::string to_json(const LawCheck& check);
std::string to_json(const Checks& checks);
std::string to_json(const WhatIf& result);
std::string to_json(const Law& law);
std::string to_json(const std::vector<Law>& laws);
std::string to_json(const std::vector<RuleInfo>& codes);
std::string to_json(const RuleInfo& code);
std::string to_json(const std::vector<Scenario>& scenarios);
std::string to_json(const Model& model);
std::string to_json(const std::vector<Model>& models,
                    const TableFilter& filter = {});
std::string to_json(const Accelerator& accelerator);
std::string to_json(const std::vector<Accelerator>& accelerators,
                    const TableFilter& filter = {});

}  // namespace isoflop
