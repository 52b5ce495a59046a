# SPDX-License-Identifier: Apache-2.0
"""docs/reference/json.md names the keys that results have, and no others."""

import json
import re

import pytest

PILE = "data/pilot/pile.csv"
#: By schema, a line that makes a result with all that it may hold.
LINES = {
    "fit": f"fit {PILE} --law auto --interval profile --influence "
    "--bootstrap 20",
    "forecast": f"forecast {PILE} --draws 20",
    "predict": f"predict --from {PILE} --params 30B --tokens 600B",
    "predict-table": f"predict --from {PILE} --at {PILE}",
    "backtest": f"backtest {PILE} --bootstrap 20",
    "plan": f"plan --flops 1e22 --from {PILE}",
    "whatif": f"whatif --vary budget.flops=1e21,1e22 --from {PILE}",
    "check": f"check --params 7B --tokens 200B --from {PILE}",
    "checks": "check gpt-4.5 gpt-4.5",
    "router": "check --expert-load data/pilot/expert_load.csv",
    "valleys": "valleys data/pilot/isoflop.csv --bootstrap 20",
    "envelope": "envelope data/pilot/checkpoints.csv --bootstrap 20",
    "compare": f"compare {PILE}",
    "convert": "convert data/pilot/chart.csv --join data/pilot/sizes.csv "
    "--tokens-per-step 524288",
}
#: Of what verbs with several schemas share: the other one's.
ELSEWHERE = {"compare": {"gains", "first", "second"}}


def section(root, schema):
    page = (root / "docs/reference/json.md").read_text(encoding="utf-8")
    for part in page.split("\n## ")[1:]:
        if f"isoflop.{schema}/1" in part.splitlines()[0]:
            return part
    raise AssertionError(f"no section of isoflop.{schema}/1")


def tables(part):
    """Tables about `result`, as lists of first cells."""
    for block in re.findall(r"(?:^\|.*\n?)+", part, re.MULTILINE):
        rows = [re.split(r"(?<!\\)\|", line)[1] for line in block.splitlines()]
        if "result" in rows[0]:
            yield from rows[2:]


def documented(part):
    """Keys of `result` itself; a name after `a.b` is beside b."""
    keys = set()
    for cell in tables(part):
        names = re.findall(r"`([^`]+)`", cell)
        first = names[0]
        for name in names[:1] if re.search(r"[.\[]", first) else names:
            keys.add(re.split(r"[.\[]", name)[0])
    return keys - {"*"}


@pytest.fixture(scope="module")
def results(command):
    def get(schema):
        made = json.loads(command(*LINES[schema].split(), "--format", "json"))
        assert made["schema"] == f"isoflop.{schema}/1"
        return made

    return get


@pytest.mark.parametrize("schema", LINES)
def test_keys_are_those_of_the_page(schema, root, results):
    part = section(root, schema)
    made = results(schema)
    assert list(made) == ["schema", "version", "inputs", "result", "findings"]
    keys = set(made["result"])
    wanted = documented(part) - ELSEWHERE.get(schema, set())
    assert wanted - keys == set(), "documented, but not there"
    named = set(re.findall(r"[a-z_0-9]+", " ".join(tables(part))))
    assert keys - named == set(), "there, but not documented"


@pytest.mark.parametrize("schema", ["plan", "check", "whatif", "predict"])
def test_the_options_of_a_forecast_are_echoed(schema, results):
    inputs = results(schema)["inputs"]
    assert inputs["law_options"]["form"] == "coupled"
    assert inputs["law_options"]["level"] == "0.9"
