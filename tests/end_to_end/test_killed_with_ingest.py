"""`kill -9` of a patrol and of its ingest at random moments, then --resume: from the page on the server to the message in the mailbox.

Judged by the test's own ledger: the acknowledged lines, the web server's log, what a real SMTP server and a real webhook receiver took.
"""

from __future__ import annotations

import email
import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import psutil
import pytest
from aiosmtpd.controller import Controller
from running import ROOT, captures, environment, lines, run
from web import Answer, Site, html, served

from crawler.frontier import runs
from indexer.progress import position_at
from tests.alerts.conftest import Mailbox, Receiver

PAGES_A_LIFE = 30
PLAN = """\
defaults: {{crawl_delay_s: 0, autothrottle: false, depth: 50, max_pages: 5000, render: never, allow: [127.0.0.0/8]}}
sites: [{url}]
"""
HOOK = "name: hook\nkind: webhook\nprivate: true\ndigest_s: 0\nurl_env: HOOK_URL\nsecret_env: HOOK_SECRET\nallow: [127.0.0.0/8]\n"
MAIL = ("name: mail\nkind: smtp\ndigest_s: 0\nhost_env: MAIL_HOST\nport_env: MAIL_PORT\nsecurity: none\nsender: a@office.example\nto: [b@office.example]\n"
        "allow: [127.0.0.0/8]\n")
FILLER = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。" * 3


def paths(pages: int) -> set[str]:
    return {"/", *(f"/p{n}.html" for n in range(1, pages))}


