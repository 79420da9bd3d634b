"""What `scan` can be pointed at: files, folders, archives, URLs, standard input. Each becomes documents, or a named failure."""

from __future__ import annotations

import email
import email.policy
import ipaddress
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import IO, Any

from classifiers.model import Document
from evidence.errors import EvidenceError
from evidence.foreign import pages as archive_pages

ARCHIVES = (".warc", ".warc.gz", ".wacz")
PAGES = (".html", ".htm", ".xhtml", ".shtml", ".mhtml", ".mht")
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_LINE_BYTES = 64 * 1024 * 1024  # of a JSON Lines file
_TOO_LARGE = f"超过 {MAX_FILE_BYTES // 2**20} MiB，未读取"
_FOREIGN = (  # files that are no pages, by their first bytes
    (b"%PDF-", "PDF 文件"), (b"\x89PNG", "图片"), (b"\xff\xd8\xff", "图片"), (b"GIF8", "图片"), (b"RIFF", "图片或音视频"), (b"PK\x03\x04", "压缩包或 Office 文档"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 文档"), (b"\x1f\x8b", "gzip 压缩文件"), (b"7z\xbc\xaf", "压缩包"), (b"Rar!", "压缩包"), (b"SQLite format 3", "数据库"),
    (b"\x7fELF", "程序"), (b"MZ\x90", "程序"),
)
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Target:
    """One document to judge, or why it cannot be read (``error``). ``status``: of the HTTP answer, None where there was none."""

    source: str
    document: Document | None = None
    error: str = ""
    status: int | None = None
    shown: bool = False  # as a browser showed it


def networks(written: Sequence[str]) -> list[Network]:
    """The values of ``--allow``. Raises ValueError, in Chinese."""
    found: list[Network] = []
    for value in written:
        try:
            found.append(ipaddress.ip_network(value.strip(), strict=False))
        except ValueError as error:
            raise ValueError(f"--allow 的值“{value}”不是网段，应写成 10.0.0.0/8 这样的形式") from error
    return found


def read_targets(names: Sequence[str], *, stdin: IO[bytes], allow: Sequence[Network] = (), render: bool = False) -> Iterator[Target]:
    """Every document behind the names, in order; unreadable ones as targets with ``error``, so that the scan goes on. ``render``: addresses
    are opened in the browser. ``-`` or no name: plain text on ``stdin``."""
    for name in names or ["-"]:
        if name == "-":
            yield _from_stdin(stdin)
        elif name.lower().startswith(("http://", "https://")):
            yield _from_url(name, allow, render)
        else:
            yield from _from_path(Path(name), name)


def _from_stdin(stdin: IO[bytes]) -> Target:
    body = stdin.read(MAX_FILE_BYTES + 1)
    if len(body) > MAX_FILE_BYTES:
        return Target("-", error=f"标准输入{_TOO_LARGE}")
    return Target("-", Document(body=body, plain=True))


def _from_url(url: str, allow: Sequence[Network], render: bool) -> Target:
    from crawler.single import FetchFailed, fetch, fetch_rendered

    try:
        got = (fetch_rendered if render else fetch)(url, allow)
    except FetchFailed as error:
        return Target(url, error=str(error))
    if got.status >= 400:
        return Target(url, error=f"网站回答 {got.status}，没有给出网页")
    kind = got.content_type.partition(";")[0].strip().lower()
    said = _no_page(got.body)
    if said or (kind and not kind.startswith("text/") and "html" not in kind and "xml" not in kind):
        return Target(url, error=f"不是网页（{said or kind[:60]}）")
    return Target(url, Document(body=got.body, url=got.url, content_type=got.content_type), status=got.status, shown=render)


def _from_path(path: Path, source: str) -> Iterator[Target]:
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.name.lower().endswith(PAGES + ARCHIVES) and p.is_file()):
            yield from _from_file(file, file.relative_to(path).as_posix())
    else:
        yield from _from_file(path, source)


def _from_file(path: Path, source: str) -> Iterator[Target]:
    try:
        if path.name.lower().endswith(ARCHIVES):
            for page in archive_pages(path):
                offset = page.source.rpartition("#")[2]
                yield Target(f"{source}#{offset}", Document(body=page.body, url=page.url, content_type=page.content_type), status=page.status, shown=page.status is None)
            return
        if path.stat().st_size > MAX_FILE_BYTES:
            yield Target(source, error=f"文件{_TOO_LARGE}")
            return
        body = path.read_bytes()
    except FileNotFoundError:
        yield Target(source, error="没有这个文件")
        return
    except PermissionError:
        yield Target(source, error="没有读取该文件的权限")
        return
    except (OSError, EvidenceError) as error:
        yield Target(source, error=f"无法读取：{error if isinstance(error, EvidenceError) else error.strerror or error}")
        return
    said = _no_page(body)
    yield Target(source, error=f"不是网页或文本（{said}）") if said else Target(source, _document(path.name.lower(), body))


def _no_page(body: bytes) -> str:
    """What the file is instead, in Chinese; "" where it may be a page."""
    for sign, kind in _FOREIGN:
        if body.startswith(sign):
            return kind
    head = body[:4_096]
    return "二进制数据" if head.count(0) >= 16 and b"\0\0\0" in head else ""  # UTF-16 has one zero byte at a time


def _document(name: str, body: bytes) -> Document:
    if name.endswith((".mhtml", ".mht")) or (body[:200].lstrip().startswith((b"From: <Saved", b"MIME-Version:")) and b"multipart/related" in body[:4_096]):
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
    """One line of a JSON Lines file: ``id`` as given and a document, or an error; ``source``: FILE:LINE."""

    id: Any
    source: str
    document: Document | None = None
    error: str = ""


def read_jsonl(lines: IO[bytes], name: str) -> Iterator[Line]:
    """Lines with `id` and `text` (plain) or `html`, optionally `url`. A bad line is reported, with file and line, and passed over. One line at
    a time is in memory, and none larger than ``MAX_LINE_BYTES``."""
    number = 0
    while raw := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        source = f"{name}:{number}"
        if len(raw) > MAX_LINE_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = lines.readline(MAX_LINE_BYTES)
            yield Line(None, source, error=f"{name} 第 {number} 行{_TOO_LARGE}")
        elif raw.strip():
            yield _line(raw, name, number, source)


def _line(raw: bytes, name: str, number: int, source: str) -> Line:
    key: Any = None
    try:
        row = json.loads(raw)
        if not isinstance(row, dict):
            raise TypeError("应为一个 JSON 对象")
        key = row.get("id")
        if key is None or isinstance(key, (dict, list)):
            raise TypeError("缺少 id")
        url = str(row.get("url") or "")
        for field, plain in (("text", True), ("html", False)):
            if field in row:
                if not isinstance(row[field], str):
                    raise TypeError(f"{field} 应为字符串")
                body = row[field].encode("utf-8", "surrogatepass" if plain else "replace")
                return Line(key, source, Document(body=body, url=url, plain=plain, content_type="" if plain else "text/html; charset=utf-8"))
        raise TypeError("缺少 text 或 html")
    except UnicodeDecodeError:
        why = "不是 UTF-8 编码"
    except ValueError:
        why = "不是 JSON"
    except RecursionError:
        why = "JSON 嵌套过深"
    except TypeError as error:
        why = str(error)
    return Line(key, source, error=f"{name} 第 {number} 行无法读取：{why}")
