#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C leaves the command at once with 130 and no file behind.

    interrupt_test.py --command PATH
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONG = ["--bootstrap", "1000000", "--output", "law.json"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", required=True)
    command = str(Path(parser.parse_args().command).resolve())
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [command, "fit", str(ROOT / "data/pilot/pile.csv"), *LONG],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        left = [path.name for path in Path(folder).iterdir()]
    if process.returncode != 130 or out or err or left:
        sys.exit(f"exit {process.returncode}, out {out!r}, err {err!r}, "
                 f"files {left}; expected 130 and nothing")


if __name__ == "__main__":
    main()
