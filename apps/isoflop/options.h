// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"

namespace isoflop::cli {

enum class Format { Text, Json, Csv };

/// The options of a verb: those of core structs by their field tables, and a
/// few of the command line's own.
class OptionSet {
 public:
  explicit OptionSet(const Command& command) : command_(command) {}

  /// Offers the options of a core struct: --huber-delta for huber_delta.
  template <class Options>
  OptionSet& add() {
    for (OptionInfo info : option_infos<Options>()) {
      infos_.push_back(std::move(info));
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
  OptionSet& allow_csv() {
    formats_.emplace_back("csv");
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

  std::vector<std::string> given(const std::string& name) const;
  std::optional<std::string> last(const std::string& name) const;
  bool has(const std::string& name) const { return !given(name).empty(); }
  const std::vector<std::string>& positional() const { return positional_; }
  Format format() const { return format_; }

 private:
  std::string help() const;

  const Command& command_;
  std::vector<OptionInfo> infos_;
  std::vector<std::pair<std::string, char>> letters_;
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<std::string> positional_;
  std::vector<std::string> formats_{"text", "json"};  ///< as enum Format
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
