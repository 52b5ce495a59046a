// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything: includes the public headers, declares nothing.

#include "isoflop/base/error.h"
#include "isoflop/base/parallel.h"
#include "isoflop/base/random.h"
#include "isoflop/check/check.h"
#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/model.h"
#include "isoflop/fit/fit.h"
#include "isoflop/laws/bind.h"
#include "isoflop/laws/curve.h"
#include "isoflop/laws/evaluate.h"
#include "isoflop/laws/form.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/laws/predict.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario.h"
#include "isoflop/report/csv.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "isoflop/runs/read_runs.h"
#include "isoflop/runs/runs.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/text.h"
#include "isoflop/version.h"
