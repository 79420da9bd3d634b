"""What a session left in its folder, as one visit of client `attended`: ledgered like all else, under names of its own that no automatic visit has.

``urn:x-adpatrol:session:NUMBER:journal``, ``:frames``, ``:frame:000001`` …, ``:shot:01-window.png`` …, ``:answer:001``, and ``:manifest``, which lists them all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.attended.journal import FILES, FRAMES, JOURNAL, read
from crawler.attended.session import FINISHED, INTERRUPTED
from evidence.archive import ArchiveWriter
from evidence.capture import Capture, Outcome, Visit, VisitRecord
from evidence.chained import unbroken
from evidence.digests import sm3
from evidence.ledger import capture as in_ledger

CLIENT = "attended"
KINDS = {"frame": "录像画面", "shot": "截图", "answer": "服务器应答内容", "journal": "过程记录", "frames": "录像目录"}
TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".json": "application/json",
         ".jsonl": "application/jsonl", ".bin": "application/octet-stream"}
DIED = "取证进程被中止（断电、被结束或机器故障），会话没有正常结束"
ALTERED = "留存的文件与过程记录不符"


def capture_id(number: str) -> str:
    return f"attended-{number}"


def keep(folder: Path, archive: Path, number: str, url: str) -> Capture:
    """The session's capture, made now or earlier. A folder without a last line is of a session that died: kept as 中断. Raises
    ArchiveUnwritable, EvidenceError, OSError."""
    there = in_ledger(archive, capture_id(number))
    if there is not None:
        return there
    visit = visit_of(folder, number, url)
    with ArchiveWriter(archive, run=f"session-{number}") as writer:
        writer.write(visit)
        done = writer.commit()
    found = done[0] if done else in_ledger(archive, capture_id(number))
    if found is None:
        raise OSError("存档没有收下取证会话")
    return found


def visit_of(folder: Path, number: str, url: str) -> Visit:
    events, frames = read(folder / JOURNAL), read(folder / FRAMES)
    how, why = _ending(folder, events, frames)
    name = f"urn:x-adpatrol:session:{number}"
    records = [_record(f"{name}:journal", folder / JOURNAL), _record(f"{name}:frames", folder / FRAMES)]
    records += [_record(f"{name}:{_part(file.name)}", file) for file in sorted((folder / FILES).glob("*"))]
    manifest = [_row(record) for record in records]
    records.append(VisitRecord(type="resource", uri=f"{name}:manifest", content_type="application/json",
                               payload=json.dumps(manifest, ensure_ascii=False, indent=0).encode()))
    arrivals = [event for event in events if event["kind"] == "arrived" and "status" in event]
    first, last = (arrivals[0], arrivals[-1]) if arrivals else ({}, {})
    starts = [event["time"] for event in events if event.get("act") == "start" and event.get("ok")]
    begin = events[0] if events else {}
    facts = {
        "number": number, "how": how, "why": why, "began": begin.get("time", ""), "started": starts[0] if starts else "",
        "ended": events[-1]["time"] if events else "", "frames": len(frames), "frames_head": frames[-1]["chain"] if frames else "",
        "journal_head": events[-1]["chain"] if events else "", "journal_lines": len(events), "stated": begin.get("stated", {}),
        "tool": begin.get("tool", ""), "user_agent": begin.get("user_agent", ""), "identity": begin.get("identity", ""),
        "manifest_sha256": hashlib.sha256(records[-1].payload).hexdigest(), "files": len(manifest),
    }
    return Visit(
        id=capture_id(number), run=f"session-{number}", site=f"{urlsplit(url).scheme}://{urlsplit(url).netloc}", url=url, final_url=last.get("url", url),
        time=_time(facts["started"] or facts["began"]), client=CLIENT, outcome=Outcome.OK if how == FINISHED else Outcome.RESET,
        status=last.get("status"), redirects=tuple(first.get("redirects", ())), detail=f"取证会话 {number}：{'结束' if how == FINISHED else '中断'}，{why}",
        facts={"session": facts, "dns": first.get("dns", []), "tls": first.get("tls", {}), "via": "取证会话"}, records=tuple(records),
    )


def _ending(folder: Path, events: list[dict[str, Any]], frames: list[dict[str, Any]]) -> tuple[str, str]:
    """Finished only where the officers finished it and everything is as it was written down."""
    if not events or events[-1]["kind"] != "end":
        return INTERRUPTED, DIED
    how, why = str(events[-1]["how"]), str(events[-1]["why"])
    if how != FINISHED:
        return INTERRUPTED, why
    told = {row["file"]: row["sha256"] for row in _told(events, frames)}
    whole = unbroken(events) and unbroken(frames) and len(frames) == events[-1].get("frames")
    there = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (folder / FILES).glob("*")}
    return (FINISHED, why) if whole and told == there else (INTERRUPTED, ALTERED)


def _told(events: Iterable[dict[str, Any]], frames: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for event in events:
        yield from event.get("files", ())
        if event.get("answer"):
            yield event["answer"]
    yield from frames


def _part(name: str) -> str:
    """frame-000001.jpg → frame:000001; shot-01-dom.html → shot:01-dom.html; answer-001.bin → answer:001."""
    kind, _, rest = name.partition("-")
    return f"{kind}:{rest.rpartition('.')[0] if kind in ('frame', 'answer') else rest}"


def _record(uri: str, file: Path) -> VisitRecord:
    payload = file.read_bytes() if file.is_file() else b""
    return VisitRecord(type="resource", uri=uri, payload=payload, content_type=TYPES.get(file.suffix, "application/octet-stream"))


def _row(record: VisitRecord) -> dict[str, Any]:
    kind = record.uri.split(":")[4]
    return {"uri": record.uri, "name": ":".join(record.uri.split(":")[4:]), "kind": KINDS.get(kind, kind), "type": record.content_type.partition(";")[0],
            "size": len(record.payload), "sha256": hashlib.sha256(record.payload).hexdigest(), "sm3": sm3(record.payload)}


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
