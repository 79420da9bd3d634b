"""The marked copy of a screenshot as packages carry it: boxes from the kept layout, the legend's words, made once and kept."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evidence"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "console"))
from packing import graded, picture, stored
from seeding import PAGES, _reading, seed

from alerts import annotated
from alerts.annotated import Marker
from evidence.capture import Capture, VisitRecord
from indexer import store

pytestmark = pytest.mark.django_db
PNG = picture(640, 400)


def layout(text: str) -> bytes:
    piece = {"t": text, "o": 0, "n": len(text), "b": [[0, len(text), 20, 60, 300, 20]]}
    return json.dumps({"format": "adpatrol-boxes/1", "scale": 1.0, "width": 640, "height": 400, "cut": False, "texts": [piece]}).encode()


@pytest.fixture
def home(db: None, tmp_path: Path) -> Iterator[Path]:
    before = django_settings.HOME
    django_settings.HOME = tmp_path
    seed(tmp_path)
    yield tmp_path
    django_settings.HOME = before


def kept(home: Path, *, boxes: bytes | None) -> Capture:
    """A capture at evidence grade of the seeded page, judged as that page was."""
    one = graded(7, run="r9", png=PNG)
    extra = () if boxes is None else (VisitRecord(type="resource", uri=annotated.GEOMETRY + one.url, payload=boxes, content_type="application/json"),)
    (capture,) = stored(home / "archive", [replace(one, records=(*one.records, *extra))], run="r9")
    store.store([_reading(capture, PAGES["home"])])
    return capture


def test_the_copy_is_larger_by_its_legend_and_the_legend_says_what_is_where(home: Path) -> None:
    capture = kept(home, boxes=layout(PAGES["home"].text[:60]))
    made = Marker(home / "archive", home, {}, [capture])(capture, PNG)
    assert made is not None
    with Image.open(io.BytesIO(made[0])) as copy:
        assert copy.height > 400
    claims = json.loads(made[1])["claims"]
    assert ("guarantee.principal", "100%本息保障") in [(one["code"], one["sentence"]) for one in claims]
    assert any(one["rects"] for one in claims)


def test_a_copy_is_made_once_and_again_when_it_is_thrown_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = kept(home, boxes=layout(PAGES["home"].text[:60]))
    first = Marker(home / "archive", home, {}, [capture])(capture, PNG)
    with monkeypatch.context() as patch:
        patch.setattr("evidence.annotate.apart", lambda *args, **more: None)
        assert Marker(home / "archive", home, {}, [capture])(capture, PNG) == first
        for path in (home / annotated.FOLDER).rglob("*.png"):
            path.unlink()
        assert Marker(home / "archive", home, {}, [capture])(capture, PNG) is None
    assert Marker(home / "archive", home, {}, [capture])(capture, PNG) == first


@pytest.mark.parametrize("boxes", [None, b"{}", b"no json"], ids=["no layout", "another form", "no JSON"])
def test_without_a_layout_that_can_be_read_there_is_no_copy(boxes: bytes | None, home: Path) -> None:
    capture = kept(home, boxes=boxes)
    assert Marker(home / "archive", home, {}, [capture])(capture, PNG) is None


def test_a_picture_that_cannot_be_read_leaves_no_copy(home: Path) -> None:
    capture = kept(home, boxes=layout(PAGES["home"].text[:60]))
    assert Marker(home / "archive", home, {}, [capture])(capture, b"no picture") is None


def test_the_copies_have_a_bound_and_what_was_not_looked_at_goes_first(tmp_path: Path) -> None:
    for number in range(6):
        folder = annotated.folder_of(tmp_path, f"capture-{number}")
        folder.mkdir(parents=True)
        (folder / "copy.png").write_bytes(b"x" * 1_000)
        os.utime(folder / "copy.png", (1_000 + number, 1_000 + number))
    os.utime(annotated.folder_of(tmp_path, "capture-0") / "copy.png")  # somebody looks at the oldest
    assert annotated.trim(tmp_path, 3_000) == 3
    left = [number for number in range(6) if (annotated.folder_of(tmp_path, f"capture-{number}") / "copy.png").exists()]
    assert left == [0, 4, 5]
    assert annotated.trim(tmp_path, 3_000) == 0 == annotated.trim(tmp_path / "none")
