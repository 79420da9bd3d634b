"""Search results as XLSX, CSV or JSON Lines: chosen columns under Chinese headings, what was asked, when and by whom, and whether it is all.

Rows are read a page at a time and never held together. Words of a site that a spreadsheet would take for a formula begin with an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter

from indexer.models import LEVEL_KEYS, host_of
from indexer.search.protocol import Hit, SearchError, SearchPage, SearchQuery

BEIJING = ZoneInfo("Asia/Shanghai")
MOST = 20_000  # rows of one file
PAGE = 500
CELL = 32_000  # characters: a cell of XLSX holds 32,767
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
COLUMNS = {
    "time": "取证时间", "level": "严重程度", "title": "标题", "found": "命中文字", "url": "网址", "site": "网站", "host": "域名", "code": "涉嫌类型", "provision": "条款",
    "company": "主办者", "icp": "ICP备案号", "uscc": "信用代码", "region": "地区", "state": "线索状态", "genre": "页面类型", "gate": "页面判别", "outcome": "访问结果",
    "client": "客户端", "run": "巡查", "capture": "快照",
}
USUAL = ("time", "level", "title", "found", "url", "code", "provision", "company", "icp", "region", "state", "capture")
Call = Callable[[str, str], str]  # (field, value) -> the word a person reads


class NothingToExport(SearchError):
    def __init__(self) -> None:
        super().__init__("没有符合条件的页面，未导出文件；请放宽检索条件再试")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is exported. ``asked``: the conditions in words. ``who``: the name of the person."""

    query: SearchQuery
    asked: str
    who: str
    at: datetime
    columns: tuple[str, ...] = USUAL
    most: int = MOST


class Export:
    """One export: rows as they come, then ``notes`` (what is told beside them). Raises NothingToExport at once where there are none."""

    def __init__(self, order: Order, search: Callable[[SearchQuery], SearchPage], call: Call) -> None:
        self.order, self._search, self._call = order, search, call
        self.columns = tuple(name for name in dict.fromkeys(order.columns) if name in COLUMNS) or USUAL
        self._first = self._page("")
        if not self._first.hits:
            raise NothingToExport
        self.written, self._more = 0, False

    @property
    def heads(self) -> list[str]:
        return [COLUMNS[name] for name in self.columns]

    def _page(self, cursor: str) -> SearchPage:
        return self._search(replace(self.order.query, limit=min(PAGE, self.order.most), cursor=cursor, facets=False, counted=not cursor))

    def rows(self) -> Iterator[list[str]]:
        page: SearchPage | None = self._first
        while page is not None:
            for hit in page.hits:
                if self.written >= self.order.most:
                    self._more = True
                    return
                self.written += 1
                yield [cell_of(name, hit, self._call) for name in self.columns]
            page = self._page(page.next) if page.next else None

    def notes(self) -> list[tuple[str, str]]:
        """Known once all rows are read."""
        total = f"{'' if self._first.exact else '约 '}{self._first.total}"
        cut = f"只导出排在最前的 {self.written} 行，其余未导出；请缩小检索范围分次导出" if self._more else "全部导出，没有截断"
        return [
            ("检索条件", self.order.asked or "（全部页面）"), ("排序", SORTS[self.order.query.sort]), ("命中页面", total), ("导出行数", str(self.written)),
            ("是否完整", cut), ("导出时间", f"{self.order.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}（北京时间）"), ("导出人", self.order.who),
            ("说明", "所列均为涉嫌线索，待人工核查；以存证原件为准。"),
        ]


SORTS = {"newest": "取证时间，新的在前", "oldest": "取证时间，旧的在前", "relevance": "相关程度"}


def cell_of(name: str, hit: Hit, call: Call) -> str:
    many: dict[str, Iterable[str]] = {
        "code": hit.codes, "provision": hit.provisions, "region": hit.regions, "state": hit.states, "genre": (hit.genre,), "gate": (hit.gate,),
        "outcome": (hit.outcome,), "client": (hit.client,),
    }
    if name in many:
        return "；".join(call(name, value) for value in many[name] if value)
    if name == "time":
        return f"{hit.time.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    if name == "level":
        return call("level", LEVEL_KEYS[hit.level]) if hit.level else ""
    if name == "found":
        return " …… ".join(" ".join(snippet.text.split()) for snippet in hit.snippets)
    plain = {"title": hit.title, "url": hit.url, "site": hit.site, "host": host_of(hit.site), "run": hit.run, "capture": hit.capture_id}
    return plain[name] if name in plain else "；".join({"company": hit.company, "icp": hit.icp, "uscc": hit.uscc}[name])


def harmless(text: str) -> str:
    """For a cell: what a spreadsheet would run begins with an apostrophe, what XML cannot hold is replaced, and no cell is endless."""
    clean = _UNWRITABLE.sub("\ufffd", text)
    clean = clean if len(clean) <= CELL else clean[:CELL] + "……（已截断）"
    return f"'{clean}" if clean.lstrip(" \n").startswith(FORMULA) or clean.startswith(FORMULA) else clean


def csv_lines(export: Export) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, so that spreadsheets read it as such; the notes stand below the rows."""
    yield b"\xef\xbb\xbf" + _line(export.heads)
    for row in export.rows():
        yield _line([harmless(cell) for cell in row])
    yield _line([])
    for name, said in export.notes():
        yield _line([name, harmless(said)])


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode("utf-8", "backslashreplace")


def json_lines(export: Export) -> Iterator[bytes]:
    """One page a line, words as they are; the last line tells of the export."""
    for row in export.rows():
        yield _json(dict(zip(export.heads, row, strict=True)))
    yield _json({"导出": dict(export.notes())})


def _json(record: dict[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


WIDTHS = {"time": 19, "level": 9, "title": 34, "found": 60, "url": 44, "site": 28, "code": 26, "provision": 40, "company": 28, "icp": 22, "uscc": 21, "capture": 30}


def write_xlsx(export: Export, path: Path) -> None:
    """A sheet of results with its head row held in place, and a sheet that tells of the export; rows go to the disk as they come."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#E3EDF7", "border": 1, "text_wrap": True, "valign": "vcenter"})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("检索结果")
        told = book.add_worksheet("说明")
        for column, name in enumerate(export.columns):
            sheet.set_column(column, column, WIDTHS.get(name, 16))
            sheet.write_string(0, column, COLUMNS[name], head)
        last = 0
        for last, row in enumerate(export.rows(), 1):
            for column, text in enumerate(row):
                sheet.write_string(last, column, harmless(text), cell)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(export.columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        told.set_column(0, 0, 14)
        told.set_column(1, 1, 90)
        for row_number, (name, said) in enumerate(export.notes()):
            told.write_string(row_number, 0, name, head)
            told.write_string(row_number, 1, harmless(said), cell)
