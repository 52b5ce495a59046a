# SPDX-License-Identifier: Apache-2.0
"""95-105: budgets, goals, names, options, places to write."""

import os
import resource
import signal
import subprocess

from harness import TIMEOUT_S, Case, call, grid, table

GOOD = table(grid())


def usage(number, name, args, err, **more):
    return Case(number, name, args, exit=2, err=err, **more)


def read_only(command, folder):
    """An old file survives what cannot be written."""
    (folder / "runs.csv").write_text(GOOD)
    place = folder / "shut"
    place.mkdir()
    law = place / "law.json"
    law.write_text("old")
    law.chmod(0o400)
    place.chmod(0o500)
    try:
        if os.access(place, os.W_OK):
            return []  # this user may write everywhere
        done = call(command, "fit runs.csv --bootstrap 0 -o shut/law.json "
                    "--force", folder)
        if done.returncode != 5 or law.read_text() != "old":
            return [done.stderr.decode()]
    finally:
        place.chmod(0o700)
    return []


def no_room():
    """Files of this process end after a few bytes, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))


def full_disk(command, folder):
    """An old file survives a disk that fills."""
    (folder / "runs.csv").write_text(GOOD)
    law = folder / "law.json"
    law.write_text("old")
    done = subprocess.run(
        [command, "fit", "runs.csv", "--bootstrap", "0", "-o", "law.json",
         "--force"], cwd=folder, capture_output=True, timeout=TIMEOUT_S,
        check=False, preexec_fn=no_room)
    if done.returncode == 5 and law.read_text() == "old":
        return []
    return [f"exit {done.returncode}: {done.stderr.decode()}"]


CASES = [
    *[usage(95, f"budget_{name}", f"plan --flops {text}", ["flops", why])
      for name, text, why in (
          ("zero", "0", "must be > 0"), ("negative", "-1e24", "must be > 0"),
          ("nan", "nan", "nan"), ("trailing_letter", "1e24x", "1e24x"),
          ("unknown_suffix", "5Q", "5Q"))],
    usage(95, "usd_zero", "plan --usd 0 --accelerator h100-sxm",
          ["usd", "must be > 0"]),
    usage(95, "unit_of_another_quantity",
          "plan --days '5 GWh' --accelerator h100-sxm",
          ["days", "measures an amount of energy"]),
    Case(95, "unit_of_another_quantity_in_a_file", "plan plan.toml", {
        "plan.toml": "[budget]\ndays = \"5 GWh\"\n"}, exit=3,
        err=["plan.toml:2:8", "measures an amount of energy"]),
    Case(96, "budget_far_beyond_the_runs", "plan --flops 1e28",
         out=["times the largest run"], err=["warning[law.extrapolation]"]),
    Case(96, "budget_below_the_runs", "plan --flops 1e12",
         err=["warning[law.extrapolation]"]),
    Case(97, "loss_below_the_irreducible", "plan --target-loss 1.5", exit=1,
         out=["NO PLAN", "1.5 is not above", "can be reached in 0 % of"]),
    Case(97, "loss_within_the_doubt", "plan --target-loss 1.82", exit=1,
         out=["of the law's draws"],
         err=["error[plan.unreachable-loss]", "within the doubt"]),
    Case(97, "loss_beyond_the_budget",
         "plan --target-loss 1.95 --flops 1e22", exit=1,
         err=["error[plan.over-budget]", "budget.flops alone reaches a loss of"]),
    Case(98, "data_that_run_out", "plan --flops 1e24 --unique-tokens 100B",
         exit=1, out=["set by: data.unique_tokens",
                      "10 % more of: unique_tokens -"], err=["warning[plan.data-wall]"]),
    Case(98, "data_that_run_out_under_a_law_of_repeats",
         "plan --flops 1e24 --unique-tokens 100B --law muennighoff2023",
         exit=1, out=["epochs", "unique_tokens -"]),
    usage(99, "max_params_zero", "plan --flops 1e24 --max-params 0",
          ["max_params", "must be > 0"]),
    usage(99, "no_days", "plan --days 0 --accelerator h100-sxm --count 8",
          ["days", "must be > 0"]),
    usage(99, "mfu_in_per_cent",
          "plan --usd 1e6 --accelerator h100-sxm --mfu 40",
          ["mfu is 40", "write 0.4 for 40 %"]),
    usage(100, "unknown_accelerator",
          "plan --flops 1e24 --accelerator h100sx", ["did you mean"]),
    usage(100, "unknown_device", "plan --flops 1e24 --device phonee",
          ["phonee"]),
    usage(101, "size_data_and_compute",
          "plan --flops 1e24 --params 70B --tokens 1T",
          ["give two of three"]),
    usage(101, "loss_as_goal_and_as_bound",
          "plan --target-loss 2 --minimise loss", ["leave one out"]),
    usage(101, "loss_and_error",
          "plan --law gadre2024-c4 --target-loss 2 --target-error 0.5",
          ["leave one out"]),
    usage(101, "rent_of_no_device", "plan --flops 1e24 --usd-per-hour 2",
          ["needs an accelerator"]),
    usage(101, "risk_without_draws",
          "plan --flops 1e24 --law hoffmann2022 --risk mean",
          ["needs a law with draws"]),
    usage(101, "error_of_other_data",
          "plan --target-error 0.5 --error-law gadre2024-c4-error",
          ["reads losses on C4"]),
    usage(102, "unknown_option", "plan --flosp 1e24",
          ["did you mean '--flops'"]),
    usage(102, "unknown_command", "paln --flops 1e24", ["did you mean"]),
    usage(102, "unknown_risk", "plan --flops 1e24 --risk median",
          ["point, mean or a quantile"]),
    Case(102, "unknown_key", "plan plan.toml", {
        "plan.toml": "[budget]\nflosp = 1e24\n"}, exit=3,
        err=["plan.toml:2:1", "did you mean 'budget.flops'"]),
    *[usage(103, f"threads_{i}",
            f"whatif --vary budget.flops=1e22,1e23 --threads {text}",
            ["threads"]) for i, text in enumerate(("-3", "1e9", "two"))],
    Case(103, "seed_below_zero", "fit runs.csv --seed -1",
         {"runs.csv": GOOD}, exit=2, err=["seed"]),
    Case(104, "output_exists", "fit runs.csv --bootstrap 0 -o law.json",
         {"runs.csv": GOOD, "law.json": "old"}, exit=5, err=["law.json"]),
    Case(104, "output_is_input", "fit runs.csv --bootstrap 0 -o runs.csv",
         {"runs.csv": GOOD}, exit=5, err=["runs.csv"]),
    Case(105, "no_such_folder", "fit runs.csv --bootstrap 0 -o no/law.json",
         {"runs.csv": GOOD}, exit=5, err=["no/law.json"]),
    Case(105, "read_only", "", run=read_only),
    Case(105, "full_disk", "", run=full_disk),
]
