// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isoflop {

/// Rows of cells, aligned: the first column to the left, the others as said.
class TextTable {
 public:
  /// @param align  one letter a column: 'l' or 'r'
  explicit TextTable(std::string align) : align_(std::move(align)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Two spaces before each line and between columns.
  std::string str() const;

 private:
  std::string align_;
  std::vector<std::vector<std::string>> rows_;
};

/// Words wrapped at `width` columns, each line after `indent` spaces.
std::string wrap(std::string_view text, int indent, int width = 79);

}  // namespace isoflop
