# SPDX-License-Identifier: Apache-2.0
"""1-67: files, encodings, shapes of tables, cells."""

import math
import os
import pty
import subprocess
import threading

from harness import (HEAD, TIMEOUT_S, Case, call, grid, loss, noise, steps,
                     table)

GOOD = table(grid())
ROW = "1e8,2e9,3\n"
FIT = "fit runs.csv --bootstrap 0"


COMPUTE = "flops,loss\n" + "".join(
    f"{c},{(1.7 + (3e21 / c) ** 0.16) * math.exp(noise(c, 0.002))}\n"
    for c in steps(1e18, 1e22, 16))


def compute_law(command, folder):
    """A law of compute alone is saved, asked, and refused where it has no
    answer, each time in one line with the reason."""
    (folder / "runs.csv").write_text(COMPUTE)
    done = call(command, "fit runs.csv --bootstrap 100 -o law.json", folder)
    if done.returncode != 0:
        return [done.stderr.decode()]
    problems = []
    done = call(command, "predict --law law.json --flops 1e23", folder)
    if done.returncode != 0 or b"2.2" not in done.stdout:
        problems.append(f"predict: {done}")
    done = call(command, "whatif --law law.json --vary budget.flops=1e22,1e23",
                folder)
    if b"law of compute alone" not in done.stdout:
        problems.append(f"whatif: {done}")
    for args, why in [
            ("plan --law law.json --flops 1e23", "law of compute alone"),
            ("check --law law.json --params 1B --tokens 20B",
             "law of compute alone"),
            ("forecast runs.csv", "params or tokens beside flops"),
            ("plan --from runs.csv --flops 1e23",
             "params or tokens beside flops"),
            ("valleys runs.csv", "params or tokens beside flops"),
            ("envelope runs.csv", "params or tokens beside flops"),
            ("compare runs.csv runs.csv", "params or tokens beside flops")]:
        done = call(command, args, folder)
        err = done.stderr.decode()
        if done.returncode not in (2, 3) or why not in err or (
                len(err.splitlines()) != 1):
            problems.append(f"{args}: {done.returncode} {err}")
    return problems


def missing_anywhere(command, folder):
    for name in ("runs.csv", "plan.toml", "law.json", "load.csv"):
        (folder / name).write_text("")
    problems = []
    for args, near in [
            ("fit rums.csv", "runs.csv"), ("forecast rums.csv", "runs.csv"),
            ("backtest rums.csv", "runs.csv"), ("valleys rums.csv", "runs.csv"),
            ("envelope rums.csv", "runs.csv"), ("compare rums.csv", "runs.csv"),
            ("convert rums.csv", "runs.csv"),
            ("predict --law lav.json --params 1B --tokens 20B", "law.json"),
            ("predict --at rums.csv", "runs.csv"),
            ("predict --from rums.csv --params 1B --tokens 20B", "runs.csv"),
            ("plan plam.toml", "plan.toml"), ("check plam.toml", "plan.toml"),
            ("whatif plam.toml --vary budget.flops=1e22,1e23", "plan.toml"),
            ("plan --law lav.json --flops 1e22", "law.json"),
            ("plan --from rums.csv --flops 1e22", "runs.csv"),
            ("check --expert-load laod.csv", "load.csv")]:
        done = call(command, args, folder)
        err = done.stderr.decode()
        if done.returncode != 5 or "no such file (from /" not in err or (
                f"did you mean '{near}'?" not in err):
            problems.append(f"{args}: {done.returncode} {err}")
    return problems


def bad(number, name, content, err, args=FIT, status=3, **more):
    return Case(number, name, args, {"runs.csv": content}, exit=status,
                err=err, **more)


def good(number, name, content, args=FIT, **more):
    return Case(number, name, args, {"runs.csv": content}, **more)


def cell(number, name, text, err):
    """A loss in the second row that cannot be used, or can be left out."""
    content = HEAD + "1e8,2e9,3\n" + f"2e8,4e9,{text}\n"
    return bad(number, name, content, ["runs.csv:3:9: loss", *err])


