// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "check/forecast_codes.h"
#include "isoflop/base/suggest.h"
#include "isoflop/check/check.h"

namespace isoflop {
namespace {

/// Codes of other layers; the rules of plans bring their own pages.
constexpr RuleInfo kCodes[] = {
    {"plan.unreachable-loss",
     "no run reaches the loss that is wanted",
     R"(
goal.loss is at or below the law's irreducible loss, or the size, the data or
the demands on serving that are given leave no run that reaches it: a small
model has a loss that no amount of data takes it below.

The finding says the least loss within the bounds, the share of the law's draws
in which the wanted one is reached, and which bound would have to give way. A
loss above the irreducible one of the law but below that of more than one draw
in twenty is an error too: the plan is shown, and is a guess.

Source: with a fixed size the additive law ends at E + A / N^alpha.
)",
     "goal.loss"},
    {"fit.not-identified",
     "the runs do not determine the law's coefficients",
     R"(
There are fewer distinct runs than coefficients, or moving several coefficients
together changes no prediction at the runs: the Jacobian of the predictions has
less than full rank, at the estimate or at typical coefficients. The optimiser
still ends somewhere, and where means nothing.

The finding says which coefficients cannot be separated and why, what still is
known, and the fewest runs that would mend it. `plan` refuses such a law.

Example: thirteen runs that all have 20 tokens per parameter determine the loss
along that line and nothing beside it.

Source: Raue et al. 2009, doi:10.1093/bioinformatics/btp358, on structural and
practical identifiability.
)"},
    {"fit.weak",
     "the runs determine the law, but not what is decided with it",
     R"(
The Jacobian has full rank, but: its condition number is above 1e4, or all runs
share one size, amount of data, ratio or budget (a tenth either way), or there
are no more runs than coefficients, or an exponent ends at its bound or a term
at zero, or at ten times the largest budget of the runs the 90 % interval of
the optimal size exceeds a factor of three either way, or that of the loss 8 %.
Refits have their say too: a term that ends at zero in the tail outside the
interval (5 % of the refits at --level 0.9) is not determined. Neither is a
coefficient whose profile does not close: held ever farther from its value,
with the others fitted anew, the objective never rises to the cut.

The spread is taken at the most scatter that the runs do not rule out, and at no
less than real runs show, so that a few runs that happen to lie close to a law
are not taken for certainty.

Accept it by name (--accept fit.weak) when only predictions within the range of
the runs are wanted.
)"},
    {"fit.not-converged",
     "the search stopped before an optimum",
     R"(
Every descent ended with a gradient that is not negligible. Usually the runs
hold losses of different kinds, or units that differ from row to row.
)"},
    {"fit.at-bound",
     "a coefficient ends at the end of its range, or its term vanishes",
     R"(
An exponent stopped at the end of its allowed range, or E, A or B became zero.
The runs do not show that term; intervals of the others are one-sided at best.
)"},
    {"fit.few-runs",
     "only one to three runs more than coefficients",
     R"(
Resampling so few runs gives intervals that are too narrow. Add runs.
)"},
    {"fit.outliers",
     "some runs lie far from the law",
     R"(
Runs whose log-loss residual exceeds six robust scales. The Huber objective
gives them little weight, so the law hardly moves; they may have diverged, or
have other units. Named in the message, largest first.
)"},
    {"fit.bootstrap-failed",
     "more than a tenth of the refits did not converge",
     R"(
Resamples lost what identifies a coefficient. The intervals hold only those
that converged and are too narrow.
)"},
    {"fit.influential",
     "one run decides more than its share",
     R"(
Only with --influence, which leaves every run out once and fits the others.
Without one of the named runs the optimal size or the loss at ten times the
largest budget moves by more than its own standard deviation. Such a run is
not wrong: often it is the largest. But what is planned rests on it, so look
at it twice, or repeat it with another seed.
)"},
    {"fit.no-profile",
     "there is nothing to profile",
     R"(
Asked with --interval profile. A profile compares the rise of the objective
with the errors of the runs: without errors, as in computed losses, with as many
coefficients as runs, or where several coefficients change all predictions
alike, there is none. The result then has no intervals.
)"},
    {"fit.residual-trend",
     "the residuals rise or fall along params, tokens or compute",
     R"(
Spearman's rank correlation of the residuals with size, data or compute has a
p-value below 0.01, the three tests counted. The form of the law is wrong in
this range, or runs of different kinds are mixed, or some were stopped early:
what it predicts beyond the runs is then off to one side, which no interval
shows.

Source: Spearman 1904, doi:10.2307/1412159.
)"},
    {"fit.uneven-errors",
     "the size of errors depends on where a run lies",
     R"(
The absolute errors have a rank correlation with leverage, params, tokens or
compute whose p-value, four tests counted, is below 0.01. Usually small runs
scatter more, or the law misses those at the edge. With --bootstrap-kind auto
the refits then draw whole runs (pairs) and not errors, and profiles are widened
by the sandwich variance; a residual bootstrap would be too sure.
)"},
    {"fit.lack-of-fit",
     "the law misses the runs by more than repeated runs differ",
     R"(
Where runs repeat the same inputs, as with several seeds, their scatter is pure
error. An F test compares with it what the law leaves over; here its p-value
is below 0.01. The form is wrong at the precision of these runs. Runs that
differ in a known column which the form does not read (fit.unread-column) are no
repeats.

Source: Draper & Smith 1998, doi:10.1002/9781118625590, section 2.1.
)"},
    {"fit.unread-column",
     "runs that are one to the form differ in another column",
     R"(
The table has a column of a quantity that laws know, as unique_tokens or
experts, in which runs of the same inputs differ; the form that was fitted does
not read it. What it does to the loss is taken for noise then, and how far the
losses of such runs lie apart is said. Fit a form that reads the column, or runs
of one value.
)"},
    {"fit.correlated-groups",
     "runs of one group err together",
     R"(
The column group explains more of the residuals than chance would (F test, p
below 0.01, correlation within groups above 0.1): checkpoints of one run, or
families of models that share data or settings. Intervals that take the runs
for independent are too narrow. --bootstrap-kind cluster draws whole groups.
)"},
    {"fit.curve-points",
     "points of a loss curve err together",
     R"(
The errors of neighbouring points on a curve correlate: the data are the same,
and a spike lasts. Refits draw blocks of neighbours then, as long as is best for
errors of a first-order autoregression with that correlation, so that intervals
do not take every point for news. Another --bootstrap-kind leaves that out.

Source: Carlstein 1986, doi:10.1214/aos/1176350057.
)"},
    {"runs.flops-mismatch",
     "the given FLOP are not 6 N D",
     R"(
All of params, tokens and flops are given, and the median of C / (6 N D) is off
one by more than 5 %: sizes without embeddings, attention counted, or a mixture
of experts. The columns are used as given; fits use N and D alone.
)"},
    {"runs.units",
     "more params or tokens than any run had",
     R"(
The median of params is above 1e15 or that of tokens above 1e18. Probably the
column is in another unit, or --unit was given for one that is a count already.
)"},
    {"runs.perplexity",
     "the losses look like perplexities",
     R"(
The median loss is above 8. A loss in nats per token is the logarithm of the
perplexity; text models end between 1.5 and 5. A fit, forecast or back-test that
would else be sure of itself is DOUBTFUL.
)"},
    {"runs.diverged",
     "some losses are far above the others",
     R"(
A loss is above three medians, or above 15 where the median is at most 8. Such
runs have usually diverged and say nothing about the law; leave them out with
--where, or let the Huber objective give them little weight.
)"},
    {"runs.loss-rises",
     "the loss rises with size and compute",
     R"(
The rank correlations of the loss with params and with FLOP are both above 0.5.
Probably the column holds an accuracy or a reward, or the runs diverge as they
grow.
)"},
    {"runs.duplicates",
     "the same run is there more than once",
     R"(
Rows agree in params, tokens and loss. A table that was written twice makes
intervals from resampling too narrow. Repeats with other seeds differ in loss
and are not meant.
)"},
    {"runs.narrow",
     "params or tokens span less than a decade",
     R"(
Exponents are slopes over logarithms: runs that span less than a factor of ten
in params or in tokens leave them open. The fit says by how much.
)"},
    {"runs.compute-only",
     "the table has compute and loss, but neither params nor tokens",
     R"(
Such runs determine a law of compute alone, E + (C0/C)^gamma, which `fit` takes
by itself: the loss of runs trained the way these were. How to divide compute
between size and data is not in them, so that `plan`, `check` and `forecast`
refuse; `predict --flops` answers. A column params or tokens makes them runs
like any other.

Source: Dey et al. 2023, arXiv:2304.03208, equation 1.
)"},
    {"runs.repeated-data",
     "some runs saw their unique tokens more than once",
     R"(
The table has unique_tokens, and some runs trained on more tokens than that. The
additive law counts a repeated token as a new one, so that its data term comes
out too slow where repeats are many. Keep the runs of one epoch
(--where epochs=1), or take the law for what it is.

Source: Muennighoff et al. 2023, arXiv:2305.16264.
)"},
    {"runs.curve",
     "rows look like checkpoints of training curves",
     R"(
Many rows have the same params, and their tokens grow by equal steps: they are
checkpoints of few runs. Their losses hang together, so that resampling rows
gives intervals that are too narrow, and a loss before the end of a learning
rate schedule is above that of a run that ends there.

Keep one row a run (`isoflop convert --pick last`), or name the run of each row
in a column `group`.
)"},
    {"runs.not-finite",
     "the loss of a curve is NaN or infinite at some steps",
     R"(
Such steps are never taken for the best. When the last step is one of them, the
run has no final loss: the table is refused, or with --drop-bad the run is left
out and counted.
)"},
    {"runs.loss-unit",
     "the loss may not be in nats per token",
     R"(
Laws compare losses in nats per token. Bits are turned by ln 2; bits per byte
need the bytes per token of the evaluated text too, without which the loss stays
per byte: the shape of the law is right then, but its losses do not compare with
those of other laws. A median below 1.3 makes a note.
)"},
    {"runs.loss-sd",
     "standard deviations above half the loss",
     R"(
The column loss_sd gives the weight of a run, (loss / loss_sd)^2. It is in the
unit of the loss; one in per cent is a hundred times too large.
)"},
    {"runs.mixed-units",
     "the losses fall into two groups, as nats and bits would",
     R"(
About a plane in ln N and ln D, which every law resembles over a few decades,
the log losses form two groups ln(1 / ln 2) = 0.367 apart. Probably some rows
are in bits. Give the unit of each row in a column loss_unit.
)"},
    {"runs.mixed-labels",
     "the runs differ in what their parameters count",
     R"(
A column says that params are counted in more than one way, with and without
embeddings. One law cannot hold for both: for small models they differ by half.
)"},
    {"runs.dropped",
     "rows could not be read and were left out",
     R"(
With --drop-bad, rows with empty cells or cells that are no positive number are
counted and left out. Runs that failed are not missing at random: without them
a law can look better than it is.
)"},
    {"valleys.not-bracketed",
     "budgets whose parabola has no minimum among their runs",
     R"(
The parabola through the losses of a budget opens downward (maximum), is flat
within the scatter (flat), or has its lowest point beyond the smallest or
largest run (edge); or the runs span half a budget and more (spread), because
neighbours chain without a gap. Such a budget says nothing about the optimal
size, and is left out of the power laws. Add runs on the side where the loss
still falls, or set --budget-ratio closer to 1.
)"},
    {"valleys.no-frontier",
     "less than two budgets have a minimum",
     R"(
A power law of the optimal size needs two budgets, and three for an interval.
Runs are of one budget when the FLOP of neighbours differ by less than
--budget-ratio; a table that is no isoFLOP sweep belongs to `isoflop fit`.
)"},
    {"valleys.bias",
     "parabolas are off on this design, even without noise",
     R"(
A parabola is symmetric in ln N; the loss of a law along a budget is not, unless
its exponents are equal. Its minimum is off by more the wider the sweep, and a
centre of the sweep that drifts from budget to budget turns the exponent too.
The bias shown is that of the law fitted to the same runs, through the same
steps, without noise.

Source: Hoffmann et al. 2022, arXiv:2203.15556, section 3.2, for the method.
)"},
    {"valleys.no-bias",
     "the bias of the parabolas is not known",
     R"(
The runs do not determine the law that the bias is computed from. Parabolas look
at a budget at a time and can have minima all the same.
)"},
    {"envelope.no-frontier",
     "less than two sizes are ever the lowest inside the range",
     R"(
The smallest and the largest size do not count: one beyond them might be lower
still. Give checkpoints of more sizes, from early enough that the curves cross.
)"},
    {"envelope.schedule",
     "checkpoints are not runs that end there",
     R"(
Before the end of its learning-rate schedule a run has a higher loss than one
whose schedule ends at that step. The envelope then favours small models, which
have come further along theirs.

Source: Hoffmann et al. 2022, arXiv:2203.15556, section 3.1 and appendix B.
)"},
    {"envelope.few-curves",
     "too many resamples of the curves have no frontier",
     R"(
With few sizes a resample often has less than two left inside the range. The
intervals would hold only the others, so they are left out.
)"},
    {"compare.best-not-identified",
     "the form that predicts best is not determined by the runs",
     R"(
Predicting runs that are like the others needs no coefficients that can be told
apart; extrapolating does.
)"},
    {"law.no-draws",
     "the law comes without draws, so that its doubt is not known",
     R"(
The doubt in a law is carried by draws: vectors of coefficients from refits to
resampled runs. Printed standard errors cannot stand in for them, because they
hide how strongly the coefficients hang together. A law without draws gives a
point and no interval, and a verdict that looks surer than it is.

Compare with a law that has draws (`isoflop list laws`), or fit the runs
yourself with --bootstrap.

Source: Besiroglu et al. 2024, arXiv:2404.10102, on intervals that were far too
narrow.
)"},
    {"law.disagreement",
     "the law asked finds the size fine, and most published laws do not",
     R"(
`check` judges a plan under the law that was named and under the published laws
that vote. When the first sees no waste and more than half of the others call
the size overparameterised, one of them does not apply: it was fitted on other
models, other data, or counts other parameters.

Look at the table of laws in the answer and at `isoflop explain law ID` for what
each was fitted on.

Source: this project, docs/decisions/0005-laws-that-vote.md.
)"},
    {"law.assumed-inputs",
     "the law reads more than size and data; what is usual was taken",
     R"(
Plans and checks know the size, the data and the distinct tokens of a run. A law
that also reads experts or bits is taken at one expert and without limits of
precision: as a dense model, trained and served at full precision.

`isoflop predict` takes every input of a law.

Source: docs/decisions/0006-one-list-of-variables.md.
)"},
    {"law.other-losses",
     "the law of the error rate was fitted on other losses than are predicted",
     R"(
Losses compare only within one tokeniser and one set of texts. A law that turns
a loss into an error rate holds for losses of the set it was fitted on; those of
another law are shifted against them, and the error rate is off by as much.

Take a law of the loss and one of the error from the same runs.

Source: Gadre et al. 2024, arXiv:2403.08540.
)"},
    {"law.params-counted",
     "the law counts other parameters than all of them",
     R"(
Plans and checks take the size N as all parameters. This law counts others:
without embeddings, or those that work on a token. Its sizes, given and found,
are in its own count. For large models the difference is a few per cent, for
small ones it can be half.

`isoflop predict --law pearce_song2024` converts.

Source: Pearce and Song 2024, arXiv:2406.12907; Porian et al. 2024,
arXiv:2406.19146.
)"},
    {"law.other-architecture",
     "the model is no dense one, as those are that the law was fitted on",
     R"(
A mixture of experts, a hybrid, or a model of which nobody has said what it is.
Its size is taken as the parameters that work on a token; a law of dense models
then calls it too small for its data more readily than it is, because experts
that rest help too.

`isoflop predict --law ludziejewski2025` has a loss for mixtures, and `isoflop
check --expert-load` says what experts are worth.

Source: Ludziejewski et al. 2025, arXiv:2502.05172.
)",
     "law"},
    {"law.extrapolation",
     "a prediction far beyond the runs of the law",
     R"(
The run predicted has more than a hundred times the compute of the largest run
the law was fitted on; or, in a table of runs, less than a tenth of that of the
smallest, small runs depart from a law most; or a plan has less than the
smallest, or more experts than any. Of a fit it is a note: some of the budgets
that optima are shown at lie so far out.
)"},
    {"fit.not-widened",
     "intervals beyond the runs are not widened by a back-test",
     R"(
Refits know the scatter of the runs, not the error of the form, which grows with
the distance from the runs. So a fit is tested on its own larger runs, and
intervals of predictions beyond all of them are as many times wider as they had
to be there. This takes eight smaller runs and two that are larger by a factor
of three; there are not as many.

`isoflop forecast` allows for the error of the form in another way.
)"},
    {"fit.rows-of-runs",
     "several rows of the table are of one run",
     R"(
Rows of one name and one size are taken for one run at several amounts of data,
as checkpoints are: `fit` fits all of them, but larger runs are held out whole,
so that fewer are there to test it than rows. --column name=COLUMN says which
column names the runs, where another does.
)"},
    {"fit.back-test-missed",
     "intervals of fits to the smaller runs miss the larger",
     R"(
A fit is tested on its own larger runs (fit.not-widened says how). Less than
half as many of them as stated lay in their intervals, or these had to be more
than three times as wide. The coefficients may be determined and the form still
be wrong beyond the runs it was fitted to. Intervals of losses are widened by
what was missed; those of coefficients and of the optimal size are not.

`isoflop backtest` says whether a forecast or another form predicts these runs.
)"},
    {"fit.auto-untested",
     "too few runs to choose a form by what it predicts",
     R"(
--law auto fits every form that reads the columns at hand to the smaller runs,
and takes the one that predicts the larger ones best. This takes eight smaller
runs and two that are larger by a factor of three.
)"},
};

}  // namespace

std::vector<RuleInfo> finding_codes() {
  std::vector<RuleInfo> codes = check_rules();
  codes.insert(codes.end(), std::begin(kCodes), std::end(kCodes));
  const std::span<const RuleInfo> forecasts = forecast_codes();
  codes.insert(codes.end(), forecasts.begin(), forecasts.end());
  return codes;
}

RuleInfo find_code(std::string_view code) {
  std::vector<std::string> names;
  for (const RuleInfo& info : finding_codes()) {
    if (info.code == code) return info;
    names.emplace_back(info.code);
  }
  throw std::invalid_argument("unknown code '" + std::string(code) + "'" +
                              did_you_mean(code, names) +
                              " (`isoflop list codes` shows them)");
}

}  // namespace isoflop
