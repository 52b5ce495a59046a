// SPDX-License-Identifier: Apache-2.0
#include "fit/quiet.h"

#ifdef ISOFLOP_CERES_HAS_GLOG
#include <glog/logging.h>

#include <mutex>
#endif

namespace isoflop {

#ifdef ISOFLOP_CERES_HAS_GLOG
namespace {

std::mutex mutex;
int living = 0;
int level_before = 0;

}  // namespace

QuietSolver::QuietSolver() {
  const std::lock_guard lock(mutex);
  if (living++ > 0) return;
  level_before = FLAGS_minloglevel;
  FLAGS_minloglevel = google::GLOG_FATAL;
}

QuietSolver::~QuietSolver() {
  const std::lock_guard lock(mutex);
  if (--living == 0) FLAGS_minloglevel = level_before;
}
#else
QuietSolver::QuietSolver() = default;
QuietSolver::~QuietSolver() = default;
#endif

}  // namespace isoflop
