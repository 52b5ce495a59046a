#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long computation says on a terminal how far it is, and only there.

    progress_test.py --command PATH
"""

import argparse
import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIPE = b"\r\x1b[K"
LONG = ["fit", str(ROOT / "data/pilot/pile.csv"), "--widening", "none",
        "--threads", "1", "--bootstrap"]


def on_terminal(command, replicates):
    """What a fit writes to a terminal as its error stream, and its output."""
    main_end, end = pty.openpty()
    process = subprocess.Popen([command, *LONG, str(replicates)],
                               stdout=subprocess.PIPE, stderr=end)
    os.close(end)
    shown = b""
    while True:
        try:
            part = os.read(main_end, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    out = process.stdout.read()
    os.close(main_end)
    return process.wait(), shown, out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", required=True)
    command = str(Path(parser.parse_args().command).resolve())
    # However fast this machine is: more refits until it takes a while.
    replicates = 4000
    while True:
        status, shown, out = on_terminal(command, replicates)
        if WIPE in shown or replicates > 1000000:
            break
        replicates *= 4
    problems = []
    if b"refits: " not in shown or b" %" not in shown:
        problems.append("no word of the refits")
    # Findings come after the line is gone.
    last = shown.rindex(WIPE) + len(WIPE) if WIPE in shown else 0
    if b"refits: " in shown[last:]:
        problems.append("the line stays")
    if b"refits: " in out:
        problems.append("progress on the output")
    plain = subprocess.run([command, *LONG, str(replicates)],
                           capture_output=True, check=False)
    if WIPE in plain.stderr or b"refits: " in plain.stderr:
        problems.append("progress where there is no terminal")
    if plain.stdout != out or plain.returncode != status:
        problems.append("another answer")
    _, quick, _ = on_terminal(command, 100)
    if WIPE in quick:
        problems.append("progress of what takes less than a second")
    if problems:
        sys.exit(f"{problems}: {shown[-600:]!r}")


if __name__ == "__main__":
    main()
