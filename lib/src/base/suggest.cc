// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/suggest.h"

#include <algorithm>
#include <cctype>

namespace isoflop {
namespace {

std::string fold(std::string_view word) {
  std::string folded;
  for (const char c : word) {
    if (c == '_' || c == '-' || c == ' ' || c == '.') continue;
    folded.push_back(
        static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return folded;
}

/// The distances of all of `a` to each beginning of `b`, from none of it on.
std::vector<int> distances(std::string_view a, std::string_view b) {
  const auto rows = a.size() + 1;
  const auto cols = b.size() + 1;
  std::vector<int> table(rows * cols);
  const auto at = [&](std::size_t i, std::size_t j) -> int& {
    return table[i * cols + j];
  };
  for (std::size_t i = 0; i < rows; ++i) at(i, 0) = static_cast<int>(i);
  for (std::size_t j = 0; j < cols; ++j) at(0, j) = static_cast<int>(j);
  for (std::size_t i = 1; i < rows; ++i) {
    for (std::size_t j = 1; j < cols; ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      at(i, j) = std::min(
          {at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return {table.end() - static_cast<std::ptrdiff_t>(cols), table.end()};
}

}  // namespace

std::string suggest(std::string_view word,
                    const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 64;
  const std::string wanted = fold(word);
  if (wanted.empty() || wanted.size() > kLongestWord) return {};
  std::string best;
  int best_distance = std::max<int>(1, static_cast<int>(wanted.size()) / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::string folded = fold(candidate);
    if (folded.size() > kLongestWord) continue;
    const std::vector<int> to_beginnings = distances(wanted, folded);
    int d = to_beginnings.back();
    if (wanted.size() >= 3 && folded.starts_with(wanted)) d = std::min(d, 1);
    // "h1000" begins as h100-sxm does, but for a letter in five.
    const int begun =
        *std::min_element(to_beginnings.begin(), to_beginnings.end());
    if (wanted.size() >= 5 && 5 * begun <= std::ssize(wanted)) {
      d = std::min(d, std::max(begun, 1));
    }
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word,
                         const std::vector<std::string>& candidates) {
  const std::string near = suggest(word, candidates);
  return near.empty() ? std::string() : "; did you mean '" + near + "'?";
}

std::string join_clauses(const std::vector<std::string>& clauses) {
  std::string text;
  for (const std::string& clause : clauses) {
    text += (text.empty() ? "" : "; ") + clause;
  }
  return text;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace isoflop
