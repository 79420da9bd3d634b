"""Every test process has a home of its own, made before Django reads its settings."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import AppConfig
from django.db.models.signals import post_migrate
from elastic_node import shared_node
from hypothesis import HealthCheck, settings

from tests.tsa import authorities as authorities
from tests.tsa import authority as authority

ALONE = ("hostile",)  # folders: patrols of sites that are slow by the clock, held against the run's own limits of time
_HOME = tempfile.mkdtemp(prefix="adpatrol-test-")
os.environ["ADPATROL_HOME"] = _HOME
os.environ.pop("ADPATROL_CONFIG", None)
# A job started in the background ignores Ctrl-C, and so would all it starts: the tests of Ctrl-C are about ours.
signal.signal(signal.SIGINT, signal.default_int_handler)

# `make test` tries the same examples every time, so that what it refuses is the change; `make prove` (--hypothesis-profile=explore) looks for new ones.
# Neither judges by the clock: a machine with something else to do is no fault of the code.
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", settings.get_profile("same"), derandomize=False, print_blob=True)
settings.load_profile("same")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `make test` runs with the machine to itself; all else runs in as many processes as there are cores."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in ALONE:
            item.add_marker(pytest.mark.alone)


def _empty_index(sender: AppConfig, **_: object) -> None:
    if sender.label == "indexer":
        from indexer.search.sqlite import SqliteIndex

        SqliteIndex().clear()


# The full-text tables are no model's: what empties the others after a test that commits leaves them, and says that it is done.
post_migrate.connect(_empty_index)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data beside the project; the test says so where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    return SHARED


@pytest.fixture(scope="session")
def elasticsearch_url() -> Iterator[str]:
    """A real Elasticsearch node, shared with the other test processes."""
    with shared_node() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _remove_home() -> Iterator[None]:
    yield
    shutil.rmtree(_HOME, ignore_errors=True)
