// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/errors.h"
#include "fit/polish.h"
#include "fit/starts.h"

namespace isoflop {

struct Bootstrap {
  Eigen::MatrixXd theta;  ///< n_converged x n_coefficients, search scales
                          ///< (-inf where a term ended at zero)
  FitBootstrap summary;
};

/// What is resampled.
struct Resampling {
  BootstrapKind kind = BootstrapKind::Pairs;
  int replicates = 0;
  std::uint64_t seed = 1;
  int threads = 0;
  std::vector<int> cluster;  ///< n_runs, from 0, of a cluster bootstrap
};

/// Refits to resampled runs: warm from the optimum and afresh from the start
/// that suits the resample, the better of the two.
///
/// Pairs draws runs, cluster groups of runs, both with replacement. Residual
/// keeps the inputs and gives each run an error drawn from all, wild its own
/// error with a drawn sign, over sqrt(1 - leverage); in both all errors of a
/// replicate are multiplied by sqrt(nu / chi^2_nu), nu being the spare runs,
/// which for a linear law and squares makes percentiles Student's intervals.
/// @source pairs: Efron 1979, doi:10.1214/aos/1176344552; wild: Wu 1986,
///     doi:10.1214/aos/1176350142, for absolute deviations Feng, He & Hu 2011,
///     doi:10.1093/biomet/asr052.
Bootstrap bootstrap(const FitProblem& problem,
                    const Starts& starts,
                    const Eigen::VectorXd& optimum,
                    const Errors& errors,
                    const Resampling& resampling);

/// The optimum without each row, or each cluster, warm: n_rows or n_clusters,
/// at most `most` of the rows, evenly.
/// @param rows  those to leave out one at a time
std::vector<Polished> leave_out(const FitProblem& problem,
                                const Eigen::VectorXd& optimum,
                                const std::vector<std::vector<int>>& rows,
                                int threads);

/// The group of each run in order of labels, runs without one each their own.
/// @throws std::invalid_argument when runs have no groups, or only one.
std::vector<int> clusters_of(const Runs& runs,
                             const std::vector<Eigen::Index>& order);

}  // namespace isoflop
