# SPDX-License-Identifier: Apache-2.0
"""Prints the type stubs of isoflop._core, from the module itself.

usage: PYTHONPATH=build/release/python python3 tests/python/stubs.py \
           > bindings/python/isoflop/_core.pyi
"""

from __future__ import annotations

import inspect
import re

import isoflop._core as core

HEAD = '''# SPDX-License-Identifier: Apache-2.0
# Printed by tests/python/stubs.py; a test compares.
from typing import Any, Optional, Union

import numpy

Number = Union[float, str]

'''

TYPES = {"number": "Number", "integer": "int", "text": "Any", "switch": "bool",
         "list": "Any"}


def clean(text: str) -> str:
    """Types as pybind11 prints them, as a type checker reads them."""
    text = text.replace("isoflop._core.", "")
    text = re.sub(r"numpy\.ndarray\[.*\]", "numpy.ndarray", text)
    text = re.sub(r"\b(List|Dict|Tuple)\[", lambda m: m[1].lower() + "[", text)
    return text.replace("object", "Any")


def returned(doc: str | None) -> str:
    match = re.search(r"->\s*(.+)", (doc or "").splitlines()[0] if doc else "")
    return clean(match[1]) if match else "Any"


def keywords(name: str) -> str:
    options = core.option_table().get(name, [])
    seen: dict[str, str] = {}
    for option in options:
        seen.setdefault(option["name"], TYPES[option["type"]])
    return "".join(f"    {key}: {kind} = ...,\n" for key, kind in seen.items())


def function(name: str, value: object, indent: str = "") -> str:
    doc = inspect.getdoc(value) or ""
    line = doc.splitlines()[0] if doc else f"{name}() -> Any"
    inside = clean(line[line.index("(") + 1 : line.rindex(") ->")])
    inside = re.sub(r"self: \w+", "self", inside)
    inside = re.sub(r" = <.*?>", " = ...", inside)
    result = returned(doc)
    if "**kwargs" in inside and not keywords(name):
        inside = inside.replace("**kwargs", "**inputs: Any")
    elif "**kwargs" in inside:
        inside = inside.replace("**kwargs", "").rstrip(", ")
        head = f"    {inside},\n" if inside else ""
        return (f"def {name}(\n{head}    *,\n{keywords(name)}) -> {result}:"
                " ...\n")
    return f"{indent}def {name}({inside}) -> {result}: ...\n"


def klass(name: str, value: type) -> str:
    base = value.__mro__[1].__name__
    bases = "" if base in ("pybind11_object", "object") else f"({base})"
    lines = []
    for key, member in sorted(vars(value).items()):
        if isinstance(member, property):
            lines.append(f"    @property\n    def {key}(self) -> "
                         f"{returned(member.fget.__doc__)}: ...\n")
        elif key == "__init__" and "columns" in (member.__doc__ or ""):
            lines.append("    def __init__(self, columns: Any) -> None: ...\n")
        elif key == "__len__" or (callable(member) and key[0] != "_"):
            lines.append(function(key, member, "    "))
        elif isinstance(member, value):
            lines.append(f"    {key}: {name}\n")
    return f"class {name}{bases}:\n" + ("".join(lines) or "    pass\n")


def stubs() -> str:
    text = HEAD + "__version__: str\n"
    for name, value in sorted(vars(core).items()):
        if name.startswith("_"):
            continue
        if inspect.isclass(value):
            text += "\n" + klass(name, value)
        elif callable(value):
            text += "\n" + function(name, value)
    return text


if __name__ == "__main__":
    print(stubs(), end="")
