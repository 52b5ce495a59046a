// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>

#include "base/embedded.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/law.h"
#include "isoflop/units/text.h"
#include "laws/law_json.h"

namespace isoflop {
namespace {

/// Draws of a catalogue law: a header of coefficient names, a row a draw.
Eigen::MatrixXd read_draws_table(std::string_view text, const Form& form) {
  std::string header;
  for (const CoefficientInfo& info : form.coefficients()) {
    header += (header.empty() ? "" : ",") + std::string(info.name);
  }
  if (text.substr(0, text.find('\n')) != header) {
    throw std::logic_error("draws of " + std::string(form.name()) +
                           " must have the columns " + header);
  }
  const int columns = form.coefficient_count();
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

std::vector<Law> read_catalogue() {
  const std::string path = "data/laws.json";
  const LawJson file = parse_law_json(path, embedded_table("laws.json"));
  std::vector<Law> laws;
  for (const LawJson& entry : file.at("laws")) {
    Law law = read_law_entry(entry, path, entry.at("id").get<std::string>());
    if (entry.contains("draws")) {
      law.draws = read_draws_table(
          embedded_table(entry["draws"].get<std::string>()), *law.form);
    }
    laws.push_back(std::move(law));
  }
  return laws;
}

/// Read once, in the order of the file.
const std::vector<Law>& catalogue() {
  static const std::vector<Law> kLaws = read_catalogue();
  return kLaws;
}

std::vector<std::string> answers_of_laws() {
  std::vector<std::string> answers;
  for (const Law& law : catalogue()) {
    const std::string answer(law.form->output().name);
    if (std::find(answers.begin(), answers.end(), answer) == answers.end()) {
      answers.push_back(answer);
    }
  }
  return answers;
}

/// A law is known by the model that it made famous too.
std::string hint_for(std::string_view id) {
  const std::string hint = did_you_mean(id, published_law_ids());
  if (!hint.empty() || suggest(id, {"chinchilla"}).empty()) return hint;
  return "; did you mean 'hoffmann2022'?";
}

}  // namespace

std::vector<std::string> published_law_ids() {
  std::vector<std::string> ids;
  for (const Law& law : catalogue()) ids.push_back(law.id);
  return ids;
}

Law published_law(std::string_view id, bool allow_unverified) {
  for (const Law& law : catalogue()) {
    if (law.id != id) continue;
    if (law.provenance.is_verified || allow_unverified) return law;
    throw std::invalid_argument(
        "the law '" + law.id + "' is not verified: " + law.provenance.note +
        " (--allow-unverified, in Python allow_unverified=True, takes it)");
  }
  throw std::invalid_argument("unknown law '" + std::string(id) + "'" +
                              hint_for(id) +
                              " (`isoflop list laws` shows them; a saved law "
                              "is a .json file, a table of runs a .csv, .tsv "
                              "or .jsonl)");
}

std::vector<Law> published_laws(const LawFilter& filter) {
  if (!filter.form.empty()) find_form(filter.form);
  const std::vector<std::string> answers = answers_of_laws();
  if (!filter.answers.empty() &&
      std::find(answers.begin(), answers.end(), filter.answers) ==
          answers.end()) {
    throw std::invalid_argument("laws: no law answers '" + filter.answers +
                                "', but " + join_words(answers) +
                                did_you_mean(filter.answers, answers));
  }
  std::vector<Law> laws;
  for (const Law& law : catalogue()) {
    if (!filter.form.empty() && law.form->name() != filter.form) continue;
    if (!filter.answers.empty() && law.form->output().name != filter.answers) {
      continue;
    }
    laws.push_back(law);
  }
  return laws;
}

std::vector<Law> voting_laws() {
  std::vector<Law> laws;
  for (const Law& law : catalogue()) {
    if (law.provenance.has_vote) laws.push_back(law);
  }
  return laws;
}

}  // namespace isoflop
