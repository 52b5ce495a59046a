# SPDX-License-Identifier: Apache-2.0
"""Checks data/laws.json against data/laws.schema.json.

Ends with 77, which the test takes for skipped, where the package `jsonschema`
is not there. The C++ reader refuses what the schema does in any case.
"""

import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("jsonschema is not installed")
    sys.exit(77)

DATA = pathlib.Path(__file__).parents[2] / "data"


def main() -> None:
    schema = json.loads((DATA / "laws.schema.json").read_text())
    laws = json.loads((DATA / "laws.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    errors = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator.iter_errors(laws)
    ]
    if errors:
        sys.exit("\n".join(errors))
    # What the schema must refuse.
    for key, value in {
        "verified": "yes",
        "source": "somewhere",
        "year": "2024",
        "trap": "misspelt",
        "range": {"params": [1]},
    }.items():
        wrong = {**laws, "laws": [{**laws["laws"][0], key: value}]}
        if validator.is_valid(wrong):
            sys.exit(f"the schema takes {key} = {value}")


main()
