# SPDX-License-Identifier: Apache-2.0
"""help() says what everything in the module is."""

import inspect

import isoflop
from isoflop import _core

CLASSES = [
    thing
    for thing in vars(_core).values()
    if inspect.isclass(thing)
    and not issubclass(thing, Exception)
    and not hasattr(thing, "__members__")
]


def test_every_property_has_a_text():
    without = [
        f"{kind.__name__}.{name}"
        for kind in CLASSES
        for name, shown in vars(kind).items()
        if isinstance(shown, property) and not (shown.__doc__ or "").strip()
    ]
    assert without == []


def test_texts_are_those_of_the_headers_with_their_units():
    assert _core.Optimum.flops.__doc__ == "FLOP."
    assert _core.Waste.params_over_optimal.__doc__ == "N / N*."
    assert _core.Check.params.__doc__ == (
        "What the scenario spans, derived or given (count)."
    )


def test_every_function_has_a_text():
    for name in isoflop.__all__:
        thing = getattr(isoflop, name)
        if callable(thing):
            assert len((thing.__doc__ or "").strip()) > 10, name
