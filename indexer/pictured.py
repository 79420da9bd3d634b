"""The icon and logos of a page by their hashes, from its own capture: the pictures were put on record with the page, so that they are there
whenever it is judged. They are hostile bytes, hashed where hostile pages are read: in the reader's child process, under its limits."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import unquote_to_bytes

from classifiers.marks import Mark, marks
from classifiers.model import Page, Picture
from classifiers.pictures import Hashed, hashed
from evidence.capture import ANSWERS, Capture
from evidence.errors import EvidenceError
from evidence.read import answer

MOST = 6  # pictures of one capture
MOST_BYTES = 1 << 20  # of one picture; the patrol keeps smaller ones, archives from elsewhere may not
_WRITTEN = "（写在网页里的图片）"
_ROLES = {"favicon": "图标", "logo": "标识图片"}


def pictures_of(archive: Path, capture: Capture, page: Page) -> tuple[tuple[Picture, ...], list[str]]:
    """(those with a hash, why the others have none, in Chinese)."""
    pictures, refused = [], []
    for mark, data in islice(found(archive, capture, page), MOST):
        name = mark.url if mark.url[:5] != "data:" else _WRITTEN
        seen = hashed(data) if isinstance(data, bytes) else Hashed("", data)
        if seen.phash:
            pictures.append(Picture(mark.role, seen.phash, name))
        else:
            refused.append(f"{_ROLES[mark.role]} {name[:200]} 未比对：{seen.refused}")
    return tuple(pictures), refused


def found(archive: Path, capture: Capture, page: Page) -> Iterator[tuple[Mark, bytes | str]]:
    """Each mark with its bytes, or with why there are none: those on record with the page, then those written in the page itself."""
    refs = {record.uri: record for record in capture.records if record.type in ANSWERS}
    told = capture.facts.get("pictures")
    for one in told if isinstance(told, list) else ():
        uri, role = (str(one.get("uri") or ""), str(one.get("role"))) if isinstance(one, dict) else ("", "")
        if role not in _ROLES or uri not in refs or uri == capture.final_url or (isinstance(one, dict) and one.get("refused")):
            continue  # what was refused may still lie there as a part of a page kept whole; it was not taken to be compared
        try:
            body = answer(archive, refs[uri])[0]
        except EvidenceError as error:
            yield Mark(role, uri), f"存档记录不可用（{error}）"
            continue
        yield Mark(role, uri), body if len(body) <= MOST_BYTES else f"超过 {MOST_BYTES >> 10} KB"
    if "data:image/" in page.markup:
        for mark in marks(page.markup, page.url):
            if mark.url[:5] == "data:":
                yield mark, _written(mark.url)


def _written(url: str) -> bytes | str:
    """The bytes of a ``data:`` address (RFC 2397)."""
    head, _, data = url.partition(",")
    if not head.rstrip().lower().endswith(";base64"):
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(unquote_to_bytes(data) + b"==")
    except (binascii.Error, ValueError):
        return "base64 写错，无法读取"
