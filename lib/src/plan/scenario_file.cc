// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/scenario_file.h"

#include <toml++/toml.h>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>

#include "base/embedded.h"
#include "base/file_text.h"
#include "isoflop/base/error.h"
#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "runs/cell_text.h"

namespace isoflop {
namespace {

struct Published {
  std::string_view name;
  std::string_view table;
};
constexpr Published kPublished[] = {{"gpt-4.5", "scenarios/gpt-4.5.toml"}};

Location location_of(const std::string& path, const toml::source_region& at) {
  return {path,
          static_cast<std::int64_t>(at.begin.line),
          static_cast<std::int64_t>(at.begin.column)};
}

/// A number or text as the option table reads it.
std::string text_of(const std::string& path,
                    const std::string& key,
                    const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_floating_point()) {
    return format_exact(number->get());
  }
  if (const auto* number = node.as_integer()) {
    return std::to_string(number->get());
  }
  throw DataError(location_of(path, node.source()),
                  key + " must be a number or a text such as \"13T\"");
}

std::string flag_of(const std::string& path,
                    const std::string& key,
                    const toml::node& node) {
  if (const auto* flag = node.as_boolean()) {
    return flag->get() ? "true" : "false";
  }
  throw DataError(location_of(path, node.source()),
                  key + " must be true or false");
}

std::string string_of(const std::string& path,
                      const std::string& key,
                      const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  throw DataError(location_of(path, node.source()), key + " must be a text");
}

/// A key that stands alone but belongs into a table: `flops` in [budget].
std::string hint(const std::string& key,
                 const std::vector<std::string>& known) {
  for (const std::string& candidate : known) {
    if (candidate.ends_with("." + key)) {
      return "; did you mean '" + candidate + "'?";
    }
  }
  return did_you_mean(key, known);
}

/// The value of a line such as `tokens = 1T`, which lacks its quotes; empty
/// where it is anything else.
std::string bare_quantity(std::string_view text, std::size_t line) {
  for (; line > 1 && !text.empty(); --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  text = text.substr(0, text.find_first_of("\n#"));
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos) return {};
  const std::string_view value = detail::trim(text.substr(at + 1));
  const bool is_plain =
      value.find_first_of("\"'[]{},=") == std::string_view::npos;
  const bool is_quantity =
      !value.empty() && value.front() >= '0' && value.front() <= '9' &&
      std::any_of(value.begin(), value.end(), [](unsigned char c) {
        return std::isalpha(c) != 0;
      });
  return is_plain && is_quantity ? std::string(value) : std::string();
}

class ScenarioReader {
 public:
  explicit ScenarioReader(std::string path) : path_(std::move(path)) {}

  Scenario read(std::string_view text) {
    try {
      const toml::table root = toml::parse(text);
      read_table(root, "");
    } catch (const toml::parse_error& error) {
      const std::string bare = bare_quantity(text, error.source().begin.line);
      throw DataError(location_of(path_, error.source()),
                      "not valid TOML: " +
                          (bare.empty() ? std::string(error.description())
                                        : "a number with a suffix or a unit is "
                                          "a text; write \"" +
                                              bare + "\""));
    }
    return std::move(scenario_);
  }

 private:
  void read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string path = prefix + std::string(key.str());
      if (path == "sources") {
        read_sources(node);
      } else if (path == "check.accept") {
        read_accepted(node);
      } else if (path == "choose") {
        read_choose(node);
      } else if (path == "model.flops_rule" && node.is_table()) {
        set_value(
            "flops_rule", path, key.source(), node, shape_of(*node.as_table()));
      } else if (const auto* inner = node.as_table()) {
        if (inner->empty()) require_table(path, key.source());
        read_table(*inner, path + ".");
      } else if (path == "unknown") {
        read_unknown(node);
      } else {
        read_value(path, key.source(), node);
      }
    }
  }

  static std::vector<std::string> known_keys() {
    std::vector<std::string> known = {
        "name", "about", "unknown", "sources", "check.accept"};
    for (const OptionInfo& info : option_infos<Scenario>()) {
      known.push_back(info.key);
    }
    return known;
  }

  void require_table(const std::string& path, const toml::source_region& at) {
    std::vector<std::string> tables = {"sources"};
    for (const std::string& key : known_keys()) {
      if (key.starts_with(path + ".")) return;
      tables.push_back(key.substr(0, key.find('.')));
    }
    throw DataError(
        location_of(path_, at),
        "unknown table '" + path + "'" + did_you_mean(path, tables));
  }

  void read_value(const std::string& key,
                  const toml::source_region& at,
                  const toml::node& node) {
    if (key == "name" || key == "about") {
      (key == "name" ? scenario_.name : scenario_.about) =
          string_of(path_, key, node);
      return;
    }
    for (const OptionInfo& info : option_infos<Scenario>()) {
      if (info.key != key) continue;
      set_value(info.name,
                key,
                at,
                node,
                info.type == "text"     ? string_of(path_, key, node)
                : info.type == "switch" ? flag_of(path_, key, node)
                                        : text_of(path_, key, node));
      return;
    }
    throw DataError(location_of(path_, at),
                    "unknown key '" + key + "'" + hint(key, known_keys()));
  }

  /// @param name  of the option of the key
  void set_value(const std::string& name,
                 const std::string& key,
                 const toml::source_region& at,
                 const toml::node& node,
                 const std::string& text) {
    try {
      set_option(scenario_, name, text, key);
    } catch (const std::invalid_argument& error) {
      throw DataError(location_of(path_, node.source()), error.what());
    }
    scenario_.origins.push_back({key, location_of(path_, at), true});
  }

  /// Numbers of a shape as the option has them.
  std::string shape_of(const toml::table& table) {
    std::string text;
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      const std::string number = value.is_boolean()
                                     ? flag_of(path_, name, value)
                                     : text_of(path_, name, value);
      text += (text.empty() ? "" : ",") + name + "=" + number;
    }
    return text;
  }

  /// A table of key = "values", or of a list of them.
  void read_choose(const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) {
      throw DataError(location_of(path_, node.source()),
                      "choose must be a table of \"key\" = \"values\"");
    }
    for (const auto& [key, value] : *table) {
      const std::string name(key.str());
      std::string values;
      if (const auto* list = value.as_array()) {
        for (const toml::node& item : *list) {
          values += (values.empty() ? "" : ",") + text_of(path_, name, item);
        }
      } else {
        values = text_of(path_, name, value);
      }
      scenario_.choose.push_back(name + "=" + values);
    }
    scenario_.origins.push_back(
        {"choose", location_of(path_, node.source()), true});
  }

  void read_sources(const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) {
      throw DataError(location_of(path_, node.source()),
                      "sources must be a table of key = \"source\"");
    }
    for (const auto& [key, value] : *table) {
      scenario_.sources.emplace_back(
          key.str(),
          string_of(path_, "sources." + std::string(key.str()), value));
    }
  }

  /// A list of codes, or a table of code = "reason".
  void read_accepted(const toml::node& node) {
    const std::string name = "check.accept";
    if (const auto* table = node.as_table()) {
      for (const auto& [code, reason] : *table) {
        scenario_.accept.push_back({std::string(code.str()),
                                    string_of(path_, name, reason),
                                    location_of(path_, code.source())});
      }
    } else if (const auto* list = node.as_array()) {
      for (const auto& code : *list) {
        scenario_.accept.push_back({string_of(path_, name, code),
                                    {},
                                    location_of(path_, code.source())});
      }
    } else {
      throw DataError(location_of(path_, node.source()),
                      name +
                          " must be a list of codes, or a table of "
                          "code = \"reason\"");
    }
  }

  void read_unknown(const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) {
      throw DataError(location_of(path_, node.source()),
                      "unknown must be a list of texts");
    }
    for (const auto& item : *array) {
      scenario_.unknown.push_back(string_of(path_, "unknown", item));
    }
  }

  std::string path_;
  Scenario scenario_;
};

}  // namespace

