"""`adpatrol ingest` killed at random moments: what comes out in the end is what one undisturbed run gives, and nothing twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from archived import BLOCKED, PLAIN, html, visit, write

from indexer.progress import position_at

ROOT = Path(__file__).resolve().parents[2]
PAGES_A_KILL = 100  # more than ingest stores in one transaction, so that each kill falls before the end
HOOK = "name: hook\nkind: webhook\nurl_env: HOOK_URL\nsecret_env: HOOK_SECRET\nallow: [127.0.0.0/8]\nmin_level: yellow\n"


def promise(number: int) -> bytes:
    """A platform's page in one of ten wordings, so that leads gather pages and new leads keep coming."""
    return html(f"平台承诺100%本息保障，本金与收益第{number % 10}期由我们全额兑付。预期年化收益率{12 + number % 10}%，保本保息。")


def adpatrol(home: Path, *args: str) -> subprocess.Popen[str]:
    env = {
        **os.environ, "ADPATROL_HOME": str(home), "PYTHONUNBUFFERED": "1", "ADPATROL_CONFIG": str(home.parent / "settings"),
        "HOOK_URL": "http://127.0.0.1:9/", "HOOK_SECRET": "nobody listens there, so that every message stays to be counted",
    }
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-m", "adpatrol", *args], cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)


def answer(home: Path, *args: str) -> list[dict[str, Any]]:
    out, err = (process := adpatrol(home, *args)).communicate(timeout=240)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def kill_at(home: Path, dice: random.Random, step: int) -> bool:
    """Starts an ingest and kills it somewhere within the next ``step`` captures, or before it has read any; False where it was faster."""
    process = adpatrol(home, "ingest", "--json")
    began, goal = time.monotonic(), position_at(home) + dice.randint(0, step)
    while process.poll() is None and position_at(home) <= goal and time.monotonic() - began < 60:
        time.sleep(0.002)
        if goal % 5 == 0 and time.monotonic() - began > dice.random() * 3:
            break
    time.sleep(dice.random() * 0.1)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=90)
    return alive


def leads_of(home: Path) -> tuple[list[Any], Counter[int]]:
    """Every lead by what it is about; and how often each alert is announced in messages."""
    db = sqlite3.connect(home / "adpatrol.sqlite3")
    leads = db.execute(
        "SELECT p.key, l.code, l.wording, l.level, l.pages, l.span, a.version, (SELECT count(*) FROM alerts_leadfinding f WHERE f.lead_id = l.id) "
        "FROM alerts_lead l JOIN alerts_platform p ON p.id = l.platform_id JOIN alerts_alert a ON a.lead_id = l.id ORDER BY 1, 2, 3").fetchall()
    told = Counter(pk for (payload,) in db.execute("SELECT payload FROM alerts_outboxmessage") for pk in json.loads(payload).get("new", []))
    assert set(told) == {pk for (pk,) in db.execute("SELECT id FROM alerts_alert")}
    db.close()
    return leads, told


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.prove)])
def test_kill_9_stores_nothing_twice_and_loses_nothing(tmp_path: Path, kills: int) -> None:
    (tmp_path / "settings" / "channels").mkdir(parents=True)
    (tmp_path / "settings" / "channels" / "hook.yaml").write_text(HOOK, encoding="utf-8")
    quiet, rough = tmp_path / "quiet", tmp_path / "rough"
    pages = PAGES_A_KILL * kills
    captures = write(rough, [visit(n, (promise(n), PLAIN, BLOCKED)[n % 3]) for n in range(pages)])
    shutil.copytree(rough, quiet)
    assert answer(quiet, "ingest", "--json")[-1]["captures"] == pages
    dice = random.Random(kills)
    killed = sum(kill_at(rough, dice, pages // (kills + 1)) for _ in range(kills))
    assert killed >= kills - 1
    answer(rough, "ingest", "--json")
    ours, theirs = (answer(home, "findings", "--json") for home in (rough, quiet))
    assert ours == theirs
    assert len({finding["id"] for finding in ours}) == len(ours)
    assert {finding["capture"] for finding in ours} == {capture.id for n, capture in enumerate(captures) if n % 3 == 0}
    (leads, told), (undisturbed, _) = leads_of(rough), leads_of(quiet)
    assert leads == undisturbed
    assert set(told.values()) == {1}
    rebuilt = answer(rough, "rebuild", "--json")[0]
    assert rebuilt["same"]
    assert rebuilt["cited_but_gone"] == []
    assert rebuilt["after"] == answer(quiet, "rebuild", "--json")[0]["before"]
    assert rebuilt["after"]["counts"]["pages"] == rebuilt["after"]["counts"]["documents"] == pages
    assert leads_of(rough) == (leads, told)
