// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli.h"
#include "isoflop/base/enum_words.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"

namespace isoflop {
namespace cli {
enum class Format { Text, Json, Csv, Sarif, Github, Junit };
}

template <>
struct EnumWords<cli::Format> {
  static constexpr std::pair<cli::Format, std::string_view> values[] = {
      {cli::Format::Text, "text"},
      {cli::Format::Json, "json"},
      {cli::Format::Csv, "csv"},
      {cli::Format::Sarif, "sarif"},
      {cli::Format::Github, "github"},
      {cli::Format::Junit, "junit"}};
};
}  // namespace isoflop

namespace isoflop::cli {

/// The options of a verb: those of core structs by their field tables, and a
/// few of the command line's own.
class OptionSet {
 public:
  explicit OptionSet(const Command& command) : command_(command) {}

  /// Offers the options of a core struct: --huber-delta for huber_delta. One
  /// that is offered already is that of both.
  template <class Options>
  OptionSet& add() {
    for (OptionInfo info : option_infos<Options>()) {
      if (!offers(info.name)) infos_.push_back(std::move(info));
    }
    return *this;
  }
  /// Takes the options of a core struct too, without a line in the help: they
  /// are those of another verb, and some option's words say which. What is
  /// offered already is shared.
  template <class Options>
  OptionSet& accept() {
    for (OptionInfo info : option_infos<Options>()) {
      if (!offers(info.name)) accepted_.push_back(std::move(info));
    }
    return *this;
  }
  /// Offers an option of the command line's own; a switch without a
  /// placeholder. `letter` is its short form, 0 for none.
  OptionSet& add(const std::string& name,
                 const std::string& placeholder,
                 const std::string& help,
                 char letter = 0);

  /// Offers --format csv too.
  OptionSet& allow_csv() { return allow({Format::Csv}); }
  OptionSet& allow(std::initializer_list<Format> formats) {
    formats_.insert(formats_.end(), formats);
    return *this;
  }

  /// Reads the command line. True when there is something to run; false when
  /// help was asked for and printed.
  /// @throws std::invalid_argument for what cannot be meant.
  bool parse(const std::vector<std::string>& args,
             int most_positional,
             const Streams& streams);

  /// Sets the options given for a core struct.
  template <class Options>
  void fill(Options& options) const {
    for (const OptionInfo& info : option_infos<Options>()) {
      for (const std::string& text : given(info.name)) {
        set_option(options, info.name, text, std::string(command_.name));
      }
    }
  }

  /// Refuses options that were given and would be without effect: all but
  /// those of the structs and a few others.
  /// @param why  "needs --expert-load"
  template <class... Options>
  void allow_only(std::vector<std::string> others,
                  const std::string& why) const {
    const auto add = [&](const std::vector<OptionInfo>& infos) {
      for (const OptionInfo& info : infos) others.push_back(info.name);
    };
    (add(option_infos<Options>()), ...);
    refuse_others(others, why);
  }

  std::vector<std::string> given(const std::string& name) const;
  std::optional<std::string> last(const std::string& name) const;
  bool has(const std::string& name) const { return !given(name).empty(); }
  /// Those given of the options that are accepted without a line in the help.
  std::vector<std::string> given_of_accepted() const;
  const std::vector<std::string>& positional() const { return positional_; }
  Format format() const { return format_; }

 private:
  std::string help() const;
  bool offers(const std::string& name) const;
  void refuse_others(const std::vector<std::string>& names,
                     const std::string& why) const;
  /// Offered and accepted.
  std::vector<OptionInfo> all_infos() const;

  const Command& command_;
  std::vector<OptionInfo> infos_;
  std::vector<OptionInfo> accepted_;
  std::vector<std::pair<std::string, char>> letters_;
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<std::string> positional_;
  std::vector<Format> formats_{Format::Text, Format::Json};
  Format format_ = Format::Text;
};

/// Writes a result in the format asked for.
template <class Result>
void write_result(const Result& result, Format format, const Streams& streams) {
  streams.out << (format == Format::Json ? to_json(result) : to_text(result));
}

/// Writes findings to the error stream in text format (JSON holds them), but
/// for the codes that the text of the result already shows.
/// @return kNo when one is an error, else kAnswered.
int report_findings(const std::vector<Finding>& findings,
                    Format format,
                    const Streams& streams,
                    const std::vector<std::string>& shown = {});

}  // namespace isoflop::cli
