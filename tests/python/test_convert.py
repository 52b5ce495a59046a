# SPDX-License-Identifier: Apache-2.0
import math

import isoflop
import pytest


@pytest.fixture
def chart(root):
    return root / "data" / "pilot" / "chart.csv"


@pytest.fixture
def sizes(root):
    return str(root / "data" / "pilot" / "sizes.csv")


def test_convert_gives_the_bytes_of_the_command(chart, sizes, command):
    made = isoflop.convert(chart, join=sizes, tokens_per_step=524288)
    flags = ["--join", sizes, "--tokens-per-step", "524288"]
    assert made.to_csv().encode() == command("convert", str(chart), *flags)
    wanted = command("convert", str(chart), *flags, "--format", "json")
    assert made.to_json().encode() == wanted
    wanted = command("convert", str(chart), *flags, "--format", "text")
    assert str(made).encode() == wanted
    assert [file.kind for file in made.files] == ["W&B chart export"]


def test_convert_is_read_back_by_fit(chart, sizes, tmp_path):
    made = isoflop.convert([chart], join=sizes, tokens_per_step="524288")
    path = tmp_path / "runs.csv"
    made.write(path)
    again = isoflop.read_runs(path)
    assert list(again.loss_nats) == list(made.runs.loss_nats)
    assert again.name == made.runs.name
    with pytest.raises(isoflop.FileError, match="exists already"):
        made.write(path)
    made.write(path, replace=True)


def test_convert_refuses_what_it_does_not_know(chart):
    with pytest.raises(ValueError, match="unknown option 'pik'"):
        isoflop.convert(chart, pik="best")
    with pytest.raises(isoflop.DataError, match="only tokens"):
        isoflop.convert(chart, tokens_per_step=1e6)


def test_read_runs_knows_units_of_loss(tmp_path):
    path = tmp_path / "runs.jsonl"
    path.write_text('{"loss": 4, "N": 1e8, "D": 2e9}\n')
    runs = isoflop.read_runs(path, loss_unit="bits")
    assert runs.loss_nats[0] == 4 * math.log(2)
    runs = isoflop.Runs(
        {"loss": [4.0], "N": [1e8], "D": [2e9], "loss_unit": ["bits"]}
    )
    assert runs.loss_nats[0] == 4 * math.log(2)
