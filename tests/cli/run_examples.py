#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every example that the help of the command shows.

    run_examples.py --command PATH

Each runs from the root of the source tree, must answer (status 0 or 1), write
something to stdout, log nothing and change no file there. A verb that the
overview names must have an example of its own.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120


def call(command, args):
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run([command, *args], cwd=ROOT, env=env, text=True,
                          capture_output=True, timeout=TIMEOUT_S, check=False)


def examples(text):
    """The lines behind `examples`, up to the next empty one."""
    match = re.search(r"(?m)^examples\n((?:  .*\n)+)", text)
    return [line.strip() for line in match.group(1).splitlines()] if match \
        else []


def problem(command, line):
    """What is wrong with an example, or None."""
    words = shlex.split(line)
    if words[0] != "isoflop":
        return "does not begin with isoflop"
    result = call(command, words[1:])
    if result.returncode not in (0, 1):
        return f"status {result.returncode}: {result.stderr.strip()}"
    if not result.stdout:
        return "says nothing"
    if re.search(r"Sanitizer|runtime error:|(?m:^[IWEF]\d{4,8} )",
                 result.stderr):
        return f"logs: {result.stderr.strip()}"
    return None


def main():
    parser = argparse.ArgumentParser(description="examples of isoflop's help")
    parser.add_argument("--command", required=True, help="the isoflop to run")
    command = str(Path(parser.parse_args().command).resolve())
    overview = call(command, ["--help"]).stdout
    verbs = re.findall(r"(?m)^  ([a-z-]+) {2,}\S", overview.split("\nexamples")
                       [0])
    lines = examples(overview)
    failures = [] if verbs else ["the overview names no verb"]
    for verb in verbs:
        text = call(command, [verb, "--help"]).stdout
        if not text.startswith("examples\n"):
            failures.append(f"{verb} --help does not open with examples")
        found = examples(text)
        if not any(line.split()[1:2] == [verb] for line in found):
            failures.append(f"{verb} --help has no example of {verb}")
        lines += [line for line in found if line not in lines]
    before = {path: path.stat().st_mtime_ns for path in ROOT.iterdir()}
    for line in lines:
        wrong = problem(command, line)
        if wrong:
            failures.append(f"{line}: {wrong}")
    new = {path.name for path in ROOT.iterdir()} - {p.name for p in before}
    if new:
        failures.append(f"files appeared: {sorted(new)}")
    for failure in failures:
        print("FAILED " + failure)
    print(f"{len(lines)} examples of {len(verbs)} verbs, "
          f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
