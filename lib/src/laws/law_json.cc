// SPDX-License-Identifier: Apache-2.0
#include "laws/law_json.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/file_text.h"
#include "base/finding_json.h"
#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "laws/discrepancy_json.h"

namespace isoflop {
namespace {

using Json = LawJson;
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
  /// Finite; negative only where the form's own range is. Published values
  /// may lie beyond the range that a fit searches.
  double coefficient(const Json& value,
                     const CoefficientInfo& info,
                     const std::string& name) const {
    return info.low < 0.0 ? number(value, name) : amount(value, name);
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> found;
    if (!has(key)) return found;
    const Json& value = object_[key];
    if (!value.is_array()) fail(std::string(key) + " must be a list of texts");
    for (const Json& item : value) {
      if (!item.is_string()) {
        fail(std::string(key) + " must be a list of texts");
      }
      found.push_back(item.get<std::string>());
    }
    return found;
  }
  int year(const char* key) const {
    if (!has(key)) return 0;
    const Json& value = object_[key];
    if (!value.is_number_integer() || value.get<double>() < 1900 ||
        value.get<double>() > 2999) {
      fail(std::string(key) + " is " + value.dump() +
           ", but must be a year such as 2024");
    }
    return value.get<int>();
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
    values[j] = reader.coefficient(object[names.back()], info, names.back());
  }
  for (const auto& item : object.items()) {
    if (std::find(names.begin(), names.end(), item.key()) == names.end()) {
      reader.fail("unknown coefficient \"" + item.key() + "\" of form " +
                  std::string(form.name()) + did_you_mean(item.key(), names));
    }
  }
  return values;
}

/// What a formula was read with besides its text.
FormSettings read_form_settings(const Reader& reader, const std::string& path) {
  if (!reader.has("form_settings")) return {};
  const Reader part(reader.member("form_settings"), path, "form_settings");
  part.require_known({"coefficients", "fixed", "columns", "answer"});
  const std::string answer = part.text_or_empty("answer");
  if (!answer.empty() && answer != "linear" && answer != "log") {
    part.fail("answer must be \"linear\" or \"log\"");
  }
  return {part.texts("coefficients"),
          part.texts("columns"),
          answer == "linear" ? Scale::Linear : Scale::Log,
          part.texts("fixed")};
}

Json form_settings_json(const FormSettings& settings) {
  Json json = Json::object();
  if (!settings.coefficients.empty()) {
    json["coefficients"] = settings.coefficients;
  }
  if (!settings.fixed.empty()) json["fixed"] = settings.fixed;
  if (!settings.columns.empty()) json["columns"] = settings.columns;
  if (settings.answer == Scale::Linear) json["answer"] = "linear";
  return json;
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
  LawRange found{range.interval("params"),
                 range.interval("tokens"),
                 range.interval("flops")};
  std::vector<std::string> known;
  for (const Variable& variable : all_variables()) {
    known.emplace_back(variable.name);
    if (variable.name == kParams.name || variable.name == kTokens.name ||
        variable.name == kFlops.name) {
      continue;
    }
    if (const auto interval = range.interval(known.back().c_str())) {
      found.others[known.back()] = *interval;
    }
  }
  range.require_known(known);
  return found;
}

std::optional<Scatter> read_scatter(const Reader& reader,
                                    const std::string& path) {
  if (!reader.has("scatter")) return std::nullopt;
  const Reader part(reader.member("scatter"), path, "scatter");
  part.require_known({"sd", "freedom"});
  return Scatter{part.amount(part.member("sd"), "the sd of scatter"),
                 part.amount(part.member("freedom"), "the freedom of scatter")};
}

std::vector<Widening> read_widening(const Reader& reader,
                                    const std::string& path) {
  std::vector<Widening> found;
  if (!reader.has("widening")) return found;
  const Json& steps = reader.member("widening");
  if (!steps.is_array()) reader.fail("widening must be a list");
  for (const Json& step : steps) {
    const Reader part(step, path, "a step of widening");
    part.require_known({"distance", "factor", "runs"});
    const double last = found.empty() ? 1.0 : found.back().distance;
    Widening next{part.amount(part.member("distance"), "distance"),
                  part.amount(part.member("factor"), "factor")};
    const double runs = part.amount(part.member("runs"), "runs");
    if (!(next.distance > last) || next.factor < 1.0 || runs > 1e9) {
      reader.fail(
          "widening must rise in distance, from above 1, with factors "
          "of at least 1");
    }
    next.runs = static_cast<int>(runs);
    found.push_back(next);
  }
  return found;
}

std::optional<TestedReach> read_tested(const Reader& reader,
                                       const std::string& path) {
  if (!reader.has("tested")) return std::nullopt;
  const Reader part(reader.member("tested"), path, "tested");
  part.require_known({"distance", "runs", "inside", "level"});
  const double runs = part.amount(part.member("runs"), "runs");
  const double inside = part.amount(part.member("inside"), "inside");
  if (runs > 1e9 || inside > runs) {
    reader.fail("tested must have at most 1e9 runs, and as many inside");
  }
  return TestedReach{part.amount(part.member("distance"), "distance"),
                     static_cast<int>(runs),
                     static_cast<int>(inside),
                     part.amount(part.member("level"), "level")};
}

Provenance read_provenance(const Reader& reader, const Form& form) {
  Provenance found;
  found.title = reader.text_or_empty("title");
  found.source = reader.text_or_empty("source");
  found.params_counted = reader.text_or_empty("params_counted");
  found.dataset = reader.text_or_empty("dataset");
  found.note = reader.text_or_empty("note");
  found.draws_source = reader.text_or_empty("draws_source");
  found.standard_errors = read_standard_errors(reader, form);
  found.is_verified = reader.flag("verified");
  found.year = reader.year("year");
  found.tokens_counted = reader.text_or_empty("tokens_counted");
  if (reader.has("loss_unit")) found.loss_unit = reader.text("loss_unit");
  found.traps = reader.texts("traps");
  if (reader.has("options")) {
    const Json& options = reader.member("options");
    if (!options.is_object()) reader.fail("options must be an object");
    for (const auto& [name, value] : options.items()) {
      if (!value.is_string()) reader.fail("options must hold texts");
      found.options[name] = value.get<std::string>();
    }
  }
  found.has_vote = reader.flag("vote");
  return found;
}

Json interval_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return Json::array({interval->low, interval->high});
}

