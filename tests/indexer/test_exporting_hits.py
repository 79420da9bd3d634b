"""What leaves in a file: nothing a spreadsheet would run, nothing it cannot hold, and said where it was cut."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from indexer.exporting import Export, NothingToExport, Order, csv_lines, harmless, write_xlsx
from indexer.search.protocol import Hit, SearchPage, SearchQuery


def spreadsheets() -> bool:
    """LibreOffice comes in parts: the one that reads spreadsheets."""
    program = shutil.which("soffice")
    return program is not None and Path(program).resolve().with_name("libsclo.so").is_file()


NOW = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)


def hit(number: int, title: str) -> Hit:
    return Hit(capture_id=f"c{number}", time=NOW, site="https://a.test", url="https://a.test/", title=title, genre="", gate="page", outcome="ok", level=4, codes=())


class Index:
    """A search index of so many hits, which counts what it is asked for at once."""

    def __init__(self, titles: list[str]) -> None:
        self.titles, self.most = titles, 0

    def search(self, query: SearchQuery) -> SearchPage:
        begin = int(query.cursor or 0)
        self.most = max(self.most, query.limit)
        end = begin + query.limit
        hits = tuple(hit(n, title) for n, title in enumerate(self.titles[begin:end], begin))
        return SearchPage(hits=hits, total=len(self.titles), next=str(end) if end < len(self.titles) else "")


def export(titles: list[str], most: int = 20_000) -> tuple[Export, Index]:
    index = Index(titles)
    order = Order(query=SearchQuery(), asked="检索式：=1+1", who="li", at=NOW, columns=("time", "title"), most=most)
    return Export(order, index.search, lambda field, value: value), index


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text).startswith("'")


@pytest.mark.parametrize("text", ["保本", "年化18%", "a=b", ""])
def test_other_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_what_no_sheet_can_hold_is_replaced(tmp_path: Path) -> None:
    made, _ = export(["a\x00b\ud800c\x1b", "长" * 40_000, "=cmd|' /C calc'!A0"])
    write_xlsx(made, tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["检索结果"]
    assert sheet["B2"].value == "a\ufffdb\ufffdc\ufffd"
    assert sheet["B3"].value.endswith("（已截断）") and len(sheet["B3"].value) < 32_767
    assert (sheet["B4"].value, sheet["B4"].data_type) == ("'=cmd|' /C calc'!A0", "s")
    assert sheet["A2"].value == "2026-11-22 00:30:00"


def test_rows_are_read_a_page_at_a_time_and_a_cut_is_told() -> None:
    made, index = export([f"标题{n}" for n in range(2_345)], most=2_000)
    rows = list(csv.reader(io.StringIO(b"".join(csv_lines(made)).decode("utf-8-sig"))))
    assert index.most <= 500
    assert [row[1] for row in rows[1:2_001]] == [f"标题{n}" for n in range(2_000)]
    notes = {row[0]: row[1] for row in rows[2_002:]}
    assert notes["命中页面"] == "2345" and notes["导出行数"] == "2000"
    assert "只导出排在最前的 2000 行" in notes["是否完整"]
    assert notes["导出时间"] == "2026-11-22 00:30:00（北京时间）"
    assert notes["检索条件"] == "检索式：=1+1"


def test_nothing_is_not_exported() -> None:
    with pytest.raises(NothingToExport, match="未导出"):
        export([])


@pytest.mark.skipif(not spreadsheets(), reason="LibreOffice Calc is not here")
def test_a_spreadsheet_program_shows_chinese_heads_local_times_and_runs_nothing(tmp_path: Path) -> None:
    hostile = ["=1+1", "+86-571", "@SUM(1;1)", "=HYPERLINK(\"https://a.test\")", "\t=1+1", "＝1+1", "=cmd|' /C calc'!A0"]
    made, _ = export([*hostile, "保本保息"])
    write_xlsx(made, tmp_path / "x.xlsx")
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"  # every sheet, in UTF-8, as shown
    subprocess.run(["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", options, "--outdir", str(tmp_path), str(tmp_path / "x.xlsx")],
                   check=True, timeout=240, capture_output=True, env=os.environ | {"LC_ALL": "C.UTF-8"})
    rows = list(csv.reader((tmp_path / "x-检索结果.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["取证时间", "标题"]
    assert [row[0] for row in rows[1:]] == ["2026-11-22 00:30:00"] * 8  # 16:30 UTC, in Beijing
    shown = [row[1] for row in rows[1:]]
    assert shown[-1] == "保本保息"
    assert [text.lstrip("'").strip("\t ") for text in shown[:-1]] == [text.strip("\t") for text in hostile]  # as written: no sum, no link, no error
    told = dict(csv.reader((tmp_path / "x-说明.csv").read_text(encoding="utf-8").splitlines()))
    assert told["检索条件"] == "检索式：=1+1" and told["导出时间"] == "2026-11-22 00:30:00（北京时间）"
