"""Captures at evidence grade and the orders that pack them, in our own words; the key is made for the test."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
from visits import visit

from evidence.archive import ArchiveWriter
from evidence.capture import Capture, Visit, VisitRecord
from evidence.keys import FileSigner, make
from evidence.packages.model import Authority, Order, Sealed, Shown, Subject

NOW = datetime.now(UTC).replace(microsecond=0)
ROWS = [{"key": key, "label": key, "result": "通过", "how": "核对", "value": ""} for key in ("profile", "hosts", "proxy", "resolvers", "address")]
WHOLE: dict[str, Any] = {
    "grade": "evidence", "identity": "public", "seconds": 8.1, "clock": {"offset": 0.2, "source": "time.example", "low": 0.1, "high": 0.3, "how": "Date"},
    "dns": ["203.0.113.7"], "versions": {"adpatrol": "0.1", "browser": "Chromium 140", "python": "3.11"}, "sbom": "ab" * 32, "environment": ROWS,
    "second": {"verdict": "agrees", "client": "plain-http", "agrees": ["本息保障"], "differs": [], "why": "", "url": "", "time": NOW.isoformat()},
}


def picture(width: int = 400, height: int = 300) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#e8eef4").save(out, "PNG")
    return out.getvalue()


def graded(number: int, run: str = "r1", *, when: datetime = NOW, facts: dict[str, Any] | None = None, png: bytes | None = None) -> Visit:
    one = visit(number, run=run)
    records = (*one.records, *(VisitRecord(type="resource", uri=uri + one.url, payload=payload, content_type=kind) for uri, payload, kind in (
        ("urn:fullPage:", png or picture(), "image/png"), ("urn:x-adpatrol:dom:", "<p>本息保障".encode(), "text/html"), ("urn:x-adpatrol:evidence:", b"{}", "application/json"))))
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return Visit(**values | {"records": records, "time": when + timedelta(seconds=number), "client": "desktop-evidence", "facts": WHOLE if facts is None else facts})


def stored(archive: Path, visits: Sequence[Visit], run: str = "r1") -> list[Capture]:
    with ArchiveWriter(archive, run=run) as writer:
        for one in visits:
            writer.write(one)
        return writer.commit()


def signer(home: Path) -> FileSigner:
    make(home / "keys" / "ledger.pem")
    return FileSigner(home / "keys" / "ledger.pem")


def order(captures: Sequence[Capture], *, sealed: bool = False, id: str = "0f8fad5b-d9cb-469f-a165-70867728950e", authorities: Sequence[Authority] = (),
          **more: Any) -> Order:
    shown = {one.id: Shown(judged=True, claims=1, title="示例理财", text="平台承诺本息保障", companies=("示例公司",), icp=("京ICP备1号",)) for one in captures}
    values: dict[str, Any] = {
        "id": id, "made": NOW + timedelta(minutes=5), "office": "示例市市场监督管理局", "who": "张三", "subject": Subject("lead", "XS2026000001", "示例理财涉嫌承诺保本"),
        "captures": captures, "shown": shown, "authorities": tuple(authorities), "verifier": "print('verifier')\n",
        "sealed": Sealed("李四", "时间戳机构停机，证据可能灭失", NOW) if sealed else None,
    }
    return Order(**values | more)


def annotate(capture: Capture, png: bytes) -> tuple[bytes, bytes]:
    return picture(420, 380), b'{"claims": []}'
