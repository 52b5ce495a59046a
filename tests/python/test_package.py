# SPDX-License-Identifier: Apache-2.0
import importlib.util
import re

import isoflop
import pytest


def test_version_is_that_of_the_build(root):
    text = (root / "CMakeLists.txt").read_text()
    version = re.search(r"project\(isoflop VERSION ([0-9.]+)", text)[1]
    assert isoflop.__version__ == version


def test_everything_public_is_exported():
    for name in isoflop.__all__:
        assert getattr(isoflop, name) is not None


def test_stubs_are_those_of_the_module(root):
    path = root / "tests" / "python" / "stubs.py"
    spec = importlib.util.spec_from_file_location("stubs", path)
    stubs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stubs)
    committed = root / "bindings" / "python" / "isoflop" / "_core.pyi"
    # Another pybind11 words some types in another way; names must agree.
    names = re.compile(r"(?:def|class) (\w+)|^    (\w+): ", re.MULTILINE)
    assert names.findall(stubs.stubs()) == names.findall(committed.read_text())


def test_docstrings_name_every_option():
    from isoflop import _core

    for verb, options in _core.option_table().items():
        doc = getattr(isoflop, verb).__doc__
        for option in options:
            assert f"{option['name']}: {option['help']}" in doc
    assert "did you mean" in str(
        pytest.raises(ValueError, isoflop.published_law, "besirolgu2024").value
    )
