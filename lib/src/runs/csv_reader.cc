// SPDX-License-Identifier: Apache-2.0
#include "runs/csv_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "isoflop/base/error.h"

namespace isoflop::detail {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kLongestRecord = std::size_t{16} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

CsvReader::CsvReader(std::istream& in, std::string name, std::string comment)
    : in_(in),
      name_(std::move(name)),
      comment_(std::move(comment)),
      buffer_(kBlock) {
  set_separator(',');
}

void CsvReader::set_separator(char separator) {
  separator_ = separator;
  special_.fill(false);
  for (const char c : {separator, '\n', '\r', '\0'}) {
    special_[static_cast<unsigned char>(c)] = true;
  }
}

void CsvReader::fail(std::int64_t line,
                     std::int64_t column,
                     const std::string& message) const {
  throw DataError({name_, line, column}, message);
}

/// Reads more bytes behind those of the record, which move to the front.
bool CsvReader::fill() {
  if (at_end_) return false;
  if (start_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + start_, end_ - start_);
    at_ -= start_;
    end_ -= start_;
    line_start_ -= start_;
    start_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (end_ >= kLongestRecord) {
      fail(record_line_,
           0,
           in_quotes_ ? "a quoted cell runs on for more than 16 MB; is a "
                        "quote not closed?"
                      : "the line is longer than 16 MB; is it a table?");
    }
    buffer_.resize(std::min(kLongestRecord, 2 * buffer_.size()));
  }
  in_.read(buffer_.data() + end_,
           static_cast<std::streamsize>(buffer_.size() - end_));
  const auto count = static_cast<std::size_t>(in_.gcount());
  end_ += count;
  if (in_.bad() || (!started_ && in_.fail() && !in_.eof())) {
    throw FileError({name_, line_, 0}, "cannot be read");
  }
  started_ = true;
  at_end_ = !in_.good();
  return count > 0;
}

std::string_view CsvReader::peek() {
  if (!started_ && fill() &&
      std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark)) {
    start_ = at_ = line_start_ = kByteOrderMark.size();
  }
  return {buffer_.data() + at_, end_ - at_};
}

std::string CsvReader::read_all() {
  constexpr std::size_t kLargest = std::size_t{1} << 30;
  std::string text(peek());
  while (!at_end_) {
    start_ = at_ = end_;  // what is copied need not be kept
    if (!fill()) break;
    text.append(buffer_.data() + at_, end_ - at_);
    if (text.size() > kLargest) fail(0, 0, "is JSON of more than 1 GiB");
  }
  return text;
}

bool CsvReader::next() {
  if (!started_) peek();
  do {
    if (!skip_comments()) {
      cells_.clear();
      return false;
    }
    read_record();
  } while (is_blank());
  publish_cells();
  return true;
}

bool CsvReader::at_comment() {
  if (comment_.empty()) return false;
  while (end_ - at_ < comment_.size() && fill()) {
  }
  return std::string_view(buffer_.data() + at_, end_ - at_)
      .starts_with(comment_);
}

/// Moves to the next line that is no comment; false at the end.
bool CsvReader::skip_comments() {
  while (true) {
    start_ = line_start_ = at_;
    record_line_ = line_;
    if (!more()) return false;
    if (!at_comment()) return true;
    while (more() && buffer_[at_] != '\n' && buffer_[at_] != '\r') {
      ++at_;
      start_ = line_start_ = at_;  // a comment of any length
    }
    if (more()) end_line();
  }
}

void CsvReader::read_record() {
  spans_.clear();
  while (true) {
    if (find_quote()) {
      read_quoted_cell();
    } else {
      read_plain_cell();
    }
    if (!more()) return;
    if (buffer_[at_] != separator_) {
      end_line();
      return;
    }
    ++at_;
  }
}

