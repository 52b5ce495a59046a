// SPDX-License-Identifier: Apache-2.0
#include "runs/mixed_labels.h"

#include "runs/cell_text.h"

namespace isoflop::detail {
namespace {

struct Watched {
  std::string_view name;  ///< folded
  bool is_fatal;          ///< losses of two of them do not compare
};
constexpr Watched kWatched[] = {{"tokenizer", true},
                                {"tokeniser", true},
                                {"tokenizername", true},
                                {"vocabsize", true},
                                {"evalset", true},
                                {"evaldataset", true},
                                {"evaldata", true},
                                {"validationset", true},
                                {"paramscounted", false},
                                {"paramskind", false}};

}  // namespace

MixedLabels::MixedLabels(const std::vector<std::string>& header,
                         const ColumnMap& map) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string folded = fold_name(header[i]);
    for (const Watched& watched : kWatched) {
      if (folded != watched.name) continue;
      const bool is_group = map.of(Role::Group) == static_cast<int>(i);
      labels_.push_back(
          {static_cast<int>(i), header[i], watched.is_fatal && !is_group});
    }
  }
}

void MixedLabels::add(int index, std::string_view label) {
  Label& watched = labels_[static_cast<std::size_t>(index)];
  if (!watched.started) {
    watched.first = label;
    watched.started = true;
  } else if (watched.other.empty() && watched.first != label) {
    watched.other = label;
  }
}

std::vector<Finding> MixedLabels::findings() const {
  std::vector<Finding> findings;
  for (const Label& label : labels_) {
    if (label.other.empty()) continue;
    const std::string text = "column " + quoted(label.name) + " holds " +
                             quoted(label.first) + " and " +
                             quoted(label.other);
    const std::string name = excerpt(label.name);
    if (label.is_fatal) {
      throw ColumnError(text +
                        ", and losses per token compare only within one: "
                        "--where " +
                        name + "=" + excerpt(label.first) +
                        ", or --column group=" + name +
                        " to take them together all the same");
    }
    findings.push_back(
        {"runs.mixed-labels",
         Severity::Warning,
         text + ", so that the runs differ in more than size "
                "and data",
         "keep one of them: --where " + name + "=" + excerpt(label.first),
         {}});
  }
  return findings;
}

}  // namespace isoflop::detail
