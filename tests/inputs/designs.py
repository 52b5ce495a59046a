# SPDX-License-Identifier: Apache-2.0
"""68-94: designs that cannot or can hardly determine a law."""

import math

from harness import HEAD, Case, call, fitted, grid, isoflop, loss, steps, table

FIT = "fit runs.csv --bootstrap 100"


def design(number, name, content, err=(), status=1, args=FIT, **more):
    return Case(number, name, args, {"runs.csv": content}, exit=status,
                err=list(err), **more)


def checked(number, name, content, check, args=FIT):
    """A case whose fit is looked at as JSON: check(status, result, codes)
    gives what is wrong, or nothing."""
    def run(command, folder):
        (folder / "runs.csv").write_text(content)
        wrong = check(*fitted(command, folder, args))
        return [wrong] if wrong else []
    return Case(number, name, args, run=run)


def status_is(*wanted):
    def check(code, result, _findings):
        got = result["identifiability"]["status"]
        if got not in wanted or code != (0 if got == "identified" else 1):
            return f"status {got}, exit {code}"
        return None
    return check


def no_numbers(code, result, _findings):
    wrong = status_is("not_identified")(code, result, _findings)
    if wrong or result["law"]["coefficients"] is not None or result["optimum"]:
        return wrong or "coefficients are shown"
    return None


def along(tokens_per_param, jitter=0.0, count=13):
    return [(round(n), round(tokens_per_param * n
                             * (1 + jitter * (-1) ** i * (i % 3) / 2)))
            for i, n in enumerate(steps(3e7, 1e10, count))]


RUNS = grid()
EXACT = table(RUNS, 0.0)
SHOULD = (1.82, 482.0, 2085.0, 0.348, 0.366)


def noise_free(code, result, _findings):
    found = result["law"]["coefficients"]
    for name, wanted in zip(("E", "A", "B", "alpha", "beta"), SHOULD):
        if abs(found[name] / wanted - 1) > 1e-5:
            return f"{name} is {found[name]}"
    return None if code == 0 else f"exit {code}"


def outlier(factor, every):
    text = HEAD
    for i, (n, d) in enumerate(RUNS):
        value = loss(n, d, 0.002)
        text += f"{n},{d},{value * factor if i % every == 7 else value}\n"
    return text


def near_truth(code, result, findings):
    best = result["optimum"][2]  # at 1e24 FLOP
    g = (.348 * 482 / (.366 * 2085)) ** (1 / .714)
    n = g * (1e24 / 6) ** (.366 / .714)
    off = abs(math.log(best["params"] / n))
    return None if off < .2 else f"params off by {off}"


def robust(code, result, findings):
    if "fit.outliers" not in findings:
        return f"no outliers named: {sorted(findings)}"
    return near_truth(code, result, findings)


def gone(code, result, findings):
    if "fit.at-bound" not in findings:
        return f"no bound is flagged: {sorted(findings)}"
    return None


def below_least_loss(code, result, _findings):
    least = min(float(line.split(",")[2])
                for line in table(RUNS).splitlines()[1:])
    found = result["law"]["coefficients"]["E"]
    return None if found < least else f"E is {found}, the least loss {least}"


def counts_optima(code, result, _findings):
    search = result["search"]
    return None if search["distinct_optima"] >= 1 else "optima not counted"


def refits_counted(code, result, _findings):
    if "failed" not in result["intervals"]:
        return "failed refits are not counted"
    return status_is("weak", "not_identified")(code, result, _findings)


def plain(law, sd=0.002):
    return HEAD + "".join(f"{n},{d},{loss(n, d, sd, law)}\n" for n, d in RUNS)


def far(command, folder):
    """A law of small runs, asked for one a thousand times as large."""
    (folder / "runs.csv").write_text(table(RUNS))
    call(command, "fit runs.csv --bootstrap 20 -o law.json", folder)
    done = call(command, "predict --law law.json --params 1T --tokens 30T",
                folder)
    text = done.stderr.decode()
    return [] if "law.extrapolation" in text else [text]


def swept_edge():
    """Sizes on one side of the optimum at the larger of three budgets."""
    runs = isoflop([1e18, 1e19, 1e20], 9, 8.0)
    return runs + [(n, round(1e21 / 6 / n)) for n in map(
        round, steps(2e7, 3e8, 9))]


def curve(rows=2000):
    return [(124_000_000, 524_288 * i) for i in range(1, rows + 1)]


