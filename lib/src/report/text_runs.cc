// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/text.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

template <class Tag>
std::string span_text(const Eigen::VectorXd& values) {
  return format_quantity(Quantity<Tag>(values.minCoeff())) + " .. " +
         format_quantity(Quantity<Tag>(values.maxCoeff()));
}

}  // namespace

std::string to_text(const Conversion& conversion) {
  const Runs& runs = conversion.runs;
  const auto count = static_cast<int>(runs.size());
  std::string text =
      counted(count, "run", "runs") + " from " +
      counted(static_cast<int>(conversion.files.size()), "file", "files");
  if (runs.dropped > 0)
    text += ", " + std::to_string(runs.dropped) + " left out";
  text += "\n\n";
  TextTable files("lrrl");
  files.add({"file", "rows", "runs", "kind"});
  for (const ConvertedFile& file : conversion.files) {
    files.add({printable(file.path),
               std::to_string(file.rows),
               std::to_string(file.runs),
               file.kind});
  }
  TextTable spans("ll");
  spans.add({"params", span_text<ParamsTag>(runs.params)});
  spans.add({"tokens", span_text<TokensTag>(runs.tokens)});
  spans.add({"compute", span_text<FlopsTag>(runs.flops) + " FLOP"});
  spans.add({"loss",
             format_number(runs.loss_nats.minCoeff(), 4) + " .. " +
                 format_number(runs.loss_nats.maxCoeff(), 4) + " nats"});
  return text + files.str() + "\n" + spans.str() +
         "\nNext: isoflop fit RUNS.CSV\n";
}

}  // namespace isoflop
