// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

namespace isoflop {

/// Told how far a computation is: `done` of `all` steps of what `stage` names
/// ("refits"). Called at most some 200 times a stage, by one thread at a time
/// but any thread; the last call of a stage has done == all, also when it was
/// left early.
using ProgressObserver = std::function<void(
    std::string_view stage, std::int64_t done, std::int64_t all)>;

/// Has the library tell `observer` of long computations; empty for nobody.
/// What it throws ends the computation, but for its last call. Not while one
/// runs.
void set_progress_observer(ProgressObserver observer);

/// A part of a computation whose steps are counted, for the observer. Parts
/// within it, and those of another computation at the same time, are silent.
class ProgressStage {
 public:
  ProgressStage(std::string_view name, std::int64_t all);
  ~ProgressStage();
  ProgressStage(const ProgressStage&) = delete;
  ProgressStage& operator=(const ProgressStage&) = delete;

  /// One step is done; from any thread.
  void step();

 private:
  std::string_view name_;
  std::int64_t all_;
  bool is_told_;  ///< it is the stage that the observer hears of
  std::atomic<std::int64_t> done_{0};
  std::mutex telling_;
  std::int64_t told_ = 0;
};

}  // namespace isoflop
