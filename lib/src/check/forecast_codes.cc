// SPDX-License-Identifier: Apache-2.0
#include "check/forecast_codes.h"

namespace isoflop {
namespace {

constexpr RuleInfo kCodes[] = {
    {"forecast.few-runs",
     "too few different runs for a forecast",
     R"(
A forecast needs eight runs that differ in size or data. With fewer the prior
decides the answer.

Add runs of other sizes and data; `isoflop predict --law ID` answers from a
published law meanwhile.
)"},
    {"forecast.flat-design",
     "size and data of the runs do not vary apart",
     R"(
All runs have one size, one amount of data, one compute or one ratio of tokens
to parameters, within 10 %. Along that line a forecast holds; how the loss
divides into a part of size and a part of data, and so how compute should
divide, is the prior's word alone. Intervals open with the distance from the
line, up to what the exponents allow. Plans refuse such a law.

Add runs off the line: the largest size on half and on twice its data.
)"},
    {"forecast.set-aside",
     "rows lie far off what all others say of them",
     R"(
Each row is predicted from all others. Those that lie more than seven standard
deviations off, a tenth of the rows at most, are left out and the rest is
learned anew: the runs failed, or were done in another way. On real runs without
known faults there is hardly one; of runs with 5 to 20 % of loss added nearly
all.

Look at them. What cannot be mended is best left out (--where).
)"},
    {"forecast.no-fall",
     "the losses do not fall with size and data",
     R"(
The law that suits the runs best is flat: over all runs it falls by less than
0.1 %, or than twice the scatter of the runs. The losses are constant, rise, or
hang on something else than size and data. There is nothing to extrapolate.

Check the columns: an accuracy or a reward rises, and a learning-rate sweep of
one model has one size and one amount of data.
)"},
    {"forecast.prior-mismatch",
     "the runs are unlike the losses that the prior is about",
     R"(
The prior of the exponents comes from losses of language models in nats per
token. Here an exponent ends more than 2.5 standard deviations off it, or the
median loss is outside 0.3 to 15 nats: another unit, another kind of task, or a
loss that size or data hardly move. Forecasts are then pulled to the wrong
place.

Check the unit of the loss. For another kind of task take --prior none, or
laws fitted to such runs by --prior-law.
)"},
    {"forecast.poor-law",
     "the runs depart from the law by as much as was looked for",
     R"(
The likeliest departure of the runs from the law is the largest of the grid. The
law is then no guide beyond the runs: they may mix setups, or the law has the
wrong form.

Split the runs (--where), or compare forms with `isoflop backtest`.
)"},
    {"forecast.thinned",
     "not all rows were used",
     R"(
The work of a forecast grows with the cube of its rows. Of more than 2000 some
are taken evenly over size and data. Checkpoints of one run say little that its
neighbours do not.
)"},
    {"backtest.no-splits",
     "too few runs to hold some out",
     R"(
A back-test learns from the runs up to a share of the largest compute and
predicts the larger ones. No --factor leaves eight of the first and two of the
others.
)"},
    {"backtest.forecast-worse",
     "on these runs the forecast is worse than the plain fit",
     R"(
Over many sets of runs the forecast has half the error of the plain fit a decade
out. Here it has more: the runs may be far from what its prior is about, span
more than two decades of compute, or be very small.

Predict with the plain fit (`isoflop fit`), and look at --factor one by one. As
a note it says at what distances the forecast is the worse one, where it is not
over all.
)"},
    {"backtest.prior-mismatch",
     "the prior of the forecast does not suit the smaller runs",
     R"(
On a split, what was learned from is unlike the losses of language models that
the prior is about: see forecast.prior-mismatch. Test with --prior none, or with
--prior-law of laws fitted to such runs.
)"},
    {"backtest.extrapolation",
     "predictions beyond two decades of the compute learned from",
     R"(
Beyond 1.5 to 2 decades a forecast gains little over a fit, and its intervals
were tested on few runs. Such predictions count in the means; the table has them
in a row of their own.
)"},
    {"backtest.no-answer",
     "a form has no finite answer on some splits",
     R"(
Fitted to the smaller runs, the form ends at coefficients that give no number
for the larger. It has no mean to be compared with those of other methods.
)"},
    {"backtest.intervals-short",
     "intervals of the forecast held fewer of the larger runs than they should",
     R"(
Coverage is an average over sets of runs: within one nearly all runs are
covered, or nearly all are not, because what departs from the law does so for
all of them. On these runs the intervals were too short by more than 15 % of the
runs, and by more than one in twenty tables of as many independent runs would
show by chance.
)"},
};

}  // namespace

std::span<const RuleInfo> forecast_codes() { return kCodes; }

}  // namespace isoflop
