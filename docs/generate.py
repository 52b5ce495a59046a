#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the parts of the documentation that the command itself knows.

    generate.py [--command PATH] [--check]

- reference/findings.md from `isoflop list codes --format json`
- reference/options.md from each verb's --help
- in README.md and below docs/ the output under each `$ ` line of a block
  fenced as ```console, run in a shell in an empty folder that has data/ and
  the files of the page: blocks fenced as ```toml with `# NAME.toml` on top

--check writes nothing and fails with the differences when a page is stale.
"""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
HEAD = "<!-- Written by docs/generate.py: edit the sources, not this page. -->"
TOML = re.compile(r"^```toml\n(# (\S+\.toml)\n.*?)^```$",
                  re.MULTILINE | re.DOTALL)
LAYERS = {"runs": "Runs: what is odd about a table",
          "fit": "Fits: how far a law can be trusted",
          "forecast": "Forecasts: how far larger runs are known",
          "backtest": "Back-tests: what to trust",
          "valleys": "Valleys: isoFLOP parabolas",
          "envelope": "Envelopes of training curves",
          "compare": "Comparisons",
          "law": "Laws: how far a law reaches",
          "plan": "Plans: whether to train",
          "moe": "Mixtures: how a router spreads its tokens",
          "data": "Data: what tokens are worth"}


class Command:
    """The built command, under the name `isoflop` for shell lines."""

    def __init__(self, path, folder):
        (Path(folder) / "isoflop").symlink_to(Path(path).resolve())
        self.env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}",
                    "LC_ALL": "C.UTF-8"}

    def shell(self, line, folder):
        """Standard output and error together, as a terminal shows them.

        What a filter and the command before it print comes in either order,
        so such a line must leave nothing on standard error.
        """
        filtered = re.search(r"isoflop [^;]*\|", line)
        done = subprocess.run(["bash", "-c", line], cwd=folder, env=self.env,
                              stdout=subprocess.PIPE, timeout=120, check=False,
                              stderr=subprocess.PIPE if filtered
                              else subprocess.STDOUT)
        if done.stderr:
            sys.exit(f"generate.py: needs 2>/dev/null before the pipe: {line}")
        return done.stdout.decode()

    def isoflop(self, *args):
        done = subprocess.run(["isoflop", *args], cwd=ROOT, env=self.env,
                              capture_output=True, text=True, timeout=120,
                              check=True)
        return done.stdout


def markdown(page):
    """Plain text with formulas indented by two spaces."""
    blocks = []
    for block in page.strip("\n").split("\n\n"):
        if block.startswith("  "):
            blocks.append(re.sub("^", "  ", block, flags=re.MULTILINE))
        else:
            blocks.append(re.sub(r"([*<])", r"\\\1", block))
    return "\n\n".join(blocks) + "\n"


def findings_page(command):
    codes = json.loads(command.isoflop("list", "codes", "--format",
                                       "json"))["result"]
    text = (f"{HEAD}\n# Findings\n\nEvery finding has a code, a severity "
            "(note, warning, error), a message with its\nnumbers, and what "
            "would clear it. Codes are stable. `isoflop explain CODE` shows\n"
            "the same page; an error makes the exit status 1.\n")
    for layer, title in LAYERS.items():
        own = [code for code in codes
               if code["code"].split(".")[0] == layer]
        if not own:
            continue
        text += f"\n## {title}\n"
        for code in own:
            text += f"\n### {code['code']}\n\n**{code['summary']}**\n\n"
            text += markdown(code["explanation"])
    unknown = {code["code"] for code in codes
               if code["code"].split(".")[0] not in LAYERS}
    if unknown:
        sys.exit(f"generate.py: no section for {', '.join(sorted(unknown))}")
    return text


def verbs(command):
    listing = command.isoflop("--help").split("\n\n")[1]
    return [line.split()[0] for line in listing.splitlines()]


def options_page(command):
    text = (f"{HEAD}\n# Options\n\nWhat `isoflop VERB --help` says. The same "
            "table makes the keywords of Python\n(`-` becomes `_`) and the "
            "keys of [plan files](../guide/plan-files.md).\n")
    for verb in verbs(command):
        page = command.isoflop(verb, "--help")
        page = "\n".join(line.rstrip() for line in page.splitlines())
        text += f"\n## {verb}\n\n```text\n{page}\n```\n"
    return text


def with_outputs(text, command, folder):
    """The page with the output of each `$ ` line of console blocks."""
    (Path(folder) / "data").symlink_to(ROOT / "data")
    for body, name in TOML.findall(text):
        (Path(folder) / name).write_text(body)

    def rerun(match):
        result = "```console\n"
        lines = [line for line in match.group(1).splitlines()
                 if line.startswith("$ ")]
        for number, line in enumerate(lines):
            output = command.shell(line[2:], folder).replace(folder, "~/runs")
            output = "\n".join(row.rstrip() for row in output.splitlines())
            result += "\n" * (number > 0) + line + "\n"
            result += output + "\n" * bool(output)
        return result + "```\n"

    return re.sub(r"^```console\n(.*?)^```\n", rerun, text,
                  flags=re.MULTILINE | re.DOTALL)


def pages(command):
    generated = {DOCS / "reference/findings.md": findings_page(command),
                 DOCS / "reference/options.md": options_page(command)}
    yield from generated.items()
    for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]:
        if path not in generated and path.is_file():
            with tempfile.TemporaryDirectory() as folder:
                yield path, with_outputs(path.read_text(), command, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command",
                        default=ROOT / "build/release/apps/isoflop")
    parser.add_argument("--check", action="store_true",
                        help="write nothing, fail when a page is stale")
    arguments = parser.parse_args()
    stale = 0
    with tempfile.TemporaryDirectory() as folder:
        command = Command(arguments.command, folder)
        for path, text in pages(command):
            old = path.read_text() if path.is_file() else ""
            if old == text:
                continue
            stale += 1
            name = str(path.relative_to(ROOT))
            if arguments.check:
                sys.stdout.writelines(difflib.unified_diff(
                    old.splitlines(True), text.splitlines(True), name,
                    name + " as the command has it"))
            else:
                path.write_text(text)
                print(f"wrote {name}")
    if arguments.check and stale:
        sys.exit(f"{stale} pages are stale: run docs/generate.py")


if __name__ == "__main__":
    main()
