# SPDX-License-Identifier: Apache-2.0
"""A numbered list of bad inputs, each run through the command.

A case has the number of the situation it meets, what is given, and what must
come back: the exit status and texts. Tables are made here, from laws with
noise that is the same everywhere.
"""

import hashlib
import json
import math
import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT_S = 240
HEAD = "params,tokens,loss\n"


@dataclass
class Case:
    number: int
    name: str
    args: str
    files: dict = field(default_factory=dict)
    stdin: bytes = b""
    exit: int = 0
    out: list = field(default_factory=list)
    err: list = field(default_factory=list)
    lacks: list = field(default_factory=list)
    run: object = None      # called with (command, folder): own checks


def noise(key, sd):
    """A standard normal number that depends on the key only."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    u, v = (int.from_bytes(digest[i:i + 7], "big") / 2 ** 56 + 2 ** -57
            for i in (0, 7))
    return sd * math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)


def loss(n, d, sd=0.0, law=(1.82, 482.0, 2085.0, 0.348, 0.366)):
    e, a, b, alpha, beta = law
    exact = e + a / n ** alpha + b / d ** beta
    return exact * math.exp(noise((n, d), sd))


def table(points, sd=0.002, **columns):
    """CSV of (params, tokens) with their losses, and more columns."""
    text = ",".join(["params", "tokens", "loss", *columns]) + "\n"
    for i, (n, d) in enumerate(points):
        cells = [n, d, loss(n, d, sd)]
        cells += [values[i] for values in columns.values()]
        text += ",".join(str(cell) for cell in cells) + "\n"
    return text


def steps(low, high, count):
    return [low * (high / low) ** (i / (count - 1)) for i in range(count)]


def grid(sizes=8, amounts=7):
    return [(round(n), round(d)) for n in steps(3e7, 1e10, sizes)
            for d in steps(6e8, 3e11, amounts)]


def isoflop(budgets, points, half_width):
    """Sizes about the optimum of each budget, within a factor."""
    runs = []
    for c in budgets:
        centre = math.sqrt(c / 6 / 20)
        for i in range(points):
            share = 2 * i / (points - 1) - 1
            n = centre * half_width ** share
            runs.append((round(n), round(c / 6 / n)))
    return runs


def call(command, args, folder, stdin=b"", env=None):
    return subprocess.run(
        [command, *shlex.split(args)], input=stdin, cwd=folder,
        capture_output=True, timeout=TIMEOUT_S, check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], **(env or {})})


def problems_of(case, command):
    with tempfile.TemporaryDirectory(prefix="isoflop-inputs-") as name:
        folder = Path(name)
        for path, content in case.files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / path).write_bytes(data)
        try:
            if case.run:
                return case.run(command, folder) or []
            done = call(command, case.args, folder, case.stdin)
        except subprocess.TimeoutExpired:
            return [f"took longer than {TIMEOUT_S} s"]
    out = done.stdout.decode("utf-8", "replace")
    err = done.stderr.decode("utf-8", "replace")
    problems = []
    if done.returncode != case.exit:
        problems.append(f"exit status {done.returncode}, not {case.exit}")
    problems += [f"stderr lacks: {text}" for text in case.err
                 if text not in err]
    problems += [f"stdout lacks: {text}" for text in case.out
                 if text not in out]
    problems += [f"has: {text}" for text in case.lacks if text in out + err]
    if case.exit in (2, 3, 5) and len(err.splitlines()) != 1:
        problems.append("stderr is not one line")
    if problems:
        problems.append("stderr: " + err.strip()[:600])
        problems.append("stdout: " + out.strip()[:600])
    return problems


def fitted(command, folder, args):
    """The result of a fit as JSON, with its status and findings."""
    done = call(command, args + " --format json", folder)
    answer = json.loads(done.stdout)
    return done.returncode, answer["result"], {
        finding["code"]: finding for finding in answer["findings"]}