void set_key(Scenario& scenario,
             std::string_view assignment,
             std::string_view owner) {
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument(std::string(owner) + ": set: " + problem);
  };
  const std::size_t at = assignment.find('=');
  if (at == std::string_view::npos) {
    fail("'" + std::string(assignment) + "' is not key=value");
  }
  const std::string key(assignment.substr(0, at));
  // What-if tables set keys at every point: no texts are made on the way.
  std::string_view name;
  std::vector<std::string> known;
  for_each_field(scenario, [&](const auto& field, const auto&) {
    if (field.key == key) name = field.name;
  });
  if (!name.empty()) {
    set_option(scenario, name, assignment.substr(at + 1), owner);
    return;
  }
  for (const OptionInfo& info : option_infos<Scenario>()) {
    known.push_back(info.key);
  }
  fail("unknown key '" + key + "'" + hint(key, known));
}

Scenario edited(Scenario scenario,
                const ScenarioEdits& edits,
                std::string_view owner) {
  for (const std::string& assignment : edits.set) {
    set_key(scenario, assignment, owner);
    const std::string key = assignment.substr(0, assignment.find('='));
    std::erase_if(scenario.origins,
                  [&](const auto& entry) { return entry.key == key; });
    scenario.origins.push_back({key, {"set", 0, 0}});
  }
  return scenario;
}

Scenario read_scenario(const std::string& path) {
  Scenario scenario = ScenarioReader(path).read(read_text_file(path));
  if (scenario.name.empty()) scenario.name = path;
  // A path in the file starts at the file; an absolute one stays as it is.
  if (is_law_path(scenario.law)) {
    namespace fs = std::filesystem;
    scenario.law = (fs::path(path).parent_path() / scenario.law).string();
  }
  return scenario;
}

std::vector<std::string> published_scenario_names() {
  std::vector<std::string> names;
  for (const Published& entry : kPublished) names.emplace_back(entry.name);
  return names;
}

std::vector<Scenario> published_scenarios() {
  std::vector<Scenario> scenarios;
  for (const std::string& name : published_scenario_names()) {
    scenarios.push_back(published_scenario(name));
  }
  return scenarios;
}

Scenario published_scenario(std::string_view name) {
  for (const Published& entry : kPublished) {
    if (entry.name != name) continue;
    Scenario scenario = ScenarioReader("data/" + std::string(entry.table))
                            .read(embedded_table(entry.table));
    for (KeyOrigin& origin : scenario.origins) origin.is_yours = false;
    return scenario;
  }
  throw std::invalid_argument(
      "unknown scenario '" + std::string(name) + "'" +
      did_you_mean(name, published_scenario_names()) + " (known: " +
      join_words(published_scenario_names()) + "; a file is given as a .toml)");
}

Scenario find_scenario(const std::string& name_or_path) {
  if (is_runs_path(name_or_path)) {
    const std::string name = printable(name_or_path, 80);
    throw std::invalid_argument(
        "'" + name + "' is a table of runs, not a plan; fit a law first, " +
        "isoflop fit " + name +
        " -o law.json, and check that, or name it as the law of a plan");
  }
  const bool is_path = name_or_path.ends_with(".toml") ||
                       name_or_path.find('/') != std::string::npos;
  return is_path ? read_scenario(name_or_path)
                 : published_scenario(name_or_path);
}

}  // namespace isoflop
