# SPDX-License-Identifier: Apache-2.0
import pickle
import threading

import isoflop
import numpy as np
import pytest

# A 14 x 11 grid under the published law, without noise.
LAW = isoflop.published_law("besiroglu2024")
N, D = (
    x.ravel()
    for x in np.meshgrid(np.logspace(8, 10.6, 14), np.logspace(9.3, 11.8, 11))
)
C = LAW.coefficients
LOSS = C["E"] + C["A"] / N ** C["alpha"] + C["B"] / D ** C["beta"]
GRID = {"params": N, "tokens": D, "loss": LOSS}


def test_fit_recovers_the_law_of_exact_runs():
    fitted = isoflop.fit(GRID, bootstrap=0)
    assert fitted.is_identified
    for name, value in C.items():
        assert fitted.law.coefficients[name] == pytest.approx(value, rel=1e-6)


def test_a_path_takes_the_options_of_its_reading(pile):
    where = ["params>=1e8"]
    read = isoflop.read_runs(pile, where=where)
    assert len(read) < len(isoflop.read_runs(pile))
    quick = {"bootstrap": 0, "threads": 1}
    assert (isoflop.fit(pile, where=where, **quick).objective_value
            == isoflop.fit(read, **quick).objective_value)
    assert (str(isoflop.backtest(pile, where=where, draws=50))
            == str(isoflop.backtest(read, draws=50)))
    with pytest.raises(ValueError, match="unknown option 'where'"):
        isoflop.fit(read, where=where, **quick)


def test_fit_takes_a_path_and_runs_and_columns(pile):
    by_path = isoflop.fit(pile, bootstrap=0)
    by_runs = isoflop.fit(isoflop.read_runs(pile), bootstrap=0)
    assert by_path.law.coefficients == by_runs.law.coefficients
    assert len(isoflop.Runs(GRID)) == len(N)


def test_columns_may_be_float32_strided_or_integers():
    runs = isoflop.Runs(
        {"N": N.astype(np.int64)[::2], "D": D[::2], "loss": LOSS[::2]}
    )
    assert runs.params[0] == np.floor(N[0])
    narrow = isoflop.Runs({**GRID, "loss": LOSS.astype(np.float32)})
    assert narrow.loss_nats == pytest.approx(LOSS, rel=1e-6)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"params": N, "tokens": D[:-1], "loss": LOSS}, "loss|tokens|length"),
        ({"params": N, "tokens": D}, "loss"),
        ({**GRID, "loss": -LOSS}, "loss"),
        ({**GRID, "loss": np.where(N > 1e9, np.nan, LOSS)}, "loss"),
        ({**GRID, "loss": ["a"] * len(N)}, "loss"),
        ({**GRID, "params": N.reshape(14, 11)}, "params"),
    ],
)
def test_bad_columns_are_refused_by_name(columns, words):
    with pytest.raises(ValueError, match=words):
        isoflop.Runs(columns)


