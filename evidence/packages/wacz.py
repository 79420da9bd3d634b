"""A WACZ 1.1.1 of captures: their gzip members verbatim, one WARC for each file they lie in, with index, pages and data package
(https://specs.webrecorder.net/wacz/1.1.1/). Other tools replay it; the container is our canonical ZIP."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import rfc8785

from evidence import ledger, read, referred
from evidence.capture import Capture, RecordRef
from evidence.errors import DigestMismatch
from evidence.packages import cdx
from evidence.packages.zips import CanonicalZip, pieces
from evidence.warc import safe_uri

VERSION = "1.1.1"
INDEX, PAGES = "indexes/index.cdx", "pages/pages.jsonl"
MAX_TEXT = 200_000  # characters of one page's text in pages.jsonl


@dataclass(frozen=True, slots=True)
class PageText:
    """What the judge read of a capture, for the search box of a player."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Packed:
    """Where a stored member lies in the WACZ."""

    ref: RecordRef
    file: str  # archive/NAME.warc.gz
    offset: int


def write(
    stream: IO[bytes], archive: Path, captures: Sequence[Capture], *, title: str, made: datetime, software: str, work: Path,
    text: Callable[[Capture], PageText],
) -> list[Packed]:
    """Writes to an open, empty file. ``made`` (UTC) is the only time that is not the captures'; ``work``: a folder for what is written twice.
    Raises DigestMismatch, ArchiveUnreadable, PackageRefused."""
    zipped, resources = CanonicalZip(stream), []
    packed: list[Packed] = []
    lines: list[str] = []
    for name, refs in _files(archive, captures):
        kept = _Warc(archive, name, refs, packed, lines)
        size = zipped.add(f"archive/{name}", kept)
        resources.append(_resource(f"archive/{name}", kept.sha256.hexdigest(), size))
    index = "".join(sorted(lines)).encode("ascii")
    pages = work / "pages.jsonl"
    _write_pages(pages, captures, text)
    resources.append(_resource(INDEX, hashlib.sha256(index).hexdigest(), len(index)))
    resources.append(_resource(PAGES, _sha256(pages), pages.stat().st_size))
    package = _data_package(captures, resources, title, made, software)
    zipped.add("datapackage-digest.json", [rfc8785.dumps({"hash": f"sha256:{hashlib.sha256(package).hexdigest()}", "path": "datapackage.json"})])
    zipped.add("datapackage.json", [package])
    zipped.add(INDEX, [index])
    zipped.add(PAGES, pieces(pages))
    zipped.close()
    pages.unlink()
    return packed


class _Warc:
    """The bytes of one WARC, member by member, each checked against the ledger as it passes."""

    def __init__(self, archive: Path, name: str, refs: Sequence[RecordRef], packed: list[Packed], lines: list[str]) -> None:
        self._archive, self._name, self._refs, self._packed, self._lines = archive, name, refs, packed, lines
        self.sha256 = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        offset = 0
        for ref in self._refs:
            raw = read.stored_member(self._archive, ref, referred=True)
            if hashlib.sha256(raw).hexdigest() != ref.sha256:
                raise DigestMismatch(f"{ref.file} 偏移 {ref.offset} 处的记录与登记的摘要不符；请先运行 adpatrol evidence verify --all")
            line = cdx.line(ref, raw, filename=self._name, offset=offset)
            if line is not None:
                self._lines.append(line)
            self._packed.append(Packed(ref, f"archive/{self._name}", offset))
            self.sha256.update(raw)
            offset += len(raw)
            yield raw


def _files(archive: Path, captures: Sequence[Capture]) -> list[tuple[str, list[RecordRef]]]:
    """(name in the WACZ, its members in the order of the stored file), by name. Each file's first warcinfo comes along, and what revisits refer to
    in other captures."""
    by_file: dict[str, dict[int, RecordRef]] = {}
    for capture in captures:
        for ref in capture.records:
            by_file.setdefault(ref.file, {})[ref.offset] = ref
    for ref in referred.originals(archive, [ref for capture in captures for ref in capture.records]):
        by_file.setdefault(ref.file, {})[ref.offset] = ref
    for member in ledger.members_at(archive, [(file, 0) for file in by_file]):
        if member.ref.type == "warcinfo":
            by_file[member.ref.file][0] = member.ref
    names: dict[str, list[RecordRef]] = {}
    for file, refs in sorted(by_file.items()):
        names[_free(file, names)] = [refs[offset] for offset in sorted(refs)]
    return sorted(names.items(), key=lambda item: item[0].encode())


def _free(file: str, taken: dict[str, list[RecordRef]]) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]", "-", file.rpartition("/")[2]).removesuffix(".gz").removesuffix(".warc")[:120].strip(".-") or "archive"
    name, number = f"{stem}.warc.gz", 1
    while name.lower() in {other.lower() for other in taken}:
        number += 1
        name = f"{stem}-{number}.warc.gz"
    return name


def _write_pages(path: Path, captures: Sequence[Capture], text: Callable[[Capture], PageText]) -> None:
    with path.open("w", encoding="utf-8", newline="\n", errors="replace") as stream:
        stream.write(json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "快照", "hasText": True}, ensure_ascii=False) + "\n")
        for capture in captures:
            said = text(capture)
            page = {"id": capture.id, "url": safe_uri(capture.final_url), "ts": _second(capture.time), "title": said.title[:1_000], "text": said.text[:MAX_TEXT]}
            stream.write(json.dumps(page, ensure_ascii=False) + "\n")


def _data_package(captures: Sequence[Capture], resources: list[dict[str, str | int]], title: str, made: datetime, software: str) -> bytes:
    first = captures[0]
    return rfc8785.dumps({
        "profile": "data-package", "wacz_version": VERSION, "title": title, "created": _second(made), "software": software, "resources": resources,
        "mainPageUrl": safe_uri(first.final_url), "mainPageDate": _second(first.time),
    })


def _resource(path: str, sha256: str, size: int) -> dict[str, str | int]:
    return {"name": path.rpartition("/")[2].lower(), "path": path, "hash": f"sha256:{sha256}", "bytes": size}


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    for chunk in pieces(path):
        found.update(chunk)
    return found.hexdigest()


def _second(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
