"""The demo's own sites, patrolled by the real command and held against the table (`demo/sites.yaml`)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from demo.table import Expected, Sample, samples
from tests.end_to_end.running import ROOT, captures, lines, run

pytestmark = [
    pytest.mark.timeout(900), pytest.mark.xdist_group("demo-sites"),
    pytest.mark.skipif(find_spec("crawler.patrol") is None or find_spec("crawler.plans") is None, reason="the patrol is not there yet"),
]
OVERLAY = str(ROOT / "demo" / "config")
MAIL_PORT = 8126
PATROLLED = [sample for sample in samples() if sample.patrolled]


@dataclass
class Office:
    """A home in which the demo plan was patrolled once."""

    home: Path
    summary: dict[str, Any]
    findings: list[dict[str, Any]]
    captures: list[dict[str, Any]]

    def ask(self, *args: str) -> list[dict[str, Any]]:
        return lines(run(self.home, *args, "--json", timeout=300, **settings()).stdout)


def settings() -> dict[str, str]:
    return {"ADPATROL_CONFIG": OVERLAY, "ADPATROL_DEMO_SMTP_HOST": "127.0.0.1", "ADPATROL_DEMO_SMTP_PORT": str(MAIL_PORT)}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    mail = tmp_path_factory.mktemp("outgoing")
    command = [sys.executable, "-m", "demo.serve", "--mail", str(mail), "--mail-port", str(MAIL_PORT)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready"), "port 8100 is taken"
        yield mail
        process.terminate()


@pytest.fixture(scope="module")
def office(served: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    home = tmp_path_factory.mktemp("home")
    run(home, "init", **settings())
    done = run(home, "patrol", "--plan", "demo", "--json", timeout=600, **settings())
    found = lines(run(home, "findings", "--json", **settings()).stdout)
    return Office(home, lines(done.stdout)[-1], found, captures(home))


def path_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.path


def expectations() -> Iterator[Any]:
    for sample in PATROLLED:
        for expected in sample.must_find:
            marks = [pytest.mark.xfail(strict=expected.until != "soon", reason=f"until the patrol reads {expected.until}")] if expected.until else []
            yield pytest.param(sample, expected, marks=marks, id=f"{sample.name}{expected.page}-{expected.code}-{expected.span}")


@pytest.mark.parametrize(("sample", "expected"), list(expectations()))
def test_each_claim_of_the_table_is_found(office: Office, sample: Sample, expected: Expected) -> None:
    here = [f for f in office.findings if path_of(f["url"]) == (sample.address, expected.page)]
    assert any(f["code"] == expected.code and expected.span in f["span"] for f in here), [(f["code"], f["span"]) for f in here]


@pytest.mark.parametrize("sample", [s for s in PATROLLED if s.innocent], ids=lambda s: s.name)
def test_innocent_sites_raise_nothing(office: Office, sample: Sample) -> None:
    assert [c for c in office.captures if path_of(c["url"])[0] == sample.address and c["outcome"] == "ok"]
    above_blue = [f for f in office.findings if path_of(f["url"])[0] == sample.address and f["level"] != "blue"]
    assert [(f["url"], f["code"], f["span"]) for f in above_blue] == []


@pytest.mark.parametrize("sample", [s for s in PATROLLED if s.gate], ids=lambda s: s.name)
def test_a_wall_is_seen_as_not_the_page(office: Office, sample: Sample) -> None:
    here = [c for c in office.captures if path_of(c["url"])[0] == sample.address and not c["url"].endswith(("/robots.txt", "/sitemap.xml"))]
    assert here
    assert {c["gate"] for c in here} <= set(sample.gate)
    assert not [f for f in office.findings if path_of(f["url"])[0] == sample.address]


def test_robots_are_obeyed(office: Office) -> None:
    kept_out = {(s.address, page) for s in PATROLLED for page in s.robots_keeps_out}
    assert kept_out
    assert not [c for c in office.captures if path_of(c["url"]) in kept_out and c["outcome"] == "ok"]


def test_every_patrolled_site_was_visited(office: Office) -> None:
    visited = {path_of(c["url"])[0] for c in office.captures if c["status"]}
    assert visited == {s.address for s in PATROLLED}
    assert office.summary["captures"] == len(office.captures)


def stable(findings: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((f["capture"], f["code"], f["start"], f["end"], f["rule"], f["span"], f["level"]) for f in findings)


def test_rebuild_gives_the_same_and_an_alert_left(office: Office, served: Path) -> None:
    run(office.home, "deliver", "--within", "30", **settings())
    before = counts(office, served)
    run(office.home, "rebuild", timeout=300, **settings())
    run(office.home, "deliver", **settings())
    assert stable(office.ask("findings")) == stable(office.findings)
    assert counts(office, served) == before
    assert before["leads"] > 0
    assert before["letters"] > 0, "no alert left"


def counts(office: Office, mail: Path) -> dict[str, int]:
    return {"leads": len(office.ask("lead", "list")), "letters": len(list(mail.glob("*.eml")))}


def test_patrolling_again_adds_captures_and_no_leads_or_alerts(office: Office, served: Path) -> None:
    run(office.home, "deliver", "--within", "30", **settings())
    before, pages = counts(office, served), len(office.captures)
    run(office.home, "patrol", "--plan", "demo", timeout=600, **settings())
    run(office.home, "deliver", "--within", "30", **settings())
    assert len(captures(office.home)) > pages
    assert counts(office, served) == before


def test_taken_port_is_one_line_and_exit_2(served: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    env = os.environ | {"ADPATROL_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "demo"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert time.monotonic() - began < 15
