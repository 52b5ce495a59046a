#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/theory/backtests.md: back-tests of every set of runs at hand.

    backtests.py [--command PATH] [--data FOLDER] [--check]

The sets lie outside the repository, see tests/support/paths.h. A set that is
not there is left out. With matplotlib, also draws forecast.png from one set.

--check writes nothing and fails with the differences when the page is stale, or
when the picture was drawn from other numbers; its exit status is 77 where a set
is missing.
"""

import argparse
import csv
import difflib
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/theory/backtests.md"
PICTURE = ROOT / "docs/theory/forecast.png"

SETS = [
    ("Hoffmann et al. 2022, 240 points", "chinchilla_epoch.csv",
     ["outlier=0"]),
    ("Gadre et al. 2024, C4", "gadre_overtrain.csv",
     ["family=c4", "warmup_dominated=0"]),
    ("Gadre et al. 2024, RedPajama", "gadre_overtrain.csv",
     ["family=rpj", "warmup_dominated=0"]),
    ("Gadre et al. 2024, RefinedWeb", "gadre_overtrain.csv",
     ["family=rw", "warmup_dominated=0"]),
    ("Open language models, best learning rate", "misfitting_final_bestlr.csv", []),
    ("xLSTM study, Llama isoFLOP", "xlstm_isoflop.csv",
     ["family=isoflop_llama_ctx8192"]),
    ("Porian et al. 2024, RefinedWeb", "porian_rw_cosine.csv", []),
    ("Muennighoff et al. 2023, single epoch", "datablations.csv",
     ["single_epoch=1"]),
]
METHODS = {"forecast": "forecast", "prior": "coupled with prior",
           "additive": "plain additive fit"}


def run(command, *args):
    done = subprocess.run([command, *args], capture_output=True, text=True,
                          check=False, timeout=600)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return done.stdout


def where(conditions):
    return [word for text in conditions for word in ("--where", text)]


def percent(value):
    return f"{100 * value:.2f}"


def mean(values):
    return sum(values) / len(values) if values else math.nan


def rows_of(tests):
    """One line a set and factor, then the means."""
    lines = ["| runs | factor | learned | predicted | "
             + " | ".join(METHODS.values()) + " |",
             "|---|---:|---:|---:|" + "---:|" * len(METHODS)]
    for title, result in tests:
        by_name = {m["name"]: m["by_split"] for m in result["methods"]}
        for i, split in enumerate(result["splits"]):
            cells = [by_name[name][i] for name in METHODS]
            lines.append(
                f"| {title} | {split['factor']:g} | {split['training']} "
                f"| {split['held_out']} | "
                + " | ".join(percent(c["mean_abs_error"]) if c else ""
                             for c in cells) + " |")
    return lines


def summary_of(tests):
    lines = ["| method | error | error at factor 10 | bias | 90 % holds "
             "| width |",
             "|---|---:|---:|---:|---:|---:|"]
    for name, words in METHODS.items():
        scores, ten = [], []
        for _, result in tests:
            splits = next(m["by_split"] for m in result["methods"]
                          if m["name"] == name)
            for split, score in zip(result["splits"], splits):
                if score is None:
                    continue
                scores.append(score)
                if split["factor"] == 10:
                    ten.append(score["mean_abs_error"])
        lines.append("| " + " | ".join(
            [words, percent(mean([s["mean_abs_error"] for s in scores])),
             percent(mean(ten)),
             f"{100 * mean([s['mean_error'] for s in scores]):+.2f}",
             f"{100 * mean([s['coverage'] for s in scores]):.0f}",
             percent(mean([s["width"] for s in scores]))]) + " |")
    return lines


def page(tests):
    text = ["<!-- Written by docs/backtests.py: run it, do not edit. -->",
            "# Back-tests", "",
            "Learned from the runs with C <= Cmax / factor, where that leaves "
            "eight of them,", "and asked about the larger ones. Error is the "
            "mean of |predicted / observed - 1|,", "in per cent. "
            "`isoflop backtest RUNS.CSV` does the same for your runs. Rows of "
            "one", "name and size are one run: it is learned from or held out "
            "as a whole.", "Factors that split alike count once.", "",
            "All sets and factors, each counting alike:", ""]
    text += summary_of(tests)
    text += ["", "Error by set and factor:", ""] + rows_of(tests)
    text += ["", "Beyond a factor of 30 the gain is gone on some sets, and "
             "within a set the intervals", "hold nearly always or fail "
             "together: [what it does not do](forecast.md#where-it-does-not-"
             "help).", "", "![Forecasts and held-out runs](forecast.png)", "",
             "The Chinchilla points above a tenth of the largest compute, "
             "learned "
             "from the", "others: what the runs lost beside the forecast, its "
             "90 % interval of a run, and", "the plain fit."]
    return "\n".join(text) + "\n"


def losses_of_plain_fit(command, small, rows):
    """Losses that the plain fit to the small runs gives for the rows."""
    with tempfile.TemporaryDirectory() as place:
        with (Path(place) / "small.csv").open("w", encoding="utf-8") as file:
            print("params,tokens,loss", file=file)
            for row in small:
                print(row["params"], row["tokens"], row["loss"], sep=",",
                      file=file)
        law = json.loads(run(command, "fit", f"{place}/small.csv",
                             "--bootstrap", "0", "--format", "json"))
    c = law["result"]["law"]["coefficients"]
    return [c["E"] + c["A"] / r["params"]**c["alpha"]
            + c["B"] / r["tokens"]**c["beta"] for r in rows]


def held_out(command, folder):
    """Held-out runs of one set and what is said of each, to be drawn.

    Compute in FLOP, the rest in per cent of the forecast.
    """
    with (folder / "chinchilla_epoch.csv").open(encoding="utf-8") as file:
        runs = [row for row in csv.DictReader(file) if row["outlier"] == "0"]
    for row in runs:
        row["c"] = 6 * float(row["params"]) * float(row["tokens"])
    most = max(row["c"] for row in runs) / 10
    small = [row for row in runs if row["c"] <= most]
    large = [row for row in runs if row["c"] > most]
    with tempfile.TemporaryDirectory() as place:
        for name, part in (("small", small), ("large", large)):
            with (Path(place) / f"{name}.csv").open("w") as file:
                print("params,tokens,loss", file=file)
                for row in part:
                    print(row["params"], row["tokens"], row["loss"], sep=",",
                          file=file)
        said = json.loads(run(command, "predict", "--from",
                              f"{place}/small.csv", "--at",
                              f"{place}/large.csv", "--format", "json"))
    rows = said["result"]["rows"]
    plain = losses_of_plain_fit(command, small, rows)
    level = [r["loss_nats"] for r in rows]
    return {
        "flops": [r["flops"] for r in rows],
        "low": [100 * (1 - r["intervals"]["run"][0] / m)
                for r, m in zip(rows, level)],
        "high": [100 * (r["intervals"]["run"][1] / m - 1)
                 for r, m in zip(rows, level)],
        "observed": [100 * (r["observed_nats"] / m - 1)
                     for r, m in zip(rows, level)],
        "plain": [100 * (p / m - 1) for p, m in zip(plain, level)],
    }


def numbers_of(shown):
    """What the picture keeps of its numbers, to tell when it is stale."""
    numbers = {"runs": len(shown["flops"])}
    for name, values in shown.items():
        numbers[name] = math.sqrt(mean([v * v for v in values]))
    return numbers


def draw(command, folder):
    """Forecasts of held-out runs beside what they lost."""
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return
    shown = held_out(command, folder)
    compute = shown["flops"]
    figure, axis = pyplot.subplots(figsize=(6.4, 3.4), dpi=110)
    axis.errorbar(compute, [0.0] * len(compute), fmt="none", color="tab:blue",
                  lw=3, alpha=0.35, label="forecast, 90 % of a run",
                  yerr=[shown["low"], shown["high"]])
    axis.scatter(compute, shown["observed"], s=14, color="tab:red", zorder=3,
                 label="observed")
    axis.scatter(compute, shown["plain"], s=16, facecolors="none",
                 edgecolors="0.4", label="plain fit")
    axis.axhline(0, color="tab:blue", lw=0.8)
    axis.set(xscale="log", xlabel="training compute, FLOP",
             ylabel="loss less the forecast, %")
    axis.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={
        "Software": None, "Description": json.dumps(numbers_of(shown))})


def drawn_numbers():
    """The numbers that the picture was drawn from."""
    data = PICTURE.read_bytes()
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        name, _, text = data[at + 8:at + 8 + size].partition(b"\0")
        if kind == b"tEXt" and name == b"Description":
            return json.loads(text)
        at += 12 + size
    sys.exit(f"{PICTURE.name} does not tell its numbers: run "
             "docs/backtests.py with matplotlib")


def check_picture(command, folder):
    """Fails where the picture shows other numbers than the command has."""
    drawn, now = drawn_numbers(), numbers_of(held_out(command, folder))
    for name, value in now.items():
        if not math.isclose(drawn.get(name, math.nan), value, rel_tol=1e-3):
            sys.exit(f"{PICTURE.name} is stale: {name} was {drawn.get(name)}, "
                     f"is {value}; run docs/backtests.py with matplotlib")


def check(text):
    """Fails where the page does not hold the text."""
    if PAGE.read_text(encoding="utf-8") == text:
        return
    sys.stdout.writelines(difflib.unified_diff(
        PAGE.read_text(encoding="utf-8").splitlines(True),
        text.splitlines(True), PAGE.name, "as the command has it"))
    sys.exit("the page is stale: run docs/backtests.py")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command",
                        default=ROOT / "build/release/apps/isoflop")
    parser.add_argument("--data", default=os.environ.get(
        "ISOFLOP_TEST_DATA", ROOT.parent / "shared/data"))
    parser.add_argument("--check", action="store_true",
                        help="write nothing, fail when the page is stale")
    args = parser.parse_args()
    folder = Path(args.data)
    missing = {name for _, name, _ in SETS if not (folder / name).exists()}
    if args.check and missing:
        print("skipped, not in", folder, "-", *sorted(missing))
        sys.exit(77)
    tests = []
    for title, name, conditions in SETS:
        if name in missing:
            continue
        answer = json.loads(run(args.command, "backtest", str(folder / name),
                                *where(conditions), "--format", "json"))
        if answer["result"]["splits"]:
            tests.append((title, answer["result"]))
    if not tests:
        sys.exit("no runs at " + str(folder))
    if args.check:
        check(page(tests))
        check_picture(args.command, folder)
        return
    PAGE.write_text(page(tests), encoding="utf-8")
    draw(args.command, folder)


if __name__ == "__main__":
    main()