CASES = [
    Case(68, "no_row_left", FIT + " --drop-bad",
         {"runs.csv": HEAD + "1e8,2e9,nan\n1e8,,3\n"}, exit=3,
         err=["no rows are left of 2: 2 could not be read (1 not finite, 1 "
              "empty"]),
    Case(68, "no_row_kept", FIT + " --where family=c4",
         {"runs.csv": "family," + HEAD + "rw,1e8,2e9,3\n"}, exit=3,
         err=["no rows are left of 1: where 'family=c4' left out 1"]),
    checked(69, "one_run", table(RUNS[:1]), no_numbers),
    checked(69, "two_runs", table(RUNS[:2]), no_numbers),
    design(70, "as_many_runs_as_coefficients",
           table([RUNS[i] for i in (0, 6, 25, 35, 54)]),
           out=["no more runs than coefficients"], lacks=["% interval"]),
    design(71, "one_spare_run",
           table([RUNS[i] for i in (0, 6, 24, 31, 49, 55)]),
           ["warning[fit.few-runs]"]),
    checked(72, "identical_rows", table(RUNS[:1] * 8), no_numbers),
    design(73, "exported_twice", table(RUNS) + table(RUNS).split("\n", 1)[1],
           ["warning[runs.duplicates]: 56 of 112"], 0),
    design(74, "repeats_with_other_seeds", table(RUNS) + "".join(
        f"{n},{d},{loss(n, d, .002) * 1.001}\n" for n, d in RUNS), (), 0,
        lacks=["runs.duplicates"]),
    design(75, "one_ratio", table(along(20)),
           out=["cannot be separated", "still known"]),
    checked(75, "one_ratio_status", table(along(20)),
            status_is("not_identified", "weak")),
    checked(76, "nearly_one_ratio", table(along(20, 0.02)),
            status_is("weak", "not_identified")),
    checked(77, "one_size", table([(10 ** 8, round(d))
                                   for d in steps(6e8, 3e11, 13)]),
            no_numbers),
    checked(78, "one_amount_of_data", table([(round(n), 10 ** 10)
                                             for n in steps(3e7, 1e10, 13)]),
            no_numbers),
    checked(79, "two_sizes", table([(n, round(d)) for n in (10 ** 8, 10 ** 9)
                                    for d in steps(6e8, 3e11, 11)]),
            no_numbers),
    design(79, "two_sizes_said", table([(n, round(d))
                                        for n in (10 ** 8, 10 ** 9)
                                        for d in steps(6e8, 3e11, 11)]),
           out=["size"]),
    checked(80, "one_budget", table(isoflop([1e20], 13, 16.0)),
            status_is("weak", "not_identified")),
    Case(81, "minimum_at_the_edge", "valleys runs.csv --bootstrap 0",
         {"runs.csv": table(swept_edge())},
         err=["warning[valleys.not-bracketed]: minimum not bracketed at C = "
              "1e21"]),
    checked(82, "no_noise", EXACT, noise_free),
    checked(83, "nothing_irreducible",
            plain((1e-9, 482., 2085., .348, .366), 0.0), gone),
    checked(84, "irreducible_below_every_loss", table(RUNS),
            below_least_loss),
    checked(85, "size_does_not_matter", plain((1.82, 1e-9, 2085., .3, .366)),
            gone),
    checked(86, "optima_are_counted", table(RUNS), counts_optima),
    checked(87, "one_diverged_run", outlier(10.0, 56), robust),
    checked(88, "many_outliers", outlier(1.5, 10), robust),
    checked(89, "scatter_of_small_runs", HEAD + "".join(
        f"{n},{d},{loss(n, d, .02 if n * d < 1e18 else .001)}\n"
        for n, d in RUNS), near_truth),
    Case(90, "far_beyond_the_runs", "", run=far),
    design(91, "narrow", table([(round(n), round(d))
                                for n in steps(1e8, 8e8, 6)
                                for d in steps(2e9, 9e9, 6)]),
           ["note[runs.narrow]"], 0),
    design(92, "thirty_decades", table(RUNS) + "1e30,1e12,3\n",
           [], 0, lacks=["nan", "inf"]),
    design(93, "rows_of_one_curve", table(curve()),
           ["warning[runs.curve]: 2000 of 2000"]),
    checked(94, "resamples_lose_a_size", table(
        [(n, round(d)) for n in (10 ** 8, 3 * 10 ** 8, 10 ** 9)
         for d in steps(6e8, 3e11, 2)]), refits_counted),
]
