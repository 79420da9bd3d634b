"""The main job on real input: every site of ../shared/sites patrolled in one run by the real command, held against its labels."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.end_to_end.real_sites import SHARED, RealSite, Score, real_sites, score, served

ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    """So that two runs of the tests on one machine leave each other alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.1.1", 0))
        return int(probe.getsockname()[1])


PORT = _free_port()
FLOOR = 0.85

pytestmark = [
    pytest.mark.shared, pytest.mark.timeout(1200), pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/sites is not here"),
    pytest.mark.skipif(find_spec("crawler.patrol") is None or find_spec("crawler.plans") is None, reason="the patrol is not there yet"),
]
Rows = dict[tuple[str, str], list[dict[str, Any]]]


def adpatrol(home: Path, *args: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "ADPATROL_CONFIG"} | {"ADPATROL_HOME": str(home)}
    return subprocess.run([sys.executable, "-m", "adpatrol", *args], cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout, check=False)


def rows_of(home: Path, *args: str) -> list[dict[str, Any]]:
    done = adpatrol(home, *args, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def patrol(home: Path, *more: str) -> tuple[Path, list[RealSite], dict[str, Any]]:
    """A finished run over all sites: its home, the sites, and the summary."""
    sites = real_sites()
    names = home / "sites.csv"
    names.write_text("url,site\n" + "".join(f"{s.url(p, PORT)},{s.name}\n" for s in sites for p in s.seeds()), encoding="utf-8")
    assert adpatrol(home, "init").returncode == 0
    with served(sites, PORT):
        done = adpatrol(home, "patrol", "--sites", str(names), "--allow", "127.0.0.0/8", "--delay", "0", "--max-pages", "300", "--json", *more)
    assert done.returncode == 0, done.stderr[-3000:]
    return home, sites, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def patrolled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[RealSite], dict[str, Any]]:
    """Judged after the run: nobody then asks for the visits at evidence grade, which are most of the time (the last test has them all)."""
    done = patrol(tmp_path_factory.mktemp("home"), "--no-ingest")
    assert adpatrol(done[0], "ingest").returncode == 0
    return done


def by_page(rows: list[dict[str, Any]], sites: list[RealSite]) -> Rows:
    names = {site.address: site.name for site in sites}
    found: Rows = defaultdict(list)
    for row in rows:
        parts = urlsplit(row["url"])
        found[names[parts.hostname or ""], unquote(parts.path).lstrip("/")].append(row)
    return found


@pytest.fixture(scope="module")
def scored(patrolled: tuple[Path, list[RealSite], dict[str, Any]]) -> Score:
    home, sites, _ = patrolled
    return score(sites, by_page(rows_of(home, "findings"), sites))


def test_every_page_is_captured(patrolled: tuple[Path, list[RealSite], dict[str, Any]]) -> None:
    home, sites, summary = patrolled
    seen = {urlsplit(row["url"])._replace(fragment="", query="").geturl() for row in rows_of(home, "captures") if row["outcome"] in ("ok", "empty")}
    missing = [s.url(page, PORT) for s in sites for page in s.pages() if s.url(page, PORT) not in seen]
    assert not missing, summary


def test_certain_claims_are_found(scored: Score, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():  # the figures by code are for whoever runs the tests, not only for who broke them
        print("\n".join(["", "real sites: certain spans found, by code", *scored.lines()]))
    assert sum(scored.expected.values()) > 0
    assert scored.recall >= FLOOR, scored.lines()


def test_no_innocent_page_is_flagged(scored: Score) -> None:
    assert scored.innocent_flagged == []


def test_no_passage_that_must_not_is_flagged(scored: Score) -> None:
    assert scored.must_not == []


@pytest.mark.prove
def test_each_page_with_a_finding_is_kept_at_evidence_grade_by_both_devices(tmp_path: Path, scored: Score) -> None:
    home, sites, _ = patrol(tmp_path)
    found = rows_of(home, "findings")
    again = score(sites, by_page(found, sites))
    assert (again.innocent_flagged, again.must_not) == ([], []) and again.recall >= scored.recall
    captures = rows_of(home, "captures")
    client = {row["id"]: row["client"] for row in captures}
    away = {row["url"] for row in captures if row["client"].endswith("-evidence") and row["final_url"] != row["url"]}  # its script goes to a log-in that is not here
    kept = {(row["url"], row["client"]) for row in captures if row["outcome"] == "ok" or row["url"] in away}
    plain = {row["url"] for row in found if row["level"] != "blue" and client[row["capture"]].endswith(("-static", "-browser"))}
    assert len(plain - away) > 50
    assert [(url, client) for url in plain for client in ("desktop-evidence", "phone-evidence") if (url, client) not in kept] == []
