#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what properties of the module are, from the comments of the headers.

    property_docs.py OUTPUT.inc

A property that a binding gives no text of its own gets the comment of the
member that it shows, with the unit of its type; without one, the first sentence
of what is said of its type. OUTPUT holds an entry a line, {"Class.property",
"text"}, for module.cc.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "lib/include/isoflop"
BINDINGS = Path(__file__).resolve().parent / "src"
UNITS = {"Params": "count", "Tokens": "count", "Flops": "FLOP",
         "Nats": "nats per token", "Bytes": "bytes", "Usd": "dollars",
         "UsdPerHour": "dollars an hour", "Seconds": "s", "Days": "days",
         "DeviceHours": "device-hours", "Joules": "J",
         "TokensPerSecond": "tokens/s",
         "UsdPerMillionTokens": "dollars per million tokens",
         "Watts": "W", "FlopsPerSecond": "FLOP/s",
         "BytesPerSecond": "bytes/s", "Share": "share"}
MEMBER = re.compile(
    r"^  (?:static |constexpr |virtual |const )*"
    r"(?P<type>[A-Za-z_][\w:<>,* ]*?)[ &]+(?P<name>\w+)"
    r"(?P<call>\([^;{]*\)[^;{]*)?\s*(?:=.*|\{.*)?;?\s*$")


def unit_of(kind):
    for name, unit in UNITS.items():
        if re.search(rf"\b{name}\b", kind):
            return unit
    return ""


def sentence(text, unit):
    """A capital, the unit where it is not said, and a full stop."""
    text = " ".join(text.split()).replace("`", "")
    if unit and unit not in text:
        text = f"{text.rstrip('.')} ({unit})" if text else unit
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def types_of(path):
    """(type, "type") to the first sentence about each type of a header."""
    found = {}
    for words, name in re.findall(
            r"((?:^/// ?.*\n)+)(?:template.*\n)?"
            r"(?:struct|class|enum class) (\w+)",
            path.read_text(encoding="utf-8"), re.MULTILINE):
        text = " ".join(re.sub("^/// ?", "", words, flags=re.MULTILINE).split())
        found[name, "type"] = sentence(re.split(r"(?<=\.) |: ", text)[0], "")
    return found


def members_of(path):
    """(struct, member) to the text of each member of a header.

    Of (struct, "") the bases, and of (struct, "member type") the type.
    """
    found, struct, above = {}, "", []
    lines = path.read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        opened = re.match(r"^(?:struct|class) (\w+)", line)
        if opened and not line.endswith(";"):
            struct, above = opened.group(1), []
            base = re.search(r":\s*(.*?)\s*\{?$", line[opened.end():])
            found.setdefault((struct, ""), base.group(1) if base else "")
            continue
        if line.startswith("}"):
            struct = ""
        if not struct:
            continue
        block = re.match(r"^  /// ?(.*)$", line)
        if block:
            above.append(block.group(1))
            continue
        code, _, behind = line.partition("///<")
        # A declaration that goes on below has its comment there.
        statement, k = code.rstrip(), at
        while (re.match(r"^  \w", line) and not re.search(r"[;{]", statement)
               and k + 1 < len(lines)):
            k += 1
            more, _, behind = lines[k].partition("///<")
            statement += " " + more.strip()
        member = MEMBER.match(statement)
        if member and member.group("name") != "operator":
            words = [behind.strip()] if behind else above
            while behind and k + 1 < len(lines):
                k += 1
                more = re.match(r"^\s*///< ?(.*)$", lines[k])
                if not more:
                    break
                words.append(more.group(1))
            text = " ".join(words).split(" @")[0]
            found[struct, member.group("name")] = sentence(
                text, unit_of(member.group("type")))
            found[struct, member.group("name") + " type"] = member.group("type")
        if code.strip():
            above = []
    return found


def help_of(path):
    """The same of options, which have their text in `fields()`."""
    text = path.read_text(encoding="utf-8")
    calls = re.findall(
        r'field\(\s*"\w+",\s*&(\w+)::(\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)',
        text)
    aliases = dict(re.findall(r"using (\w) = (\w+);", text))
    return {(aliases.get(struct, struct), name): sentence(
        "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', words)), "")
        for struct, name, words in calls}


def known_members():
    known = {}
    for path in sorted(HEADERS.rglob("*.h")):
        known.update(types_of(path))
        known.update(members_of(path))
        for key, text in help_of(path).items():
            known[key] = known.get(key) or text
    return known


def text_of(known, struct, member):
    """Of the member, here or in a base."""
    if known.get((struct, member)):
        return known[struct, member]
    for kind in re.findall(r"\w+", known.get((struct, f"{member} type"), "")):
        if kind != "Interval" and known.get((kind, "type")):
            return known[kind, "type"]
    for base in re.findall(r"\w+", known.get((struct, ""), "")):
        text = text_of(known, base, member)
        if text:
            return text
    return ""


def shown_by_lambdas(text):
    """Property, its class and that of the member, member of what lambdas show.

    The first member that the lambda reads; of `self.form->x` that of the form.
    """
    for name, struct, self, body in re.findall(
            r'\.def_property_readonly\(\s*"(\w+)",\s*'
            r"\[\]\(const (\w+)& (\w+)\) \{(.*?)\}\)", text, re.DOTALL):
        read = re.search(rf"\b{self}\.(form->|provenance\.)?(\w+)", body)
        owner = {"form->": "Form", "provenance.": "Provenance"}.get(
            read.group(1), struct)
        yield name, (struct, owner), read.group(2)


def properties():
    """Class.property, struct and member of what bindings give no text."""
    texts = [path.read_text(encoding="utf-8")
             for path in sorted([*BINDINGS.glob("*.cc"),
                                 *BINDINGS.glob("*.h")])]
    names = {}
    for text in texts:
        for struct, name in re.findall(
                r'py::class_<(\w+)[^>]*>\s*\w*\(\s*module,\s*"(\w+)"', text):
            names[struct] = name
    for text in texts:
        for name, struct, member in re.findall(
                r'\.def_(?:property_)?readonly\(\s*"(\w+)",'
                r"\s*&(\w+)::(\w+)\s*\)", text):
            if struct in names:
                yield f"{names[struct]}.{name}", struct, member
        # Of bind_plain, whose classes have the names of their structs.
        for name, struct, member in re.findall(
                r'Member\{"(\w+)", &(\w+)::(\w+)\}', text):
            yield f"{struct}.{name}", struct, member
        for name, struct, member in shown_by_lambdas(text):
            if struct[0] in names:
                yield f"{names[struct[0]]}.{name}", struct[1], member


def main():
    known = known_members()
    lines = []
    for name, struct, member in properties():
        text = text_of(known, struct, member)
        if text:
            lines.append(f"{{{json.dumps(name)}, {json.dumps(text)}}},\n")
    Path(sys.argv[1]).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