/// Optional members are there when they say something.
void write_provenance(const Provenance& known, Json& file) {
  if (known.is_verified) file["verified"] = true;
  if (known.has_vote) file["vote"] = true;
  file["title"] = known.title;
  file["source"] = known.source;
  if (known.year != 0) file["year"] = known.year;
  file["params_counted"] = known.params_counted;
  if (!known.tokens_counted.empty()) {
    file["tokens_counted"] = known.tokens_counted;
  }
  if (known.loss_unit != Provenance().loss_unit) {
    file["loss_unit"] = known.loss_unit;
  }
  file["dataset"] = known.dataset;
  file["note"] = known.note;
  if (!known.traps.empty()) file["traps"] = known.traps;
  if (!known.options.empty()) file["options"] = known.options;
  file["draws_source"] = known.draws_source;
}

}  // namespace

Law read_law_entry(const LawJson& entry,
                   const std::string& path,
                   const std::string& where) {
  const Reader reader(entry, path, where);
  Law law;
  law.id = reader.text("id");
  try {
    law.form = find_form(reader.text("form"), read_form_settings(reader, path));
  } catch (const std::invalid_argument& error) {
    reader.fail(error.what());
  }
  law.coefficients = read_coefficients(reader, *law.form);
  law.provenance = read_provenance(reader, *law.form);
  law.range = read_range(reader, path);
  law.scatter = read_scatter(reader, path);
  law.widening = read_widening(reader, path);
  law.tested = read_tested(reader, path);
  if (reader.has("status")) {
    try {
      law.status = from_string<LawStatus>(reader.text("status"));
    } catch (const std::invalid_argument& error) {
      reader.fail("status " + std::string(error.what()));
    }
  }
  reader.require_known({"schema",
                        "id",
                        "form",
                        "form_settings",
                        "status",
                        "coefficients",
                        "standard_errors",
                        "verified",
                        "vote",
                        "title",
                        "source",
                        "year",
                        "params_counted",
                        "tokens_counted",
                        "loss_unit",
                        "dataset",
                        "note",
                        "traps",
                        "options",
                        "range",
                        "scatter",
                        "widening",
                        "tested",
                        "findings",
                        "draws",
                        "draws_source",
                        "discrepancy"});
  return law;
}

