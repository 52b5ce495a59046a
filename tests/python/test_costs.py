# SPDX-License-Identifier: Apache-2.0
import isoflop
import pytest
from isoflop import costs

LLAMA = {
    "layers": 32,
    "width": 4096,
    "heads": 32,
    "kv_heads": 8,
    "feed_forward": 14336,
    "vocabulary": 128256,
}


def test_a_shape_has_its_parameters():
    shape = costs.Transformer(**LLAMA)
    assert shape.params == 8_030_261_248
    assert shape.kv_bytes() == 131072
    assert shape.training_flops(sequence=0) == 6 * shape.active_params
    with pytest.raises(ValueError, match="kv_heads"):
        costs.Transformer(**{**LLAMA, "kv_heads": 7})
    with pytest.raises(ValueError, match="did you mean 'width'"):
        costs.Transformer(widht=1)


def test_published_numbers():
    h100 = isoflop.find_accelerator("h100-sxm")
    assert costs.young_interval(30, 3.09 * 3600) == pytest.approx(817, abs=0.5)
    assert costs.crossover_users(h100) == pytest.approx(295, abs=0.5)
    assert costs.rent(2.788e6, 2) == pytest.approx(5.576e6)
    days = costs.wall_time(
        costs.device_hours(
            6 * 405e9 * 15.6e12, costs.peak_flops(h100), 0.43
        ),
        16384,
    )
    assert days / 86400 == pytest.approx(63, abs=0.5)
    made = costs.SyntheticData(7e9, 0.3)
    assert costs.synthetic_over_training(made, 7e9) == pytest.approx(1 / 0.9)
    law = isoflop.published_law("muennighoff2023")
    worth = costs.worth_of_repeats(law, 4e11, 1e11)
    assert worth / 1e11 == pytest.approx(3.73, abs=0.005)


def test_memory_and_serving():
    h100 = isoflop.find_accelerator("h100-sxm")
    shape = costs.typical_transformer(70e9)
    cut = costs.smallest_sharding(shape, h100, 1024)
    use = costs.memory_per_device(shape, cut)
    assert use.total <= 0.9 * h100.memory_bytes
    load = costs.ServingLoad(context=2048)
    assert (load.weight_bits, load.usable) == (16, 0.9)
    tight = costs.TrainingMemory(usable=0.5)
    cut = costs.smallest_sharding(shape, h100, 1024, tight)
    use = costs.memory_per_device(shape, cut, tight)
    assert use.total <= 0.5 * h100.memory_bytes
    speed = costs.cheapest_decode(h100, shape, load, 30)
    assert speed.tokens_per_second_per_user >= 30
    assert costs.price_of(speed, 2) > 0
    assert costs.reliability(16384).goodput == pytest.approx(0.9, abs=0.01)


def test_plans_have_costs():
    made = isoflop.plan(
        usd=2e6, days=60, accelerator="h100-sxm", count=2048, mfu=0.4
    )
    assert made.binding == "budget.usd"
    assert made.cost.training.usd == pytest.approx(2e6)
    assert made.cost.training.days <= 60
    spread = isoflop.plan(
        flops=1e23, accelerator="h100-sxm", set=["cluster.mfu=0.3..0.5"]
    )
    low, high = spread.cost.training.usd_interval
    assert high / low == pytest.approx(0.5 / 0.3)


def test_what_if_and_goals():
    table = isoflop.what_if(vary=["budget.flops=1e22..1e24:3"])
    assert [p.run.flops for p in table.points] == pytest.approx(
        [1e22, 1e23, 1e24]
    )
    assert table.to_csv().startswith("budget.flops,params,tokens")
    law = "hoffmann2022"
    plain = isoflop.plan(law=law, target_loss=2)
    life = isoflop.plan(
        law=law,
        target_loss=2,
        minimise="lifetime_cost",
        serving_tokens=1e13,
    )
    assert life.run.params < plain.run.params
    overhead = isoflop.overtraining_overhead(
        isoflop.published_law(law), 1e23, 0.5
    )
    assert overhead == pytest.approx(0.2080, abs=5e-5)


def test_plan_says_what_its_bounds_are_worth():
    plan = isoflop.plan(flops=1e24, unique_tokens=1e11)
    worth = {entry.key: entry for entry in plan.sensitivity}
    assert worth["data.unique_tokens"].loss_nats < 0
    assert worth["data.unique_tokens"].params_elasticity == pytest.approx(-1)
    assert [point.factor for point in plan.frontier] == [0.25, 0.5, 1, 2, 4]
    assert plan.risk.measure == "mean"
    assert plan.risk.regret_nats >= 0
    sure = isoflop.plan(target_loss=2.0, risk="q90")
    assert sure.loss_chance == pytest.approx(0.9, abs=0.01)


def test_plan_chooses_and_counts_by_a_rule():
    made = isoflop.plan(flops=1e21, law="ludziejewski2025",
                        choose=["model.experts=1,8"])
    assert made.verdict == "plan" and made.missed == []
    assert made.choices.keys == ["model.experts"]
    assert made.choices.measure == "loss_nats"
    losses = [entry.run.loss_nats for entry in made.choices.entries]
    assert losses == sorted(losses) and made.run.loss_nats == losses[0]
    factor = isoflop.plan(params=111e6, tokens=2.22e9, flops_rule="1.76")
    assert factor.run.flops == pytest.approx(2.6e18, rel=5e-3)
    assert factor.cost.flops_over_6nd == pytest.approx(1.76)


def test_check_judges_by_the_rule_of_the_plan():
    rule = {"flops_rule": "typical", "context": 8192}
    made = isoflop.plan(flops=1e21, **rule)
    judged = isoflop.check(
        params=made.run.params, tokens=made.run.tokens, **rule)
    assert judged.run.flops == pytest.approx(1e21)
    assert judged.waste.compute_factor == pytest.approx(0, abs=1e-8)
    assert judged.cost.flops_over_6nd == made.cost.flops_over_6nd


def test_plan_of_a_loss_says_what_it_may_cost():
    made = isoflop.plan(target_loss=2.05, risk="q90")
    cost = made.cost_over_draws
    assert cost.risk == "q90" and made.minimised == "flops"
    low, high = cost.flops_interval
    assert low < made.run.flops < high * 1.2
    assert low < cost.flops_at_risk < high
    late = isoflop.plan(params=70e9, tokens=2e12, accelerator="h100-sxm",
                        count=64, days=10)
    assert late.verdict == "infeasible"
    assert "plan.not-on-time" in late.missed
