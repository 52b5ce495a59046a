// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/base/interval.h"
#include "isoflop/laws/bind.h"
#include "isoflop/laws/discrepancy.h"
#include "isoflop/laws/form.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// The law of plans, checks and predictions that name none.
inline constexpr std::string_view kDefaultLaw = "besiroglu2024";

/// Words for the option that lets an unverified law through; every verb that
/// names a law has it.
inline constexpr std::string_view kAllowUnverifiedHelp =
    "take a published law whose numbers were not compared with their source";

enum class LawStatus { Published, Identified, Weak, NotIdentified };

template <>
struct EnumWords<LawStatus> {
  static constexpr std::pair<LawStatus, std::string_view> values[] = {
      {LawStatus::Published, "published"},
      {LawStatus::Identified, "identified"},
      {LawStatus::Weak, "weak"},
      {LawStatus::NotIdentified, "not_identified"}};
};

/// Where a law comes from and what its numbers mean.
struct Provenance {
  std::string title;           ///< paper, or the file it was fitted to
  std::string source;          ///< id and table or equation
  std::string params_counted;  ///< "total", "non-embedding", ...
  std::string dataset;
  std::string note;
  std::string draws_source;  ///< how the draws were made; "" without draws
  /// By name of coefficient, as printed: marginal. Empty when not known.
  std::map<std::string, double> standard_errors = {};
  /// The coefficients were compared with the source.
  bool is_verified = false;
  int year = 0;                ///< of publication; 0 when not known
  std::string tokens_counted;  ///< what D counts, where it is not plain
  std::string loss_unit = "nats per token";
  std::vector<std::string> traps = {};  ///< what misleads, a sentence each
  /// How a fit or a forecast was made: its options as texts, by name.
  std::map<std::string, std::string> options = {};
  /// Counts in the verdict across published laws, see `voting_laws`.
  bool has_vote = false;

  /// N counts all parameters, as plans do.
  bool counts_all_params() const { return params_counted.starts_with("total"); }
};

/// The runs a law was fitted on: its range of validity.
struct LawRange {
  std::optional<Interval> params;
  std::optional<Interval> tokens;
  std::optional<Interval> flops;
  /// Of what else the law reads, by the variable's name: "experts".
  std::map<std::string, Interval, std::less<>> others = {};
};

/// How single runs lie about a law: errors of log losses.
struct Scatter {
  double sd = 0.0;
  double freedom = 0.0;  ///< spare runs behind it: Student's t
};

/// How much wider intervals must be at a distance beyond the runs, from
/// back-tests: over the compute of the largest run, and times what is stated.
struct Widening {
  double distance = 1.0;
  double factor = 1.0;
  int runs = 0;  ///< held out near that distance
};

/// How a forecast did on its own larger runs: learned from the smaller ones,
/// asked about the others.
struct TestedReach {
  double distance = 1.0;  ///< farthest: compute over the largest learned from
  int runs = 0;           ///< held out, over all splits; 0 where none could be
  int inside = 0;         ///< of these inside their interval of a run
  double level = 0.0;     ///< of the intervals
};

/// An interval about a value, its ends a factor further off in logarithm.
Interval widened(const Interval& interval, double value, double factor);

/// A form with its coefficients, its doubt and its provenance.
struct Law {
  std::string id;                    ///< catalogue id, or the name of a fit
  std::shared_ptr<const Form> form;  ///< never null in a law made by us
  Eigen::VectorXd coefficients;      ///< n_coefficients, natural values
  /// n_draws x n_coefficients, natural values, row per draw; no rows when the
  /// law's doubt is not known. Draws keep the correlation of coefficients
  /// that printed standard errors hide.
  Eigen::MatrixXd draws;
  std::optional<Scatter> scatter;  ///< where the law was fitted here
  Provenance provenance;
  LawRange range;
  LawStatus status = LawStatus::Published;  ///< how far its runs determine it
  /// How runs depart from the law, where that was learned with it: the law is
  /// a forecast then. Null for a law alone. Losses that are predicted and
  /// their intervals take it into account; size and data are the law's.
  std::shared_ptr<const Discrepancy> discrepancy = nullptr;
  /// Of a fit that was tested on its own larger runs, by rising distance.
  std::vector<Widening> widening = {};
  /// What the fit or the forecast that made it found; see `check_law`.
  std::vector<Finding> findings = {};
  /// Of a forecast that was tested, see `tested_reach`.
  std::optional<TestedReach> tested = std::nullopt;

