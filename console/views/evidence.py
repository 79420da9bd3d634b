"""存证下载: the evidence record of one capture, and its stored WARC records byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from alerts import audit, custody
from console.answer import refused
from console.may import may
from evidence import ledger, read
from evidence.capture import Capture, RecordRef
from evidence.errors import EvidenceError
from evidence.referred import originals

R = TypeVar("R", bound=HttpResponseBase)
READERS = ("officer", "analyst", "leader")
SANDBOX = "sandbox; default-src 'none'"
MOST_BYTES = 512 * 1024 * 1024


@may(*READERS)
def record(request: HttpRequest, id: str) -> HttpResponse:
    """Everything the ledger holds of the capture as JSON: addresses, times, headers, facts, and where each record lies with its SHA-256."""
    found = _capture(id)
    data = found.to_json() | {
        "seq": found.seq, "detail": found.detail, "redirects": list(found.redirects), "headers": [list(pair) for pair in found.headers],
        "facts": found.facts, "note": "sha256 为各条记录在 WARC 文件中所存字节（gzip 成员）的摘要；核验：adpatrol evidence verify --capture " + found.id,
    }
    try:
        _tell(request, "下载存证记录", found)
    except (EvidenceError, OSError) as error:
        return _untold(request, error)
    body = json.dumps(data, ensure_ascii=False, indent=1, default=str).encode("utf-8", "backslashreplace")
    return _file(HttpResponse(body, content_type="application/json; charset=utf-8"), f"evidence-{_name(found)}.json")


@may(*READERS)
def records(request: HttpRequest, id: str) -> HttpResponseBase:
    """The capture's records as they are stored, one gzip member each: a WARC file that any tool opens. Nothing leaves whose digest is not the
    acknowledged one."""
    found = _capture(id)
    folder = settings.HOME / "archive"
    try:
        refs = _with_originals(folder, found)
        if sum(ref.length for ref, _ in refs) > MOST_BYTES:
            return refused(request, "存证记录太大", f"这个快照的记录超过 {MOST_BYTES >> 20} MiB，请系统管理员从存档文件夹中取。", status=413)
        for ref, theirs in refs:
            if hashlib.sha256(read.stored_member(folder, ref, referred=theirs)).hexdigest() != ref.sha256:
                raise EvidenceError(f"{ref.file} 偏移 {ref.offset} 处的记录与登记的摘要不符")
    except EvidenceError as error:
        return refused(request, "存证没有通过核验", f"{error}。没有下载任何内容；请系统管理员运行 adpatrol evidence verify --all。", status=409)
    try:
        _tell(request, "下载存证原件", found, records=len(refs))
    except (EvidenceError, OSError) as error:
        return _untold(request, error)
    answer = StreamingHttpResponse(_members(folder, refs), content_type="application/gzip")
    return _file(answer, f"evidence-{_name(found)}.warc.gz")


def _with_originals(folder: Path, found: Capture) -> list[tuple[RecordRef, bool]]:
    """Its records, and before them the full answers of other captures that its revisits refer to (True): without those no tool could show it."""
    return [*((ref, True) for ref in originals(folder, found.records)), *((ref, False) for ref in found.records)]


def _members(folder: Path, refs: Sequence[tuple[RecordRef, bool]]) -> Iterator[bytes]:
    for ref, theirs in refs:
        yield read.stored_member(folder, ref, referred=theirs)


def _capture(id: str) -> Capture:
    try:
        found = ledger.capture(settings.HOME / "archive", id)
    except (OSError, ValueError, EvidenceError):
        found = None
    if found is None:
        raise Http404
    return found


def _tell(request: HttpRequest, act: str, found: Capture, **detail: int) -> None:
    """Custody: what left the archive, by whom. Raises EvidenceError where the ledger cannot take it: then nothing leaves."""
    custody.taken(request.user.get_username(), found.id, act)
    with transaction.atomic():
        audit.record(request.user.get_username(), act, f"capture:{found.id}", **detail)


def _untold(request: HttpRequest, error: Exception) -> HttpResponse:
    return refused(request, "没有下载", f"导出记不进存证账，没有下载任何内容：{error}", status=503)


def _name(found: Capture) -> str:
    """A file name of our own making: ids of foreign archives may hold anything."""
    return "".join(c for c in found.id if c.isascii() and (c.isalnum() or c in "-_"))[:80] or str(found.seq)


def _file(response: R, name: str) -> R:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = SANDBOX
    return response
