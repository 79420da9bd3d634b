"""`patrol --sites 名单.xlsx`: what the office's list says of a site stays with it, from the order to the capture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import openpyxl
import pytest

from adpatrol.ordering import order_of, still_covered
from classifiers.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
NOTHING = {"max_pages": None, "depth": None, "delay": None, "allow": ()}


def office_list(folder: Path, *rows: tuple[str, str, str]) -> Path:
    """As an office keeps it: a title over merged cells, then the header, full-width digits, a blank row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["某市互联网金融广告巡查名单（２０２６年）"])
    sheet.merge_cells("A1:D1")
    sheet.append(["序号", "平台名称", "网址", "所属地区"])
    sheet.append([None, None, None, None])
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row])
    book.save(folder / "名单.xlsx")
    return folder / "名单.xlsx"


def test_names_and_regions_of_the_list_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = office_list(tmp_path, ("甲平台", "ｗｗｗ．jia.example", "甲区"), ("坏行", "不是网址", "乙区"), ("乙平台", "https://yi.example/a", "乙区"))
    order = order_of(plan="", site=["https://yi.example/b", "https://bing.example"], sites=file, **NOTHING)
    jia, yi, bing = order.sites
    assert (jia.name, jia.region, jia.jurisdiction) == ("甲平台", "甲区", "甲区")
    assert (yi.name, yi.jurisdiction, yi.seeds) == ("乙平台", "乙区", ("https://yi.example/a", "https://yi.example/b"))
    assert (bing.name, bing.jurisdiction) == ("", "")
    said = capsys.readouterr().err
    assert "第 5 行" in said
    assert len(said.splitlines()) == 1
    again = type(order).from_json(json.loads(json.dumps(order.to_json())))
    assert [(s.name, s.region, s.jurisdiction) for s in again.sites] == [(s.name, s.region, s.jurisdiction) for s in order.sites]


def test_a_list_without_an_address_is_no_order(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"名单\.xlsx.*没有可巡查的网址"):
        order_of(plan="", site=[], sites=office_list(tmp_path, ("坏行", "不是网址", "")), **NOTHING)


PAPER = "number: 甲市监授〔2026〕1号\nissuer: 甲市市场监督管理局\nscope: [全部]\nvalid_from: 2026-01-01\nvalid_until: {until}\n"
PLAN = "defaults: {identity: browser, robots: ignore}\nsites: [https://jia.example, https://yi.example]\n"


def test_a_run_gone_on_with_is_bound_by_the_paper_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paper, plan = tmp_path / "authority.yaml", tmp_path / "patrols" / "weekly.yaml"
    plan.parent.mkdir()
    plan.write_text(PLAN, encoding="utf-8")
    paper.write_text(PAPER.format(until="2099-12-31"), encoding="utf-8")
    monkeypatch.setenv("ADPATROL_CONFIG", str(tmp_path))
    began = order_of(plan="weekly", site=[], sites=None, **NOTHING)
    assert [(site.identity, site.robots) for site in began.sites] == [("browser", "ignore")] * 2
    assert still_covered(began) == began
    plan.unlink()
    assert still_covered(began) == began, "the plan as it was"
    for change in (lambda: paper.write_text(PAPER.format(until="2026-01-02"), encoding="utf-8"), paper.unlink):
        change()
        after = still_covered(began)
        assert [(site.identity, site.robots, site.authority) for site in after.sites] == [("public", "obey", "")] * 2
        assert after.facts["authority"] is None
        assert [site.seeds for site in after.sites] == [site.seeds for site in began.sites]


@pytest.fixture
def address() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write("<title>甲</title><p>首页</p>".encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.2", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.2:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_region_of_the_list_is_stamped_on_each_capture(tmp_path: Path, address: str) -> None:
    from evidence.ledger import captures

    file, home = office_list(tmp_path, ("甲平台", address, "甲区")), tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-m", "adpatrol", "patrol", "--sites", str(file), "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", "--json"],
        cwd=ROOT, env=os.environ | {"ADPATROL_HOME": str(home)}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    (capture,) = captures(home / "archive")
    assert capture.facts["jurisdiction"] == "甲区"
