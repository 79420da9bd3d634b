"""G7b: what evidence costs: the pipeline (pack, write, read, judge) with digests, ledger, chain and group fsync ÷ the same without them."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.tree import bodies
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import Knowledge, load_knowledge
from classifiers.model import Document
from evidence import warc
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit, VisitRecord

GROUP = 64
SETTINGS = Path(__file__).resolve().parent.parent / "config"


def run(folder: Path | None, count: int = 1_000, rounds: int = 3) -> dict[str, float]:
    knowledge = load_knowledge([SETTINGS])
    pool = bodies(folder)
    pages = [pool[n % len(pool)] for n in range(count)]
    both = [(_with(pages, knowledge), _without(pages, knowledge)) for _ in range(rounds)]
    kept, bare = min(a for a, _ in both), min(b for _, b in both)
    print(f"证据开销 {count} 页 {sum(map(len, pages)) / 1e6:.0f} MB：有 {kept / count * 1e3:.2f} ms/页，无 {bare / count * 1e3:.2f} ms/页")
    return {"G7b": kept / bare}


def _visit(number: int, body: bytes) -> Visit:
    url = f"http://127.0.0.1/p/{number}"
    answer = VisitRecord(type="response", uri=url, payload=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body, content_type="application/http; msgtype=response")
    return Visit(id=f"v{number}", run="bench", site="http://127.0.0.1", url=url, final_url=url, time=datetime.now(UTC), client="desktop-static",
                 outcome=Outcome.OK, status=200, records=(answer,))


def _judge(body: bytes, knowledge: Knowledge) -> None:
    judge(extract(Document(body=body, url="http://127.0.0.1/")), knowledge)


def _with(pages: list[bytes], knowledge: Knowledge) -> float:
    with tempfile.TemporaryDirectory() as folder, ArchiveWriter(Path(folder), run="bench") as writer:
        began = time.perf_counter()
        for number, body in enumerate(pages):
            writer.write(_visit(number, body))
            _judge(body, knowledge)
            if number % GROUP == GROUP - 1:
                writer.commit()
        writer.commit()
        return time.perf_counter() - began


def _without(pages: list[bytes], knowledge: Knowledge) -> float:
    """The same records packed and written; no digest, no ledger, no fsync."""
    digest = warc.digest
    warc.digest = lambda data: "sha256:0"
    try:
        with tempfile.TemporaryFile() as file:
            began = time.perf_counter()
            for number, body in enumerate(pages):
                visit = _visit(number, body)
                for record in visit.records:
                    file.write(warc.record_member(record, visit, info="<i>", identity="<r>", concurrent="<r>"))
                file.write(warc.mark_member(visit, info="<i>", concurrent="<r>")[1])
                _judge(body, knowledge)
            file.flush()
            return time.perf_counter() - began
    finally:
        warc.digest = digest
