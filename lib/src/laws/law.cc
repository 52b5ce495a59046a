// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/law.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/embedded.h"
#include "base/file_text.h"
#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kSchema = "isoflop.law/1";

/// Reads members of one JSON object and says where and what is wrong.
class Reader {
 public:
  Reader(const Json& object, std::string path, std::string where)
      : object_(object), path_(std::move(path)), where_(std::move(where)) {
    if (!object.is_object()) fail(where_ + " must be an object");
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError({path_, 0, 0}, problem);
  }
  bool has(const char* key) const {
    return object_.contains(key) && !object_[key].is_null();
  }
  const Json& member(const char* key) const {
    if (!has(key)) fail(where_ + " has no \"" + key + "\"");
    return object_[key];
  }
  std::string text(const char* key) const {
    const Json& value = member(key);
    if (!value.is_string()) fail(std::string(key) + " must be a text");
    return value.get<std::string>();
  }
  std::string text_or_empty(const char* key) const {
    return has(key) ? text(key) : std::string();
  }
  double number(const Json& value, const std::string& name) const {
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      fail(name + " is " + value.dump() + ", but must be a finite number");
    }
    return value.get<double>();
  }
  double amount(const Json& value, const std::string& name) const {
    const double amount = number(value, name);
    if (amount < 0.0) {
      fail(name + " is " + format_exact(amount) + ", but must be >= 0");
    }
    return amount;
  }
  bool flag(const char* key) const {
    if (!has(key)) return false;
    const Json& value = object_[key];
    if (!value.is_boolean()) fail(std::string(key) + " must be true or false");
    return value.get<bool>();
  }
  /// A misspelt key would be ignored without a word.
  void require_known(const std::vector<std::string>& keys) const {
    for (const auto& item : object_.items()) {
      if (std::find(keys.begin(), keys.end(), item.key()) != keys.end()) {
        continue;
      }
      fail(where_ + " has the unknown key \"" + printable(item.key()) + "\"" +
           did_you_mean(item.key(), keys));
    }
  }
  std::optional<Interval> interval(const char* key) const {
    if (!has(key)) return std::nullopt;
    const Json& value = object_[key];
    if (!value.is_array() || value.size() != 2) {
      fail(std::string(key) + " must be [low, high]");
    }
    const Interval interval{number(value[0], key), number(value[1], key)};
    if (interval.low > interval.high) {
      fail(std::string(key) + " is " + value.dump() +
           ", but must be [low, high]");
    }
    return interval;
  }

 private:
  const Json& object_;
  std::string path_;
  std::string where_;
};

Eigen::VectorXd read_coefficients(const Reader& reader, const Form& form) {
  const Json& object = reader.member("coefficients");
  if (!object.is_object()) reader.fail("coefficients must be an object");
  Eigen::VectorXd values(form.coefficient_count());
  std::vector<std::string> names;
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const CoefficientInfo& info = form.coefficients()[static_cast<size_t>(j)];
    names.emplace_back(info.name);
    if (!object.contains(names.back())) {
      reader.fail("coefficients has no \"" + names.back() + "\"");
    }
    values[j] = reader.amount(object[names.back()], names.back());
  }
  for (const auto& item : object.items()) {
    if (std::find(names.begin(), names.end(), item.key()) == names.end()) {
      reader.fail("unknown coefficient \"" + item.key() + "\" of form " +
                  std::string(form.name()) + did_you_mean(item.key(), names));
    }
  }
  return values;
}

std::map<std::string, double> read_standard_errors(const Reader& reader,
                                                   const Form& form) {
  std::map<std::string, double> errors;
  if (!reader.has("standard_errors")) return errors;
  const Json& object = reader.member("standard_errors");
  if (!object.is_object()) reader.fail("standard_errors must be an object");
  std::vector<std::string> names;
  for (const CoefficientInfo& info : form.coefficients()) {
    names.emplace_back(info.name);
  }
  for (const auto& [name, value] : object.items()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      reader.fail("standard_errors has the unknown coefficient \"" +
                  printable(name) + "\"" + did_you_mean(name, names));
    }
    errors[name] = reader.amount(value, "the standard error of " + name);
  }
  return errors;
}