  /// Whether losses are predicted with their departure from the form.
  bool is_forecast() const { return discrepancy != nullptr; }
  /// Whether the doubt of the coefficients is known.
  bool has_draws() const { return draws.rows() > 0; }
  /// How much wider an interval must be at a compute: 1 within the runs,
  /// between the distances of `widening` linear in ln C, beyond the last as
  /// there.
  double widening_at(Flops flops) const;
  /// The coefficients by name, natural values.
  std::map<std::string, double> named_coefficients() const;
  /// The answer of the law for a run, on the natural scale of its output.
  /// @throws std::invalid_argument as `input_vector`.
  double value(const InputValues& inputs) const;
  /// The loss of a run by the law alone; what else it reads is as in a run
  /// without it. `predict` gives the loss of a forecast.
  /// @throws std::invalid_argument unless both are positive and finite.
  Nats loss(Params params, Tokens tokens) const;
};

/// The law as a loss of size and data, see the form's `bind_inputs`.
/// @throws std::invalid_argument.
Law bind_inputs(const Law& law,
                const InputValues& fixed,
                std::string_view owner);

/// What the reader of a plan or check must know of the law behind it: that its
/// doubt is not known, or that its size is not that of the plan. Notes.
std::vector<Finding> law_notes(const Law& law);

/// Which laws of the catalogue.
struct LawFilter {
  std::string form;
  std::string answers;

  static constexpr auto fields() {
    return std::make_tuple(
        field("form", &LawFilter::form, "laws: of this form only"),
        field("answers",
              &LawFilter::answers,
              "laws: with this answer only, as in loss or learning_rate"));
  }
};

/// Ids of the published laws, in order of the catalogue.
std::vector<std::string> published_law_ids();

/// A law of the catalogue compiled into the library (data/laws.json).
/// @throws std::invalid_argument with a did-you-mean for an unknown id, and
///     for a law that is not verified unless `allow_unverified`.
Law published_law(std::string_view id, bool allow_unverified = false);

/// The whole catalogue, unverified laws too, or what a filter leaves of it.
/// @throws std::invalid_argument for a form or an answer that is none.
std::vector<Law> published_laws(const LawFilter& filter = {});

/// The laws that have a say on whether a plan has the right size, a law a
/// paper (docs/decisions/0005-laws-that-vote.md).
std::vector<Law> voting_laws();

/// Whether a text that names a law is a table of runs, to be learned from: it
/// ends in .csv, .tsv or .jsonl. See `law_or_forecast`.
bool is_runs_path(std::string_view name);

/// Whether a text that names a law is a path: it has a '/', ends in .json, or
/// is a table of runs.
bool is_law_path(std::string_view id_or_path);

/// A law by catalogue id, or from a saved file when the text is a path.
/// @throws std::invalid_argument, also for a table of runs, FileError or
///     DataError.
Law find_law(const std::string& id_or_path, bool allow_unverified = false);

/// Saved law (schema isoflop.law/1), as `isoflop fit -o` writes it.
/// @throws FileError, DataError with line and column; unknown keys too.
Law read_law(const std::string& path);

/// The text of a saved law, and back bit by bit; `name` stands for the path
/// in messages.
std::string law_text(const Law& law);
/// And back from its text.
/// @throws DataError as `read_law`.
Law parse_law(const std::string& text, const std::string& name);

/// Writes a law under a temporary name and renames it.
/// @throws FileError, also when the file exists and `replace` is false.
void write_law(const Law& law, const std::string& path, bool replace = false);

/// Says whether `write_law` would refuse, before any work is done.
/// @throws FileError.
void require_writable(const std::string& path, bool replace);

}  // namespace isoflop
