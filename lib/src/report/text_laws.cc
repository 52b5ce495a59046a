// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "isoflop/laws/optimum.h"
#include "isoflop/report/text.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string coefficients_table(const Law& law) {
  const auto& errors = law.provenance.standard_errors;
  TextTable table(errors.empty() ? "lrl" : "lrrl");
  for (int j = 0; j < law.form->coefficient_count(); ++j) {
    const auto& info = law.form->coefficients()[static_cast<std::size_t>(j)];
    std::vector<std::string> row = {std::string(info.name),
                                    format_exact(law.coefficients[j])};
    if (!errors.empty()) {
      const auto at = errors.find(row.front());
      row.push_back(at == errors.end() ? "" : "+- " + format_exact(at->second));
    }
    row.emplace_back(info.meaning);
    table.add(std::move(row));
  }
  return table.str();
}

template <class Q>
std::string cell(const std::optional<Q>& quantity, int digits = 3) {
  return quantity ? format_quantity(*quantity, digits) : std::string();
}

/// Size and data at three budgets; "" for a law that does not say.
std::string optimum_table(const Law& law) {
  const std::vector<Allocation> rows = law_allocations(law);
  if (rows.empty()) return {};
  const bool has_loss = rows.front().loss.has_value();
  TextTable table(has_loss ? "rrrrr" : "rrrr");
  std::vector<std::string> head = {
      "optimum at FLOP", "params", "tokens", "tokens/param"};
  if (has_loss) head.emplace_back("loss");
  table.add(std::move(head));
  for (const Allocation& at : rows) {
    std::vector<std::string> row = {
        format_quantity(at.flops), cell(at.params), cell(at.tokens), ""};
    if (at.params && at.tokens) {
      row.back() = format_number(at.tokens->value() / at.params->value(), 3);
    }
    if (has_loss) row.push_back(cell(at.loss, 4));
    table.add(std::move(row));
  }
  return table.str() + "\n";
}

/// "N model parameters; D training tokens, repeats counted".
std::string inputs_text(const Form& form) {
  std::vector<std::string> parts;
  for (const Variable& input : form.inputs()) {
    parts.push_back(std::string(input.symbol) + " " +
                    std::string(input.meaning));
  }
  return join_clauses(parts);
}

std::string others_text(const LawRange& range) {
  std::vector<std::string> parts;
  for (const auto& [name, interval] : range.others) {
    parts.push_back(name + " " + interval_text(interval));
  }
  return join_clauses(parts);
}

std::string provenance_lines(const Law& law) {
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      text += wrap(std::string(name) + ": " + printable(value), 2);
    }
  };
  const Provenance& known = law.provenance;
  line("source", known.source);
  line("reads", inputs_text(*law.form));
  line("parameters counted", known.params_counted);
  line("tokens counted", known.tokens_counted);
  if (known.loss_unit != Provenance().loss_unit) {
    line("loss in", known.loss_unit);
  }
  line("data", known.dataset);
  line("params fitted", interval_text(law.range.params, ParamsTag::unit));
  line("tokens fitted", interval_text(law.range.tokens, TokensTag::unit));
  line("FLOP fitted", interval_text(law.range.flops, FlopsTag::unit));
  line("fitted", others_text(law.range));
  line("draws",
       law.has_draws() ? known.draws_source
                       : std::string("none: its doubt is not known"));
  if (law.is_forecast()) {
    line("forecast",
         "with how its runs depart from it, learned under the prior " +
             law.discrepancy->data().prior);
  }
  line("note", known.note);
  for (const std::string& trap : known.traps) line("trap", trap);
  for (const Finding& finding : law.findings) {
    if (finding.severity != Severity::Note) line("trap", finding.message);
  }
  return text;
}

/// "2404.10102" of a source that names one.
std::string arxiv_of(const std::string& source) {
  const std::string key = "arXiv:";
  const std::size_t at = source.find(key);
  if (at == std::string::npos) return {};
  const std::size_t from = at + key.size();
  return source.substr(from,
                       source.find_first_not_of("0123456789.", from) - from);
}

/// Tokens per parameter at a budget, "" where the law does not say.
std::string ratio_at(const Law& law, Flops flops) {
  try {
    return format_number(optimum(law, flops).tokens_per_param(), 3);
  } catch (const std::invalid_argument&) {
    return {};
  }
}

/// The form as a table has room for it.
std::string form_word(const Form& form) {
  constexpr std::size_t kRoom = 26;
  return form.name().size() > kRoom ? "a formula" : std::string(form.name());
}

std::string laws_table(const std::vector<Law>& laws) {
  constexpr double kBudget = 1e24;
  const bool is_loss = laws.front().form->answers_loss();
  TextTable table(is_loss ? "llrlrr" : "llrlr");
  std::vector<std::string> head = {"law", "form", "draws", "verified", "arXiv"};
  if (is_loss) head.emplace_back("D/N");
  table.add(std::move(head));
  for (const Law& law : laws) {
    std::vector<std::string> row = {
        printable(law.id),
        form_word(*law.form),
        law.has_draws() ? std::to_string(law.draws.rows()) : "none",
        law.provenance.is_verified ? "yes" : "no",
        arxiv_of(law.provenance.source)};
    if (is_loss) row.push_back(ratio_at(law, Flops(kBudget)));
    table.add(std::move(row));
  }
  return table.str();
}

}  // namespace

std::string to_text(const Law& law) {
  const bool is_known =
      law.provenance.is_verified || law.status != LawStatus::Published;
  return printable(law.id) + "   (" + std::string(to_string(law.status)) +
         (is_known ? ")\n" : ", not verified)\n") +
         wrap(printable(law.provenance.title), 2) +
         wrap(std::string(law.form->output().symbol) + " = " +
                  std::string(law.form->formula()),
              2) +
         "\n" + coefficients_table(law) + "\n" + optimum_table(law) +
         provenance_lines(law);
}

std::string to_text(const std::vector<Law>& laws) {
  std::vector<std::vector<Law>> groups;
  bool is_all_verified = true;
  for (const Law& law : laws) {
    is_all_verified = is_all_verified && law.provenance.is_verified;
    const auto same = [&](const std::vector<Law>& group) {
      return group.front().form->output().name == law.form->output().name;
    };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), {{}});
    group->push_back(law);
  }
  if (laws.empty()) return "no law is like that\n";
  std::string text;
  for (const std::vector<Law>& group : groups) {
    const Variable& answer = group.front().form->output();
    text += "Laws that answer " + std::string(answer.name) + " (" +
            std::string(answer.meaning) + ")\n" + laws_table(group) + "\n";
  }
  std::string legend;
  if (groups.front().front().form->answers_loss()) {
    legend = wrap("D/N: optimal tokens per parameter at 1e24 FLOP", 2);
  }
  if (!is_all_verified) {
    legend += wrap(
        "verified no: not compared with its source; taken with "
        "--allow-unverified only",
        2);
  }
  return text + legend + (legend.empty() ? "" : "\n") +
         "Next: isoflop explain law " + printable(laws.front().id) + "\n";
}

}  // namespace isoflop
