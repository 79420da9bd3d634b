"""`adpatrol lead` and `adpatrol deliver`, as scripts use them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from adpatrol.commands import deliver, lead
from alerts import leads
from alerts.errors import NotAllowed, WrongState
from alerts.models import Lead
from tests.alerts.conftest import sighting

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> object:
    app = Typer()
    lead.register(app)
    deliver.register(app)
    return lambda *args: CliRunner().invoke(app, args, catch_exceptions=False)


def test_list_prints_one_record_a_line(run) -> None:  # type: ignore[no-untyped-def]
    leads.register([sighting(), sighting(seq=2, span="年化12%", level=2)], now=NOW)
    rows = [json.loads(line) for line in run("lead", "list", "--json").stdout.splitlines()]
    assert [(r["number"], r["level"]) for r in rows] == [("XS2026000001", "red"), ("XS2026000002", "yellow")]
    assert run("lead", "list", "--state", "dismissed").stdout.strip() == "没有符合条件的线索"
    same_site = run("lead", "list", "--site", "http://m.shili-licai.example", "--code", "guarantee.principal", "--json")
    assert len(same_site.stdout.splitlines()) == 2


def test_show_says_alleged_and_keeps_control_characters_off_the_terminal(run) -> None:  # type: ignore[no-untyped-def]
    leads.register([sighting(span="保本\x1b[31m\u202e保息")], now=NOW)
    shown = run("lead", "show", "XS2026000001").stdout
    assert "涉嫌承诺保本（本金保障）（guarantee.principal）" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    record = json.loads(run("lead", "show", "1", "--json").stdout)
    assert record["findings"][0]["provisions"] == ["adlaw-2021-art25-1"]
    assert record["history"][0]["act"] == "登记"


def test_decide_confirms_dismisses_and_undoes(run) -> None:  # type: ignore[no-untyped-def]
    leads.register([sighting()], now=NOW)
    number = Lead.objects.get().number
    assert "已确认" in run("lead", "decide", number, "--confirm").stdout
    assert json.loads(run("lead", "decide", number, "--undo", "--json").stdout)["state"] == "waiting"
    with pytest.raises(NotAllowed):
        run("lead", "decide", number, "--dismiss")
    assert "已排除" in run("lead", "decide", number, "--dismiss", "--reason", "非广告").stdout
    with pytest.raises(WrongState):
        run("lead", "decide", number, "--confirm")
    assert run("lead", "decide", number, "--confirm", "--undo").exit_code == 2


def test_deliver_with_no_channel_and_nothing_new_says_so(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("ADPATROL_CONFIG", str(tmp_path))
    assert json.loads(run("deliver", "--json").stdout) == {"findings": 0, "sent": 0, "failed": 0, "waiting": 0}
