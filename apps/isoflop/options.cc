// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <ostream>
#include <stdexcept>

#include "isoflop/base/suggest.h"
#include "isoflop/report/text.h"

namespace isoflop::cli {
namespace {

namespace po = boost::program_options;

std::string flag_of(const std::string& name) {
  std::string flag = name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string describe(const OptionInfo& info) {
  std::string text = info.help;
  if (!info.range.empty()) text += "; " + info.range;
  if (!info.default_text.empty() && info.type != "switch") {
    text += " [" + info.default_text + "]";
  }
  return text;
}

/// The flag of a token such as `--huber-delta=1`, without dashes.
std::string bare(std::string token) {
  token.erase(0, token.find_first_not_of('-'));
  return token.substr(0, token.find('='));
}

[[noreturn]] void fail(const Command& command, const std::string& problem) {
  throw std::invalid_argument(std::string(command.name) + ": " + problem);
}

constexpr const char* kPositional = "positional";

/// The flags of all options, as the parser of the command line wants them.
po::options_description describe(
    const std::vector<OptionInfo>& infos,
    const std::vector<std::pair<std::string, char>>& letters) {
  po::options_description description;
  for (const OptionInfo& info : infos) {
    std::string names = flag_of(info.name);
    for (const auto& [name, letter] : letters) {
      if (name == info.name) names += std::string(",") + letter;
    }
    if (info.type == "switch") {
      description.add_options()(names.c_str(), "");
    } else {
      description.add_options()(
          names.c_str(), po::value<std::vector<std::string>>(), "");
    }
  }
  description.add_options()(kPositional, po::value<std::vector<std::string>>());
  return description;
}

std::vector<po::option> read_flags(const Command& command,
                                   const std::vector<std::string>& args,
                                   const po::options_description& description,
                                   const std::vector<OptionInfo>& infos) {
  po::positional_options_description places;
  places.add(kPositional, -1);
  try {
    return po::command_line_parser(args)
        .options(description)
        .positional(places)
        .style(po::command_line_style::default_style &
               ~po::command_line_style::allow_guessing)
        .run()
        .options;
  } catch (const po::unknown_option& error) {
    const std::string wrong = error.get_option_name();
    std::vector<std::string> flags;
    for (const OptionInfo& info : infos) {
      flags.push_back("--" + flag_of(info.name));
    }
    fail(command,
         "unknown option '" + wrong + "'" + did_you_mean(bare(wrong), flags) +
             " (`isoflop " + std::string(command.name) +
             " --help` lists them)");
  } catch (const po::error& error) {
    fail(command, error.what());
  }
}

/// "text, json or csv"
std::string any_of(const std::vector<Format>& formats) {
  std::string text;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const bool is_last = i + 1 == formats.size();
    if (i > 0) text += is_last ? " or " : ", ";
    text += to_string(formats[i]);
  }
  return text;
}

}  // namespace

OptionSet& OptionSet::add(const std::string& name,
                          const std::string& placeholder,
                          const std::string& help,
                          char letter) {
  infos_.push_back({name,
                    "",
                    placeholder,
                    help,
                    "",
                    "",
                    placeholder.empty() ? "switch" : "text"});
  if (letter != 0) letters_.emplace_back(name, letter);
  return *this;
}

bool OptionSet::parse(const std::vector<std::string>& args,
                      int most_positional,
                      const Streams& streams) {
  add("format", "WORD", any_of(formats_));
  add("help", "", "this text", 'h');
  for (const po::option& option : read_flags(
           command_, args, describe(all_infos(), letters_), all_infos())) {
    std::string name = option.string_key;
    std::replace(name.begin(), name.end(), '-', '_');
    if (name == kPositional) {
      positional_.push_back(option.value.front());
    } else {
      values_.emplace_back(name,
                           option.value.empty() ? "" : option.value.front());
    }
  }
  if (has("help")) {
    streams.out << help();
    return false;
  }
  if (positional_.size() > static_cast<std::size_t>(most_positional)) {
    fail(command_,
         "unexpected argument '" +
             positional_[static_cast<std::size_t>(most_positional)] + "'");
  }
  if (const auto format = last("format")) {
    const auto at =
        std::find_if(formats_.begin(), formats_.end(), [&](Format candidate) {
          return to_string(candidate) == *format;
        });
    if (at == formats_.end()) {
      fail(command_,
           "format is '" + *format + "', but must be " + any_of(formats_));
    }
    format_ = *at;
  }
  return true;
}

bool OptionSet::offers(const std::string& name) const {
  const auto has_name = [&](const OptionInfo& info) {
    return info.name == name;
  };
  return std::any_of(infos_.begin(), infos_.end(), has_name) ||
         std::any_of(accepted_.begin(), accepted_.end(), has_name);
}

void OptionSet::refuse_others(const std::vector<std::string>& names,
                              const std::string& why) const {
  for (const auto& [name, text] : values_) {
    if (name == "format" ||
        std::find(names.begin(), names.end(), name) != names.end()) {
      continue;
    }
    fail(command_, "--" + flag_of(name) + " " + why);
  }
}

std::vector<OptionInfo> OptionSet::all_infos() const {
  std::vector<OptionInfo> infos = infos_;
  infos.insert(infos.end(), accepted_.begin(), accepted_.end());
  return infos;
}

std::vector<std::string> OptionSet::given_of_accepted() const {
  std::vector<std::string> names;
  for (const OptionInfo& info : accepted_) {
    if (has(info.name)) names.push_back(info.name);
  }
  return names;
}

std::vector<std::string> OptionSet::given(const std::string& name) const {
  std::vector<std::string> texts;
  for (const auto& [key, text] : values_) {
    if (key == name) texts.push_back(text);
  }
  return texts;
}

std::optional<std::string> OptionSet::last(const std::string& name) const {
  const std::vector<std::string> texts = given(name);
  if (texts.empty()) return std::nullopt;
  return texts.back();
}

std::string OptionSet::help() const {
  constexpr std::size_t kColumn = 24;
  std::string text = "examples\n";
  for (const std::string_view example : command_.examples) {
    text += "  isoflop " + std::string(example) + "\n";
  }
  text += "\nusage: isoflop " + std::string(command_.name) +
          (command_.arguments.empty() ? "" : " ") +
          std::string(command_.arguments) + " [options]\n\n" +
          std::string(command_.summary) + "\n\noptions\n";
  for (const OptionInfo& info : infos_) {
    std::string head = "  --" + flag_of(info.name);
    for (const auto& [name, letter] : letters_) {
      if (name == info.name)
        head = std::string("  -") + letter + ", " + head.substr(2);
    }
    if (!info.placeholder.empty()) head += " " + info.placeholder;
    if (head.size() + 2 > kColumn) {
      text += head + "\n" + std::string(kColumn, ' ');
    } else {
      text += head + std::string(kColumn - head.size(), ' ');
    }
    const std::string body = describe(info);
    std::size_t column = kColumn;
    std::size_t start = 0;
    while (start < body.size()) {
      const std::size_t end = std::min(body.find(' ', start), body.size());
      if (column + end - start > 79) {
        text.back() = '\n';
        text += std::string(kColumn, ' ');
        column = kColumn;
      }
      text += body.substr(start, end - start) + " ";
      column += end - start + 1;
      start = end + 1;
    }
    while (text.back() == ' ') text.pop_back();
    text += "\n";
  }
  return text;
}

int report_findings(const std::vector<Finding>& findings,
                    Format format,
                    const Streams& streams,
                    const std::vector<std::string>& shown) {
  if (format == Format::Text) {
    streams.out.flush();
    for (const Finding& finding : findings) {
      if (std::find(shown.begin(), shown.end(), finding.code) == shown.end()) {
        streams.err << to_text(finding);
      }
    }
  }
  return worst(findings) == Severity::Error ? kNo : kAnswered;
}

}  // namespace isoflop::cli
