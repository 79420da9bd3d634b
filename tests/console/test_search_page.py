"""The search page: everything in its address, pages both ways, queries that say where they fail, tables, exports, searches kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote

import openpyxl
import pytest
from django.test import Client
from seeding import Seeded

from alerts.models import AuditEntry, SavedSearch
from console.views import search_keeping
from indexer import exporting
from indexer.models import Finding, Page
from indexer.search.sqlite import SqliteIndex


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_pages_turn_both_ways(officer: Client, seeded: Seeded) -> None:
    first = officer.get("/search/?format=json&size=2").json()
    second = officer.get("/search/", {"format": "json", "size": 2, "cursor": first["next"]}).json()
    assert first["previous"] == "" and second["previous"]
    again = officer.get("/search/", {"format": "json", "size": 2, "cursor": second["previous"]}).json()
    assert [hit["capture"] for hit in again["hits"]] == [hit["capture"] for hit in first["hits"]]
    page = officer.get("/search/", {"size": 2, "cursor": first["next"]}).content.decode()
    assert "上一页" in page and 'rel="prev"' in page


def test_captures_of_one_address_that_say_the_same_stand_together(officer: Client, seeded: Seeded) -> None:
    alone = officer.get("/search/?q=保本").content.decode().count('<p class="hit-title">')
    first = Page.objects.get(capture_id=seeded.captures["home"])
    for client, title in (("desktop-evidence", first.title), ("phone-evidence", first.title), ("phone-browser", "别的")):
        stored = Page.objects.get(pk=first.pk)
        stored.pk, stored.seq = Page.objects.latest("id").pk + 1, Page.objects.latest("seq").seq + 1
        stored.capture_id, stored.client, stored.title, stored.level = f"{first.capture_id}-{client}", client, title, first.level if title == first.title else None
        stored.time += timedelta(minutes=1)
        stored.save(force_insert=True)
        for finding in Finding.objects.filter(page=first) if stored.level else ():
            finding.pk, finding.page, finding.key = None, stored, f"{client[0]}{finding.key[1:]}"
            finding.save(force_insert=True)
    SqliteIndex().fill()
    page = officer.get("/search/?q=保本").content.decode()
    assert page.count('<p class="hit-title">') == alone + 1, "the one that found something else stands alone"
    assert "同一网址、结果相同的另 2 个快照" in page
    assert officer.get("/search/?q=保本&format=json").json()["total"] == alone + 3


def test_a_bad_query_shows_the_character_at_fault(officer: Client, seeded: Seeded) -> None:
    page = officer.get("/search/?q=保本 (收益")
    assert page.status_code == 400
    text = page.content.decode()
    assert '保本 <mark class="m-red">(</mark>收益' in text and "第 4 个字符" in text and "括号没有配对" in text
    assert "是不是“平台”" in officer.get("/search/?q=平台名:x").content.decode()
    assert '<mark class="m-red">&lt;</mark>' not in officer.get("/search/?q=<script>").content.decode()


def test_officers_ask_by_the_names_they_know(officer: Client, seeded: Seeded) -> None:
    def total(query: str) -> int:
        return int(officer.get("/search/", {"q": query, "format": "json"}).json()["total"])

    assert total("违法类型:承诺保本") == total("code:guarantee.principal") > 0
    assert total("条款:广告法第25条") == total("条款:广告法第二十五条") > 0
    assert total("状态:待核查") > 0 and total("状态:已确认") == 0
    assert total("页面判别:拦截页") == total("gate:block")


def test_pills_of_provisions_speak_chinese(officer: Client, seeded: Seeded) -> None:
    facets = officer.get("/search/?format=json").json()["facets"]
    provision = next(iter(facets["provision"]))
    page = officer.get("/search/", {"provision": provision}).content.decode()
    assert "只看</a> 条款：" in page and f"条款：{provision}" not in page


def test_columns_of_ones_choice_make_a_table(officer: Client, seeded: Seeded) -> None:
    page = officer.get("/search/?q=保本&col=time&col=company&col=nonsense").content.decode()
    assert "<th>取证时间</th><th>主办者</th>" in page and "示例理财信息服务有限公司" in page
    assert "col=time&amp;col=company" in page  # the other links keep the choice


def test_csv_opens_in_a_spreadsheet_and_tells_of_itself(officer: Client, seeded: Seeded) -> None:
    answer = officer.get("/search/export/?q=保本&as=csv&col=title&col=url&level=red")
    raw = body(answer)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == ["标题", "网址"]
    notes = {row[0]: row[1] for row in rows[rows.index([]) + 1 :]}
    assert notes["检索条件"] == "检索式：保本；只看 等级：红"
    assert notes["导出人"] == "officer" and "北京时间" in notes["导出时间"] and notes["是否完整"] == "全部导出，没有截断"
    assert int(notes["导出行数"]) == rows.index([]) - 1 == int(notes["命中页面"])
    entry = AuditEntry.objects.get(act="导出检索结果")
    assert (entry.who, entry.detail["format"], entry.detail["asked"]) == ("officer", "csv", "检索式：保本；只看 等级：红")


def test_xlsx_opens_with_its_heads_and_its_notes(officer: Client, seeded: Seeded) -> None:
    book = openpyxl.load_workbook(io.BytesIO(body(officer.get("/search/export/?q=保本&as=xlsx"))))
    sheet, told = book["检索结果"], book["说明"]
    assert [cell.value for cell in sheet[1]] == [exporting.COLUMNS[name] for name in exporting.USUAL]
    assert sheet.max_row == 1 + officer.get("/search/?q=保本&format=json").json()["total"]
    assert {row[0].value: row[1].value for row in told.rows}["检索条件"] == "检索式：保本"
    assert all(cell.data_type in ("s", "n") and not str(cell.value or "").startswith("=") for row in sheet.rows for cell in row)


def test_json_lines_end_with_what_they_are(officer: Client, seeded: Seeded) -> None:
    lines = [json.loads(line) for line in body(officer.get("/search/export/?q=保本&as=jsonl&col=title")).decode().splitlines()]
    assert all(list(line) == ["标题"] for line in lines[:-1])
    assert lines[-1]["导出"]["导出行数"] == str(len(lines) - 1)


def test_an_export_is_never_silently_empty_nor_silently_cut(officer: Client, seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    none = officer.get("/search/export/?q=没有这样的话&as=csv")
    assert none.status_code == 400 and "没有符合条件的页面，未导出文件" in none.content.decode()
    assert officer.get("/search/export/?q=保本 (&as=csv").status_code == 400
    assert officer.get("/search/export/?as=exe").status_code == 400
    assert not AuditEntry.objects.filter(act="导出检索结果").exists()
    monkeypatch.setattr(exporting, "PAGE", 2)
    assert "全部导出，没有截断" in body(officer.get("/search/export/?as=csv")).decode()
    monkeypatch.setattr(search_keeping, "MOST", 3)
    assert "只导出排在最前的 3 行" in body(officer.get("/search/export/?as=csv")).decode()


def test_only_those_who_may_search_export(as_role: Callable[[str], Client], seeded: Seeded) -> None:
    assert as_role("operator").get("/search/export/?as=csv").status_code == 403
    assert as_role("leader").get("/search/export/?q=保本&as=csv").status_code == 200
    assert as_role("leader").post("/search/save/", {"name": "x", "asked": "q=保本"}).status_code == 403


def test_a_search_is_kept_shared_and_taken_away(as_role: Callable[[str], Client], seeded: Seeded) -> None:
    officer, analyst = as_role("officer"), as_role("analyst")
    kept = officer.post("/search/save/", {"name": "保本页面", "asked": "q=保本&level=red", "shared": "on", "alerting": "on"})
    assert kept.status_code == 302 and unquote(kept["Location"]) == "/search/?q=保本&level=red"
    assert "保本页面" in officer.get("/search/").content.decode()
    listed = analyst.get("/search/saved/").content.decode()
    assert "保本页面" in listed and "删除…" not in listed
    search = SavedSearch.objects.get()
    assert analyst.post(f"/search/saved/{search.pk}/delete/").status_code == 404
    assert "删除“保本页面”？" in officer.get(f"/search/saved/{search.pk}/delete/").content.decode()
    assert SavedSearch.objects.exists()
    officer.post(f"/search/saved/{search.pk}/delete/")
    assert not SavedSearch.objects.exists()
    assert "还没有已存的检索" in officer.get("/search/saved/").content.decode()
    bad = officer.post("/search/save/", {"name": "坏", "asked": "q=(保本"})
    assert bad.status_code == 400 and "括号" in bad.content.decode()
