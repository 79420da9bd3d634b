"""Officers' decisions as labelled texts: what is labelled, what stays open, and that no person leaves with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from typer import Typer
from typer.testing import CliRunner

from adpatrol.commands import examples as command
from adpatrol.commands.evaluate import judged
from alerts import leads
from alerts.deidentify import MASK, masked
from alerts.examples import labelled
from alerts.models import AuditEntry, Lead
from indexer.models import Finding, Page, url_key
from tests.alerts.conftest import sighting

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TEXT = "示例理财\n平台承诺100%本息保障，年化收益18%，联系张经理13800138000\n更多产品即将上线"
pytestmark = pytest.mark.django_db


def stored(seq: int, *claims: tuple[str, str, int], text: str = TEXT) -> None:
    """A page as ingest leaves it, and its leads. ``claims``: (words, code, level)."""
    url = f"https://www.shili-licai.example/{seq}"
    page = Page.objects.create(
        id=seq, capture_id=f"cap-{seq}", seq=seq, run="run-1", site="https://www.shili-licai.example", url=url, url_key=url_key(url), time=NOW, outcome="ok", gate="page",
        title="示例理财 客服：王小明", genre="platform", text=text, visible_chars=len(text),
    )
    sightings = []
    for words, code, level in claims:
        start = text.index(words)
        Finding.objects.create(page=page, key=f"{seq}{code}", code=code, span=words, start=start, end=start + len(words), role="main", level=level, confidence=0.9,
                               rule=f"{code}-rule", ruleset="sha256:0", wording=words)
        sightings.append(sighting(seq=seq, url=url, code=code, span=words, start=start, level=level))
    leads.register(sightings, now=NOW)


def lead(code: str) -> Lead:
    return Lead.objects.get(code=code)


def test_a_confirmed_finding_is_labelled_and_an_undecided_one_left_open() -> None:
    stored(1, ("100%本息保障", "guarantee.principal", 4), ("年化收益18%", "yield.excessive", 2))
    leads.confirm(lead("guarantee.principal").pk, "zhang", "明示保本", now=NOW)
    (record,) = labelled()
    assert record["findings"] == [{"code": "guarantee.principal", "span": "100%本息保障"}] and record["violating"]
    assert record["optional"] == ["yield.excessive"] and "unsure" not in record
    assert record["note"] == "确认：明示保本" and record["kind"] == "platform_page" and record["source"] == "shili-licai.example"
    assert all(finding["span"] in record["text"] for finding in record["findings"])


def test_a_dismissed_finding_is_a_text_that_does_not_violate() -> None:
    stored(1, ("100%本息保障", "guarantee.principal", 4))
    leads.dismiss(lead("guarantee.principal").pk, "zhang", "银行存款，属国家另有规定", now=NOW)
    (record,) = labelled()
    assert record["findings"] == [] and record["violating"] is False and "unsure" not in record
    assert record["decided"] == {"code": "guarantee.principal", "rule": "guarantee.principal.promise", "decision": "dismissed"}


def test_dismissed_beside_undecided_is_unsure() -> None:
    stored(1, ("100%本息保障", "guarantee.principal", 4), ("年化收益18%", "yield.excessive", 2))
    leads.dismiss(lead("guarantee.principal").pk, "zhang", "误报", now=NOW)
    (record,) = labelled()
    assert record["unsure"] and record["optional"] == ["yield.excessive"]


def test_both_decided_give_both_labels_in_one_text() -> None:
    stored(1, ("100%本息保障", "guarantee.principal", 4), ("年化收益18%", "yield.excessive", 2))
    leads.confirm(lead("guarantee.principal").pk, "zhang", now=NOW)
    leads.confirm(lead("yield.excessive").pk, "zhang", now=NOW)
    (record,) = labelled()
    assert [finding["code"] for finding in record["findings"]] == ["guarantee.principal", "yield.excessive"]


def test_waiting_leads_and_undone_decisions_are_no_examples() -> None:
    stored(1, ("100%本息保障", "guarantee.principal", 4))
    assert list(labelled()) == []
    leads.confirm(lead("guarantee.principal").pk, "zhang", now=NOW)
    leads.undo(lead("guarantee.principal").pk, "zhang", now=NOW)
    assert list(labelled()) == []


def test_the_same_words_on_many_pages_are_one_example() -> None:
    for seq in range(1, 6):
        stored(seq, ("100%本息保障", "guarantee.principal", 4))
    leads.confirm(lead("guarantee.principal").pk, "zhang", now=NOW)
    assert len(list(labelled())) == 1


def test_a_page_that_is_no_longer_stored_leaves_the_bare_words() -> None:
    leads.register([sighting()], now=NOW)
    leads.confirm(Lead.objects.get().pk, "zhang", now=NOW)
    assert next(iter(labelled()))["text"] == "100%本息保障"


def test_no_person_leaves_the_office() -> None:
    User.objects.create_user("lisi", first_name="李思敏")
    stored(1, ("100%本息保障", "guarantee.principal", 4))
    leads.dismiss(lead("guarantee.principal").pk, "lisi", "李思敏电话核实 010-12345678，lisi 已看过原件", now=NOW)
    whole = json.dumps(list(labelled()), ensure_ascii=False)
    for gone in ("张经理", "13800138000", "王小明", "李思敏", "lisi", "12345678"):
        assert gone not in whole
    assert "100%本息保障" in next(iter(labelled()))["text"]


def test_what_is_exported_can_be_evaluated(tmp_path: Path) -> None:
    stored(1, ("100%本息保障", "guarantee.principal", 4))
    leads.confirm(lead("guarantee.principal").pk, "zhang", now=NOW)
    app = Typer()
    command.register(app)
    target = tmp_path / "out.jsonl"
    done = CliRunner().invoke(app, ["examples", "export", "--output", str(target)], catch_exceptions=False)
    assert done.exit_code == 0
    ((record, verdict),) = judged(target)
    assert record["violating"] and verdict.violating
    assert AuditEntry.objects.get(act="导出标注样本").detail["records"] == 1


def test_the_analyst_takes_them_from_the_console_and_it_is_audited() -> None:
    stored(1, ("100%本息保障", "guarantee.principal", 4))
    leads.confirm(lead("guarantee.principal").pk, "zhang", now=NOW)
    people = {}
    for role in ("analyst", "officer"):
        people[role] = User.objects.create_user(role)
        people[role].groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(people["officer"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/examples.jsonl").status_code == 403
    client.force_login(people["analyst"], backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/examples.jsonl")
    assert json.loads(answer.content)["violating"] and "attachment" in answer["Content-Disposition"]
    assert AuditEntry.objects.filter(act="导出标注样本", who="analyst").count() == 1


@pytest.mark.parametrize("text, gone", [
    ("联系人：赵小红", "赵小红"), ("加微信licai888领取", "licai888"), ("QQ：12345678", "12345678"), ("身份证110101199003077777", "110101199003077777"),
    ("卡号6222 0202 0000 1234 567", "0202"), ("邮箱 a.b@c.example", "a.b@c"), ("李女士说收益很高", "李女士"), ("王建国先生", "王建国"), ("400-800-1234", "800"),
])
def test_persons_and_accounts_are_taken_out(text: str, gone: str) -> None:
    assert gone not in masked(text) and MASK in masked(text)


@pytest.mark.parametrize("text", ["年化收益率18%，100%本息保障", "总收益高于活期40倍", "2016年9月14日12：00", "注册资本10000000元", "股票代码600519", "由国有银行存管，本金安全"])
def test_what_is_claimed_stays(text: str) -> None:
    assert masked(text) == text


@given(st.text(), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_places_stay(text: str, people: list[str]) -> None:
    assert len(masked(text, people)) == len(text)