def no_permission(command, folder):
    (folder / "runs.csv").write_text(GOOD)
    (folder / "runs.csv").chmod(0)
    if os.access(folder / "runs.csv", os.R_OK):
        return []  # this user may read every file
    done = call(command, FIT, folder)
    wrong = done.returncode != 5 or b"Permission denied" not in done.stderr
    return [done.stderr.decode()] if wrong else []


def terminal(command, folder):
    main, end = pty.openpty()
    try:
        done = subprocess.run([command, "fit", "-"], stdin=end, cwd=folder,
                              capture_output=True, timeout=TIMEOUT_S,
                              check=False)
    finally:
        os.close(end)
        os.close(main)
    wrong = done.returncode != 2 or b"terminal" not in done.stderr
    return [done.stderr.decode()] if wrong else []


def pipe(command, folder, content=GOOD, status=0, err=""):
    path = folder / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=[content])
    writer.start()
    done = call(command, "fit pipe --bootstrap 0", folder)
    writer.join()
    text = done.stderr.decode()
    return [] if done.returncode == status and err in text else [text]


def cut_off(command, folder):
    return pipe(command, folder, GOOD[:len(GOOD) // 2].rsplit(",", 1)[0], 3,
                "cells found, but the header has 3")


def large(command, folder):
    """Memory grows with the columns in use, not with the text."""
    rows = 60_000
    line = GOOD.splitlines(keepends=True)[1:]
    with open(folder / "runs.csv", "w") as out:
        out.write("params,tokens,loss,note\n")
        for i in range(rows):
            out.write(line[i % len(line)].rstrip() + "," + "x" * 5000 + "\n")
    limit = "ulimit -v 350000 && exec \"$0\" fit runs.csv --bootstrap 0 " \
            "--threads 1"
    done = subprocess.run(["bash", "-c", limit, command], cwd=folder,
                          capture_output=True, timeout=TIMEOUT_S, check=False)
    return [] if done.returncode == 0 else [done.stderr.decode()]


def documented(number, name, text):
    def look(_command, _folder):
        guide = os.path.join(os.path.dirname(__file__), "..", "..",
                             "docs/guide/runs.md")
        with open(guide) as page:
            words = " ".join(page.read().split())
        return [] if text in words else [f"docs/guide/runs.md lacks: {text}"]
    return Case(number, name, "", run=look)


def spoil(replace, with_text, rows=range(0, 56, 3), sd=0.002):
    """The good table with the losses of some rows changed."""
    lines = table(grid(), sd).splitlines()
    for row in rows:
        n, d, value = lines[row + 1].split(",")
        lines[row + 1] = with_text(n, d, float(value))
    return replace + "\n".join(lines[1:]) + "\n"


FILES = [
    bad(1, "missing_file", GOOD, ["rums.csv: no such file (from /",
                                  "did you mean 'runs.csv'?"],
        "fit rums.csv", 5),
    Case(1, "missing_file_of_any_verb", "", run=missing_anywhere),
    Case(2, "directory", "fit .", exit=5, err=["is a directory"]),
    Case(3, "no_permission", "", run=no_permission),
    bad(4, "empty_file", "", ["is empty: no header"]),
    bad(5, "header_only", HEAD, ["no rows behind the header"]),
    good(6, "byte_order_mark", b"\xef\xbb\xbf" + GOOD.encode()),
    bad(7, "utf16", GOOD.encode("utf-16"), ["UTF-16", "iconv"]),
    good(8, "latin1_name", "name,params,tokens,loss\n".encode()
         + b"".join(b"caf\xe9," + line.encode() + b"\n"
                    for line in GOOD.splitlines()[1:]),
         FIT + " --format json", lacks=["json.exception"]),
    good(9, "carriage_returns", GOOD.replace("\n", "\r\n", 9).replace(
        "\n", "\r", 20)),
    good(10, "no_last_newline", GOOD.rstrip("\n")),
    bad(11, "nul_byte", HEAD + "1e8,2e9,\0\n", ["runs.csv:2:9", "binary"]),
    bad(12, "gzip", b"\x1f\x8b\x08\0abc", ["gzip", "zcat FILE | isoflop"]),
    bad(12, "zstd", b"\x28\xb5\x2f\xfd\x04", ["zstd"]),
    bad(12, "parquet", b"PAR1\x15\x04", ["Parquet", "to_csv"]),
    bad(12, "xlsx", b"PK\x03\x04\x14\0", ["xlsx", "save the sheet as CSV"]),
    bad(13, "lfs_pointer", "version https://git-lfs.github.com/spec/v1\n",
        ["git lfs pull"]),
    bad(13, "login_page", "<!DOCTYPE html><html>", ["HTML", "login"]),
    Case(14, "many_rows_in_little_memory", "", run=large),
    bad(15, "endless_line", HEAD + "1" * (17 << 20), ["longer than 16 MB"]),
    good(16, "many_columns", "".join(
        line + "".join(f",c{i}" if row == 0 else ",1" for i in range(20000))
        + "\n" for row, line in enumerate(GOOD.splitlines()[:30])),
        exit=0),
    Case(17, "terminal", "", run=terminal),
    Case(18, "empty_pipe", "fit -", exit=3, err=["<stdin>: is empty"]),
    Case(19, "stdin_twice", "fit - -", stdin=GOOD.encode(), exit=2,
         err=["unexpected argument '-'"]),
    Case(20, "named_pipe", "", run=pipe),
    Case(20, "dev_stdin", "fit /dev/stdin --bootstrap 0",
         stdin=GOOD.encode()),
    Case(21, "cut_off_while_read", "", run=cut_off),
    Case(22, "same_file_twice", "convert runs.csv runs.csv",
         {"runs.csv": GOOD}, err=["warning[runs.duplicates]: 56 of 112"]),
]

SHAPES = [
    bad(23, "decimal_commas", "params;tokens;loss\n1e8;2e9;3,1\n",
        ["runs.csv:2:9", "'3,1'", "--decimal ,"]),
    good(23, "decimal_commas_when_asked",
         GOOD.replace(",", ";").replace(".", ","), FIT + " --decimal ,"),
    good(24, "tabs", GOOD.replace(",", "\t")),
    good(25, "quoted_cells", "note," + GOOD.splitlines()[0] + "\n" + "".join(
        f'"a, ""b""\nc",{line}\n' for line in GOOD.splitlines()[1:])),
    bad(26, "open_quote", HEAD + '1e8,2e9,"3\n1,1,1\n',
        ["runs.csv:2:9: the quote that opens here"]),
    bad(27, "ragged_row", HEAD + ROW + "1e8,2e9\n",
        ["runs.csv:3: 2 cells found", "--drop-bad"]),
    good(27, "ragged_row_left_out", GOOD + "1e8,2e9\n",
         FIT + " --drop-bad", err=["warning[runs.dropped]: 1 row"]),
    bad(28, "duplicate_header", "params,tokens,loss,loss\n1e8,2e9,3,3\n",
        ["column 'loss' appears twice"]),
    good(28, "duplicate_header_unused", "x,x," + GOOD.replace("\n", "\n1,1,")
         .removesuffix("1,1,")),
    bad(29, "missing_column", "params,tokns,loss\n1e8,2e9,3\n",
        ["columns found: params, tokns and loss", "did you mean 'tokns'?",
         "--column tokens=tokns"]),
    good(30, "header_in_other_case", GOOD.replace(
        "params,tokens,loss", " N_Params , Tokens ,Final Loss")),
    good(31, "pandas_index", "Unnamed: 0," + GOOD.replace("\n", "\n7,")
         .removesuffix("7,")),
    bad(32, "comment", "# runs\n" + GOOD, ["runs.csv:1"]),
    good(32, "comment_when_asked", "# runs\n" + GOOD, FIT + " --comment '#'"),
    bad(33, "extreme_of_wandb", "params,tokens,a/loss__MIN\n" + ROW,
        ["'a/loss__MIN'", "use 'a/loss'"],
        FIT + " --column loss=a/loss__MIN"),
    Case(33, "extremes_left_out", "convert runs.csv",
         {"runs.csv": "params,tokens,loss,loss__MIN,loss__MAX\n"
          "1e8,2e9,3,2,4\n"}, lacks=["__M"], out=["params,tokens,loss\n"]),
    bad(34, "history", "_step,loss\n1,3\n2,2\n",
        ["training curve", "isoflop convert"]),
    bad(35, "tensorboard", "Wall time,Step,Value\n1.5,1,3\n",
        ["TensorBoard", "isoflop convert"]),
    Case(36, "trainer_state_with_nan",
         "convert state.json --params 1e8 --pick best",
         {"state.json": '{"global_step": 2, "total_flos": 1.2e18, '
          '"log_history": [{"step": 1, "loss": 3.5}, '
          '{"step": 2, "loss": NaN}]}'},
         out=["3.5"], err=["warning[runs.not-finite]"]),
    good(37, "flops_off_by_half", "params,tokens,loss,flops\n" + "".join(
        f"{line},{9 * float(line.split(',')[0]) * float(line.split(',')[1])}\n"
        for line in GOOD.splitlines()[1:]),
        err=["warning[runs.flops-mismatch]: the given FLOP are 1.5 times"]),
    bad(37, "gigaflops", "params,tokens,loss,flops\n" + "".join(
        f"{line},{6e-9 * float(line.split(',')[0]) * float(line.split(',')[1])}"
        "\n" for line in GOOD.splitlines()[1:]),
        ["flops looks like GFLOP", "--unit flops=1e9"]),
    good(38, "compute_and_loss_only", COMPUTE, "fit runs.csv --bootstrap 100",
         out=["L = E + (C0/C)^gamma on 16 runs", "IDENTIFIED"],
         err=["note[runs.compute-only]: there is neither params nor tokens"]),
    Case(38, "compute_law_predicts_but_plans_nothing", "", run=compute_law),
    bad(38, "column_like_params", COMPUTE.replace("flops", "flops,n_prms", 1)
        .replace("\n", ",1e8\n").replace("loss,1e8", "loss", 1),
        ["did you mean 'n_prms'?"]),
    bad(38, "compute_alone_in_petaflop_days",
        "flops,loss\n1,3\n10,2.8\n100,2.6\n", ["--unit flops=8.64e19"]),
]

CELLS = [
    cell(39, "empty_cell", "", ["is empty", "--drop-bad"]),
    good(39, "empty_cell_left_out", GOOD + "1e8,2e9,\n", FIT + " --drop-bad",
         err=["1 empty"]),
    *[cell(40, "word_" + word.strip("-"), word, problem)
      for word, problem in [
          ("NaN", ["did the run diverge?"]), ("nan", ["not a finite number"]),
          ("NA", ["no value"]), ("null", ["no value"]), ("None", ["no value"]),
          ("Infinity", ["not a finite number"]), ("inf", ["not a finite"]),
          ("-inf", ["not a finite number"])]],
    cell(41, "zero_loss", "0", ["is '0', but must be > 0"]),
    cell(42, "negative_loss", "-2.5", ["log-probability or a reward"]),
    good(43, "diverged", GOOD + "1e8,2e9,1e30\n",
         err=["warning[runs.diverged]", "in 1 of 57 runs"]),
    cell(44, "overflow", "1e400", ["outside the range of a double"]),
    cell(45, "underflow", "1e-400", ["outside the range of a double"]),
    good(46, "underscores", GOOD.replace("30000000,", "30_000_000,")),
    cell(46, "thousands", '"1,000"', ["ambiguous"]),
    good(47, "suffixes", GOOD.replace("30000000,", "30M,")
         .replace("10000000000,", "10B,")),
    good(48, "lower_case_b", GOOD.replace("10000000000,", "10b,")),
    bad(48, "lower_case_m", HEAD + "70m,2e9,3\n", ["runs.csv:2:1: params"]),
    *[cell(49, "no_number_" + str(i), text, [])
      for i, text in enumerate(["0x10", "1.5.2", "1e", "--5"])],
    good(50, "plus_sign", GOOD.replace("\n", "\n+").removesuffix("+")),
    good(51, "blanks", GOOD.replace(",", " ,\t")),
    cell(51, "no_break_space", "3\u00a0", ["U+00A0"]),
    cell(51, "minus_sign", "\u22121", ["U+2212"]),
    cell(52, "date", "1-Feb", ["unknown suffix"]),
    Case(53, "large_integers", "convert runs.csv",
         {"runs.csv": HEAD + "9007199254740993,2e16,3\n"},
         out=["9007199254740992,"]),
    bad(54, "zero_params", HEAD + "0,2e9,3\n", ["params is '0'"]),
    bad(54, "negative_params", HEAD + "-5,2e9,3\n", ["params is '-5'"]),
    good(55, "step_zero", GOOD + "1e8,0,11\n",
         err=["warning[runs.dropped]", "1 before training"]),
    good(56, "too_many_params", HEAD + "".join(
        f"{float(line.split(',')[0]) * 1e10},"
        + ",".join(line.split(",")[1:]) + "\n"
        for line in GOOD.splitlines()[1:]), err=["warning[runs.units]"],
         exit=1),
    bad(56, "too_few_params", HEAD + "70,2e9,3\n90,2e9,3\n",
        ["params looks like millions"]),
    bad(57, "billions", HEAD + "".join(
        f"{float(line.split(',')[0]) / 1e9},"
        + ",".join(line.split(",")[1:]) + "\n"
        for line in GOOD.splitlines()[1:]), ["--unit params=1e9"]),
    documented(58, "tokens_in_steps", "Tokens counted in steps, or in bytes of "
               "text, cannot be told from tokens"),
    good(59, "perplexity", spoil(HEAD, lambda n, d, v: f"{n},{d},{2.7183**v}",
                                 range(56)),
         err=["warning[runs.perplexity]", "--loss-unit perplexity"], exit=1),
    good(59, "perplexity_when_said",
         spoil(HEAD, lambda n, d, v: f"{n},{d},{2.718281828459045**v}",
               range(56)), FIT + " --loss-unit perplexity",
         lacks=["runs.perplexity"]),
    good(60, "bits_among_nats", spoil(
        HEAD, lambda n, d, v: f"{n},{d},{v / 0.6931471805599453}"),
        err=["warning[runs.mixed-units]", "column loss_unit"], exit=1),
    good(61, "bits_per_byte", spoil(
        HEAD, lambda n, d, v: f"{n},{d},{v / 0.6931471805599453 / 4.5}",
        range(56)), FIT + " --loss-unit bits_per_byte",
        err=["warning[runs.loss-unit]", "--bytes-per-token"]),
    good(61, "bits_per_byte_not_said", spoil(
        HEAD, lambda n, d, v: f"{n},{d},{v / 0.6931471805599453 / 4.5}",
        range(56)), err=["note[runs.loss-unit]"]),
    good(62, "accuracy", spoil(HEAD, lambda n, d, v: f"{n},{d},{100 / v}",
                               range(56)),
         err=["warning[runs.loss-rises]"], exit=1),
    bad(63, "two_tokenizers", "tokenizer," + HEAD + "gpt2," + ROW + "llama,"
        + ROW, ["compare only within one", "--where tokenizer=gpt2"]),
    good(64, "params_counted_in_two_ways", "params_counted," + HEAD + "".join(
        f"{'total' if i % 2 else 'non-embedding'},{line}\n"
        for i, line in enumerate(GOOD.splitlines()[1:])),
        err=["warning[runs.mixed-labels]"]),
    documented(65, "smoothed_losses", "Smoothed losses and minima over a run "
               "lie below final ones"),
    bad(66, "zero_weight", "weight," + HEAD + "0," + ROW,
        ["weight is '0', but must be > 0"]),
    bad(66, "nan_sigma", "sigma," + HEAD + "nan," + ROW,
        ["loss_sd (column 'sigma') is 'nan'"]),
    good(67, "sigma_in_per_cent", "sigma," + HEAD + "".join(
        f"2.5,{line}\n" for line in GOOD.splitlines()[1:]),
        err=["warning[runs.loss-sd]", "per cent"]),
]

CASES = FILES + SHAPES + CELLS
