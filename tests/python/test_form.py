# SPDX-License-Identifier: Apache-2.0
import isoflop
import numpy as np
import pytest

FORMULA = "E + A/N^alpha + B/D^beta"
LAW = isoflop.published_law("besiroglu2024")
N = np.array([1e8, 1e9, 7e10])
D = np.array([2e9, 3e10, 1.4e12])


def test_a_formula_is_a_form():
    form = isoflop.form("  E + A/N^alpha +  B/D^beta ")
    assert form.name == form.formula == str(form) == FORMULA
    assert form.inputs == ["params", "tokens"]
    assert form.output == "loss"
    assert [each["name"] for each in form.coefficients] == [
        "E",
        "A",
        "alpha",
        "B",
        "beta",
    ]
    assert form.coefficients[2] == {
        "name": "alpha",
        "meaning": "exponent",
        "low": 0.01,
        "high": 4.0,
        "start": 0.35,
    }


def test_evaluate_gives_nats_for_columns_and_numbers():
    c = LAW.coefficients
    expected = c["E"] + c["A"] / N ** c["alpha"] + c["B"] / D ** c["beta"]
    for form in (isoflop.form(FORMULA), isoflop.form("additive")):
        loss = form.evaluate(c, params=N, tokens=D)
        assert loss == pytest.approx(expected, rel=1e-12)
        broadcast = form.evaluate(c, params=1e9, tokens=list(D))
        assert broadcast[1] == loss[1]
        assert form.evaluate(c, params=1e9, tokens=3e10).tolist() == [loss[1]]


def test_further_columns_are_read_as_they_are():
    form = isoflop.form(
        "E + k*decay", coefficients=["k=-5..5"], columns=["decay"]
    )
    assert form.inputs == ["decay"]
    decay = np.array([-1.0, 0.0, 0.5])
    values = form.evaluate({"E": 3.0, "k": -2.0}, decay=decay)
    assert values == pytest.approx(3.0 - 2.0 * decay, rel=1e-12)


def test_ranges_and_starts_hold_for_named_forms_too():
    form = isoflop.form("additive", coefficients=["alpha=0.05..2", "A=300"])
    by_name = {each["name"]: each for each in form.coefficients}
    assert (by_name["alpha"]["low"], by_name["alpha"]["high"]) == (0.05, 2.0)
    assert by_name["A"]["start"] == 300.0
    assert "Hoffmann" in form.source


def test_a_form_cannot_be_changed():
    form = isoflop.form(FORMULA)
    with pytest.raises(AttributeError):
        form.name = "other"
    form.coefficients[0]["low"] = 7.0
    assert form.coefficients[0]["low"] == 0.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: isoflop.form("E + A/N^"), r"character 8"),
        (lambda: isoflop.form("aditive"), "did you mean 'additive'"),
        (lambda: isoflop.form("(" * 1000), "nested more than 200 deep"),
        (
            lambda: isoflop.form("additive", coefficients=["alhpa=1..2"]),
            "did you mean 'alpha'",
        ),
        (
            lambda: isoflop.form(FORMULA).evaluate({"E": 1}, params=1, tokens=1),
            "needs the coefficients A, alpha, B and beta",
        ),
        (
            lambda: isoflop.form(FORMULA).evaluate(
                {**LAW.coefficients, "gamma": 1}, params=1, tokens=1
            ),
            "has no coefficient 'gamma'",
        ),
        (
            lambda: isoflop.form(FORMULA).evaluate(LAW.coefficients, params=N),
            "needs tokens",
        ),
        (
            lambda: isoflop.form(FORMULA).evaluate(
                LAW.coefficients, params=N, tokens=D[:2]
            ),
            "tokens has 2 values, but params has 3",
        ),
        (
            lambda: isoflop.form(FORMULA).evaluate(
                LAW.coefficients, params=-1, tokens=1
            ),
            "params is -1",
        ),
        (
            lambda: isoflop.form(FORMULA).evaluate(
                LAW.coefficients, params=N.reshape(3, 1), tokens=D
            ),
            "params must be a number or one column",
        ),
    ],
)
def test_errors_are_one_line(call, words):
    with pytest.raises(ValueError, match=words) as error:
        call()
    assert "\n" not in str(error.value)
