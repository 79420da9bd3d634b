"""规则试运行 in the console: validated as the loader does, shown before it is applied, asked before it is done, on record when it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from seeding import FILLER, SCRIPT, Made, Seeded, seed

from adpatrol.home import SHIPPED
from alerts.models import AuditEntry
from indexer.models import Finding, Hunt
from indexer.retrohunt import apply, hunt

pytestmark = pytest.mark.django_db(transaction=True)
RULE: dict[str, Any] = {
    "id": "local-steady", "code": "guarantee.return", "level": "orange", "suggestion": "责令暂停发布", "provisions": ["adlaw-2021-art25-1"], "heads": ["稳稳当当"],
    "patterns": ["稳稳当当(?:地)?(?:赚钱|生息|到账)"], "reason": "“{span}”暗示收益没有风险", "confidence": 0.9,
    "flag": ["跟着我们稳稳当当赚钱", "每月稳稳当当到账", "钱放这里稳稳当当生息", "稳稳当当地赚钱，人人可投", "存进来稳稳当当生息"],
    "excuse": [{"text": text, "because": "否定"} for text in ("没有稳稳当当赚钱的理财", "不可能稳稳当当赚钱", "投资不会稳稳当当赚钱", "谁也不能保证稳稳当当赚钱", "世上没有稳稳当当赚钱的事")],
}
TEXT = yaml.safe_dump(RULE, allow_unicode=True)
PAGES = {"steady": Made("https://www.wending.example/", f"稳当理财 {SCRIPT}", f"稳当理财\n跟着我们稳稳当当赚钱{SCRIPT}，敬请来电。\n{FILLER}")}


@pytest.fixture
def stored(home: Path, tmp_path: Path) -> Iterator[Seeded]:
    """One page that no shipped rule minds; an office with settings of its own."""
    settings.CONFIG_FOLDERS = [tmp_path / "office", SHIPPED]
    yield seed(home, pages=PAGES)


@pytest.fixture
def analyst(as_role: Callable[[str], Client]) -> Client:
    return as_role("analyst")


def run(one: Hunt) -> Hunt:
    return hunt.go_on(one, settings.HOME / "archive", settings.CONFIG_FOLDERS)


def test_a_rule_is_given_tried_shown_asked_about_and_applied(analyst: Client, stored: Seeded, tmp_path: Path) -> None:
    answer = analyst.post("/try/rules/", {"rule": TEXT})
    one = Hunt.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/try/rules/{one.pk}/"
    waiting = analyst.get(answer["Location"]).content.decode()
    assert "排队" in waiting and 'http-equiv="refresh"' in waiting and "停止" in waiting
    run(one)
    page = analyst.get(answer["Location"]).content.decode()
    assert '跟着我们<mark class="m-hit">稳稳当当赚钱</mark>' in page and "暗示收益没有风险" in page and "wending.example" in page
    assert SCRIPT not in page and "&lt;script&gt;" in page and 'http-equiv="refresh"' not in page
    counts = analyst.get(f"{answer['Location']}?format=json").json()["counts"]
    assert {(row["change"], row["code"]) for row in counts} == {("new", "guarantee.return"), ("new", "risk.no_warning")}  # what follows from it, too
    sure = analyst.post(answer["Location"], {"act": "apply"}).content.decode()
    assert "确定启用" in sure and not AuditEntry.objects.filter(act="启用规则").exists()
    analyst.post(answer["Location"], {"act": "apply", "sure": "yes"})
    entry = AuditEntry.objects.get(act="启用规则")
    assert (entry.who, entry.subject, entry.detail["rules"], entry.detail["新增"]) == ("analyst", f"hunt:{one.pk}", ["local-steady"], 2)
    one.refresh_from_db()
    apply.finish(one, settings.HOME / "archive", tmp_path / "office", settings.CONFIG_FOLDERS, at_end=lambda: None)
    assert "已启用" in analyst.get(answer["Location"]).content.decode()
    assert Finding.objects.filter(rule="local-steady").exists() and (tmp_path / "office" / "rules" / "local-steady.yaml").is_file()
    assert "没有启用" in analyst.post(answer["Location"], {"act": "apply", "sure": "yes"}, follow=True).content.decode()
    assert AuditEntry.objects.filter(act="启用规则").count() == 1


@pytest.mark.parametrize("rule, said", [("", "还没有规则"), (TEXT.replace("level:", "levle:"), "是否想写 level"), ("id: [", "不是有效的 YAML")], ids=["none", "field", "yaml"])
def test_a_rule_that_cannot_be_read_is_told_and_kept_in_the_form(analyst: Client, stored: Seeded, rule: str, said: str) -> None:
    answer = analyst.post("/try/rules/", {"rule": rule})
    assert answer.status_code == 400 and said in answer.content.decode() and not Hunt.objects.exists()
    assert not re.search(r"/tmp/\S+yaml", answer.content.decode())


def test_it_is_stopped_and_goes_on(analyst: Client, stored: Seeded) -> None:
    one = Hunt.objects.create(made_by="analyst", rules=[{"name": "n", "id": "local-steady", "text": TEXT}], state="waiting", total=1)
    path = f"/try/rules/{one.pk}/"
    assert "已停止" in analyst.post(path, {"act": "stop"}, follow=True).content.decode()
    assert "排队" in analyst.post(path, {"act": "on"}, follow=True).content.decode()


def test_without_settings_of_its_own_an_office_is_told_so(analyst: Client, stored: Seeded) -> None:
    settings.CONFIG_FOLDERS = [SHIPPED]
    one = Hunt.objects.create(made_by="analyst", rules=[{"name": "n", "id": "local-steady", "text": TEXT}], state="done", total=1)
    path = f"/try/rules/{one.pk}/"
    assert "ADPATROL_CONFIG" in analyst.get(path).content.decode()
    assert "ADPATROL_CONFIG" in analyst.post(path, {"act": "apply", "sure": "yes"}, follow=True).content.decode()
    assert "没有任何变化" in analyst.get(path).content.decode()


def test_others_read_and_do_not_act(stored: Seeded, as_role: Callable[[str], Client]) -> None:
    one = Hunt.objects.create(made_by="analyst", rules=[{"name": "n", "id": "local-steady", "text": TEXT}], state="waiting", total=1)
    leader = as_role("leader")
    page = leader.get("/try/rules/").content.decode()
    assert "最近的试运行" in page and "<textarea" not in page
    for path, data in (("/try/rules/", {"rule": TEXT}), (f"/try/rules/{one.pk}/", {"act": "stop"})):
        assert leader.post(path, data).status_code == 403
    one.refresh_from_db()
    assert one.state == "waiting" and Hunt.objects.count() == 1
    assert as_role("operator").get("/try/rules/").status_code == 403


def test_an_empty_list_says_what_to_do(analyst: Client, stored: Seeded) -> None:
    page = analyst.get("/try/rules/").content.decode()
    assert "还没有试运行过" in page and "adpatrol rules try" in page
