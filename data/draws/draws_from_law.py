# SPDX-License-Identifier: Apache-2.0
"""Prints the draws of a saved law as the table that ships in this folder.

usage: python3 data/draws/draws_from_law.py law.json > data/draws/ID.csv
"""

import json
import sys


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        law = json.load(file)
    print(",".join(law["coefficients"]))
    for draw in law["draws"]:
        # Nine digits: far below the doubt the draws stand for.
        print(",".join(f"{value:.9g}" for value in draw))


if __name__ == "__main__":
    main()
