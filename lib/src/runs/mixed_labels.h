// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isoflop/base/finding.h"
#include "runs/column_map.h"

namespace isoflop::detail {

/// Watches columns that must not differ between runs of one law: tokenizer,
/// evaluation set, what the parameters count.
class MixedLabels {
 public:
  MixedLabels(const std::vector<std::string>& header, const ColumnMap& map);

  int size() const { return static_cast<int>(labels_.size()); }
  int column(int index) const { return at(index).column; }
  void add(int index, std::string_view label);

  /// @throws ColumnError when losses do not compare and the column is not
  ///     that of the groups.
  std::vector<Finding> findings() const;

 private:
  struct Label {
    int column;
    std::string name;
    bool is_fatal;
    std::string first = {};
    std::string other = {};
    bool started = false;
  };
  const Label& at(int index) const {
    return labels_[static_cast<std::size_t>(index)];
  }

  std::vector<Label> labels_;
};

}  // namespace isoflop::detail
