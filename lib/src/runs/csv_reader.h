// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "runs/record_source.h"

namespace isoflop::detail {

/// Streaming reader of RFC 4180 tables.
///
/// Reads forward only in large blocks. Lines end with LF, CRLF or CR; a quoted
/// cell may hold separators, line ends and doubled quotes; a byte order mark
/// and blank records are skipped. Memory is the longest record, at most 16 MB.
class CsvReader : public RecordSource {
 public:
  /// @param comment  lines that begin with it are skipped; "" for none.
  CsvReader(std::istream& in, std::string name, std::string comment = "");

  /// The first bytes of the input, up to a block, without byte order mark.
  /// Call it before `next`.
  std::string_view peek();

  void set_separator(char separator);

  /// Reads the next record that is not blank; false at the end.
  /// @throws DataError for a NUL byte, an unclosed quote, a too long line.
  /// @throws FileError if the stream fails.
  bool next() override;

  const std::vector<CsvCell>& cells() const override { return cells_; }
  std::int64_t line() const override { return record_line_; }
  const std::string& name() const override { return name_; }

  /// The whole input, for what is not CSV. Call it before `next`, and nothing
  /// after it.
  /// @throws DataError beyond 1 GiB; FileError if the stream fails.
  std::string read_all();

 private:
  struct Span {
    std::size_t begin;  ///< from the start of the record
    std::size_t size;
    std::int64_t line;
    std::int64_t column;
    bool escaped;  ///< holds doubled quotes
  };

  bool more() { return at_ < end_ || fill(); }
  bool fill();
  bool skip_comments();
  bool at_comment();
  void read_record();
  void read_plain_cell();
  bool find_quote();
  void read_quoted_cell();
  void end_line();
  bool is_blank() const;
  void publish_cells();
  std::int64_t column_of(std::size_t at) const {
    return static_cast<std::int64_t>(at - line_start_) + 1;
  }
  [[noreturn]] void fail(std::int64_t line,
                         std::int64_t column,
                         const std::string& message) const;

  std::istream& in_;
  std::string name_;
  std::string comment_;
  char separator_ = ',';
  std::array<bool, 256> special_{};

  std::vector<char> buffer_;
  std::size_t start_ = 0;       ///< first byte of the record
  std::size_t at_ = 0;          ///< next byte to read
  std::size_t end_ = 0;         ///< behind the last byte read
  std::size_t line_start_ = 0;  ///< first byte of the line
  bool started_ = false;
  bool at_end_ = false;
  bool in_quotes_ = false;
  std::int64_t line_ = 1;
  std::int64_t record_line_ = 0;
  std::vector<Span> spans_;
  std::vector<CsvCell> cells_;
};

/// The separator of a header: the most frequent of ',', ';' and tab outside
/// quotes in the first line that is neither blank nor a comment.
char sniff_separator(std::string_view head, std::string_view comment);

}  // namespace isoflop::detail
