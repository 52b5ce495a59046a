// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/suggest.h"
#include "isoflop/report/text.h"
#include "isoflop/units/text.h"
#include "report/table.h"

namespace isoflop {
namespace {

// How a value of each type is shown; "" when it is absent.
std::string value_text(const std::string& value) { return printable(value); }
std::string value_text(int value) { return std::to_string(value); }
std::string value_text(double value) { return format_number(value, 4); }
template <WordedEnum E>
std::string value_text(E value) {
  return std::string(to_string(value));
}
template <class Tag>
std::string value_text(Quantity<Tag> value) {
  constexpr int kDigits = 6;  // as many as the tables have
  return format_quantity(value, kDigits);
}
template <class T>
std::string value_text(const std::optional<T>& value) {
  return value ? value_text(*value) : std::string();
}

/// For tables: three digits, "" when it is absent.
template <class Tag>
std::string short_text(const std::optional<Quantity<Tag>>& value) {
  return value ? format_quantity(*value) : std::string();
}
/// The same as a bare number of a larger unit.
template <class Tag>
std::string short_text(const std::optional<Quantity<Tag>>& value, double unit) {
  return value ? format_number(value->value() / unit) : std::string();
}

/// True where the table of columns that were not compared has this one.
bool has_word(const std::string& words, std::string_view word) {
  return (" " + words + " ").find(" " + std::string(word) + " ") !=
         std::string::npos;
}

/// Whether a row could have a value in a column.
bool could_have(const Model& model, std::string_view column) {
  return model.architecture != Architecture::Dense ||
         (column != "experts" && column != "active_experts");
}
bool could_have(const Accelerator&, std::string_view) { return true; }

/// Every column of a row: short ones aligned, long ones below, and the names
/// of those that are not known.
template <class Row>
std::string row_page(const Row& row) {
  TextTable table("lll");
  std::string texts;
  std::vector<std::string> absent;
  for_each_column(row, [&](const auto& column, const auto& value) {
    const std::string name(column.name);
    const std::string text = value_text(value);
    const bool is_long = name == "source" || name == "note" ||
                         name == "unverified" || name == "loss_set";
    if (name == "name") return;
    if (is_long && !text.empty()) {
      texts += wrap(name + ": " + text, 2);
    } else if (!is_long && text.empty()) {
      if (could_have(row, name)) absent.push_back(name);
    } else if (!is_long) {
      const bool doubted =
          row.unverified == "all" || has_word(row.unverified, name);
      table.add({name, text, doubted ? "not verified" : ""});
    }
  });
  if (!absent.empty()) texts += wrap("not known: " + join_words(absent), 2);
  return printable(row.name) + "\n\n" + table.str() + "\n" + texts;
}

/// "" for a row that was compared, else the mark of the footnote.
template <class Row>
std::string mark_of(const Row& row) {
  return row.unverified.empty() ? "" : "*";
}

template <class Row>
std::string footnote(const std::string& what, const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    if (!text.empty() || row.unverified.empty()) continue;
    text = wrap("* not wholly compared with its source", 2);
  }
  return text + "\nNext: isoflop explain " + what + " " +
         printable(rows.front().id) + "\n";
}

}  // namespace

std::string to_text(const Model& model) { return row_page(model); }

std::string to_text(const Accelerator& accelerator) {
  return row_page(accelerator);
}

std::string to_text(const std::vector<Model>& models) {
  if (models.empty()) return "no model\n";
  TextTable table("lrrrrrrl");
  table.add({"model",
             "year",
             "params",
             "active",
             "tokens",
             "D/N",
             "FLOP",
             "numbers"});
  for (const Model& model : models) {
    const auto ratio = model.tokens_per_active_param();
    table.add({printable(model.name),
               std::to_string(model.year()),
               short_text(model.params),
               model.active_params == model.params
                   ? ""
                   : short_text(model.active_params),
               short_text(model.tokens),
               ratio ? format_number(*ratio) : "",
               short_text(model.flops),
               std::string(to_string(model.confidence)) + mark_of(model)});
  }
  return table.str() +
         wrap("D/N: tokens per active parameter; numbers: where they are from",
              2) +
         footnote("model", models);
}

std::string to_text(const std::vector<Accelerator>& accelerators) {
  if (accelerators.empty()) return "no accelerator\n";
  constexpr double kGiga = 1e9;
  constexpr double kTera = 1e12;
  TextTable table("lrrrrrrrl");
  table.add({"accelerator",
             "year",
             "bf16",
             "fp8",
             "memory",
             "bandwidth",
             "power",
             "$/h",
             ""});
  for (const Accelerator& device : accelerators) {
    table.add({printable(device.id),
               std::to_string(device.year),
               short_text(device.bf16, kTera),
               short_text(device.fp8, kTera),
               short_text(device.memory, kGiga),
               short_text(device.memory_bandwidth, kGiga),
               short_text(device.power, 1.0),
               short_text(device.rent_typical, 1.0),
               mark_of(device)});
  }
  return table.str() +
         wrap(
             "bf16, fp8: peak TFLOP/s without sparsity; memory GB; bandwidth "
             "GB/s; power W; $/h: typical rent of one",
             2) +
         footnote("accelerator", accelerators);
}

}  // namespace isoflop
