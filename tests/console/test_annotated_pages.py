"""A capture at evidence grade in the console: the annotated copy beside the original, the self-check in words, and nothing of either trusted."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from seeding import PAGES, SCRIPT, Made, _reading, picture

from evidence.archive import ArchiveWriter
from evidence.capture import Capture, Outcome, Visit, VisitRecord
from indexer import store

pytestmark = pytest.mark.django_db
HOME = PAGES["home"]
FACTS: dict[str, Any] = {
    "grade": "evidence", "resources": 7, "dropped": ["子资源超过 500 个，其余未留存：3 个"], "versions": {"browser": "Chromium 156"}, "sbom": "ab" * 32,
    "second": {"verdict": "agrees", "agrees": ["100%本息保障"], "differs": [], "why": "", "user_agent": SCRIPT},
    "clock": {"offset": 0.1, "low": -0.4, "high": 0.6, "source": "示例服务器", "how": "以 HTTP Date 为准"},
    "environment": [{"key": "hosts", "label": "hosts 文件", "result": "通过", "how": "读取 /etc/hosts", "value": {"count": 3, "named": [], "entries": [SCRIPT]}}],
}


def _kept(home: Path, made: Made, *, boxes: bytes | None = None, shot: bytes | None = None) -> Capture:
    """One capture at evidence grade of ``made``, ingested."""
    start = made.text.rindex(made.claims[0][0])
    words = made.claims[0][0]
    geometry = {"format": "adpatrol-boxes/1", "scale": 1.0, "width": 640, "height": 400, "cut": False,
                "texts": [{"t": made.text[:start], "o": 0, "n": start, "b": [[0, start, 10, 20, 600, 20]]},
                          {"t": words, "o": start, "n": len(words), "b": [[0, len(words), 40, 200, 120, 20]]}]}
    records = [
        VisitRecord(type="resource", uri=f"urn:fullPage:{made.url}", payload=picture() if shot is None else shot, content_type="image/png"),
        VisitRecord(type="resource", uri=f"urn:x-adpatrol:boxes:{made.url}", payload=json.dumps(geometry).encode() if boxes is None else boxes,
                    content_type="application/json"),
    ]
    with ArchiveWriter(home / "archive", run="graded") as writer:
        writer.write(Visit(id="graded-1", run="graded", site="https://x.example", url=made.url, final_url=made.url, time=datetime(2026, 11, 20, 9, tzinfo=UTC),
                           client="desktop-evidence", outcome=Outcome.OK, status=200, facts=FACTS, records=tuple(records)))
        capture, = writer.commit()
    store.store([_reading(capture, made)])
    return capture


def test_the_annotated_copy_stands_beside_the_original(home: Path, officer: Client) -> None:
    _kept(home, HOME)
    page = officer.get("/captures/graded-1/").content.decode()
    assert "标注图" in page and "/captures/graded-1/annotated.jpg" in page and "/captures/graded-1/screenshot.jpg" in page
    answer = officer.get("/captures/graded-1/annotated.jpg")
    assert answer["Content-Type"] == "image/jpeg" and "sandbox" in answer["Content-Security-Policy"] and answer["X-Content-Type-Options"] == "nosniff"
    with Image.open(io.BytesIO(answer.content)) as sheet:
        assert sheet.width >= 640 and sheet.height > 400 + 50
        red, green, blue = sheet.getpixel((100, 198))  # type: ignore[misc]
        assert red > 150 and green < 90 and blue < 90


def test_the_self_check_and_the_second_visit_are_told_in_words(home: Path, officer: Client) -> None:
    _kept(home, HOME)
    page = officer.get("/captures/graded-1/").content.decode()
    for words in ("清洁性检查", "hosts 文件", "通过", "另一客户端也看到所引文字", "本机时钟", "未留存", "软件清单"):
        assert words in page, words
    assert SCRIPT not in page


@pytest.mark.parametrize(("boxes", "shot"), [(b"{}", None), (b"\xff" * 50, None), (None, b"\x89PNG\r\n\x1a\nno picture")])
def test_what_cannot_be_drawn_is_not_found_and_the_page_still_opens(home: Path, officer: Client, boxes: bytes | None, shot: bytes | None) -> None:
    _kept(home, HOME, boxes=boxes, shot=shot)
    assert officer.get("/captures/graded-1/annotated.jpg").status_code == 404
    assert officer.get("/captures/graded-1/").status_code == 200


def test_who_may_not_read_captures_may_not_read_the_annotated_copy(home: Path) -> None:
    _kept(home, HOME)
    assert Client().get("/captures/graded-1/annotated.jpg").status_code in (302, 403)