LawRange read_range(const Reader& reader, const std::string& path) {
  if (!reader.has("range")) return {};
  const Reader range(reader.member("range"), path, "range");
  range.require_known({"params", "tokens", "flops"});
  return {range.interval("params"),
          range.interval("tokens"),
          range.interval("flops")};
}

/// Form, coefficients, range and provenance: what the catalogue and a saved
/// law have in common.
Law read_entry(const Json& entry,
               const std::string& path,
               const std::string& where) {
  const Reader reader(entry, path, where);
  Law law;
  law.id = reader.text("id");
  try {
    law.form = find_form(reader.text("form"));
  } catch (const std::invalid_argument& error) {
    reader.fail(error.what());
  }
  law.coefficients = read_coefficients(reader, *law.form);
  law.provenance = {reader.text_or_empty("title"),
                    reader.text_or_empty("source"),
                    reader.text_or_empty("params_counted"),
                    reader.text_or_empty("dataset"),
                    reader.text_or_empty("note"),
                    reader.text_or_empty("draws_source"),
                    read_standard_errors(reader, *law.form),
                    reader.flag("verified")};
  law.range = read_range(reader, path);
  law.status = reader.has("status") ? reader.text("status") : "published";
  const std::vector<std::string> statuses = {
      "published", "identified", "weak", "not_identified"};
  if (std::find(statuses.begin(), statuses.end(), law.status) ==
      statuses.end()) {
    reader.fail("status is \"" + law.status + "\", but must be one of " +
                join_words(statuses));
  }
  reader.require_known({"schema",
                        "id",
                        "form",
                        "status",
                        "coefficients",
                        "standard_errors",
                        "verified",
                        "title",
                        "source",
                        "params_counted",
                        "dataset",
                        "note",
                        "range",
                        "draws",
                        "draws_source"});
  return law;
}

/// Draws of a catalogue law: a header of coefficient names, a row a draw.
Eigen::MatrixXd read_draws_table(std::string_view text, int columns) {
  std::vector<double> values;
  std::size_t start = text.find('\n');
  while (start != std::string_view::npos && start + 1 < text.size()) {
    const std::size_t begin = start + 1;
    start = text.find('\n', begin);
    std::string_view line = text.substr(begin, start - begin);
    while (!line.empty()) {
      const std::size_t comma = line.find(',');
      values.push_back(parse_number(line.substr(0, comma)));
      line = comma == std::string_view::npos ? "" : line.substr(comma + 1);
    }
  }
  using RowMajor =
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto rows = static_cast<Eigen::Index>(values.size()) / columns;
  return Eigen::Map<const RowMajor>(values.data(), rows, columns);
}

Json parse_json(const std::string& path, std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw DataError(locate(path, text, error.byte == 0 ? 0 : error.byte - 1),
                    "not valid JSON");
  } catch (const Json::out_of_range&) {
    throw DataError({path, 0, 0}, "a number in it is out of range");
  }
}

const Json& catalogue() {
  static const Json kCatalogue =
      parse_json("data/laws.json", embedded_table("laws.json"));
  return kCatalogue;
}

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return Json::array({interval->low, interval->high});
}

}  // namespace

std::map<std::string, double> Law::named_coefficients() const {
  std::map<std::string, double> named;
  for (int j = 0; j < form->coefficient_count(); ++j) {
    const auto& info = form->coefficients()[static_cast<std::size_t>(j)];
    named[std::string(info.name)] = coefficients[j];
  }
  return named;
}

double Law::value(const InputValues& inputs) const {
  const Eigen::VectorXd at = input_vector(*form, inputs, "predict");
  const Eigen::VectorXd theta = form->theta_from_coefficients(coefficients);
  return from_scale(form->evaluate(theta.data(), at.data()),
                    form->output().scale);
}

Nats Law::loss(Params params, Tokens tokens) const {
  const auto bound = bind_inputs(form, {}, "predict");
  const std::string size(bound->inputs()[0].name);
  const Eigen::VectorXd at = input_vector(
      *bound,
      {{size, params.value()}, {std::string(kTokens.name), tokens.value()}},
      "predict");
  const Eigen::VectorXd theta = form->theta_from_coefficients(coefficients);
  return Nats(from_scale(bound->evaluate(theta.data(), at.data()),
                         form->output().scale));
}

Law bind_inputs(const Law& law,
                const InputValues& fixed,
                std::string_view owner) {
  Law bound = law;
  bound.form = bind_inputs(law.form, fixed, owner);
  return bound;
}