void CsvReader::read_plain_cell() {
  const std::size_t begin = at_ - start_;
  const std::int64_t column = column_of(at_);
  do {
    const char* p = buffer_.data() + at_;
    const char* const end = buffer_.data() + end_;
    while (p < end && !special_[static_cast<unsigned char>(*p)]) ++p;
    at_ = static_cast<std::size_t>(p - buffer_.data());
  } while (at_ == end_ && fill());
  if (at_ < end_ && buffer_[at_] == '\0') {
    fail(line_, column_of(at_), "NUL byte; is this a binary file?");
  }
  spans_.push_back({begin, at_ - start_ - begin, line_, column, false});
}

/// True, and on the quote, if the next cell is quoted: `"a", "b"` counts.
bool CsvReader::find_quote() {
  std::size_t blanks = 0;
  while (at_ + blanks < end_ || fill()) {
    const char c = buffer_[at_ + blanks];
    if (c == '"') {
      at_ += blanks;
      return true;
    }
    if (c != ' ') return false;
    ++blanks;
  }
  return false;
}

void CsvReader::read_quoted_cell() {
  Span span{0, 0, line_, column_of(at_), false};
  ++at_;
  span.begin = at_ - start_;
  in_quotes_ = true;
  while (true) {
    if (!more()) {
      fail(span.line, span.column, "the quote that opens here is not closed");
    }
    const char c = buffer_[at_];
    if (c == '\n' || c == '\r') {
      end_line();
      continue;
    }
    if (c == '\0') {
      fail(line_, column_of(at_), "NUL byte; is this a binary file?");
    }
    ++at_;
    if (c != '"') continue;
    if (!more() || buffer_[at_] != '"') break;
    span.escaped = true;
    ++at_;
  }
  in_quotes_ = false;
  span.size = at_ - 1 - start_ - span.begin;
  while (more() && buffer_[at_] == ' ') ++at_;
  if (more() && !special_[static_cast<unsigned char>(buffer_[at_])]) {
    fail(line_,
         column_of(at_),
         "text after a closing quote; a quote within a cell is written \"\"");
  }
  spans_.push_back(span);
}

void CsvReader::end_line() {
  if (buffer_[at_] == '\0') {
    fail(line_, column_of(at_), "NUL byte; is this a binary file?");
  }
  const bool carriage_return = buffer_[at_] == '\r';
  ++at_;
  if (carriage_return && more() && buffer_[at_] == '\n') ++at_;
  ++line_;
  line_start_ = at_;
}

bool CsvReader::is_blank() const {
  for (const Span& span : spans_) {
    const char* const text = buffer_.data() + start_ + span.begin;
    for (std::size_t i = 0; i < span.size; ++i) {
      if (text[i] != ' ' && text[i] != '\t') return false;
    }
  }
  return true;
}

void CsvReader::publish_cells() {
  cells_.clear();
  for (Span& span : spans_) {
    char* const text = buffer_.data() + start_ + span.begin;
    if (span.escaped) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < span.size; ++i) {
        text[kept++] = text[i];
        if (text[i] == '"') ++i;
      }
      span.size = kept;
    }
    cells_.push_back({{text, span.size}, span.line, span.column});
  }
}

char sniff_separator(std::string_view head, std::string_view comment) {
  const auto is_end = [](char c) { return c == '\n' || c == '\r'; };
  while (!head.empty()) {
    if (is_end(head.front())) {
      head.remove_prefix(1);
    } else if (!comment.empty() && head.starts_with(comment)) {
      while (!head.empty() && !is_end(head.front())) head.remove_prefix(1);
    } else {
      break;
    }
  }
  constexpr std::array<char, 3> kSeparators{',', ';', '\t'};
  std::array<std::int64_t, 3> counts{};
  bool quoted = false;
  for (const char c : head) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (is_end(c)) break;
    for (std::size_t i = 0; i < kSeparators.size(); ++i) {
      if (c == kSeparators[i]) ++counts[i];
    }
  }
  const auto best = std::max_element(counts.begin(), counts.end());
  return kSeparators[static_cast<std::size_t>(best - counts.begin())];
}

}  // namespace isoflop::detail
