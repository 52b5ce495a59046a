// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/model.h"
#include "isoflop/laws/predict_table.h"
#include "isoflop/plan/what_if.h"

namespace isoflop {

// Tables as CSV (RFC 4180, lines end with LF): a header, a row a line, every
// column, numbers with all their digits, absent values as empty cells.

std::string to_csv(const std::vector<Model>& models);
std::string to_csv(const std::vector<Accelerator>& accelerators);
std::string to_csv(const PredictionTable& table);
std::string to_csv(const WhatIf& result);

}  // namespace isoflop
