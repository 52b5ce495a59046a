// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/progress.h"

#include <algorithm>
#include <utility>

namespace isoflop {
namespace {

ProgressObserver installed;
std::atomic<bool> is_stage_open{false};

}  // namespace

void set_progress_observer(ProgressObserver observer) {
  installed = std::move(observer);
}

ProgressStage::ProgressStage(std::string_view name, std::int64_t all)
    : name_(name),
      all_(all),
      is_told_(all > 0 && installed != nullptr &&
               !is_stage_open.exchange(true)) {}

ProgressStage::~ProgressStage() {
  if (!is_told_) return;
  if (done_ < all_) {
    try {
      installed(name_, all_, all_);
    } catch (...) {
      // The computation is being left already.
    }
  }
  is_stage_open = false;
}

void ProgressStage::step() {
  if (!is_told_) return;
  constexpr std::int64_t kCalls = 200;
  const std::int64_t now = ++done_;
  const std::int64_t stride = std::max<std::int64_t>(1, all_ / kCalls);
  if (now % stride != 0 && now != all_) return;
  const std::lock_guard lock(telling_);
  if (now < told_) return;  // another thread was faster
  told_ = now;
  installed(name_, now, all_);
}

}  // namespace isoflop
