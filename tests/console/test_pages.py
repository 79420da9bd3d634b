"""What each page shows, of a home with data and of an empty one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from seeding import PAGES, RUN, Seeded

from alerts.models import AuditEntry, Lead, OutboxMessage
from indexer.models import Page

pytestmark = pytest.mark.django_db
LISTS = ["/", "/leads/", "/platforms/", "/search/", "/captures/", "/runs/", "/messages/"]


@pytest.fixture
def empty(db: None, tmp_path: Path) -> Iterator[None]:
    before = settings.HOME
    settings.HOME = tmp_path
    yield
    settings.HOME = before


@pytest.mark.parametrize("path", [*LISTS, "/search/?q=保本", "/runs/?poll=1", "/password/", f"/runs/{RUN}/"])
def test_every_page_opens_and_says_suspected(officer: Client, seeded: Seeded, path: str) -> None:
    response = officer.get(path)
    assert response.status_code == 200
    assert "涉嫌" in response.content.decode() or "poll" in path


@pytest.mark.parametrize("path, next_step", [
    ("/", "adpatrol patrol"), ("/leads/", "adpatrol patrol"), ("/platforms/", "巡查"), ("/search/", "adpatrol ingest"), ("/captures/", "adpatrol patrol"),
    ("/runs/", "adpatrol patrol"), ("/messages/", "adpatrol doctor"),
])
def test_an_empty_page_says_what_to_do_next(officer: Client, empty: None, path: str, next_step: str) -> None:
    page = officer.get(path).content.decode()
    assert 'class="empty"' in page and next_step in page


@pytest.mark.parametrize("path", [*LISTS, f"/runs/{RUN}/"])
def test_every_list_answers_programs(officer: Client, seeded: Seeded, path: str) -> None:
    answer = officer.get(path, {"format": "json"})
    assert answer["Content-Type"].startswith("application/json") and answer.json()
    assert officer.get(path, {"format": "xml"}).status_code == 400


def test_the_overview_counts_what_is_there(officer: Client, seeded: Seeded) -> None:
    figures = officer.get("/?format=json").json()
    assert figures["platforms"]["by_level"] == {"red": 2, "orange": 0, "yellow": 0, "blue": 0}
    assert (figures["leads"]["waiting"], figures["leads"]["red"], figures["pages"], figures["findings"], figures["behind"]) == (5, 2, 6, 6, 0)
    assert figures["runs"][0]["state"] == "finished" and figures["runs"][0]["ingested"] == 6


def test_the_capture_page_marks_each_claim_and_says_why(officer: Client, seeded: Seeded) -> None:
    page = officer.get(f"/captures/{seeded.captures['home']}/").content.decode()
    assert '<mark class="m-red ref" data-ref="1">100%</mark>' in page and '<mark class="m-red ref" data-ref="2">本息保障</mark>' in page
    for said in ("涉嫌承诺保本", "明示或者暗示本金不受损失", "《中华人民共和国广告法》第二十五条第（一）项", "不得明示或者暗示保本", "处置建议", "立案",
                 "为什么没判为例外", "读出数值 18%（年）", "2026-11-20 16:00:00", "UTC 2026-11-20 08:00:00", "遵守"):
        assert said in page, said
    for record in officer.get(f"/captures/{seeded.captures['home']}/?format=json").json()["records"]:
        assert record["sha256"] in page and record["file"] in page


def test_what_was_excused_is_shown_with_its_reason(officer: Client, seeded: Seeded) -> None:
    page = officer.get(f"/captures/{seeded.captures['safe']}/").content.decode()
    assert "判为例外" in page and 'data-ref="例1"' in page and "否定" in page


def test_what_is_not_the_page_says_so(officer: Client, seeded: Seeded) -> None:
    page = officer.get(f"/captures/{seeded.captures['block']}/").content.decode()
    assert "这不是网页本身：拦截页" in page and "据此不作任何判断" in page
    assert "网站答复页面不存在" in officer.get(f"/captures/{seeded.captures['gone']}/").content.decode()


def test_a_capture_whose_archive_is_elsewhere_still_opens(officer: Client, seeded: Seeded, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "elsewhere"
    page = officer.get(f"/captures/{seeded.captures['home']}/").content.decode()
    assert "本机存档中没有这个快照" in page and "100%" in page


def test_the_platform_page_holds_its_whole_dossier(officer: Client, seeded: Seeded) -> None:
    lead = Lead.objects.filter(platform__key="shili-licai.example").first()
    assert lead is not None
    page = officer.get(f"/platforms/{lead.platform_id}/").content.decode()
    for said in ("示例理财信息服务有限公司", "京ICP备00000001号", "shili-licai.example", lead.number, "安全保障", "未核实"):
        assert said in page, said
    data = officer.get(f"/platforms/{lead.platform_id}/?format=json").json()
    assert len(data["captures"]) == 3 and {row["code"] for row in data["codes"]} >= {"guarantee.principal", "yield.promise"}


def test_a_search_keeps_its_whole_state_in_the_address(officer: Client, seeded: Seeded) -> None:
    page = officer.get("/search/?q=保本&level=red&not_site=https://heike-licai.example&size=50").content.decode()
    assert "只看</a> 等级：红" in page and "不含</a> 网站：heike-licai.example" in page
    assert 'name="not_site" value="https://heike-licai.example"' in page and 'name="level" value="red"' in page
    assert "<mark class=\"m-hit\">保本</mark>" in page
    assert officer.get("/search/?q=保本&format=json").json()["total"] == 3
    assert officer.get("/search/?q=保本&format=json&not_site=https://heike-licai.example").json()["total"] == 2
    assert officer.get("/search/?format=json&not_level=red").json()["total"] == 3


def test_facets_are_links_that_add_drop_or_exclude(officer: Client, seeded: Seeded) -> None:
    page = officer.get("/search/").content.decode()
    assert 'href="?level=red"' in page and 'href="?not_level=red"' in page
    assert 'href="?"' in officer.get("/search/?level=red").content.decode()


def test_a_bad_query_is_told_where(officer: Client, seeded: Seeded) -> None:
    answer = officer.get("/search/?q=保本 (")
    assert answer.status_code == 400 and "检索式第 5 个字符处" in answer.content.decode()
    assert "error" in officer.get("/search/?q=保本 (&format=json").json()
    assert officer.get("/search/?cursor=nonsense").status_code == 400
    assert officer.get("/search/?level=purple").status_code == 400
    assert officer.get("/search/?since=yesterday").status_code == 400


def test_pages_follow_each_other_by_cursor(officer: Client, seeded: Seeded) -> None:
    seen, cursor = [], ""
    for _ in range(4):
        data = officer.get("/captures/", {"format": "json", "size": 2, "cursor": cursor}).json()
        seen += [hit["capture"] for hit in data["hits"]]
        cursor = data["next"]
        if not cursor:
            break
    assert seen == list(Page.objects.order_by("-id").values_list("capture_id", flat=True)) and len(seen) == len(PAGES)


def test_a_patrol_under_way_and_one_cut_off(officer: Client, seeded: Seeded) -> None:
    with sqlite3.connect(seeded.home / "frontier.sqlite3") as db:
        db.execute("UPDATE runs SET state = 'running', finished = '', seen = ?", (datetime.now(UTC).isoformat(),))
    row = officer.get("/runs/?format=json").json()["runs"][0]
    assert (row["state"], row["captures"], row["waiting"]) == ("running", 6, 6)
    assert "还有 6 个网址" in officer.get("/runs/?poll=1").content.decode()
    with sqlite3.connect(seeded.home / "frontier.sqlite3") as db:
        db.execute("UPDATE runs SET seen = ?", ((datetime.now(UTC) - timedelta(hours=1)).isoformat(),))
    assert f"adpatrol patrol --resume {RUN}" in officer.get("/runs/?poll=1").content.decode()


def test_a_run_that_met_no_pages_is_warned_of(officer: Client, seeded: Seeded) -> None:
    home = Page.objects.get(capture_id=seeded.captures["block"])
    for n in range(30):
        Page.objects.create(id=n + 1, capture_id=f"b{n}", seq=100 + n, run=RUN, site=home.site, url=f"{home.url}{n}", url_key=str(n), time=home.time,
                            outcome="ok", gate="block")
    page = officer.get("/").content.decode()
    assert "巡查质量下降" in page
    assert officer.get("/?format=json").json()["runs"][0]["warning"]


def test_what_waits_for_the_judge_is_told(officer: Client, seeded: Seeded) -> None:
    from indexer.models import IngestPosition

    IngestPosition.objects.update(seq=2)
    assert "还有 4 个快照等待研判" in officer.get("/runs/?poll=1").content.decode()


def test_a_message_that_failed_says_why_and_is_sent_again(officer: Client, seeded: Seeded, as_role: Callable[[str], Client]) -> None:
    now = datetime.now(UTC)
    one = OutboxMessage.objects.create(channel="mail", key="k", message_id="m", subject="有 3 条新线索", body="请登录查看", state="failed", attempts=9,
                                       created_at=now, next_attempt_at=now, last_error="邮件服务器没有应答")
    assert "条预警消息没有送达" in officer.get("/").content.decode()
    page = officer.get("/messages/?state=failed").content.decode()
    assert "邮件服务器没有应答" in page and "有 3 条新线索" in page and "重发" in page
    hidden = as_role("operator").get("/messages/").content.decode()
    assert "邮件服务器没有应答" in hidden and "有 3 条新线索" not in hidden
    assert as_role("leader").post(f"/messages/{one.pk}/requeue/").status_code == 403
    assert "已重新排队" in officer.post(f"/messages/{one.pk}/requeue/", follow=True).content.decode()
    one.refresh_from_db()
    assert (one.state, one.key) == ("queued", "k") and AuditEntry.objects.filter(subject=f"outbox:{one.pk}", who="officer").count() == 1
    assert "不在“失败”状态" in officer.post(f"/messages/{one.pk}/requeue/", follow=True).content.decode()


def test_a_patrol_under_way_stands_first_on_the_overview(officer: Client, seeded: Seeded) -> None:
    def places() -> tuple[int, int]:
        page = officer.get("/").content.decode()
        return page.index("<h2>巡查</h2>"), page.index("<h2>最新线索</h2>")

    patrol, leads = places()
    assert patrol > leads
    with sqlite3.connect(seeded.home / "frontier.sqlite3") as db:
        db.execute("UPDATE runs SET state = 'running', finished = '', seen = ?", (datetime.now(UTC).isoformat(),))
    patrol, leads = places()
    assert patrol < leads


def test_what_breaks_is_told_in_chinese_even_without_a_database(officer: Client, seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("disk I/O error: secret detail")

    officer.raise_request_exception = False
    monkeypatch.setattr("console.views.overview.latest", broken)
    monkeypatch.setattr("console.context.roles_of", broken)
    answer = officer.get("/")
    page = answer.content.decode()
    assert answer.status_code == 500 and "系统出错" in page and "adpatrol doctor" in page and "secret detail" not in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_audit_trail_is_read_by_those_apart_from_the_work(officer: Client, seeded: Seeded, as_role: Callable[[str], Client]) -> None:
    lead = Lead.objects.order_by("pk")[0]
    officer.post(f"/leads/{lead.number}/confirm/", {"reason": "已核对"})
    leader = as_role("leader")
    page = leader.get(f"/audit/?q={lead.number}").content.decode()
    assert "确认线索" in page and "待核查 → 已确认；说明：已核对" in page and "涉嫌类型：" in page and f'href="/leads/{lead.number}/"' in page
    assert f'href="/leads/{lead.number}/"' not in as_role("operator").get("/audit/").content.decode()
    entries = leader.get("/audit/", {"format": "json", "q": "officer"}).json()["entries"]
    assert [e["act"] for e in entries if e["subject"].startswith("lead:")] == ["确认线索"]
    assert officer.get("/audit/").status_code == 403
    assert "没有符合的审计记录" in leader.get("/audit/?q=无此人").content.decode()