class Platform:
    """A tree of pages; every third makes a promise, in one of many wordings, so that new leads come until the end. Each life of the patrol
    is let see so many pages and no more, so that the kill falls before the end, however fast the machine is."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self.open = threading.Semaphore(0)

    def let_see(self, pages: int) -> None:
        self.open.release(pages)

    def __call__(self, path: str) -> Answer | None:
        if path not in paths(self._pages):
            return None
        self.open.acquire(timeout=60)
        time.sleep(0.03)
        number = 0 if path == "/" else int(path[2:-5])
        said = f"平台承诺固定年化收益{8 + number // 4 * 0.25:.2f}%，保本保息，立即投资。" if number % 3 == 0 else "市场有风险，出借需谨慎。"
        links = "".join(f'<a href="/p{n}.html">第 {n} 页</a>' for n in range(number * 3 + 1, number * 3 + 4) if n < self._pages)
        return html(f"<title>示例财富网络借贷平台 {number}</title><h1>示例财富网络借贷平台</h1><p>{said}</p><p>{FILLER}</p>{links}")


@dataclass
class Office:
    """A home with its settings, the lives its patrols had, and what they acknowledged."""

    home: Path
    settings: dict[str, str]
    acknowledged: set[str] = field(default_factory=set)
    killed: Counter[str] = field(default_factory=Counter)

    def life(self, *args: str, dice: random.Random | None = None) -> dict[str, Any]:
        """One patrol process: with ``dice`` its ingest is killed, then itself, at moments of chance; else to its end. Answers its last line."""
        process = subprocess.Popen([sys.executable, "-m", "adpatrol", "patrol", *args, "--json"], cwd=ROOT, env=environment(self.home, **self.settings),
                                   stdout=subprocess.PIPE, text=True)
        told: list[str] = []
        assert process.stdout is not None
        reading = threading.Thread(target=lambda: told.extend(process.stdout), daemon=True)  # type: ignore[arg-type]
        reading.start()
        if dice is not None:
            self._kill(process, told, dice)
        process.wait(timeout=240)
        reading.join(30)
        if dice is None:
            assert process.returncode == 0
        whole = [json.loads(line) for line in told if line.endswith("}\n")]
        self.acknowledged |= {line["capture"] for line in whole if line.get("event") == "acknowledged"}
        return whole[-1] if whole else {}

    def _kill(self, process: subprocess.Popen[str], told: list[str], dice: random.Random) -> None:
        """The ingest once it has read something more, or once it is there; then the patrol, while another ingest begins. Or, before any
        of that, the patrol alone."""
        if dice.random() < 0.2:
            time.sleep(dice.random() * 1.5)
            self._end("patrol early", process)
            return
        before, began, at_once = position_at(self.home), time.monotonic(), dice.random() < 0.3
        while time.monotonic() - began < 60 and not (told and self._ingests(process) and (at_once or position_at(self.home) > before)):
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(dice.random() * 0.4)
        for child in self._ingests(process):
            self._end("ingest", child)
        time.sleep(dice.random() * 2)
        self._end("patrol", process)

    def _end(self, what: str, process: subprocess.Popen[str] | psutil.Process) -> None:
        process.send_signal(signal.SIGKILL)
        self.killed[what] += 1

    @staticmethod
    def _ingests(process: subprocess.Popen[str]) -> list[psutil.Process]:
        try:
            return [child for child in psutil.Process(process.pid).children() if "ingest" in child.cmdline()]
        except psutil.NoSuchProcess:
            return []

    def ask(self, *args: str) -> list[dict[str, Any]]:
        return lines(run(self.home, *args, timeout=240, **self.settings).stdout)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "adpatrol.sqlite3")) as db:
            return db.execute(query).fetchall()

    def lease_over(self) -> None:
        """As if the ten minutes of a sender that was killed had passed, and the waits after a failure."""
        with closing(sqlite3.connect(self.home / "adpatrol.sqlite3")) as db:
            db.execute("UPDATE alerts_outboxmessage SET last_attempt_at = '2020-01-01 00:00:00' WHERE state = 'sending'")
            db.execute("UPDATE alerts_outboxmessage SET next_attempt_at = created_at WHERE state = 'queued'")
            db.commit()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.prove)])
def test_killed_at_every_turn_nothing_is_lost_and_nothing_comes_twice(
    tmp_path: Path, mailbox: tuple[Mailbox, Controller], receiver: tuple[Receiver, str], kills: int,
) -> None:
    (hooked, hook_url), (mails, smtp) = receiver, mailbox
    pages, dice = PAGES_A_LIFE * (2 * kills + 1), random.Random(kills)
    platform = Platform(pages)
    with served(platform) as site:
        office = Office(tmp_path / "home", _settings(tmp_path / "settings", site, hook_url, smtp))
        while office.killed["patrol"] < kills:
            platform.let_see(PAGES_A_LIFE)
            office.life(*(["--resume"] if runs(office.home) else ["--plan", "kill"]), dice=dice)
        platform.let_see(100_000)
        summary = office.life("--resume")
        assert office.killed["ingest"] >= kills
        _archive_is_whole(office, site, pages)
    _nothing_is_indexed_twice(office)
    office.lease_over()
    run(office.home, "deliver", **office.settings)
    _each_alert_was_told_once(office, hooked, mails)
    assert summary["captures"] == len(captures(office.home))
    print(f"{dict(office.killed)}, {len(office.acknowledged)} acknowledged, {summary['captures']} captures, {summary['findings']} findings, "
          f"{summary['leads']} leads, {len(hooked.requests)} posts for {len(hooked.kept)} messages, {len(mails.mails)} mails")


def _settings(folder: Path, site: Site, hook_url: str, smtp: Controller) -> dict[str, str]:
    for name, text in (("patrols/kill.yaml", PLAN.format(url=site.url)), ("channels/hook.yaml", HOOK), ("channels/mail.yaml", MAIL)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return {"ADPATROL_CONFIG": str(folder), "HOOK_URL": hook_url, "HOOK_SECRET": Receiver.secret, "MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(smtp.port)}


def _archive_is_whole(office: Office, site: Site, pages: int) -> None:
    kept = captures(office.home)
    ids = [capture["id"] for capture in kept]
    assert len(set(ids)) == len(ids)
    assert office.acknowledged <= set(ids), "every acknowledged line is in the archive"
    assert {capture["url"] for capture in kept if capture["outcome"] == "ok"} == {urljoin(site.url, path) for path in paths(pages)}
    assert paths(pages) <= set(site.asked)
    assert office.ask("evidence", "verify", "--all", "--json")[-1]["failures"] == 0, "no half record is visible"


def _nothing_is_indexed_twice(office: Office) -> None:
    kept = {capture["id"] for capture in captures(office.home)}
    stored = [capture for (capture,) in office.rows("SELECT capture_id FROM indexer_page")]
    assert len(stored) == len(set(stored))
    assert set(stored) == kept, "everything in the archive is read"
    found = [(finding["capture"], finding["code"], finding["start"], finding["end"], finding["rule"]) for finding in office.ask("findings", "--json")]
    assert found
    assert len(found) == len(set(found))
    (rebuilt,) = office.ask("rebuild", "--json")
    assert rebuilt["same"], f"not as if it had been read undisturbed, to the last word of the index: {rebuilt['before']} {rebuilt['after']}"
    assert rebuilt["after"]["counts"]["documents"] == len(kept)


def _each_alert_was_told_once(office: Office, hooked: Receiver, mails: Mailbox) -> None:
    alerts = {pk for (pk,) in office.rows("SELECT id FROM alerts_alert")}
    leads = office.rows("SELECT number FROM alerts_lead")
    assert len(alerts) == len(leads) == len(set(leads)) > 5
    assert all(request["genuine"] for request in hooked.requests)
    new = Counter(pk for message in hooked.kept.values() for pk in message["new"])
    assert set(new) == alerts, "no alert is lost"
    assert set(new.values()) == {1}, "none is told as new twice"
    assert {lead["number"] for message in hooked.kept.values() for lead in message["leads"]} <= {number for (number,) in leads}
    # a kill may repeat the one message in its send window, under the same key
    assert len(hooked.requests) - len(hooked.kept) <= office.killed.total()
    letters = Counter(email.message_from_bytes(bytes(mail.content))["Message-ID"] for mail in mails.mails)
    sent = dict(office.rows("SELECT message_id, may_repeat FROM alerts_outboxmessage WHERE channel = 'mail'"))
    assert set(letters) == set(sent)
    assert all(may for key, may in sent.items() if letters[key] > 1), "only what was cut off while it was sent, and marked so"
    assert {state for (state,) in office.rows("SELECT state FROM alerts_outboxmessage")} == {"done"}
