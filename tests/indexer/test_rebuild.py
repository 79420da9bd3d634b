"""`adpatrol rebuild` makes every derived row again, the same to the last column; what people decided and what was told stays as it is."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from archived import BLOCKED, MISSING, PLAIN, html, visit, write

from evidence.capture import Outcome, VisitRecord
from indexer.lock import only_ingest
from indexer.progress import position_at
from tests.alerts.conftest import Receiver, receiver  # noqa: F401
from tests.end_to_end.running import ROOT, environment, run

PAGES = 240
WARNING = html("提醒投资者：凡是承诺“保本保息、100%本息保障”的宣传都不可信，任何机构不得承诺保本。", title="防范非法集资宣传教育")
HOOK = "name: hook\nkind: webhook\nprivate: true\ndigest_s: 0\nurl_env: HOOK_URL\nsecret_env: HOOK_SECRET\nallow: [127.0.0.0/8]\nmin_level: yellow\n"
# What is derived, column by column; left out are the time a judgement took, and numbers the database gives out.
DERIVED = {
    "indexer_page": ("judged_ms",), "indexer_finding": ("id",), "indexer_excused": ("id",), "indexer_ingestposition": ("id", "updated_at"),
}
DECIDE = """
import django; django.setup()
from alerts import leads
from alerts.models import Lead
numbers = list(Lead.objects.order_by("serial").values_list("pk", flat=True))
leads.confirm(numbers[0], "张警官")
leads.dismiss(numbers[1], "李警官", "系转载")
leads.confirm(numbers[2], "张警官"); leads.undo(numbers[2], "张警官", "再看")
"""
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def office(tmp_path: Path, receiver: tuple[Receiver, str]) -> Iterator[tuple[Path, dict[str, str], Receiver]]:  # noqa: F811
    """An archive that is read, leads decided, alerts sent."""
    box, url = receiver
    (tmp_path / "settings" / "channels").mkdir(parents=True)
    (tmp_path / "settings" / "channels" / "hook.yaml").write_text(HOOK, encoding="utf-8")
    settings = {"ADPATROL_CONFIG": str(tmp_path / "settings"), "HOOK_URL": url, "HOOK_SECRET": Receiver.secret, "DJANGO_SETTINGS_MODULE": "config.settings"}
    home = tmp_path / "home"
    write(home, [_visit(number) for number in range(PAGES)])
    run(home, "ingest", **settings)
    subprocess.run([sys.executable, "-c", DECIDE], cwd=ROOT, env=environment(home, **settings), check=True, timeout=120)
    run(home, "deliver", **settings)
    yield home, settings, box


def _visit(number: int) -> Any:
    promise = html(f"平台承诺固定年化收益{8 + number % 9}%，100%本息保障，保本保息，立即投资。")
    body = (promise, PLAIN, BLOCKED, WARNING, MISSING)[number % 5]
    missing = number % 5 == 4
    shot = VisitRecord(type="resource", uri=f"urn:view:{number}", payload=b"\x89PNG", content_type="image/png")
    return visit(number, body, site=f"https://p{number % 7}.test", status=404 if missing else 200, outcome=Outcome.NOT_FOUND if missing else Outcome.OK,
                 extra=[shot] if number % 10 == 0 else ())


def derived(home: Path) -> Rows:
    with closing(sqlite3.connect(home / "adpatrol.sqlite3")) as db:
        return {table: _rows(db, table, without) for table, without in DERIVED.items()}


def decided(home: Path) -> Rows:
    """Everything people did and were told, all columns, but how far it was read."""
    with closing(sqlite3.connect(home / "adpatrol.sqlite3")) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'alerts_%'")]
        return {name: _rows(db, name, ()) for name in names if name != "alerts_followposition"}


def _rows(db: sqlite3.Connection, table: str, without: tuple[str, ...]) -> list[tuple[Any, ...]]:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in without]
    return sorted(db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall(), key=repr)


def killed(home: Path, settings: dict[str, str], dice: random.Random) -> int:
    """A rebuild killed once it has read a part again; answers how far it was."""
    goal, began = dice.randint(1, PAGES * 2 // 3), time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "adpatrol", "rebuild"], cwd=ROOT, env=environment(home, **settings), stdout=subprocess.PIPE)
    while position_at(home) == PAGES and process.poll() is None:  # it has not begun
        time.sleep(0.001)
    while position_at(home) < goal and process.poll() is None and time.monotonic() - began < 60:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return position_at(home)


def test_every_derived_row_comes_out_the_same_and_nothing_else_moves(office: tuple[Path, dict[str, str], Receiver]) -> None:
    home, settings, box = office
    before, told = derived(home), decided(home)
    assert [len(before[table]) > 40 for table in ("indexer_page", "indexer_finding", "indexer_excused")] == [True] * 3
    posts = len(box.requests)
    assert posts
    (said,) = [json.loads(line) for line in run(home, "rebuild", "--json", **settings).stdout.splitlines()]
    assert said["same"]
    assert said["captures"] == PAGES
    assert derived(home) == before
    run(home, "ingest", **settings)
    assert derived(home) == before
    assert decided(home) == told
    assert len(box.requests) == posts, "nothing is told again"
    states = {state for (state,) in sqlite3.connect(home / "adpatrol.sqlite3").execute("SELECT state FROM alerts_lead")}
    assert states == {"waiting", "confirmed", "dismissed"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.prove)])
def test_a_rebuild_killed_on_its_way_is_made_whole_by_ingest_or_by_another(office: tuple[Path, dict[str, str], Receiver], kills: int) -> None:
    home, settings, box = office
    before, told, posts = derived(home), decided(home), len(box.requests)
    dice = random.Random(kills)
    reached = [killed(home, settings, dice) for _ in range(kills)]
    assert any(0 < at < PAGES for at in reached)
    run(home, "ingest", **settings)
    assert derived(home) == before
    killed(home, settings, dice)
    run(home, "rebuild", **settings)
    run(home, "ingest", **settings)
    assert derived(home) == before
    assert decided(home) == told
    assert len(box.requests) == posts


def test_beside_an_ingest_it_says_so_and_touches_nothing(tmp_path: Path) -> None:
    write(tmp_path, [visit(1, PLAIN)])
    run(tmp_path, "ingest")
    before = derived(tmp_path)
    with only_ingest(tmp_path):
        refused = run(tmp_path, "rebuild", code=2)
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "serve" in refused.stderr
    assert derived(tmp_path) == before


def test_other_rules_are_told_and_leads_that_rest_on_the_old_ones_stay(tmp_path: Path) -> None:
    home, rules = tmp_path / "home", tmp_path / "settings" / "rules"
    write(home, [_visit(number) for number in range(10)])
    run(home, "ingest")
    told = decided(home)
    rules.mkdir(parents=True)
    rule = yaml.safe_load((ROOT / "config" / "rules" / "guarantee-principal.yaml").read_text(encoding="utf-8"))
    rule["unless"] = [*rule.get("unless", []), "保本保息|本息"]  # a rule that no longer sees these words
    (rules / "guarantee-principal.yaml").write_text(yaml.safe_dump(rule, allow_unicode=True), encoding="utf-8")
    (said,) = [json.loads(line) for line in run(home, "rebuild", "--json", ADPATROL_CONFIG=str(rules.parent)).stdout.splitlines()]
    assert not said["same"]
    assert said["cited_but_gone"]
    assert decided(home) == told
    (back,) = [json.loads(line) for line in run(home, "rebuild", "--json").stdout.splitlines()]
    assert back["after"] == said["before"]
    assert back["cited_but_gone"] == []
