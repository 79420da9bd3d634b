"""G7b: what evidence costs: the pipeline (pack, write, read, judge) with digests, ledger, chain, a signed root and group fsync ÷ the same without them.
By processor time; the wall's ratio, which waits for the disk too, is printed beside it."""

from __future__ import annotations

import gc
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.tree import bodies
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import Knowledge, load_knowledge
from classifiers.model import Document
from evidence import keys, roots, warc
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit, VisitRecord

GROUP = 64
SETTINGS = Path(__file__).resolve().parent.parent / "config"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds: of the processor, and of the wall."""

    cpu: float
    wall: float


def run(folder: Path | None, count: int = 1_000, rounds: int = 4) -> dict[str, float]:
    knowledge = load_knowledge([SETTINGS])
    pool = bodies(folder)
    pages = [pool[n % len(pool)] + b"<!-- %d -->" % n for n in range(count)]  # none twice: identical bodies are stored once
    both = [(_with(pages, knowledge), _without(pages, knowledge)) for _ in range(rounds)]
    kept, bare = min(a.cpu for a, _ in both), min(b.cpu for _, b in both)
    wall = min(a.wall for a, _ in both) / min(b.wall for _, b in both)
    print(f"证据开销 {count} 页 {sum(map(len, pages)) / 1e6:.0f} MB：有 {kept / count * 1e3:.2f} ms/页，无 {bare / count * 1e3:.2f} ms/页（处理器时间；按钟表 {wall:.2f}）")
    return {"G7b": kept / bare}


def _visit(number: int, body: bytes) -> Visit:
    url = f"http://127.0.0.1/p/{number}"
    answer = VisitRecord(type="response", uri=url, payload=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body, content_type="application/http; msgtype=response")
    return Visit(id=f"v{number}", run="bench", site="http://127.0.0.1", url=url, final_url=url, time=datetime.now(UTC), client="desktop-static",
                 outcome=Outcome.OK, status=200, records=(answer,))


def _judge(body: bytes, knowledge: Knowledge) -> None:
    judge(extract(Document(body=body, url="http://127.0.0.1/")), knowledge)


def _with(pages: list[bytes], knowledge: Knowledge) -> Cost:
    with tempfile.TemporaryDirectory() as home, ArchiveWriter(Path(home) / "archive", run="bench") as writer:
        keys.make(Path(home) / "key.pem")
        signer = keys.FileSigner(Path(home) / "key.pem")
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        for number, body in enumerate(pages):
            writer.write(_visit(number, body))
            _judge(body, knowledge)
            if number % GROUP == GROUP - 1:
                writer.commit()
        writer.commit()
        roots.make(Path(home) / "archive", signer)
        return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def _without(pages: list[bytes], knowledge: Knowledge) -> Cost:
    """The same records packed and written; no digest, no ledger, no fsync."""
    digest = warc.digest
    warc.digest = lambda data: "sha256:0"
    try:
        with tempfile.TemporaryFile() as file:
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            for number, body in enumerate(pages):
                visit = _visit(number, body)
                for record in visit.records:
                    file.write(warc.record_member(record, visit, info="<i>", identity="<r>", concurrent="<r>"))
                file.write(warc.mark_member(visit, info="<i>", concurrent="<r>")[1])
                _judge(body, knowledge)
            file.flush()
            return Cost(time.process_time() - cpu, time.perf_counter() - wall)
    finally:
        warc.digest = digest


if __name__ == "__main__":
    sites = Path(__file__).resolve().parents[2] / "shared" / "sites"
    print(run(sites if sites.is_dir() else None))
