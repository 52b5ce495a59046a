// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/accelerator.h"

#include "base/embedded.h"
#include "cost/table_rows.h"

namespace isoflop {

std::optional<double> Accelerator::bf16_flops_per_byte() const {
  if (!bf16 || !memory_bandwidth) return std::nullopt;
  return bf16->value() / memory_bandwidth->value();
}

const std::vector<Accelerator>& published_accelerators() {
  static const std::vector<Accelerator> kAccelerators =
      detail::read_rows<Accelerator>(embedded_table("accelerators.csv"),
                                     "data/accelerators.csv");
  return kAccelerators;
}

std::vector<Accelerator> published_accelerators(const TableFilter& filter) {
  return detail::filter_rows(published_accelerators(), filter);
}

Accelerator find_accelerator(std::string_view id) {
  return detail::find_row("accelerator", id, published_accelerators());
}

}  // namespace isoflop