def test_labels_and_columns_that_are_not_used_may_be_anything():
    count = len(N)
    runs = isoflop.Runs(
        {
            **GRID,
            "model": [f"m{i}" for i in range(count)],
            "family": ["a", None] * (count // 2),
            "date": np.array(["2024-01-01"] * count, dtype="datetime64[D]"),
            "config": [{"lr": 1}] * count,
            "notes": [None] * count,
            "steps": [1, None] * (count // 2),
            "seed": None,
        }
    )
    assert runs.name[:2] == ["m0", "m1"]
    assert runs.group[:2] == ["a", ""]
    assert isoflop.Runs({**GRID, "family": [None] * count}).group == []


def test_columns_may_be_texts_with_units():
    runs = isoflop.Runs(
        {"N": ["1B", "2B"], "D": [b"20B", b"30B tokens"], "loss": [3, 2.9]}
    )
    assert runs.tokens.tolist() == [20e9, 30e9]
    with pytest.raises(ValueError, match="tokens in row 1"):
        isoflop.Runs({"N": [1e9, 2e9], "D": ["20B", None], "loss": [3, 2.9]})


def test_data_frames_are_read():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(GRID)
    frame["model"] = "m"
    frame["family"] = pandas.Categorical(["a"] * len(N))
    frame["when"] = pandas.Timestamp("2024-01-01")
    frame["params"] = frame["params"].round().astype("Int64")
    runs = isoflop.Runs(frame)
    assert runs.params[0] == round(N[0])
    assert set(runs.group) == {"a"}


def test_runs_of_something_else_is_a_type_error():
    with pytest.raises(TypeError, match="columns by name"):
        isoflop.Runs(x for x in [1, 2])


def test_unknown_keyword_names_the_nearest():
    with pytest.raises(ValueError, match="huber_delta"):
        isoflop.fit(GRID, huberdelta=1)
    with pytest.raises(ValueError, match="unique_tokens"):
        isoflop.plan(flops=1e24, unique_token=1e12)


def test_keyword_out_of_range_says_the_rule():
    with pytest.raises(ValueError, match="huber_delta is -1.*> 0"):
        isoflop.fit(GRID, huber_delta=-1)
    with pytest.raises(ValueError, match="flops"):
        isoflop.plan(flops=float("nan"))


def test_missing_file_is_a_data_error():
    with pytest.raises(isoflop.DataError, match="no such file"):
        isoflop.read_runs("absent.csv")
    assert issubclass(isoflop.FileError, isoflop.DataError)
    assert issubclass(isoflop.DataError, ValueError)


def test_quantities_may_be_texts_and_ranges_pairs():
    assert isoflop.plan(flops="1e24").run.params == pytest.approx(
        isoflop.plan(flops=1e24).run.params, rel=0
    )
    spread = isoflop.check(params=2e12, tokens=(13e12, 60e12))
    assert spread.tokens == (13e12, 60e12)
    assert 0 <= spread.waste.probability <= 1


def test_optimum_takes_texts():
    best = isoflop.optimum("besiroglu2024", 1e24)
    assert isoflop.optimum(LAW, "1e24").params == best.params
    assert isoflop.optimum(LAW, "1 YFLOP").params == best.params
    with pytest.raises(ValueError, match="measures"):
        isoflop.optimum(LAW, "1B tokens")


def test_what_comes_with_the_library_is_listed():
    assert [law.id for law in isoflop.laws()] == (
        isoflop.published_law_ids()
    )
    assert "plan.data-wall" in {page.code for page in isoflop.finding_codes()}
    scenario = isoflop.published_scenarios()[0]
    assert isoflop.published_scenario(scenario.name).flops == scenario.flops


def test_models_and_accelerators_are_rows_with_units_in_their_names():
    model = isoflop.find_model("chinchilla 70b")
    assert (model.params, model.tokens, model.year) == (70e9, 1.4e12, 2022)
    assert model.tokens_per_active_param == 20
    assert isoflop.find_model("o1").params is None
    device = isoflop.find_accelerator("H100 SXM")
    assert device.memory_bytes == 80e9
    assert device.usd_per_hour_low < device.usd_per_hour_typical
    assert len(isoflop.models()) == 119
    assert len(isoflop.accelerators()) == 29


def test_tables_are_filtered_by_column():
    big = isoflop.models(where=["org=Meta", "params>=100B"])
    assert {model.org for model in big} == {"Meta"}
    assert min(model.params for model in big) >= 100e9
    assert isoflop.models(where={"org": "EleutherAI"})[0].id == "pythia-70m"
    with pytest.raises(ValueError, match="did you mean 'params'"):
        isoflop.models(where="parms>=1e9")
    with pytest.raises(ValueError, match="did you mean 'h100-sxm'"):
        isoflop.find_accelerator("h100-smx")
    with pytest.raises(ValueError, match="accelerators: unknown option"):
        isoflop.accelerators(were="kind=phone")


def test_laws_are_filtered_and_evaluated():
    batches = isoflop.laws(answers="batch_tokens")
    assert "steplaw2025-batch" in {law.id for law in batches}
    assert {law.form for law in isoflop.laws(form="clark")} == {"clark"}
    with pytest.raises(ValueError, match="did you mean 'clark'"):
        isoflop.laws(form="clarc")
    # Li et al. 2025, arXiv:2503.04715: 0.58 D^0.571 tokens.
    law = isoflop.published_law("steplaw2025-batch")
    assert law.verified
    assert law.value({"tokens": 1e11}) == pytest.approx(0.58 * 1e11**0.571)


def test_unverified_law_is_refused_unless_asked():
    with pytest.raises(ValueError, match="not verified: gpost"):
        isoflop.published_law("kumar2024")
    assert not isoflop.published_law("kumar2024", True).verified
    with pytest.raises(ValueError, match="allow_unverified=True"):
        isoflop.check(law="kumar2024", params=1e9, tokens=1e10)
    for given in (True, "true"):
        check = isoflop.check(
            law="kumar2024", allow_unverified=given, params=1e9, tokens=1e10
        )
        assert check.law.id == "kumar2024"


def test_plan_is_optimal_under_a_fitted_law():
    fitted = isoflop.fit(GRID, bootstrap=0)
    plan = isoflop.plan(law=fitted, flops=1e22)
    best = isoflop.optimum(fitted, 1e22)
    assert plan.run.params == best.params
    assert fitted.law.loss(best.params, best.tokens) == best.loss_nats


def test_check_flags_a_plan_that_should_not_be_trained():
    check = isoflop.check(params=530e9, tokens=270e9)
    assert check.verdict == "do_not_train"
    worst = check.findings[0]
    assert worst.code == "plan.overparameterized"
    assert worst.severity == isoflop.Severity.Error
    assert check.waste.compute_factor == pytest.approx(1.94472, abs=1e-3)


def test_a_law_survives_saving_and_pickling(tmp_path):
    law = isoflop.fit(GRID, bootstrap=20, seed=3).law
    law.save(str(tmp_path / "law.json"))
    for copy in (
        isoflop.read_law(str(tmp_path / "law.json")),
        pickle.loads(pickle.dumps(law)),
    ):
        assert copy.coefficients == law.coefficients
        assert np.array_equal(copy.draws, law.draws)
    with pytest.raises(isoflop.FileError, match="exists"):
        law.save(str(tmp_path / "law.json"))


def test_fits_in_two_threads_are_the_same():
    results: list[str] = []
    workers = [
        threading.Thread(
            target=lambda: results.append(
                isoflop.fit(GRID, bootstrap=50).to_json()
            )
        )
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results[0] == results[1]


def test_text_and_repr_open_with_the_verdict(pile):
    fitted = isoflop.fit(pile, bootstrap=0)
    assert str(fitted).splitlines()[2].startswith("WEAK")
    assert repr(isoflop.check(params=530e9, tokens=270e9)).startswith(
        "<isoflop: DO NOT TRAIN"
    )
    assert "smaller model" in isoflop.explain(
        "plan.overparameterized"
    ).explanation


def test_real_runs_give_the_certified_optimum(shared):
    runs = isoflop.read_runs(
        shared / "chinchilla_epoch.csv", where={"outlier": 0}
    )
    fitted = isoflop.fit(runs, bootstrap=0)
    assert fitted.objective_value == pytest.approx(1.0182740178e-3, rel=1e-8)
    assert fitted.law.coefficients["alpha"] == pytest.approx(
        0.34731050, abs=5e-9
    )


def test_coefficients_are_fixed_by_a_dict_or_texts():
    held = isoflop.fit(GRID, bootstrap=0, fix={"alpha": 0.34, "B": 2000})
    assert held.law.coefficients["alpha"] == 0.34
    assert held.law.coefficients["B"] == pytest.approx(2000, rel=1e-12)
    tied = isoflop.fit(GRID, bootstrap=0, fix=["beta=alpha"])
    assert set(tied.law.coefficients) == {"E", "A", "B", "alpha"}
    form = isoflop.form("additive", fix=["beta=alpha"])
    assert isoflop.fit(GRID, bootstrap=0, law=form).law.coefficients == (
        tied.law.coefficients
    )
    with pytest.raises(ValueError, match="did you mean 'alpha'"):
        isoflop.fit(GRID, fix={"alhpa": 1})


def test_search_tells_how_the_optimum_was_found():
    search = isoflop.fit(GRID, bootstrap=0).search
    assert search.is_confirmed and search.converged
    assert 1 <= search.best_start <= search.starts
    assert 1 <= search.reached <= search.starts
    assert search.at_bound == []
