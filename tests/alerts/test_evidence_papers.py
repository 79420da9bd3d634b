"""The papers of an evidence package: the same facts in DOCX and PDF, exact words, only law texts that may be printed, nobody's name where none belongs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from docx import Document

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evidence"))
from packing import annotate, graded, order, picture, signer, stored

from alerts.evidence_papers.facts import Found
from alerts.evidence_papers.papers import papers
from alerts.evidence_papers.print import pdf
from alerts.evidence_papers.sheet import Sheet, Text, said
from alerts.evidence_papers.thumbnails import thumbnails
from alerts.evidence_papers.word import docx
from evidence.packages.export import export

NAMES = ("证据清单", "互联网广告监测记录", "核验说明")


@dataclass(frozen=True)
class Law:
    law: str = "《示例法》"
    article: str = "第二条"
    paragraph_item: str | None = None
    text: str = "示例条文之全文。"
    status: str = "in_force"
    verified: bool = True
    source_quality: str = "law_text_mirror"


LAWS = {"sure": Law(), "unsure": Law(law="《另一办法》", text="不得印出的条文。", verified=False)}
FOUND = Found(code="guarantee.principal", name="承诺保本", span="100%本息保障 <b>&“真”", level="红", provisions=("sure", "unsure", "unknown-id"))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    home = tmp_path_factory.mktemp("papers")
    captures = stored(home / "archive", [graded(n, png=picture(1200, 5000)) for n in range(2)])
    found = export(home / "archive", order(captures, sealed=True), home / "a.zip", signer=signer(home), annotate=annotate,
                   papers=papers({one.id: [FOUND] for one in captures}, LAWS, further=[lambda facts: [("电子数据提取笔录.docx", b"session")]]))
    return zipfile.ZipFile(found.path)


def in_word(content: bytes) -> str:
    """All words of the body, in order, tables too."""
    document = Document(io.BytesIO(content))
    return "\n".join(node.text or "" for node in document.element.body.iter() if str(node.tag).endswith("}t"))


def in_print(content: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


def read(package: zipfile.ZipFile, name: str) -> tuple[str, str]:
    """(in Word, in print), white space aside."""
    word, printed = in_word(package.read(f"papers/{name}.docx")), in_print(package.read(f"papers/{name}.pdf"))
    return "".join(word.split()), "".join(printed.split())


def test_each_paper_is_there_as_docx_and_pdf_and_what_others_made_comes_along(package: zipfile.ZipFile) -> None:
    there = {name for name in package.namelist() if name.startswith("papers/")}
    assert there == {f"papers/{name}.{kind}" for name in NAMES for kind in ("docx", "pdf")} | {"papers/电子数据提取笔录.docx"}


def test_the_list_names_every_file_with_size_and_both_digests(package: zipfile.ZipFile) -> None:
    files = json.loads(package.read("manifest.json"))["files"]
    for text in read(package, "证据清单"):
        for name, told in files.items():
            if not name.startswith("papers/") and name != "核验说明.txt":
                assert told["sha256"] in text
                assert told["sm3"] in text
                assert f"{told['size']:,}" in text
        assert all(words in text for words in ("执法证号", "见证人（签名）", "页号", "http://127.0.0.2:8100/page-1"))


def test_the_record_says_suspected_in_the_pages_exact_words_and_prints_only_laws_it_may(package: zipfile.ZipFile) -> None:
    for text in read(package, "互联网广告监测记录"):
        assert "涉嫌承诺保本：“100%本息保障<b>&“真””" in text
        assert "《示例法》第二条：“示例条文之全文。”" in text
        assert "《另一办法》第二条（条文待核）" in text
        assert "不得印出的条文" not in text
        assert all(words in text for words in ("通过", "快0.2秒", "另一客户端独立访问，所引语句一致", "203.0.113.7", "公开标识", "公钥指纹", "时间戳待补"))


def test_the_record_is_the_systems_own_and_bears_nobodys_name(package: zipfile.ZipFile) -> None:
    for text in read(package, "互联网广告监测记录"):
        assert "没有执法人员在场" in text
        assert "张三" not in text
        assert "李四" not in text
        assert "签名）" not in text


def test_who_sealed_without_an_element_and_why_stands_in_list_and_explanation(package: zipfile.ZipFile) -> None:
    for name in ("证据清单", "核验说明"):
        for text in read(package, name):
            assert all(words in text for words in ("可信时间戳", "李四", "时间戳机构停机，证据可能灭失"))


def test_the_explanation_prints_the_fingerprint_and_the_commands(package: zipfile.ZipFile) -> None:
    key = json.loads(package.read("manifest.json"))["key"]
    for text in read(package, "核验说明"):
        assert key in text
        assert "sha256sum-cSHA256SUMS" in text


def test_the_record_shows_small_pictures_of_the_marked_copies(package: zipfile.ZipFile) -> None:
    with zipfile.ZipFile(io.BytesIO(package.read("papers/互联网广告监测记录.docx"))) as word:
        pictures = [name for name in word.namelist() if name.startswith("word/media/")]
        assert len(pictures) == 2
        assert all(word.read(name)[:2] == b"\xff\xd8" for name in pictures)
    listed = subprocess.run(["pdfimages", "-list", "-"], input=package.read("papers/互联网广告监测记录.pdf"), capture_output=True, timeout=60, check=True)
    assert listed.stdout.count(b"jpeg") == 2


def test_the_same_sheet_is_the_same_bytes() -> None:
    sheet = Sheet(name="a", title="标题", number="1", blocks=[Text("一段文字")])
    assert docx(sheet) == docx(sheet)
    assert pdf(sheet) == pdf(sheet)


def test_what_a_site_wrote_is_text_and_never_markup_or_an_address_to_fetch(tmp_path: Path) -> None:
    trick = "<img src='http://127.0.0.1:9/x'>]]>&amp;{{ x }}\x00\x1b[31m\u202e"
    sheet = Sheet(name="a", title=said(trick), number=said(trick), blocks=[Text(said(trick))], foot=said(trick) + '";} body{display:none}')
    assert in_word(docx(sheet)).count("<img src='http://127.0.0.1:9/x'>]]>&amp;{{ x }}") == 3
    assert in_print(pdf(sheet)).count("<img src='http://127.0.0.1:9/x'>]]>&amp;{{ x }}") >= 3


def test_a_picture_that_cannot_be_read_or_is_a_bomb_leaves_the_others(tmp_path: Path) -> None:
    bomb = picture(10, 10).replace(b"\x00\x00\x00\x0a\x00\x00\x00\x0a", b"\x00\x01\x00\x00\x00\x01\x00\x00", 1)
    held = {"a": picture(2000, 6000), "b": b"no picture", "c": bomb, "d": picture(300, 200)}
    found = thumbnails(list(held), held.__getitem__)
    assert {name: (one.width, one.height, one.whole) for name, one in found.items()} == {"a": (900, 1170, False), "d": (300, 200, True)}
