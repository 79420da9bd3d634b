"""`adpatrol registers`: what is loaded, what a name is found by, and a list of marks from the office's own pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from adpatrol.__main__ import main

LIST = "机构名称,简称,许可证号,官网,截至日期\n某城清河银行股份有限公司,清河银行,B0999H211000001,https://www.bank.example/,2025-12-31\n"


def said(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = 0
    try:
        main(["registers", *args])
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, capsys.readouterr().out


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "城市商业银行.csv").write_text(LIST, encoding="utf-8")
    monkeypatch.setenv("ADPATROL_CONFIG", str(tmp_path))
    return tmp_path


def test_check_says_what_each_list_holds(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, "check")
    assert code == 0
    assert "城市商业银行.csv：1 行，在册许可 1 行，其中 0 行没有域名；类别 bank_city 1" in out
    assert "截至 2025-12-31" in out
    assert json.loads(said(capsys, "check", "--json")[1])["licensed"] == 1


@pytest.mark.parametrize(("asked", "code", "words"), [
    ("清河银行", 0, "别名"), ("某城清河银行股份有限公司", 0, "全称一致"), ("e.bank.example", 0, "域名一致"), ("B0999H211000001", 0, "许可证号一致"), ("某城清禾银行", 0, "近似（不作结论）"), ("远方商业银行", 1, "没有查到"),
])
def test_find_says_by_what(office: Path, capsys: pytest.CaptureFixture[str], asked: str, code: int, words: str) -> None:
    got, out = said(capsys, "find", asked)
    assert (got, words in out) == (code, True), out


def test_a_list_that_cannot_be_read_is_named(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "registers" / "坏.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    assert said(capsys, "check")[0] == 2


def test_pictures_become_a_list(office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "图样" / "某城清河银行股份有限公司@bank.example"
    own.mkdir(parents=True)
    picture = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(picture).ellipse((8, 8, 40, 50), fill="red")
    picture.save(own / "favicon.png")
    (own / "读我.txt").write_text("不是图片", encoding="utf-8")
    out = office / "registers" / "brand_pictures.csv"
    code, told = said(capsys, "pictures", str(tmp_path / "图样"), "-o", str(out))
    assert code == 0
    assert "1 个图样，1 个文件未用" in told
    assert "brand_pictures.csv：1 个图样" in said(capsys, "check")[1]
