"""Every test process has a home of its own, made before Django reads its settings."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_HOME = tempfile.mkdtemp(prefix="adpatrol-test-")
os.environ["ADPATROL_HOME"] = _HOME
os.environ.pop("ADPATROL_CONFIG", None)
# A job started in the background ignores Ctrl-C, and so would all it starts: the tests of Ctrl-C are about ours.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data beside the project; the test says so where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _remove_home() -> Iterator[None]:
    yield
    shutil.rmtree(_HOME, ignore_errors=True)
