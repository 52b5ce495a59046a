#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what may include what, from the #include lines.

    check_layers.py ROOT

Exit status 1 and a line `path:line: problem` for each breach.
"""

import re
import sys
from pathlib import Path

LAYERS = ["units", "base", "runs", "laws", "fit", "cost", "plan", "check",
          "watch", "report"]
# Never in a public header: who links the library does not need these.
PRIVATE = ("ceres/", "boost/", "nlohmann/", "toml++/", "glog/")
# Third-party libraries that have one home.
HOME = {"boost/program_options": "apps", "pybind11/": "bindings"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# The library returns data; it never prints and never ends the process.
FORBIDDEN = re.compile(
    r"\bstd::(cout|cerr|clog)\b|\b(?:f|v|vf)?printf\s*\(|\bputs\s*\(|"
    r"(?<![\w.>])(?:std::)?(?:_|quick_)?(?:exit|abort)\s*\(")
NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.DOTALL)
SOURCES = (".h", ".cc")


def layer_of(path):
    """Index of the layer named by the first folder of a path, or None."""
    first = path.split("/")[0]
    return LAYERS.index(first) if first in LAYERS else None


def blank(match):
    """Comment or string replaced by its line breaks."""
    return "\n" * match.group().count("\n")


class Checker:
    def __init__(self, root):
        self.root = root
        self.public = root / "lib/include"
        self.problems = []
        self.files = 0

    def report(self, path, line, problem):
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {problem}")

    def includes(self, path):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1) == '"', match.group(2)

    def head(self, path):
        text = path.read_text()
        if "SPDX-License-Identifier: Apache-2.0" not in text.split("\n")[0]:
            self.report(path, 1, "the first line is not the SPDX line")
        if path.suffix == ".h" and "\n#pragma once\n" not in text:
            self.report(path, 1, "no #pragma once")

    def is_public(self, name):
        return name == "isoflop/version.h" or (self.public / name).is_file()

    def library(self, path, public):
        base = self.public / "isoflop" if public else self.root / "lib/src"
        name = path.relative_to(base).as_posix()
        own = layer_of(name)
        umbrella = public and name == "isoflop.h"
        if own is None and not umbrella:
            self.report(path, 1, f"'{name}' is in no layer")
            return
        for line, quoted, included in self.includes(path):
            if public and included.startswith(PRIVATE):
                self.report(path, line,
                            f"public header includes <{included}>")
            for prefix, home in HOME.items():
                if included.startswith(prefix):
                    self.report(path, line, f"<{included}> belongs to {home}/")
            if not quoted:
                continue
            if public and not included.startswith("isoflop/"):
                self.report(path, line,
                            f"public header includes internal '{included}'")
                continue
            if included == "isoflop/version.h" or umbrella:
                continue
            target = layer_of(included.removeprefix("isoflop/"))
            if target is None and "/" in included:
                self.report(path, line, f"'{included}' is in no layer")
            elif target is not None and target > own:
                self.report(path, line,
                            f"layer {LAYERS[own]} includes '{included}' "
                            f"of the later layer {LAYERS[target]}")
        code = NOISE.sub(blank, path.read_text())
        for line, text in enumerate(code.splitlines(), 1):
            match = FORBIDDEN.search(text)
            if match:
                self.report(path, line,
                            f"the library must not use {match.group()}")

    def front_end(self, path, folder):
        for line, quoted, included in self.includes(path):
            for prefix, home in HOME.items():
                if included.startswith(prefix) and folder != home:
                    self.report(path, line, f"<{included}> belongs to {home}/")
            if not quoted:
                continue
            if included.startswith("isoflop/"):
                if not self.is_public(included):
                    self.report(path, line,
                                f"'{included}' is not a public header")
            elif not (path.parent / included).is_file() or "/" in included:
                self.report(path, line,
                            f"'{included}' is neither a public header nor "
                            "beside this file")

    def listed_by_stem(self, name, text):
        """Forms and rules of the check are listed by their names alone."""
        folders = {"src/laws/forms": "forms", "src/check": "rules"}
        list_name = folders.get(name.parent.as_posix())
        names = re.search(rf"^set\({list_name}\n(.*?)\)", text,
                          re.MULTILINE | re.DOTALL)
        return (names is not None
                and re.search(rf"^\s*{re.escape(name.stem)}\s*$", names[1],
                              re.MULTILINE) is not None)

    def listed(self, path):
        """A source that no list names is never built or tested."""
        for folder in path.parents:
            cmake = folder / "CMakeLists.txt"
            if cmake.is_file() and folder != self.root:
                name = path.relative_to(folder)
                text = cmake.read_text()
                if not (re.search(
                        rf"^[^#\n]*(?<![\w/]){re.escape(name.as_posix())}\b",
                        text, re.MULTILINE) or self.listed_by_stem(name, text)):
                    self.report(path, 1, "not listed in "
                                f"{cmake.relative_to(self.root)}")
            if cmake.is_file() or folder == self.root:
                return

    def umbrella(self):
        path = self.public / "isoflop/isoflop.h"
        if not path.is_file():
            return
        included = set()
        waiting = [path]
        while waiting:
            for _, _, name in self.includes(waiting.pop()):
                header = self.public / name
                if name not in included and header.is_file():
                    included.add(name)
                    waiting.append(header)
        for header in sorted(self.public.rglob("*.h")):
            name = header.relative_to(self.public).as_posix()
            if header != path and name not in included:
                self.report(path, 1, f"does not reach '{name}'")

    def run(self):
        def each(folder, check):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in SOURCES:
                    self.files += 1
                    self.head(path)
                    check(path)
                    if path.suffix == ".cc" or folder == "lib/include":
                        self.listed(path)

        each("lib/include", lambda path: self.library(path, True))
        each("lib/src", lambda path: self.library(path, False))
        each("apps", lambda path: self.front_end(path, "apps"))
        each("bindings", lambda path: self.front_end(path, "bindings"))
        each("tests", lambda path: None)
        self.umbrella()
        return self.problems


def main():
    checker = Checker(Path(sys.argv[1]).resolve())
    for problem in checker.run():
        print(problem)
    print(f"{checker.files} files, {len(checker.problems)} problems")
    if checker.files == 0:
        sys.exit("no source found: wrong root?")
    sys.exit(1 if checker.problems else 0)


if __name__ == "__main__":
    main()
