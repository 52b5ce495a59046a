#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/theory/history.md: the verdict on every model with size and data.

    history.py [--command PATH] [--check]

--check writes nothing and fails when the page is stale.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/theory/history.md"
VERDICTS = {"clean": "clean", "clean_with_notes": "clean",
            "questionable": "questionable", "do_not_train": "**do not train**"}
DOUBTFUL = {"rumour", "leak", "estimate", "scenario"}


def isoflop(command, *args):
    done = subprocess.run([command, *args, "--format", "json"], check=False,
                          capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return json.loads(done.stdout)["result"]


def short(value):
    """Three digits and a suffix: 530B."""
    for size, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if value >= 0.9995 * size:
            return f"{float(f'{value / size:.3g}'):g}{suffix}"
    return f"{value:.3g}"


def percent(share):
    if share is None:
        return "not known"
    value = 100 * share
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.1f} %"


def known(model):
    dense = model["architecture"] == "dense"
    size = model["active_params"] or (dense and model["params"])
    return bool(size and model["tokens"])


def marks(model):
    """What to know of the row: a doubtful source, no dense model."""
    kind = ("" if model["architecture"] == "dense" else
            "^" if model["experts"] else "\\*")
    return "?" * (model["confidence"] in DOUBTFUL) + kind


def row(model, result):
    flagged = sum(law["flagged"] for law in result["by_law"])
    waste = result["waste"]
    codes = [f["code"] for f in result["findings"]]
    gravest = result["findings"][0] if result["findings"] else {}
    why = ("too large" if "plan.overparameterized" in codes else
           gravest["code"] if gravest.get("severity") in ("warning", "error")
           else "over-trained" if "plan.overtrained" in codes else "")
    return (f"| {' '.join([model['name'], marks(model)]).strip()} | {model['release_date']} "
            f"| {short(result['params'])} | {short(result['tokens'])} "
            f"| {VERDICTS[result['verdict']]} | {why} "
            f"| {waste['params_over_optimal']:.3g} "
            f"| {percent(waste['compute_factor'])} "
            f"| {flagged} of {len(result['by_law'])} |")


def by_year(judged):
    lines = ["| year | models | median N/N* | 25 % wasted on size "
             "| over-trained |", "|---|---:|---:|---:|---:|"]
    for year in sorted({model["year"] for model, _ in judged}):
        own = [r for model, r in judged if model["year"] == year]
        ratio = statistics.median(r["waste"]["params_over_optimal"]
                                  for r in own)
        large = sum(r["waste"]["params_over_optimal"] > 1
                    and (r["waste"]["compute_factor"] or 0) >= 0.25
                    for r in own)
        small = sum(any(f["code"] == "plan.overtrained" for f in r["findings"])
                    for r in own)
        lines.append(f"| {year} | {len(own)} | {ratio:.2g} | {large} "
                     f"| {small} |")
    return lines


def page(command):
    models = [model for model in isoflop(command, "list", "models")
              if known(model)]
    models.sort(key=lambda model: (model["release_date"], model["id"]))
    words = [word for model in models for word in ("--model", model["id"])]
    answers = isoflop(command, "check", *words)["checks"]
    judged = [(model, {**answer["check"]["result"],
                       "findings": answer["check"]["findings"]})
              for model, answer in zip(models, answers)]
    text = ["<!-- Written by docs/history.py: run it, do not edit. -->",
            "# History as a test", "",
            "Every model of `data/models.csv` whose size and tokens have been "
            "said, judged", "as if it were still a plan: `isoflop check "
            "--model NAME`, by besiroglu2024, of a", "mixture whose experts are "
            "known by ludziejewski2025.", "",
            "N/N* is the size over the optimal one at the same compute, wasted "
            "the compute", "beyond what the optimum needs for the same loss, "
            "and the last column how many", "of the published laws that vote "
            "call it too large by 25 % of its compute.", "",
            "- ? the numbers are a rumour, a leak, an estimate or a scenario.",
            "- ^ a mixture, by laws of mixtures; N is the active parameters.",
            "- \\* no dense model, judged as one: of a mixture the active "
            "parameters stand for", "  the size, under a law of dense models.",
            "",
            "In a sentence: up to 2022 models were made too large for their "
            "data; since then", "they are trained for longer than is optimal, "
            "because serving costs too.", ""]
    text += by_year(judged)
    text += ["", "| model | released | N | D | verdict | because | N/N* "
             "| wasted | laws |",
             "|---|---|---:|---:|---|---|---:|---:|---:|"]
    text += [row(model, result) for model, result in judged]
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command",
                        default=ROOT / "build/release/apps/isoflop")
    parser.add_argument("--check", action="store_true",
                        help="write nothing, fail when the page is stale")
    args = parser.parse_args()
    text = page(args.command)
    if not args.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/theory/history.md is stale: run docs/history.py")


if __name__ == "__main__":
    main()
