"""The icon and logos of a page from its own capture: hashed where they can be, told with the reason where not; what a stranger's archive
claims of pictures leads nowhere."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archived import visit, write
from PIL import Image, ImageDraw

from classifiers.extract import extract
from classifiers.model import Document, Page
from evidence.capture import Capture, VisitRecord
from indexer.pictured import pictures_of

URL = "https://a.test/"
LOGO = "https://a.test/logo.png"


def logo() -> bytes:
    picture = Image.new("RGB", (200, 200), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((20, 30, 120, 150), fill="red")
    pen.rectangle((90, 100, 180, 190), fill="navy")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def seen(markup: str = "<p>字</p>") -> Page:
    return extract(Document(body=markup.encode(), url=URL, content_type="text/html; charset=utf-8"))


def capture(home: Path, told: Any, body: bytes = b"") -> Capture:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    kept = VisitRecord(type="response", uri=LOGO, payload=head + body, content_type="application/http; msgtype=response")
    return write(home, [visit(1, "<p>字</p>".encode(), url=URL, extra=[kept], facts={"pictures": told})])[0]


def test_a_picture_on_record_is_hashed(tmp_path: Path) -> None:
    found, refused = pictures_of(tmp_path / "archive", capture(tmp_path, [{"role": "logo", "uri": LOGO}], logo()), seen())
    assert [(one.role, one.url, len(one.phash)) for one in found] == [("logo", LOGO, 16)] and refused == []


@pytest.mark.parametrize(("body", "said"), [(b"", "没有内容"), (b"<svg/>", "不是可比对的图片"), (logo()[:120], "已损坏"), (logo() + bytes(2 << 20), "超过 1024 KB")])
def test_one_without_a_hash_says_why(tmp_path: Path, body: bytes, said: str) -> None:
    found, (refused,) = pictures_of(tmp_path / "archive", capture(tmp_path, [{"role": "logo", "uri": LOGO}], body), seen())
    assert found == () and refused.startswith(f"标识图片 {LOGO} 未比对：") and said in refused


@pytest.mark.parametrize("told", ["logo", {"role": "logo"}, [1, None, []], [{"role": "seal", "uri": LOGO}], [{"role": "logo", "uri": "https://b.test/x"}], [{"role": "logo", "uri": URL}], [{"uri": LOGO}],
                                  [{"role": ["logo"], "uri": {"a": 1}}]], ids=range(8))
def test_what_makes_no_sense_leads_nowhere(tmp_path: Path, told: Any) -> None:
    assert pictures_of(tmp_path / "archive", capture(tmp_path, told, logo()), seen()) == ((), [])


def test_a_damaged_record_costs_the_picture_not_the_page(tmp_path: Path) -> None:
    kept = capture(tmp_path, [{"role": "logo", "uri": LOGO}], logo())
    hurt = replace(kept, records=tuple(replace(one, sha256="0" * 64) if one.uri == LOGO else one for one in kept.records))
    found, (refused,) = pictures_of(tmp_path / "archive", hurt, seen())
    assert found == () and "存档记录不可用" in refused


@pytest.mark.parametrize(("url", "said"), [("data:image/png;base64,!!!!", "没有内容"), ("data:image/png;base64,AAAA", "不是可比对的图片"), ("data:image/png,%89PNG", "不是可比对的图片")])
def test_a_picture_written_in_the_page_that_is_none(tmp_path: Path, url: str, said: str) -> None:
    found, (refused,) = pictures_of(tmp_path / "archive", capture(tmp_path, []), seen(f"<img class=logo src='{url}'>"))
    assert found == () and said in refused and "写在网页里的图片" in refused


def test_so_many_pictures_and_no_more(tmp_path: Path) -> None:
    found, _ = pictures_of(tmp_path / "archive", capture(tmp_path, [{"role": "logo", "uri": LOGO}] * 50, logo()), seen())
    assert len(found) == 6
