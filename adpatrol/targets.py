"""What `scan` can be pointed at: files, folders, archives, URLs, standard input. Each becomes documents, or a named failure."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from classifiers.model import Document
from evidence.errors import EvidenceError
from evidence.foreign import pages as archive_pages

ARCHIVES = (".warc", ".warc.gz", ".wacz")
PAGES = (".html", ".htm", ".xhtml", ".shtml", ".mhtml", ".mht")
MAX_FILE_BYTES = 64 * 1024 * 1024
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Target:
    """One document to judge, or why it cannot be read (``error``)."""

    source: str
    document: Document | None = None
    error: str = ""


def read_targets(names: Sequence[str], *, stdin: bytes | None, allow: Sequence[Network] = (), render: bool = False) -> Iterator[Target]:
    """Every document behind the names, in order; unreadable ones as targets with ``error``, so that the scan goes on. ``render``: addresses
    are opened in the browser."""
    for name in names or ["-"]:
        if name == "-":
            yield Target("-", Document(body=stdin or b"", plain=True))
        elif name.startswith(("http://", "https://")):
            yield _from_url(name, allow, render)
        else:
            yield from _from_path(Path(name), name)


def _from_url(url: str, allow: Sequence[Network], render: bool) -> Target:
    from crawler.single import FetchFailed, fetch, fetch_rendered

    try:
        got = (fetch_rendered if render else fetch)(url, allow)
    except FetchFailed as error:
        return Target(url, error=str(error))
    return Target(url, Document(body=got.body, url=got.url, content_type=got.content_type))


def _from_path(path: Path, source: str) -> Iterator[Target]:
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file() and p.name.lower().endswith(PAGES + ARCHIVES)):
            yield from _from_file(file, file.relative_to(path).as_posix())
    else:
        yield from _from_file(path, source)


def _from_file(path: Path, source: str) -> Iterator[Target]:
    try:
        if path.name.lower().endswith(ARCHIVES):
            for page in archive_pages(path):
                offset = page.source.rpartition("#")[2]
                yield Target(f"{source}#{offset}", Document(body=page.body, url=page.url, content_type=page.content_type))
            return
        if path.stat().st_size > MAX_FILE_BYTES:
            yield Target(source, error=f"文件超过 {MAX_FILE_BYTES // 2**20} MiB，未读取")
            return
        yield Target(source, _document(path))
    except (OSError, EvidenceError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield Target(source, error=f"无法读取：{reason}")


def _document(path: Path) -> Document:
    body = path.read_bytes()
    name = path.name.lower()
    if name.endswith((".mhtml", ".mht")):
        return _mhtml(body)
    return Document(body=body, plain=name.endswith((".txt", ".md")))


def _mhtml(body: bytes) -> Document:
    """The first HTML part of a saved page (RFC 2557); its own charset is kept."""
    message = email.message_from_bytes(body, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            payload = part.get_payload(decode=True)
            location = part.get("Content-Location") or message.get("Snapshot-Content-Location") or ""
            html = payload if isinstance(payload, bytes) else b""
            return Document(body=html, url=str(location), content_type=str(part.get("Content-Type", "")))
    return Document(body=body)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a JSON Lines file: ``id`` and a document, or an error."""

    id: str
    document: Document | None = None
    error: str = ""


def read_jsonl(path: Path) -> Iterator[Line]:
    """Lines with `id` and `text` (plain) or `html`, optionally `url`. A bad line is reported and passed over."""
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            try:
                row = json.loads(raw)
                key = str(row["id"])
                url = str(row.get("url") or "")
                if "text" in row:
                    yield Line(key, Document(body=str(row["text"]).encode("utf-8", "surrogatepass"), url=url, plain=True))
                else:
                    html = str(row["html"]).encode("utf-8", "replace")
                    yield Line(key, Document(body=html, url=url, content_type="text/html; charset=utf-8"))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                yield Line(f"{path.name}:{number}", error=f"第 {number} 行无法读取：{type(error).__name__} {error}")
