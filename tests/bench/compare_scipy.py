#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times isoflop and SciPy on the same runs, on this machine, in one go.

    compare_scipy.py --command PATH [--runs CSV] [--where outlier=0]

All minimise the same: the sum over runs of Huber's loss, delta 1e-3, of
log-loss residuals under E + A/N^alpha + B/D^beta. A SciPy fit counts when it
ends within 1e-8 (relative) of the lowest objective that anything here found.

    isoflop         the shell command: start-up, reading, search, refits, text
    least_squares   SciPy's, on log E, log A, log B, alpha, beta, with the
                    analytic Jacobian; reading and import not counted
    L-BFGS-B        SciPy's, from a sample of the 4500 classic starts

What is measured on a sample and multiplied says so. Without --runs the 240
digitised Chinchilla runs are used where they are at hand ($ISOFLOP_TEST_DATA
or ../shared/data beside the source tree), else runs made up with a seed.
"""

import argparse
import csv
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import optimize

ROOT = Path(__file__).resolve().parents[2]
DELTA = 1e-3
SAME = 1e-8
REPLICATES = 1000
# Hoffmann et al. 2022, arXiv:2203.15556, section D.3: a, b, e, alpha, beta.
CLASSIC = list(itertools.product(
    np.arange(0, 30, 5.0), np.arange(0, 30, 5.0), np.arange(-1, 1.5, 0.5),
    np.arange(0, 2.5, 0.5), np.arange(0, 2.5, 0.5)))
STARTS = np.array([(e, a, b, alpha, beta)
                   for a, b, e, alpha, beta in CLASSIC])


class Problem:
    """Residuals and objective at theta = ln E, ln A, ln B, alpha, beta."""

    def __init__(self, log_n, log_d, log_loss):
        self.columns = log_n, log_d, log_loss

    def resampled(self, rng):
        rows = rng.integers(0, len(self.columns[0]), len(self.columns[0]))
        return Problem(*(column[rows] for column in self.columns))

    def terms(self, theta):
        log_n, log_d, _ = self.columns
        e, a, b, alpha, beta = theta
        return np.stack([np.full_like(log_n, e), a - alpha * log_n,
                         b - beta * log_d])

    def residuals(self, theta):
        terms = self.terms(theta)
        top = terms.max(axis=0)
        return top + np.log(np.exp(terms - top).sum(axis=0)) - self.columns[2]

    def jacobian(self, theta):
        log_n, log_d, _ = self.columns
        terms = self.terms(theta)
        share = np.exp(terms - terms.max(axis=0))
        share /= share.sum(axis=0)
        return np.stack([share[0], share[1], share[2], -share[1] * log_n,
                         -share[2] * log_d], axis=1)

    def objective(self, theta):
        r = np.abs(self.residuals(theta))
        c = np.minimum(r, DELTA)
        return float((c * (r - 0.5 * c)).sum())

    def scaled(self, theta):
        """Objective over delta^2, so that no tolerance is absolute in it."""
        u = self.residuals(theta) / DELTA
        c = np.minimum(np.abs(u), 1.0)
        gradient = self.jacobian(theta).T @ np.clip(u, -1.0, 1.0) / DELTA
        return float((c * (np.abs(u) - 0.5 * c)).sum()), gradient


def projected_starts(problem, most):
    """Grid of exponents, the rest by non-negative least squares."""
    log_n, log_d, log_loss = problem.columns
    found = []
    grid = np.geomspace(0.06, 2.1, 9)
    for alpha, beta in itertools.product(grid, grid):
        basis = np.stack([np.ones_like(log_n), np.exp(-alpha * log_n),
                          np.exp(-beta * log_d)], axis=1)
        basis /= np.exp(log_loss)[:, None]
        scale = np.linalg.norm(basis, axis=0)
        x, _ = optimize.nnls(basis / scale, np.ones_like(log_n))
        x = np.maximum(x / scale, 1e-3 / basis.mean(axis=0))
        theta = np.array([*np.log(x), alpha, beta])
        found.append((problem.objective(theta), theta))
    found.sort(key=lambda item: item[0])
    return [theta for _, theta in found[:most]]


def classic_starts(problem, most):
    """The best of the 4500 by their objective."""
    values = [problem.objective(theta) for theta in STARTS]
    return STARTS[np.argsort(values, kind="stable")[:most]]


def least_squares(problem, start):
    result = optimize.least_squares(
        problem.residuals, start, problem.jacobian, method="trf",
        loss="huber", f_scale=DELTA, x_scale=(0.1, 1.0, 1.0, 0.1, 0.1),
        ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=2000)
    return problem.objective(result.x), result.x


def lbfgsb(problem, start):
    result = optimize.minimize(
        problem.scaled, start, jac=True, method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 2000,
                 "maxfun": 4000})
    return problem.objective(result.x), result.x


def from_starts(solve, problem, starts):
    return min((solve(problem, start) for start in starts),
               key=lambda item: item[0])


def lowest(problem, *thetas):
    """As low as anything here gets, for counting; not timed."""
    ends = [lbfgsb(problem, theta) for theta in thetas]
    ends += [least_squares(problem, theta) for _, theta in ends]
    return min(value for value, _ in ends)


def seconds(call, repeats):
    times, result = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


def run_command(command, path, where, replicates, threads):
    line = [command, "fit", path, "--bootstrap", str(replicates), "--threads",
            str(threads), *(part for rule in where
                            for part in ("--where", rule))]
    done = subprocess.run(line + ["--format", "json"], capture_output=True,
                          text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(line)}: {done.stderr}")
    return json.loads(done.stdout)["result"]


def read_runs(path, where):
    rules = [rule.split("=", 1) for rule in where]
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file)
                if all(float(row[key]) == float(value)
                       for key, value in rules)]
    return Problem(*(np.log([float(row[name]) for row in rows])
                     for name in ("params", "tokens", "loss")))


def made_up(folder):
    rng = np.random.default_rng(1)
    params = 5e7 * 320.0 ** rng.random(240)
    tokens = 5.0 * params * 20.0 ** rng.random(240)
    loss = (1.81686 + 482.00572 * params**-0.34781
            + 2085.4342 * tokens**-0.36585)
    loss *= np.exp(0.005 * rng.standard_t(3, 240))
    path = Path(folder) / "made_up.csv"
    np.savetxt(path, np.stack([params, tokens, loss], axis=1), delimiter=",",
               header="params,tokens,loss", comments="", fmt="%.17g")
    return str(path), []


def choose_runs(arguments, folder):
    if arguments.runs:
        return arguments.runs, arguments.where
    shared = Path(os.environ.get("ISOFLOP_TEST_DATA")
                  or ROOT.parent / "shared/data") / "chinchilla_epoch.csv"
    if shared.is_file():
        return str(shared), ["outlier=0"]
    return made_up(folder)


class Table:
    """Rows of what, seconds, note; ratios to the row of the same group."""

    def __init__(self):
        self.base = {}

    def row(self, group, what, value, note=""):
        ratio = value / self.base.setdefault(group, value)
        text = f"{ratio:.0f}x" if ratio >= 100 else f"{ratio:.2g}x"
        size = f"{1e3 * value:.3g} ms" if value < 1 else f"{value:.3g} s"
        print(f"  {what:<42}{size:>9}{text:>8}  {note}".rstrip(), flush=True)


def compare_fits(table, arguments, path, where, problem):
    """One fit; returns its coefficients and the lowest objective."""
    print("one fit, no intervals")
    wall, result = seconds(
        lambda: run_command(arguments.command, path, where, 0, 1), 5)
    coefficients = result["law"]["coefficients"]
    theta = np.array([*(np.log(coefficients[name]) for name in "EAB"),
                      coefficients["alpha"], coefficients["beta"]])
    ours = result["objective"]["value"]
    best = min(ours, lowest(problem, theta))

    def note(value):
        gap = value / best - 1
        return f"gap {max(gap, 0):.1e}" + ("" if gap <= SAME else ", missed")

    table.row("fit", "isoflop fit, from the shell", wall, note(ours))
    for name, solve in ("least_squares", least_squares), ("L-BFGS-B", lbfgsb):
        wall, (value, _) = seconds(
            lambda solve=solve: from_starts(
                solve, problem, projected_starts(problem, 1)), 5)
        table.row("fit", f"{name}, grid of 81 and best cell", wall,
                  note(value))
    wall, (value, _) = seconds(
        lambda: from_starts(least_squares, problem,
                            classic_starts(problem, 5)), 3)
    table.row("fit", "least_squares, best 5 of the 4500", wall, note(value))

    rng = np.random.default_rng(2)
    sample = rng.choice(len(STARTS), arguments.sample, replace=False)
    start = time.perf_counter()
    ends = [lbfgsb(problem, STARTS[i])[0] for i in sample]
    wall = (time.perf_counter() - start) * len(STARTS) / len(sample)
    good = sum(value <= best * (1 + SAME) for value in ends)
    table.row("fit", "L-BFGS-B, all 4500 starts", wall,
              f"{note(min(ends))}; {good} of {len(ends)} starts got there; "
              f"measured on {len(ends)}, times {len(STARTS) / len(ends):.3g}")
    return theta


def compare_refits(table, arguments, path, where, problem, theta):
    print(f"\na fit and {REPLICATES} refits to resampled runs")
    for threads, words in (1, "one thread"), (0, "all CPUs"):
        wall, result = seconds(
            lambda threads=threads: run_command(
                arguments.command, path, where, REPLICATES, threads), 5)
        table.row("refits", f"isoflop fit, from the shell, {words}", wall,
                  f"{result['intervals']['failed']} failed")
    rng = np.random.default_rng(3)
    resamples = [problem.resampled(rng) for _ in range(arguments.refits)]
    best = [lowest(p, theta, projected_starts(p, 1)[0]) for p in resamples]
    recipes = (
        ("least_squares, warm start", least_squares, lambda _: [theta]),
        ("least_squares, warm start and grid", least_squares,
         lambda p: [theta, *projected_starts(p, 1)]),
        ("L-BFGS-B, warm start", lbfgsb, lambda _: [theta]))
    for name, solve, starts in recipes:
        start = time.perf_counter()
        ends = [from_starts(solve, p, starts(p))[0] for p in resamples]
        wall = (time.perf_counter() - start) * REPLICATES / len(resamples)
        good = sum(value <= low * (1 + SAME)
                   for value, low in zip(ends, best))
        table.row("refits", name, wall,
                  f"{good} of {len(ends)} got there; measured on "
                  f"{len(ends)}, times {REPLICATES / len(ends):.3g}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command",
                        default=str(ROOT / "build/release/apps/isoflop"))
    parser.add_argument("--runs", help="CSV with params, tokens, loss")
    parser.add_argument("--where", action="append", default=[],
                        help="column=number that rows must hold")
    parser.add_argument("--sample", type=int, default=150,
                        help="classic starts to measure [150]")
    parser.add_argument("--refits", type=int, default=40,
                        help="resamples to measure with SciPy [40]")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, where = choose_runs(arguments, folder)
        problem = read_runs(path, where)
        print(f"{len(problem.columns[0])} runs of {Path(path).name}, "
              f"{len(os.sched_getaffinity(0))} CPUs; SciPy runs on one; ratios "
              "to the first row of a block\n")
        table = Table()
        theta = compare_fits(table, arguments, path, where, problem)
        compare_refits(table, arguments, path, where, problem, theta)


if __name__ == "__main__":
    main()
