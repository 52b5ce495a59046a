// SPDX-License-Identifier: Apache-2.0
#include "runs/json_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "isoflop/base/error.h"
#include "isoflop/units/text.h"
#include "runs/cell_text.h"

namespace isoflop::detail {
namespace {

using Json = nlohmann::ordered_json;

/// A value of the top level, or an item of the array that is the whole text.
struct Piece {
  std::string text;
  std::int64_t line = 0;
  std::int64_t column = 0;
};

/// Cuts a text into its values; NaN and infinities come out in quotes.
class Cutter {
 public:
  Cutter(std::string_view text, const std::string& name)
      : text_(text), name_(name) {}

  std::vector<Piece> cut() {
    while (at_ < text_.size()) step();
    if (depth_ > 0 || in_array_) {
      fail(open_line_,
           open_column_,
           "the bracket that opens here is not "
           "closed; is the file cut off?");
    }
    return std::move(pieces_);
  }

 private:
  void step() {
    const char c = text_[at_];
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (depth_ == 0 && (is_blank || c == '\x1e')) return skip();
    if (depth_ == 0) return open_piece(c);
    if (c == '"') return take_string();
    if (take_word("NaN") || take_word("-Infinity") || take_word("Infinity")) {
      return;
    }
    if (c == '{' || c == '[') enter();
    if (c == '}' || c == ']') --depth_;
    pieces_.back().text += c;
    skip();
  }

  void open_piece(char c) {
    const bool is_first = pieces_.empty() && !in_array_;
    if (in_array_ && (c == ',' || c == ']')) {
      in_array_ = c == ',';
      return skip();
    }
    if (c == '[' && is_first) {
      in_array_ = true;
      mark();
      return skip();
    }
    if (c != '{') {
      fail(line_,
           column_,
           "a JSON object is needed here, as in "
           "{\"params\": 7e7, \"tokens\": 2e9, \"loss\": 3}");
    }
    mark();
    pieces_.push_back({"", line_, column_});
    enter();
    pieces_.back().text += c;
    skip();
  }

  void enter() {
    constexpr int kDeepest = 64;
    if (++depth_ > kDeepest) fail(line_, column_, "is nested too deeply");
  }

  void take_string() {
    std::string& out = pieces_.back().text;
    bool escaped = false;
    out += '"';
    skip();
    while (at_ < text_.size()) {
      const char c = text_[at_];
      out += c;
      skip();
      if (c == '"' && !escaped) return;
      escaped = c == '\\' && !escaped;
    }
  }

  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    pieces_.back().text += '"' + std::string(word) + '"';
    for (std::size_t i = 0; i < word.size(); ++i) skip();
    return true;
  }

  void mark() {
    open_line_ = line_;
    open_column_ = column_;
  }

  void skip() {
    const bool ends_line = text_[at_++] == '\n';
    column_ = ends_line ? 1 : column_ + 1;
    line_ += ends_line ? 1 : 0;
  }

  [[noreturn]] void fail(std::int64_t line,
                         std::int64_t column,
                         const char* message) const {
    throw DataError({name_, line, column}, message);
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::int64_t column_ = 1;
  std::int64_t open_line_ = 1;
  std::int64_t open_column_ = 1;
  int depth_ = 0;
  bool in_array_ = false;
  std::vector<Piece> pieces_;
};

Json parse(const Piece& piece, const std::string& name) {
  try {
    return Json::parse(piece.text);
  } catch (const Json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 9: ...":
    // the place is within the piece, and said by ours.
    std::string text = error.what();
    text.erase(0, text.find("] ") + 2);
    if (text.starts_with("parse error at")) text.erase(0, text.find(": ") + 2);
    throw DataError({name, piece.line, piece.column},
                    "the JSON that begins here is malformed: " + text);
  }
}

std::string cell_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return format_exact(value.get<double>());
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Builds a table whose columns are the members seen so far.
class Rows {
 public:
  explicit Rows(const std::string& file) { table_.file = file; }

  void add(const Json& object, std::int64_t line) {
    table_.rows.push_back({{}, line, table_.file});
    add_members(object, "");
  }

  Table take(std::string kind) {
    for (TableRow& row : table_.rows) row.cells.resize(table_.header.size());
    table_.kind = std::move(kind);
    return std::move(table_);
  }

 private:
  void add_members(const Json& object, const std::string& prefix) {
    for (const auto& [key, value] : object.items()) {
      const std::string name = prefix + key;
      if (value.is_object()) {
        add_members(value, name + ".");
        continue;
      }
      const auto [at, is_new] = columns_.try_emplace(name, columns_.size());
      if (is_new) table_.header.push_back(name);
      std::vector<std::string>& cells = table_.rows.back().cells;
      if (cells.size() <= at->second) cells.resize(at->second + 1);
      cells[at->second] = cell_of(value);
    }
  }

  Table table_;
  std::unordered_map<std::string, std::size_t> columns_;
};

std::optional<double> number_in(const Json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number()) return std::nullopt;
  return at->get<double>();
}

/// The curve that Hugging Face's Trainer keeps of one run.
Table trainer_state(const Json& state, const std::string& name) {
  Rows rows(name);
  for (const Json& entry : state["log_history"]) {
    if (entry.is_object()) rows.add(entry, 0);
  }
  Table table = rows.take("Hugging Face trainer_state.json");
  table.total_flops = number_in(state, "total_flos");
  table.last_step = number_in(state, "global_step");
  const auto seen = number_in(state, "num_input_tokens_seen");
  if (seen && *seen > 0 && table.find("num_input_tokens_seen") < 0 &&
      table.last_step.value_or(0) > 0 && table.find("step") >= 0) {
    const auto step = static_cast<std::size_t>(table.find("step"));
    const std::size_t tokens = table.require("num_input_tokens_seen");
    for (TableRow& row : table.rows) {
      // Batches are of one size: the tokens seen go with the step.
      const auto at = plain_number(row.cells[step]);
      if (at) row.cells[tokens] = format_exact(*seen * *at / *table.last_step);
    }
  }
  return table;
}

/// True for an object of equally long arrays: a column each.
bool is_columns(const Json& object) {
  return !object.empty() &&
         std::all_of(object.begin(), object.end(), [&](const Json& value) {
           return value.is_array() && value.size() == object.begin()->size();
         });
}

Table columns_table(const Json& object,
                    std::int64_t line,
                    const std::string& name) {
  Rows rows(name);
  for (std::size_t i = 0; i < object.begin()->size(); ++i) {
    Json row = Json::object();
    for (const auto& [key, value] : object.items()) row[key] = value[i];
    rows.add(row, line);
  }
  return rows.take("JSON columns");
}

}  // namespace

bool looks_like_json(std::string_view head) {
  const auto first = head.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos &&
         (head[first] == '{' || head[first] == '[');
}

Table read_json_table(std::string_view text, const std::string& name) {
  const std::vector<Piece> pieces = Cutter(text, name).cut();
  if (pieces.empty()) throw DataError({name, 0, 0}, "is JSON without a record");
  if (pieces.size() == 1) {
    const Json whole = parse(pieces.front(), name);
    const auto history = whole.find("log_history");
    if (history != whole.end() && history->is_array()) {
      return trainer_state(whole, name);
    }
    if (is_columns(whole)) {
      return columns_table(whole, pieces.front().line, name);
    }
  }
  Rows rows(name);
  for (const Piece& piece : pieces) rows.add(parse(piece, name), piece.line);
  return rows.take("JSON lines");
}

}  // namespace isoflop::detail
