// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/laws/law.h"
#include "isoflop/runs/read_runs.h"
#include "keywords.h"

namespace isoflop::python {

/// Takes the options of read_runs off the keywords, where `runs` is a path.
ReadOptions take_reading(const py::object& runs, py::dict& keywords);

/// Runs from what a caller has: Runs, a path, a dict or a data frame.
/// @param reading  of a path
Runs runs_of(const py::object& runs, const ReadOptions& reading = {});

/// The same of loss curves, a row a step.
Runs curves_of(const py::object& curves, const ReadOptions& reading = {});

/// A law from what a caller has: a Law, a FitResult, a Forecast, an id or a
/// path, of a saved law or of runs to learn from.
Law law_of(const py::object& law);

/// Takes the keyword `law`, if given, off the keywords.
///
/// @param name  what the caller called it, for the echo: the text as given,
///     or the id of a Law; unchanged and looked up when the keyword is absent.
/// @param allow_unverified  unless the keywords say
Law take_law(py::dict& keywords,
             std::string& name,
             bool allow_unverified = false);

}  // namespace isoflop::python
