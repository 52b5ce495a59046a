# SPDX-License-Identifier: Apache-2.0
"""Python and the command give the same bytes."""

import json

import isoflop
import pytest

CASES = {
    "fit": (
        lambda pile: isoflop.fit(pile, bootstrap=50, seed=7),
        "fit {pile} --bootstrap 50 --seed 7",
    ),
    "fit of loss curves": (
        lambda pile: isoflop.fit_curves(
            isoflop.read_curves(pile.replace("pile.csv", "curves.csv")),
            law="annealing",
            bootstrap=20,
        ),
        "fit {curves} --law annealing --bootstrap 20",
    ),
    "predict": (
        lambda pile: isoflop.predict(params=70e9, tokens=1.4e12),
        "predict --params 70B --tokens 1.4T",
    ),
    "plan": (
        lambda pile: isoflop.plan(flops=1e24, unique_tokens=2e11),
        "plan --flops 1e24 --unique-tokens 200B",
    ),
    "plan on a cluster": (
        lambda pile: isoflop.plan(
            usd=2e6, accelerator="h100-sxm", count=512, versus=["b200-sxm"]
        ),
        "plan --usd 2e6 --accelerator h100-sxm --count 512 --versus b200-sxm",
    ),
    "plan by a risk": (
        lambda pile: isoflop.plan(
            target_loss=2.0, risk="q90", set=["data.unique_tokens=5T"]
        ),
        "plan --target-loss 2 --risk q90 --set data.unique_tokens=5T",
    ),
    "plan of a mixture": (
        lambda pile: isoflop.plan(
            law="ludziejewski2025", flops=1e22, experts=16
        ),
        "plan --law ludziejewski2025 --flops 1e22 --experts 16",
    ),
    "plan with synthetic data": (
        lambda pile: isoflop.plan(
            flops=1e24,
            unique_tokens=5e10,
            generator_params=7e9,
            acceptance=0.3,
        ),
        "plan --flops 1e24 --unique-tokens 50B --generator-params 7B "
        "--acceptance 0.3",
    ),
    "what if": (
        lambda pile: isoflop.what_if(vary=["budget.flops=1e22,1e24"]),
        "whatif --vary budget.flops=1e22,1e24",
    ),
    "check": (
        lambda pile: isoflop.check(params=530e9, tokens=270e9),
        "check --params 530B --tokens 270B",
    ),
    "check of a scenario": (
        lambda pile: isoflop.check("gpt-4.5"),
        "check gpt-4.5",
    ),
    "check of a router": (
        lambda pile: isoflop.check_router(
            pile.replace("pile.csv", "expert_load.csv"),
            params=47e9,
            active_params="13B",
            tokens=1e12,
            experts_per_device=2,
        ),
        "check --expert-load {load} --params 47B --active-params 13B "
        "--tokens 1T --experts-per-device 2",
    ),
    "model": (
        lambda pile: isoflop.find_model("Llama 3.1 405B"),
        "explain model llama-3.1-405b",
    ),
    "accelerator": (
        lambda pile: isoflop.find_accelerator("h100-sxm"),
        "explain accelerator h100-sxm",
    ),
    "law": (
        lambda pile: isoflop.published_law("hoffmann2022"),
        "explain law hoffmann2022",
    ),
    "mixture law": (
        lambda pile: isoflop.published_law("clark2022-hash"),
        "explain law clark2022-hash",
    ),
    "unverified law": (
        lambda pile: isoflop.published_law(
            "kumar2024", allow_unverified=True
        ),
        "explain law kumar2024",
    ),
    "plan under an unverified law": (
        lambda pile: isoflop.plan(
            law="kumar2024", allow_unverified=True, flops=1e21
        ),
        "plan --law kumar2024 --allow-unverified --flops 1e21",
    ),
    "plan under a law of repeats": (
        lambda pile: isoflop.plan(
            law="muennighoff2023", flops=1e23, unique_tokens="200B"
        ),
        "plan --law muennighoff2023 --flops 1e23 --unique-tokens 200B",
    ),
}


def words(line, pile):
    load = pile.replace("pile.csv", "expert_load.csv")
    curves = pile.replace("pile.csv", "curves.csv")
    return [
        word.format(pile=pile, load=load, curves=curves)
        for word in line.split()
    ]


@pytest.mark.parametrize("name", CASES)
def test_json_is_byte_equal(name, pile, command):
    make, line = CASES[name]
    args = words(line, pile)
    assert make(pile).to_json().encode() == command(*args, "--format", "json")


@pytest.mark.parametrize("name", CASES)
def test_text_is_byte_equal(name, pile, command):
    make, line = CASES[name]
    args = words(line, pile)
    assert str(make(pile)).encode() == command(*args)


@pytest.mark.parametrize("what", ["models", "accelerators"])
def test_rows_of_a_table_are_those_of_the_list(what, command):
    listed = json.loads(command("list", what, "--format", "json"))["result"]
    assert [row.to_dict()["result"] for row in getattr(isoflop, what)()] == (
        listed
    )


@pytest.mark.parametrize("verb", ["check", "plan", "predict"])
@pytest.mark.parametrize("output", ["json", "text"])
def test_a_saved_law_gives_the_same_bytes(
    verb, output, pile, command, tmp_path
):
    path = str(tmp_path / "weak.json")
    command("fit", pile, "--bootstrap", "20", "-o", path)
    options = {
        "check": {"params": "7B", "tokens": "200B", "accept": "fit.weak"},
        "plan": {"flops": "1e21", "accept": "fit.weak"},
        "predict": {"params": "7B", "tokens": "200B"},
    }[verb]
    flags = [
        word for key, value in options.items() for word in (f"--{key}", value)
    ]
    result = getattr(isoflop, verb)(law=path, **options)
    wanted = command(verb, "--law", path, *flags, "--format", output)
    made = result.to_json() if output == "json" else str(result)
    assert made.encode() == wanted


def test_a_law_of_a_scenario_file_starts_at_the_file(pile, command, tmp_path):
    command(
        "fit", pile, "--bootstrap", "0", "-o", str(tmp_path / "weak.json")
    )
    path = tmp_path / "run.toml"
    path.write_text('law = "weak.json"\nbudget.flops = 1e21\n')
    wanted = command(
        "plan", str(path), "--accept", "fit.weak", "--format", "json"
    )
    made = isoflop.plan(path, accept="fit.weak").to_json()
    assert made.encode() == wanted
