// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/annotations.h"

#include <map>

#include "report/finding_lines.h"

namespace isoflop {
namespace {

/// A text in a workflow command: %, line ends and, in properties, : and , .
/// @source docs.github.com, workflow commands; actions/toolkit, command.ts.
std::string command_text(const std::string& text, bool is_property) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%') {
      escaped += "%25";
    } else if (c == '\r') {
      escaped += "%0D";
    } else if (c == '\n') {
      escaped += "%0A";
    } else if (is_property && c == ':') {
      escaped += "%3A";
    } else if (is_property && c == ',') {
      escaped += "%2C";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string command(const char* name,
                    const Location& at,
                    const std::string& title,
                    const std::string& message) {
  std::string line = "::" + std::string(name) + " ";
  if (!at.path.empty()) {
    line += "file=" + command_text(printable(at.path), true) + ",";
    if (at.line > 0) line += "line=" + std::to_string(at.line) + ",";
    if (at.column > 0) line += "col=" + std::to_string(at.column) + ",";
  }
  return line + "title=" + command_text(printable(title), true) +
         "::" + command_text(message, false) + "\n";
}

/// Text of XML 1.0, which has no U+FFFE and U+FFFF either.
std::string xml(const std::string& given) {
  std::string text = printable(given);
  for (const char* const none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (std::size_t at; (at = text.find(none)) != std::string::npos;) {
      text.replace(at, 3, "\xef\xbf\xbd");
    }
  }
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&apos;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// A test case: the findings of one code, the gravest first.
struct Case {
  std::string code;
  std::vector<FindingLine> lines;

  bool fails(FailOn fail_on) const {
    return std::any_of(
        lines.begin(), lines.end(), [&](const FindingLine& line) {
          return !line.accepted && static_cast<int>(line.finding.severity) >=
                                       static_cast<int>(fail_on);
        });
  }
  bool is_accepted() const { return !lines.empty() && lines.front().accepted; }
};

/// A case for each rule that was asked, then for each other code that fired.
std::vector<Case> cases_of(const Checked& checked) {
  std::vector<Case> cases;
  const auto add = [&](const std::vector<RuleInfo>& codes, auto&& is_asked) {
    for (const RuleInfo& info : codes) {
      if (is_asked(info.code)) cases.push_back({std::string(info.code), {}});
    }
  };
  if (const auto* law = std::get_if<LawCheck>(&checked.answer)) {
    const char* const layer = law->law.is_forecast() ? "forecast." : "fit.";
    add(finding_codes(), [&](auto code) { return code.starts_with(layer); });
  } else {
    const bool is_router = std::holds_alternative<RouterCheck>(checked.answer);
    add(check_rules(),
        [&](auto code) { return code.starts_with("moe.") == is_router; });
  }
  for (FindingLine& line : lines_of(checked)) {
    auto found = std::find_if(cases.begin(), cases.end(), [&](const Case& c) {
      return c.code == line.finding.code;
    });
    if (found == cases.end()) {
      found = cases.insert(cases.end(), Case{line.finding.code, {}});
    }
    found->lines.push_back(std::move(line));
  }
  return cases;
}

std::string case_xml(const Case& c, const std::string& suite, FailOn fail_on) {
  const std::string head = "    <testcase classname=\"" + xml(suite) +
                           "\" name=\"" + xml(c.code) + "\"";
  if (c.lines.empty()) return head + "/>\n";
  const Finding& first = c.lines.front().finding;
  std::string text;
  for (const FindingLine& line : c.lines) {
    text += (line.at.path.empty() ? "" : to_string(line.at) + ": ") +
            sentence_of(line.finding);
    if (&line != &c.lines.back()) text += "; ";
  }
  std::string inside;
  if (c.is_accepted()) {
    inside = "<skipped message=\"" +
             xml(accepted_words(*c.lines.front().accepted) + first.message) +
             "\"/>";
  } else if (c.fails(fail_on)) {
    inside = "<failure type=\"" + std::string(to_string(first.severity)) +
             "\" message=\"" + xml(first.message) + "\">" + xml(text) +
             "</failure>";
  } else {
    inside = "<system-out>" + std::string(to_string(first.severity)) + ": " +
             xml(text) + "</system-out>";
  }
  return head + ">\n      " + inside + "\n    </testcase>\n";
}

struct Suite {
  std::string text;
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;

  std::string counts() const {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" +
           std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
           "\" skipped=\"" + std::to_string(skipped) + "\"";
  }
};

/// What was asked by options alone has no name.
std::string name_of(const Checked& checked) {
  return checked.name.empty() ? "plan" : checked.name;
}

Suite suite_of(const Checked& checked, FailOn fail_on) {
  Suite suite;
  if (const auto* problem = std::get_if<CheckProblem>(&checked.answer)) {
    suite.tests = suite.errors = 1;
    const std::string place = to_string(problem->at);
    suite.text = "    <testcase classname=\"" + xml(name_of(checked)) +
                 "\" name=\"can be judged\">\n      <error message=\"" +
                 xml((place.empty() ? "" : place + ": ") + problem->message) +
                 "\"/>\n    </testcase>\n";
  } else {
    for (const Case& c : cases_of(checked)) {
      ++suite.tests;
      suite.skipped += c.is_accepted() ? 1 : 0;
      suite.failures += !c.is_accepted() && c.fails(fail_on) ? 1 : 0;
      suite.text += case_xml(c, name_of(checked), fail_on);
    }
  }
  return suite;
}

}  // namespace

std::string to_github(const Checks& checks) {
  std::string text;
  for (const Checked& checked : checks.all) {
    if (const auto* problem = std::get_if<CheckProblem>(&checked.answer)) {
      text += command(
          "error", problem->at, checked.name, printable(problem->message));
    }
    for (const FindingLine& line : lines_of(checked)) {
      const Finding& finding = line.finding;
      const char* const kind = finding.severity == Severity::Error ? "error"
                               : finding.severity == Severity::Warning
                                   ? "warning"
                                   : "notice";
      text += command(kind,
                      line.at,
                      finding.code,
                      (line.accepted ? accepted_words(*line.accepted) : "") +
                          (line.at.path.empty() && !checked.name.empty()
                               ? printable(checked.name) + ": "
                               : std::string()) +
                          sentence_of(finding));
    }
  }
  return text;
}

std::string to_junit(const Checks& checks) {
  Suite sum;
  for (const Checked& checked : checks.all) {
    const Suite suite = suite_of(checked, checks.options.fail_on);
    sum.tests += suite.tests;
    sum.failures += suite.failures;
    sum.errors += suite.errors;
    sum.skipped += suite.skipped;
    sum.text += "  <testsuite name=\"" + xml(name_of(checked)) + "\"" +
                suite.counts() + ">\n" + suite.text + "  </testsuite>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<testsuites name=\"isoflop check\"" +
         sum.counts() + ">\n" + sum.text + "</testsuites>\n";
}

}  // namespace isoflop
