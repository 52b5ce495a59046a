# SPDX-License-Identifier: Apache-2.0
import json
from xml.etree import ElementTree

import isoflop
import numpy
import pytest

LOAD = [[70, 10, 10, 10], [25, 25, 25, 25]]


def test_router_loads_come_as_arrays_columns_and_paths(tmp_path):
    load = numpy.array(LOAD)
    layer, expert = numpy.indices(load.shape)
    columns = {
        "layer": layer.ravel(),
        "expert": expert.ravel(),
        "load": load.ravel(),
    }
    path = tmp_path / "load.csv"
    rows = zip(*(map(str, column) for column in columns.values()))
    path.write_text("\n".join(map(",".join, [columns, *rows])))
    reports = [
        isoflop.check_router(given).to_dict()["result"]
        for given in (LOAD, load, columns, path)
    ]
    assert all(report == reports[0] for report in reports)
    assert reports[0]["layers"][0]["max_vio"] == pytest.approx(1.8)


def test_router_numbers_are_attributes():
    check = isoflop.check_router(
        LOAD, params=30e9, active_params=16e9, top_k=2, tokens=1e12
    )
    assert check.worst.layer == 0
    assert check.verdict == "questionable"
    assert check.effective == pytest.approx(4 * 0.8001763, rel=1e-6)
    assert check.cost.idle_params == 0
    assert {dense.law for dense in check.dense} >= {"ludziejewski2025"}


@pytest.mark.parametrize(
    "load, problem",
    [
        ([[1, -2]], "row 1: tokens is -2"),
        ([[0.5, 0.5]], "counts of tokens, not shares"),
        ([[0, 0]], "no tokens at all"),
        ({"layer": [0], "expert": [0]}, "no column holds the tokens"),
        ({"layer": [0, 0], "expert": [0, 0], "tokens": [1, 1]}, "twice"),
    ],
)
def test_bad_router_loads_are_refused(load, problem):
    with pytest.raises(ValueError, match=problem):
        isoflop.check_router(load)


@pytest.fixture
def plans(tmp_path):
    """A good plan, a bad one, and one that cannot be read."""
    texts = {
        "good": '[model]\nparams = "70B"\n[data]\ntokens = "1.4T"\n',
        "bad <&>": '[model]\nparams = "530B"\n[data]\ntokens = "270B"\n',
        "torn": '[model]\nparms = "70B"\n',
    }
    paths = []
    for name, text in texts.items():
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        paths.append(str(path))
    return paths


@pytest.mark.parametrize("kind", ["json", "sarif", "github", "junit", "text"])
def test_several_plans_give_the_bytes_of_the_command(kind, plans, command):
    checks = isoflop.check_all(plans[:2], fail_on="warning")
    made = str(checks) if kind == "text" else getattr(checks, f"to_{kind}")()
    args = ["check", *plans[:2], "--fail-on", "warning", "--format", kind]
    assert made.encode() == command(*args)


def test_one_plan_that_cannot_be_read_keeps_none_from_its_answer(plans):
    checks = isoflop.check_all(plans)
    good, bad, torn = (checked.answer for checked in checks.all)
    assert not good.fails() and good.fails("note")
    assert bad.verdict == "do_not_train" and bad.fails()
    assert torn.place.endswith("torn.toml:2:1")
    assert "did you mean 'model.params'" in torn.message
    assert checks.fails()
    assert not isoflop.check_all(plans[:1]).fails()
    with pytest.raises(ValueError, match="unknown option 'fail_onn'"):
        isoflop.check_all(plans, fail_onn="note")


def test_sarif_has_what_readers_need(plans):
    log = json.loads(isoflop.check_all(plans).to_sarif())
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        place = result["locations"][0]["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert uri.startswith("file:///") and " " not in uri
        assert place["region"]["startLine"] >= 1
    assert run["invocations"][0]["executionSuccessful"] is False


def test_junit_is_xml_that_counts_right(plans):
    root = ElementTree.fromstring(isoflop.check_all(plans).to_junit())
    assert [suite.get("name") for suite in root] == plans
    for node in [root, *root]:
        for tag, kind in (("failure", "failures"), ("error", "errors")):
            assert len(list(node.iter(tag))) == int(node.get(kind))
        assert len(list(node.iter("testcase"))) == int(node.get("tests"))


def test_published_models_are_judged_by_name(command):
    check = isoflop.check(model="MT-NLG 530B")
    line = "check --model mt-nlg-530b --format json"
    assert check.to_json().encode() == command(*line.split())
    guessed = isoflop.check(model="mixtral-8x7b", tokens="8T")
    assert guessed.run.params == 12.9e9
    assert guessed.law.id == "ludziejewski2025"
    assert [verdict.law for verdict in guessed.by_law][:1] == [guessed.law.id]
    dense = isoflop.check(model="mixtral-8x7b", tokens="8T",
                          law="besiroglu2024")
    assert len(dense.by_law) == 4
    with pytest.raises(ValueError, match="nobody has said the tokens"):
        isoflop.check(model="mixtral-8x7b")
    with pytest.raises(ValueError, match="both given"):
        isoflop.check("gpt-4.5", model="llama-7b")
    both = isoflop.check_all(["gpt-4.5"], models=["llama-7b"])
    assert [checked.name for checked in both.all] == ["gpt-4.5", "llama-7b"]


def test_plans_and_laws_that_were_made_are_judged(tmp_path, command, pile):
    planned = isoflop.plan(flops=1e24, unique_tokens=2e11)
    judged = isoflop.check(planned, waste_warning=0.2)
    assert judged.run.params == planned.run.params
    assert (
        judged.to_json()
        == isoflop.check(
            flops=1e24, unique_tokens=2e11, waste_warning=0.2
        ).to_json()
    )
    fitted = isoflop.fit(pile, bootstrap=20)
    codes = [finding.code for finding in isoflop.check(fitted).findings]
    assert codes[0] == "fit.weak"
    assert isoflop.check(fitted).verdict == "do_not_train"
    path = str(tmp_path / "law.json")
    fitted.law.save(path)
    saved = isoflop.check(path)
    assert saved.source == path and saved.fails()
    assert [finding.code for finding in saved.findings] == codes
    assert saved.to_json().encode() == command(
        "check", path, "--format", "json"
    )
    accepted = isoflop.check(fitted.law, accept=["fit.weak"])
    assert not accepted.fails()
    several = isoflop.check_all([path, "gpt-4.5"])
    assert several.all[0].answer.verdict == "do_not_train"
    with pytest.raises(ValueError, match="unknown option 'params'"):
        isoflop.check(fitted, params=7e9)
    with pytest.raises(ValueError, match="both given"):
        isoflop.check(planned, model="llama-7b")


def test_synthetic_tokens_are_those_of_the_plan():
    wanted = dict(flops=1e24, unique_tokens=2e10, generator_params=7e9)
    planned = isoflop.plan(**wanted)
    judged = isoflop.check(**wanted)
    assert judged.synthetic.tokens == planned.synthetic.tokens > 0
    assert isoflop.check(params=7e9, tokens=1e11).synthetic is None


def test_runs_are_no_plan(pile):
    with pytest.raises(ValueError, match="table of runs, not a plan"):
        isoflop.check(pile)


def test_samples_without_a_run_are_counted():
    check = isoflop.check(max_params=3e9, target_loss=(2.05, 2.6))
    assert check.samples.drawn == 2000
    assert 0 < check.samples.without_run < 2000
    assert "samples are left out" in str(check)