std::vector<std::string> published_law_ids() {
  std::vector<std::string> ids;
  for (const Json& entry : catalogue()["laws"]) {
    ids.push_back(entry["id"].get<std::string>());
  }
  return ids;
}

Law published_law(std::string_view id) {
  for (const Json& entry : catalogue()["laws"]) {
    if (entry["id"].get<std::string>() != id) continue;
    Law law = read_entry(entry, "data/laws.json", std::string(id));
    if (entry.contains("draws")) {
      law.draws =
          read_draws_table(embedded_table(entry["draws"].get<std::string>()),
                           law.form->coefficient_count());
    }
    return law;
  }
  throw std::invalid_argument("unknown law '" + std::string(id) + "'" +
                              did_you_mean(id, published_law_ids()) +
                              " (`isoflop list laws` shows them; a saved law "
                              "is given as a .json file)");
}

std::vector<Law> published_laws() {
  std::vector<Law> laws;
  for (const std::string& id : published_law_ids()) {
    laws.push_back(published_law(id));
  }
  return laws;
}

bool is_law_path(std::string_view id_or_path) {
  return id_or_path.ends_with(".json") ||
         id_or_path.find('/') != std::string_view::npos;
}

Law find_law(const std::string& id_or_path) {
  return is_law_path(id_or_path) ? read_law(id_or_path)
                                 : published_law(id_or_path);
}

Law read_law(const std::string& path) {
  return parse_law(read_text_file(path), path);
}

Law parse_law(const std::string& text, const std::string& path) {
  const Json file = parse_json(path, text);
  const Reader reader(file, path, "the file");
  const std::string schema = reader.text("schema");
  if (schema != kSchema) {
    reader.fail("schema is \"" + schema + "\", but must be \"" +
                std::string(kSchema) + "\"; write one with isoflop fit -o");
  }
  Law law = read_entry(file, path, "the file");
  if (!reader.has("draws")) return law;
  const Json& draws = reader.member("draws");
  if (!draws.is_array()) reader.fail("draws must be an array of rows");
  const int columns = law.form->coefficient_count();
  law.draws.resize(static_cast<Eigen::Index>(draws.size()), columns);
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    const Json& row = draws[static_cast<std::size_t>(i)];
    const std::string name = "draw " + std::to_string(i);
    if (!row.is_array() || static_cast<int>(row.size()) != columns) {
      reader.fail(name + " must have " + std::to_string(columns) + " numbers");
    }
    for (int j = 0; j < columns; ++j) {
      law.draws(i, j) = reader.amount(row[static_cast<std::size_t>(j)], name);
    }
  }
  return law;
}

std::string law_text(const Law& law) {
  Json file;
  file["schema"] = kSchema;
  file["id"] = law.id;
  file["form"] = law.form->name();
  file["status"] = law.status;
  for (int j = 0; j < law.form->coefficient_count(); ++j) {
    const auto& info = law.form->coefficients()[static_cast<std::size_t>(j)];
    file["coefficients"][std::string(info.name)] = law.coefficients[j];
  }
  for (const auto& [name, error] : law.provenance.standard_errors) {
    file["standard_errors"][name] = error;
  }
  if (law.provenance.is_verified) file["verified"] = true;
  file["title"] = law.provenance.title;
  file["source"] = law.provenance.source;
  file["params_counted"] = law.provenance.params_counted;
  file["dataset"] = law.provenance.dataset;
  file["note"] = law.provenance.note;
  file["draws_source"] = law.provenance.draws_source;
  file["range"] = {{"params", interval_json(law.range.params)},
                   {"tokens", interval_json(law.range.tokens)},
                   {"flops", interval_json(law.range.flops)}};
  file["draws"] = Json::array();
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    Json row = Json::array();
    for (Eigen::Index j = 0; j < law.draws.cols(); ++j) {
      row.push_back(law.draws(i, j));
    }
    file["draws"].push_back(std::move(row));
  }
  // Invalid UTF-8 in a file name must not stop the writing of a law.
  return file.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_law(const Law& law, const std::string& path, bool replace) {
  write_text_file(path, law_text(law), replace);
}

void require_writable(const std::string& path, bool replace) {
  require_writable_file(path, replace);
}

}  // namespace isoflop
