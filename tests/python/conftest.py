# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    return ROOT


@pytest.fixture(scope="session")
def pile() -> str:
    """The runs that ship with the project."""
    return str(ROOT / "data" / "pilot" / "pile.csv")


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """Real runs that do not ship; tests that need them are skipped."""
    folder = pathlib.Path(
        os.environ.get("ISOFLOP_TEST_DATA", ROOT.parent / "shared" / "data")
    )
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set ISOFLOP_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def command():
    """Runs the built command from the root; its standard output as bytes."""
    path = os.environ.get("ISOFLOP_COMMAND")
    if not path:
        pytest.skip("set ISOFLOP_COMMAND to the built isoflop")

    def run(*args: str) -> bytes:
        done = subprocess.run(
            [path, *args], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode in (0, 1), done.stderr.decode()
        return done.stdout

    return run
