"""The annotated copy of a capture's screenshot: its findings boxed, made apart under limits, and kept beside for the next time.

What is kept is derived: it can be thrown away. Its name is the digest of all it was made of, in a folder of the capture's own, so that it goes
with the capture."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from alerts.evidence_papers.facts import beijing
from alerts.models import LEVEL_KEYS
from alerts.names import code_name
from alerts.papers.referral import LawText, plain
from evidence import annotate, read
from evidence.boxes import BadGeometry, Cited, boxes, read_geometry
from evidence.capture import Capture
from evidence.errors import EvidenceError
from indexer.models import Page

FOLDER = Path("derived") / "annotated"
GEOMETRY = "urn:x-adpatrol:boxes:"
MAX_CITED = 200  # claims boxed on one picture
MOST_BYTES = 2 << 30  # kept copies in all; what was not looked at for the longest time goes first
_FORM = 1  # of what is kept: another number, and all is made anew


def forget(home: Path, captures: Sequence[str]) -> None:
    """Removes the copies of these captures' pictures. Repeatable."""
    for one in captures:
        shutil.rmtree(folder_of(home, one), ignore_errors=True)
    for loose in (home / FOLDER).glob("*.png"):  # of a make that did not tell whose they are
        loose.unlink(missing_ok=True)


def trim(home: Path, most: int = MOST_BYTES) -> int:
    """Removes the copies that nobody looked at for the longest time until the others fit; how many went. They are made anew when asked for."""
    found = []
    for path in (home / FOLDER).glob("*/*.png"):
        with suppress(FileNotFoundError):  # another process trims too
            told = path.stat()
            found.append((told.st_mtime_ns, told.st_size, path))
    gone, kept = 0, 0
    for _, size, path in sorted(found, reverse=True):
        kept += size
        if kept > most:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def folder_of(home: Path, capture: str) -> Path:
    return home / FOLDER / hashlib.sha256(capture.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def can_be_annotated(capture: Capture) -> bool:
    """Whether the capture has a picture of the whole page and the place of every word in it."""
    held = [ref.uri for ref in capture.records]
    return all(any(uri.startswith(start) for uri in held) for start in (GEOMETRY, "urn:fullPage:"))


class Marker:
    """``evidence.packages.export`` calls it for each picture, from threads: the database is asked when it is made."""

    def __init__(self, archive: Path, home: Path, laws: Mapping[str, LawText], captures: Sequence[Capture]) -> None:
        self._archive, self._laws, self._home = archive, laws, home
        self._layouts = {one.id: ref for one in captures for ref in one.records if ref.uri.startswith(GEOMETRY)}
        pages = Page.objects.filter(capture_id__in=list(self._layouts)).prefetch_related("findings")
        self._pages = {page.capture_id: (self._cited(page), page.text) for page in pages}

    def __call__(self, capture: Capture, png: bytes) -> tuple[bytes, bytes] | None:
        """None where the page has no findings, its layout was not kept, or the picture cannot be read."""
        cited, text = self._pages.get(capture.id, ([], ""))
        if not cited:
            return None
        try:
            record = read.record_payload(self._archive, self._layouts[capture.id])
            return self._made(capture, record, cited, text, png, f"{plain(capture.final_url)[:160]}　{beijing(capture.time)}（北京时间）")
        except (EvidenceError, BadGeometry):
            return None

    def _cited(self, page: Page) -> list[Cited]:
        rows = sorted(page.findings.all(), key=lambda row: (row.start, row.end, row.code, row.key))[:MAX_CITED]  # numbered as the console numbers them
        return [Cited(number=number, span=row.span, start=row.start, end=row.end, code=row.code, name=code_name(row.code), level=LEVEL_KEYS[row.level],
                      provisions=tuple(self._law(id) for id in dict.fromkeys(row.provisions))) for number, row in enumerate(rows, 1)]

    def _law(self, id: str) -> str:
        law = self._laws.get(id)
        return plain(f"{law.law}{law.article}{law.paragraph_item or ''}") if law else id

    def _made(self, capture: Capture, record: bytes, cited: list[Cited], text: str, png: bytes, heading: str) -> tuple[bytes, bytes] | None:
        geometry = read_geometry(record)
        places = boxes(geometry, cited, text)
        legend = annotate.legend_json(places, cited, scale=geometry.scale)
        told = json.dumps([_FORM, heading, [asdict(one) for one in cited]], ensure_ascii=True, sort_keys=True).encode()
        name = hashlib.sha256(hashlib.sha256(told).digest() + hashlib.sha256(legend).digest() + hashlib.sha256(png).digest()).hexdigest()
        kept = folder_of(self._home, capture.id) / f"{name}.png"
        with suppress(FileNotFoundError):
            os.utime(kept)  # looked at now
            return kept.read_bytes(), legend
        copy = annotate.apart(png, places, cited, scale=geometry.scale, heading=heading)
        if copy is None:
            return None
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = kept.with_name(f".{name}.{os.getpid()}")
        beside.write_bytes(copy)
        beside.rename(kept)
        if name.startswith("00"):  # one copy in 256: often enough to keep the bound, seldom enough to cost nothing
            trim(self._home)
        return copy, legend
