# SPDX-License-Identifier: Apache-2.0
"""Fits of loss curves, from what a caller has."""

import csv

import isoflop
import pytest


def test_loss_curves_come_in_every_way(root):
    path = root / "data/pilot/curves.csv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {
        name: [row[name] for row in rows]
        if name == "name"
        else [float(row[name]) for row in rows]
        for name in rows[0]
    }
    options = {"law": "annealing", "bootstrap": 0}
    wanted = isoflop.fit_curves(isoflop.read_curves(path), **options)
    for curves in (path, str(path), columns):
        made = isoflop.fit_curves(curves, **options)
        assert made.law.coefficients == wanted.law.coefficients
    where = ["step>=2000"]
    part = isoflop.fit_curves(
        isoflop.read_curves(path, where=where), **options)
    made = isoflop.fit_curves(path, where=where, **options)
    assert made.law.coefficients == part.law.coefficients
    assert made.law.coefficients != wanted.law.coefficients
    del columns["step"]
    with pytest.raises(ValueError, match="step"):
        isoflop.fit_curves(columns, **options)


def test_a_fit_of_curves_echoes_their_schedule(root):
    path = root / "data/pilot/curves.csv"
    schedule = "cosine:steps=24000,peak=3e-4,warmup=2160"
    options = {"law": "annealing", "bootstrap": 0}
    logged = isoflop.fit_curves(path, **options)
    assert logged.schedule == ""
    assert logged.to_dict()["inputs"]["schedule"] is None
    asked = isoflop.fit_curves(path, schedule=schedule, **options)
    assert asked.to_dict()["inputs"]["schedule"] == schedule
