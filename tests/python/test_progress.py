# SPDX-License-Identifier: Apache-2.0
import pytest

import isoflop


@pytest.fixture
def told():
    calls = []
    isoflop.set_progress(lambda stage, done, all_: calls.append((stage, done, all_)))
    yield calls
    isoflop.set_progress(None)


def test_long_computations_tell_how_far_they_are(pile, told):
    isoflop.fit(pile, bootstrap=400, widening="none", threads=2)
    refits = [done for stage, done, all_ in told if stage == "refits" and all_ == 400]
    assert refits == sorted(refits)
    assert 100 <= len(refits) <= 200
    assert refits[-1] == 400


def test_nobody_is_told_when_asked_no_more(pile, told):
    isoflop.set_progress(None)
    isoflop.fit(pile, bootstrap=100)
    assert told == []


def test_what_the_callback_raises_ends_the_computation(pile):
    class Enough(Exception):
        pass

    def stop(_stage, done, _all):
        if done > 10:
            raise Enough

    isoflop.set_progress(stop)
    try:
        with pytest.raises(Enough):
            isoflop.fit(pile, bootstrap=1000, threads=2)
    finally:
        isoflop.set_progress(None)
    # And the next one is as if nothing had been.
    assert isoflop.fit(pile, bootstrap=0).runs_used == 15


def test_refuses_what_cannot_be_called():
    with pytest.raises(TypeError, match="callable"):
        isoflop.set_progress(3)
