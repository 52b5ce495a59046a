# SPDX-License-Identifier: Apache-2.0
"""Prints the draws of a saved law as the table that ships in this folder.

usage: python3 data/draws/draws_from_law.py law.json [ID] > data/draws/ID.csv

With ID the draws are moved from the fit to the coefficients printed for that
law of data/laws.json: they are the doubt of a fit to the same runs, about the
published one. Coefficients searched as logarithms, which --log names, are
moved by a factor, the others by a difference.

usage: python3 data/draws/draws_from_law.py law.json ID --log Estart,Emax
"""

import argparse
import json
from pathlib import Path

LAWS = Path(__file__).parent.parent / "laws.json"


def moved(draw, fitted, printed, names, logs):
    return [value * printed[name] / fitted[name] if name in logs
            else value + printed[name] - fitted[name]
            for name, value in zip(names, draw)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("law")
    parser.add_argument("id", nargs="?")
    parser.add_argument("--log", default="")
    options = parser.parse_args()
    law = json.loads(Path(options.law).read_text(encoding="utf-8"))
    fitted = law["coefficients"]
    names = list(fitted)
    draws = law["draws"]
    if options.id:
        laws = json.loads(LAWS.read_text(encoding="utf-8"))["laws"]
        printed = next(entry["coefficients"] for entry in laws
                       if entry["id"] == options.id)
        logs = options.log.split(",")
        draws = [moved(draw, fitted, printed, names, logs) for draw in draws]
    print(",".join(names))
    for draw in draws:
        # Nine digits: far below the doubt the draws stand for.
        print(",".join(f"{value:.9g}" for value in draw))


if __name__ == "__main__":
    main()
