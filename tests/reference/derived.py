#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Works out verdicts.csv and tables.csv anew, from data/ and closed forms.

    derived.py

Fails with the rows whose number is not within their tolerance.
"""

import csv
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data"


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def verdict(law, params, tokens):
    """N / N* and C / C_same - 1 of the law E + A / N^alpha + B / D^beta.

    Hoffmann et al. 2022, arXiv:2203.15556, equation 4: N* = G (C / 6)^a,
    D* = (C / 6)^b / G. Along it the loss falls with C: C_same by bisection.
    """
    alpha, beta = law["alpha"], law["beta"]
    g = (alpha * law["A"] / (beta * law["B"])) ** (1 / (alpha + beta))
    a, b = beta / (alpha + beta), alpha / (alpha + beta)

    def loss(n, d):
        return law["E"] + law["A"] * n**-alpha + law["B"] * d**-beta

    product = params * tokens
    low, high = math.log(product) - 20, math.log(product)
    for _ in range(200):
        middle = (low + high) / 2
        k = math.exp(middle)
        if loss(g * k**a, k**b / g) > loss(params, tokens):
            low = middle
        else:
            high = middle
    return {"params_over_optimal": params / (g * product**a),
            "compute_waste": product / math.exp(high) - 1}


def verdicts():
    catalogue = json.loads((DATA / "laws.json").read_text(encoding="utf-8"))
    laws = {law["id"]: law["coefficients"] for law in catalogue["laws"]}
    for row in rows(HERE / "verdicts.csv"):
        found = verdict(laws[row["law"]], float(row["params"]),
                        float(row["tokens"]))
        yield f"{row['model']} {row['law']}", row, found[row["quantity"]]


def ratio(row, models, accelerators):
    if row["quantity"] == "bf16_flops_per_byte":
        device = accelerators[row["row"]]
        return (float(device["bf16_flops_per_second"])
                / float(device["memory_bandwidth_bytes_per_second"]))
    model = models[row["row"]]
    size, tokens = float(model["active_params"]), float(model["tokens"])
    if row["quantity"] == "tokens_per_active_param":
        return tokens / size
    return 6 * size * tokens / float(model["flops"])


def tables():
    models = {row["id"]: row for row in rows(DATA / "models.csv")}
    accelerators = {row["id"]: row for row in rows(DATA / "accelerators.csv")}
    for row in rows(HERE / "tables.csv"):
        yield row["row"], row, ratio(row, models, accelerators)


def main():
    compared, wrong = 0, []
    for name, row, found in [*verdicts(), *tables()]:
        compared += 1
        expected, tolerance = float(row["expected"]), float(row["tolerance"])
        if abs(found - expected) > tolerance:
            wrong.append(f"{name} {row['quantity']}: {found:.6g}, "
                         f"but {expected:.6g} +- {tolerance:.2g} is stored")
    print("\n".join([*wrong, f"{compared} numbers, {len(wrong)} wrong"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
