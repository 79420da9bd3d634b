"""The demo's own sites, patrolled by the real command and held against the table (`demo/sites.yaml`)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from demo.table import Expected, Forbidden, Readable, Sample, samples, settings
from tests.demo.ports import free_ports
from tests.end_to_end.running import ROOT, captures, lines, run

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("demo-sites")]
PATROLLED = [sample for sample in samples() if sample.patrolled]


@dataclass
class Served:
    """The sample sites on their own port, their letter box, and the settings that go with them."""

    mail: Path
    env: dict[str, str]


@dataclass
class Office:
    """A home in which the demo plan was patrolled once."""

    home: Path
    served: Served
    summary: dict[str, Any]
    findings: list[dict[str, Any]]
    captures: list[dict[str, Any]]

    def run(self, *args: str, timeout: float = 120) -> str:
        return run(self.home, *args, timeout=timeout, **self.served.env).stdout

    def ask(self, *args: str) -> list[dict[str, Any]]:
        return lines(self.run(*args, "--json", timeout=300))

    def on(self, sample: Sample, page: str) -> list[dict[str, Any]]:
        return [f for f in self.findings if path_of(f["url"]) == (sample.address, page)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port, mail_port = free_ports()
    mail = tmp_path_factory.mktemp("outgoing")
    command = [sys.executable, "-m", "demo.serve", "--port", str(port), "--mail", str(mail), "--mail-port", str(mail_port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready"), f"port {port} is taken"
        overlay = settings(port, tmp_path_factory.mktemp("overlay"))
        yield Served(mail, {"ADPATROL_CONFIG": str(overlay), "ADPATROL_DEMO_SMTP_HOST": "127.0.0.1", "ADPATROL_DEMO_SMTP_PORT": str(mail_port)})
        process.terminate()


@pytest.fixture(scope="module")
def office(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("home"), served, {}, [], [])
    office.run("init")
    office.summary = lines(office.run("patrol", "--plan", "demo", "--json", timeout=600))[-1]
    office.findings, office.captures = office.ask("findings"), captures(office.home)
    return office


def path_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.path


def expectations() -> Iterator[Any]:
    for sample in PATROLLED:
        for expected in sample.must_find:
            marks = [pytest.mark.xfail(strict=True, reason=f"until the patrol reads {expected.until}")] if expected.until else []
            yield pytest.param(sample, expected, marks=marks, id=f"{sample.name}{expected.page}-{expected.code}-{expected.span}")


@pytest.mark.parametrize(("sample", "expected"), list(expectations()))
def test_each_claim_of_the_table_is_found(office: Office, sample: Sample, expected: Expected) -> None:
    here = office.on(sample, expected.page)
    assert any(f["code"] == expected.code and expected.span in f["span"] for f in here), [(f["code"], f["span"]) for f in here]


@pytest.mark.parametrize(("sample", "wrong"), [pytest.param(s, wrong, id=f"{s.name}{wrong.page}-{wrong.code}-{wrong.span}") for s in PATROLLED for wrong in s.must_not_find])
def test_what_the_table_forbids_is_not_found(office: Office, sample: Sample, wrong: Forbidden) -> None:
    assert [c for c in office.captures if path_of(c["url"]) == (sample.address, wrong.page) and c["outcome"] == "ok"], "the page was not visited"
    here = [f for f in office.on(sample, wrong.page) if f["level"] != "blue"]
    assert [(f["code"], f["span"]) for f in here if wrong.code in ("", f["code"]) and wrong.span in f["span"]] == []


@pytest.mark.parametrize(("sample", "words"), [pytest.param(s, words, id=f"{s.name}{words.page}") for s in PATROLLED for words in s.must_read])
def test_pages_with_wrong_or_no_declaration_are_read_right(office: Office, sample: Sample, words: Readable) -> None:
    hits = office.ask("search", f'"{words.text}"')
    assert (sample.address, words.page) in {path_of(hit["url"]) for hit in hits if "url" in hit}


def test_only_pictures_and_ad_slots_may_still_be_missed() -> None:
    missed = {(sample.name, expected.until) for sample in PATROLLED for expected in sample.must_find if expected.until}
    assert missed <= {("jinhesui", "images"), ("yunlu-zaixian", "ads")}


def test_every_row_says_what_must_be_found_and_what_must_not() -> None:
    assert len(PATROLLED) >= 10
    for sample in PATROLLED:
        assert sample.innocent or sample.gate or (sample.must_find and sample.must_not_find), sample.name


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


def test_rebuild_gives_the_same_and_an_alert_left(office: Office) -> None:
    office.run("deliver", "--within", "30")
    before = counts(office)
    office.run("rebuild", timeout=300)
    office.run("deliver")
    assert stable(office.ask("findings")) == stable(office.findings)
    assert counts(office) == before
    assert before["leads"] > 0
    assert before["letters"] > 0, "no alert left"


def counts(office: Office) -> dict[str, int]:
    return {"leads": len(office.ask("lead", "list")), "letters": len(list(office.served.mail.glob("*.eml")))}