LawJson parse_law_json(const std::string& path, std::string_view text) {
  try {
    return LawJson::parse(text);
  } catch (const LawJson::parse_error& error) {
    throw DataError(locate(path, text, error.byte == 0 ? 0 : error.byte - 1),
                    "not valid JSON, as a law that isoflop fit -o saved is");
  } catch (const LawJson::out_of_range&) {
    throw DataError({path, 0, 0}, "a number in it is out of range");
  }
}

Law parse_law(const std::string& text, const std::string& path) {
  const LawJson file = parse_law_json(path, text);
  const Reader reader(file, path, "the file");
  if (!reader.has("schema")) {
    reader.fail(
        "has no \"schema\": it is no law that isoflop fit -o saved; of runs in "
        "JSON isoflop convert makes a table");
  }
  const std::string schema = reader.text("schema");
  if (schema != kSchema) {
    reader.fail("schema is \"" + schema + "\", but must be \"" +
                std::string(kSchema) + "\"; write one with isoflop fit -o");
  }
  Law law = read_law_entry(file, path, "the file");
  if (reader.has("findings")) {
    law.findings = read_findings(reader.member("findings"), path);
  }
  if (reader.has("discrepancy")) {
    try {
      law.discrepancy = std::make_shared<const Discrepancy>(
          law.form,
          law.coefficients,
          read_discrepancy(reader.member("discrepancy"), path));
    } catch (const std::invalid_argument& error) {
      reader.fail(error.what());
    }
  }
  if (!reader.has("draws")) return law;
  const LawJson& draws = reader.member("draws");
  if (!draws.is_array()) reader.fail("draws must be an array of rows");
  const int columns = law.form->coefficient_count();
  law.draws.resize(static_cast<Eigen::Index>(draws.size()), columns);
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    const LawJson& row = draws[static_cast<std::size_t>(i)];
    const std::string name = "draw " + std::to_string(i);
    if (!row.is_array() || static_cast<int>(row.size()) != columns) {
      reader.fail(name + " must have " + std::to_string(columns) + " numbers");
    }
    for (int j = 0; j < columns; ++j) {
      law.draws(i, j) = reader.coefficient(
          row[static_cast<std::size_t>(j)],
          law.form->coefficients()[static_cast<std::size_t>(j)],
          name);
    }
  }
  return law;
}

std::string law_text(const Law& law) {
  LawJson file;
  file["schema"] = kSchema;
  file["id"] = law.id;
  file["form"] = law.form->name();
  const Json settings = form_settings_json(law.form->settings());
  if (!settings.empty()) file["form_settings"] = settings;
  file["status"] = to_string(law.status);
  for (int j = 0; j < law.form->coefficient_count(); ++j) {
    const auto& info = law.form->coefficients()[static_cast<std::size_t>(j)];
    file["coefficients"][std::string(info.name)] = law.coefficients[j];
  }
  for (const auto& [name, error] : law.provenance.standard_errors) {
    file["standard_errors"][name] = error;
  }
  write_provenance(law.provenance, file);
  file["range"] = {{"params", interval_json(law.range.params)},
                   {"tokens", interval_json(law.range.tokens)},
                   {"flops", interval_json(law.range.flops)}};
  for (const auto& [name, interval] : law.range.others) {
    file["range"][name] = interval_json(interval);
  }
  if (law.scatter) {
    file["scatter"] = {{"sd", law.scatter->sd},
                       {"freedom", law.scatter->freedom}};
  }
  for (const Widening& step : law.widening) {
    file["widening"].push_back({{"distance", step.distance},
                                {"factor", step.factor},
                                {"runs", step.runs}});
  }
  if (law.tested) {
    file["tested"] = {{"distance", law.tested->distance},
                      {"runs", law.tested->runs},
                      {"inside", law.tested->inside},
                      {"level", law.tested->level}};
  }
  if (!law.findings.empty()) file["findings"] = findings_json(law.findings);
  file["draws"] = LawJson::array();
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    LawJson row = LawJson::array();
    for (Eigen::Index j = 0; j < law.draws.cols(); ++j) {
      row.push_back(law.draws(i, j));
    }
    file["draws"].push_back(std::move(row));
  }
  if (law.is_forecast()) {
    file["discrepancy"] = discrepancy_json(law.discrepancy->data());
  }
  // Invalid UTF-8 in a file name must not stop the writing of a law.
  return file.dump(1, ' ', false, LawJson::error_handler_t::replace) + "\n";
}

}  // namespace isoflop
