#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the command on the cases of YAML files and compares what it says.

    run_golden.py --command PATH [--update] [--only NAME] FILE...

A file is a list of cases:

    - name: refuses_an_unknown_column   # unique in the file
      args: fit runs.csv --colum x      # a line as for a shell, or a list
      stdin: ""                         # default: empty
      files: {runs.csv: "params,..."}   # put into the working folder
      env: {NO_COLOR: "1"}
      exit: 2                           # default: 0
      out: ""                           # exact; --update rewrites it
      err: "..."                        # exact; --update rewrites it
      out_contains: ["..."]             # each somewhere in the output
      err_contains: ["did you mean"]
      out_lacks: ["nan"]                # none anywhere in the output
      err_lacks: ["..."]
      err_lines: 1                      # number of lines
      out_lines: 1
      writes: [law.json]                # files made or changed; default: none

A case without any expectation fails. Each runs in a folder of its own, with
ISOFLOP_DATA at data/. In every text `{data}` is that folder, `{version}` the
version, and `{shared}` a folder of large tables, $ISOFLOP_TEST_DATA or
../shared/data beside the source tree; cases that use it are skipped where it
is not. Both are links in the working folder: where the source tree lies must
not show in what is printed, nor in where its lines break. The last line counts:
N passed, N failed, N skipped.
"""

import argparse
import concurrent.futures
import difflib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
INPUTS = {"name": str, "args": (str, list), "stdin": str, "files": dict,
          "env": dict}
EXPECTED = {"exit": int, "out": str, "err": str, "out_contains": list,
            "err_contains": list, "out_lacks": list, "err_lacks": list,
            "out_lines": int, "err_lines": int, "writes": list}
TIMEOUT_S = 120


def folders():
    version = re.search(r"project\(isoflop VERSION ([0-9.]+)",
                        (ROOT / "CMakeLists.txt").read_text()).group(1)
    shared = Path(os.environ.get("ISOFLOP_TEST_DATA")
                  or ROOT.parent / "shared/data")
    links = {"isoflop-data": ROOT / "data"}
    if shared.is_dir():
        links["isoflop-shared"] = shared.resolve()
    return {"{data}": "isoflop-data",
            "{shared}": "isoflop-shared" if shared.is_dir() else None,
            "{version}": version}, links


def fill(text, places):
    for word, value in places.items():
        if value is not None:
            text = text.replace(word, value)
    return text


def case_problem(case, names):
    """What is wrong with the case itself, or None."""
    if not isinstance(case, dict):
        return "a case must be a mapping"
    for key, value in case.items():
        kind = INPUTS.get(key) or EXPECTED.get(key)
        if kind is None:
            return f"unknown key '{key}'"
        if not isinstance(value, kind) or isinstance(value, bool):
            if not (value is None and key in ("out", "err")):
                return f"'{key}' has the wrong type"
        if isinstance(value, list) and key != "args" and not value:
            return f"'{key}' is empty"
    if "name" not in case or "args" not in case:
        return "a case needs a name and args"
    if case["name"] in names:
        return "the name is taken"
    if not EXPECTED.keys() & case.keys():
        return "it expects nothing"
    return None


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in Path(folder).rglob("*")
            if path.is_file() and not Path(folder, path.relative_to(
                folder).parts[0]).is_symlink()}


def run(command, case, places, links):
    args = case["args"]
    if isinstance(args, str):
        args = shlex.split(args)
    env = {name: os.environ[name]
           for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                        "LLVM_PROFILE_FILE") if name in os.environ}
    env["LC_ALL"] = "C.UTF-8"
    env["ISOFLOP_DATA"] = places["{data}"]
    with tempfile.TemporaryDirectory(prefix="isoflop-golden-") as folder:
        env["HOME"] = folder
        for name, place in links.items():
            Path(folder, name).symlink_to(place)
        for name, value in case.get("env", {}).items():
            env[name] = fill(str(value), places)
        for name, text in case.get("files", {}).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fill(text, places).encode())
        before = contents(folder)
        result = subprocess.run(
            [command, *(fill(str(arg), places) for arg in args)],
            input=fill(case.get("stdin", ""), places).encode(),
            capture_output=True, cwd=folder, env=env, timeout=TIMEOUT_S,
            check=False)
        after = contents(folder)
    written = sorted(name for name in before.keys() | after.keys()
                     if before.get(name) != after.get(name))
    return (result.returncode, result.stdout.decode("utf-8", "replace"),
            result.stderr.decode("utf-8", "replace"), written)


def difference(stream, wanted, got):
    lines = difflib.unified_diff(
        wanted.splitlines(keepends=True), got.splitlines(keepends=True),
        f"expected {stream}", f"actual {stream}")
    text = "".join(line if line.endswith("\n")
                   else line + "\n\\ no newline at the end\n"
                   for line in lines)
    return text.rstrip("\n")


def mismatches(case, status, out, err, written, places):
    problems = []
    if status != case.get("exit", 0):
        problems.append(f"exit status {status}, expected {case.get('exit', 0)}")
    for stream, got in (("out", out), ("err", err)):
        if stream in case:
            wanted = fill(case[stream] or "", places)
            if got != wanted:
                problems.append(difference(stream, wanted, got))
        for text in case.get(f"{stream}_contains", []):
            if fill(str(text), places) not in got:
                problems.append(f"{stream} lacks: {text}")
        for text in case.get(f"{stream}_lacks", []):
            if fill(str(text), places) in got:
                problems.append(f"{stream} has: {text}")
        lines = case.get(f"{stream}_lines")
        if lines is not None and len(got.splitlines()) != lines:
            problems.append(
                f"{stream} has {len(got.splitlines())} lines, expected {lines}")
    if written != sorted(case.get("writes", [])):
        problems.append(f"it wrote {written}, "
                        f"expected {sorted(case.get('writes', []))}")
    if re.search(r"Sanitizer|runtime error:", err):
        problems.append("a sanitizer complains")
    if re.search(r"(?m)^[IWEF]\d{4,8} \d\d:|\.cc:\d+\]|WARNING: Logging", err):
        problems.append("a library logs to stderr")
    if problems and err and "err" not in case:
        problems.append("stderr was:\n" + err.rstrip("\n"))
    if problems and out and "out" not in case:
        problems.append("stdout was:\n" + out.rstrip("\n"))
    return problems


def as_yaml(text, indent):
    """A block scalar where YAML can hold the text so, else a quoted one."""
    printable = re.fullmatch(r"[\n -~\u00a1-\ud7ff]*", text)
    body = text.removesuffix("\n")
    if not body or not printable or body.endswith("\n") or text == "\n":
        return json.dumps(text)
    head = "|" + ("2" if body[0] in " \n" else "")
    head += "" if text.endswith("\n") else "-"
    pad = " " * indent
    return head + "\n" + "\n".join(pad + line if line else ""
                                   for line in body.split("\n"))


def update(path, source, outputs, places):
    """Rewrites `out` and `err` where cases have them; the rest stays."""
    edits = []
    for node, streams in zip(yaml.compose(source).value, outputs):
        for key, value in node.value:
            if key.value not in ("out", "err") or streams is None:
                continue
            text = streams[key.value]
            if text == fill(value.value, places):
                continue
            for word, place in places.items():
                # A short text such as 0.1.0 may stand for something else.
                if place and (word != "{version}" or word in value.value):
                    text = text.replace(place, word)
            start, end = value.start_mark.index, value.end_mark.index
            new = as_yaml(text, key.start_mark.column + 2)
            tail = source[start:end]
            new += tail[len(tail.rstrip("\n")):]
            if source[start - 1] == ":":
                new = " " + new
            edits.append((start, end, new))
    for start, end, new in sorted(edits, reverse=True):
        source = source[:start] + new + source[end:]
    if edits:
        path.write_text(source)
        print(f"{path}: {len(edits)} texts rewritten")


def run_file(path, options, places, links):
    source = path.read_text()
    cases = yaml.safe_load(source) or []
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    names = set()
    outputs = [None] * len(cases)

    def attempt(case):
        if places["{shared}"] is None and "{shared}" in json.dumps(case):
            return "skipped"
        try:
            return run(options.command, case, places, links)
        except subprocess.TimeoutExpired:
            return "timeout"

    problems = {}
    for index, case in enumerate(cases):
        problem = case_problem(case, names)
        if problem:
            problems[index] = [problem]
        else:
            names.add(case["name"])
    chosen = [i for i, case in enumerate(cases) if i not in problems
              and (options.only is None or options.only in case["name"])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(attempt, (cases[i] for i in chosen)))
    for index, result in zip(chosen, results):
        name = cases[index]["name"]
        if result == "skipped":
            counts["skipped"] += 1
            print(f"skipped {path.name}: {name}: the shared tables are not "
                  "here")
        elif result == "timeout":
            problems[index] = [f"took longer than {TIMEOUT_S} s"]
        else:
            status, out, err, written = result
            outputs[index] = {"out": out, "err": err}
            found = mismatches(cases[index], status, out, err, written,
                               places)
            if found:
                problems[index] = found
            else:
                counts["passed"] += 1
    for index, found in sorted(problems.items()):
        case = cases[index]
        name = case.get("name", "?") if isinstance(case, dict) else "?"
        counts["failed"] += 1
        print(f"FAILED {path.name}: case {index + 1}, {name}")
        if isinstance(case, dict) and "args" in case:
            args = case["args"]
            print("  isoflop " + (args if isinstance(args, str)
                                  else shlex.join(map(str, args))))
        for problem in found:
            print("  " + problem.replace("\n", "\n  "))
    if options.update:
        update(path, source, outputs, places)
    return counts


def main():
    parser = argparse.ArgumentParser(description="golden runs of isoflop")
    parser.add_argument("--command", required=True, help="the isoflop to run")
    parser.add_argument("--update", action="store_true",
                        help="rewrite out and err as they are now")
    parser.add_argument("--only", help="only cases whose name has this")
    parser.add_argument("file", nargs="+", type=Path)
    options = parser.parse_args()
    options.command = str(Path(options.command).resolve())
    places, links = folders()
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for path in options.file:
        for key, count in run_file(path, options, places, links).items():
            total[key] += count
    print(", ".join(f"{count} {key}" for key, count in total.items()))
    if not any(total.values()):
        sys.exit("no case was run")
    sys.exit(1 if total["failed"] else 0)


if __name__ == "__main__":
    main()
