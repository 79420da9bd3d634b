"""G7: MB a second of the archive's writer ÷ warcio's, both a gzip member a record with digests of block and payload, the same answers.

Ours is the whole writer: also the mark of each visit, SHA-256 of each stored member, ledger, chain, and fsync in groups. Both files are then read by
warcio and by FastWARC, and every payload and its digest must be the one that was written. Processor time: one thread, nothing waits but the disk."""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastwarc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from benchmarks.tree import bodies
from evidence import packing, warc
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit, VisitRecord

GROUP = 64
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


def run(folder: Path | None, count: int = 1_000, rounds: int = 3) -> dict[str, float]:
    pool = bodies(folder)
    pages = [b"%s<!--%d-->" % (pool[n % len(pool)], n) for n in range(count)]  # no two alike: each is stored
    bare, ours, packs = [], [], []
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as home:
            theirs = Path(home) / "bare.warc.gz"
            bare.append(_warcio(pages, theirs))
            ours.append(_archive(pages, Path(home)))
            packs.append(_packed(pages))
            mine = next((Path(home) / "bench").glob("*.warc.gz"))
            kept = theirs.stat().st_size, mine.stat().st_size
            if number == 0:
                wanted = [hashlib.sha256(page).digest() for page in pages]
                assert all(read(path) == wanted for path in (theirs, mine) for read in (_by_warcio, _by_fastwarc)), "读回不一致"
    size = sum(map(len, pages)) / 1e6
    print(f"WARC 写入 {count} 页 {size:.0f} MB：warcio {version('warcio')}（9 级）{size / min(bare):.0f} MB/s 存 {kept[0] / 1e6:.1f} MB，"
          f"本系统（{_packer()}，含存证账与落盘）{size / min(ours):.0f} MB/s 存 {kept[1] / 1e6:.1f} MB，只打包 {size / min(packs):.0f} MB/s；"
          f"warcio 与 FastWARC {version('fastwarc')} 读回，摘要逐页一致")
    return {"G7": min(bare) / min(ours)}


def _packer() -> str:
    try:
        return f"isal {version('isal')} {packing.ISAL_LEVEL} 级" if packing.packed is not packing.by_zlib else f"zlib {packing.ZLIB_LEVEL} 级"
    except PackageNotFoundError:
        return f"zlib {packing.ZLIB_LEVEL} 级"


def _warcio(pages: list[bytes], path: Path) -> float:
    began = time.process_time()
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        for number, body in enumerate(pages):
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(f"http://127.0.0.1/p/{number}", "response", payload=io.BytesIO(body), http_headers=head))
    return time.process_time() - began


def _archive(pages: list[bytes], home: Path) -> float:
    visits = [_visit(number, body) for number, body in enumerate(pages)]
    with ArchiveWriter(home, run="bench") as writer:
        began = time.process_time()
        for number, visit in enumerate(visits):
            writer.write(visit)
            if number % GROUP == GROUP - 1:
                writer.commit()
        writer.commit()
        return time.process_time() - began


def _packed(pages: list[bytes]) -> float:
    visits = [_visit(number, body) for number, body in enumerate(pages)]
    began = time.process_time()
    for visit in visits:
        warc.record_member(visit.records[0], visit, info="<i>", identity="<r>", concurrent="<r>")
    return time.process_time() - began


def _visit(number: int, body: bytes) -> Visit:
    url = f"http://127.0.0.1/p/{number}"
    answer = VisitRecord(type="response", uri=url, payload=HEAD + body, content_type="application/http; msgtype=response")
    return Visit(id=f"v{number}", run="bench", site="http://127.0.0.1", url=url, final_url=url, time=datetime.now(UTC), client="desktop-static",
                 outcome=Outcome.OK, status=200, records=(answer,))


def _by_warcio(path: Path) -> list[bytes]:
    """SHA-256 of each payload. Raises where a digest in the file is not that of what was read."""
    with path.open("rb") as file:
        return [hashlib.sha256(record.content_stream().read()).digest() for record in ArchiveIterator(file, check_digests="raise") if record.rec_type == "response"]


def _by_fastwarc(path: Path) -> list[bytes]:
    found = []
    with path.open("rb") as file:
        for record in FastIterator(file):
            if record.headers["WARC-Type"] == "response":
                body = record.reader.read()
                assert _fits(record.headers["WARC-Payload-Digest"], body), record.record_id
                found.append(hashlib.sha256(body).digest())
    return found


def _fits(told: str, body: bytes) -> bool:
    name, _, value = told.partition(":")
    made = hashlib.new(name, body)
    return value in (made.hexdigest(), base64.b32encode(made.digest()).decode("ascii"))


if __name__ == "__main__":
    sites = Path(__file__).resolve().parents[2] / "shared" / "sites"
    print(run(sites if sites.is_dir() else None))
