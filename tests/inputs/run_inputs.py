#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the numbered list of bad inputs and says which numbers have none.

    run_inputs.py --command PATH [--only NUMBER]
"""

import argparse
import concurrent.futures
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import designs  # noqa: E402
import files  # noqa: E402
import plans  # noqa: E402
from harness import problems_of  # noqa: E402

NUMBERS = range(1, 106)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", required=True)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    command = str(Path(options.command).resolve())
    cases = [case for case in files.CASES + designs.CASES + plans.CASES
             if options.only in (None, case.number)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda case: problems_of(case, command), cases))
    failed = 0
    for case, problems in zip(cases, found):
        if not problems:
            continue
        failed += 1
        print(f"FAILED {case.number} {case.name}: isoflop {case.args}")
        for problem in problems:
            print("  " + problem.replace("\n", "\n  "))
    met = {case.number for case in cases}
    missing = [] if options.only else [n for n in NUMBERS if n not in met]
    if missing:
        print(f"no case for {missing}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed or missing else 0)


if __name__ == "__main__":
    main()
