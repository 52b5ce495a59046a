// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isoflop {

/// The candidate nearest to a misspelt word, or "" when none is near.
///
/// Near is a Damerau-Levenshtein distance (restricted: one swap of neighbours
/// counts one) of at most a third of the word's length, at least one.
/// Candidates that begin with the word also count.
std::string suggest(std::string_view word,
                    const std::vector<std::string>& candidates);

/// "; did you mean 'X'?" or "".
std::string did_you_mean(std::string_view word,
                         const std::vector<std::string>& candidates);

/// "a; b; c": for parts that hold commas.
std::string join_clauses(const std::vector<std::string>& clauses);

/// "a, b and c"; "" for none.
std::string join_words(const std::vector<std::string>& words);

}  // namespace isoflop
