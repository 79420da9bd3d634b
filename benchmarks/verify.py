"""How fast the independent verifier is beside `sha256sum` over the same files: digests, chain and roots alone (`--stored`), and in full
(unpacked, trailers, the records' own digests, stamps). One run, A-B-A-B, the least of each."""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.tree import bodies
from evidence import keys, roots
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit, VisitRecord
from evidence.verify import verify

ROUNDS = 4
PICTURE = 300_000  # bytes of a screenshot of a whole page


def run(folder: Path | None, count: int = 1_500) -> dict[str, float]:
    """The ratios over an archive as an office has it: pages, and every tenth at evidence grade with its picture. Beside it, printed, over
    pages alone, whose members are a few KB each: there the ledger's rows cost more than their bytes."""
    _measured(folder, count, pictured=False)
    stored, whole = _measured(folder, count, pictured=True)
    return {"verify stored": stored, "verify full": whole}


def _measured(folder: Path | None, count: int, *, pictured: bool) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as home:
        archive = Path(home) / "archive"
        _fill(archive, bodies(folder), count, pictured=pictured)
        keys.make(Path(home) / "key.pem")
        roots.make(archive, keys.FileSigner(Path(home) / "key.pem"))
        files = [str(path) for path in archive.glob("*/*.warc.gz")]
        size = sum(Path(path).stat().st_size for path in files)
        sums, stored, whole = [], [], []
        for _ in range(ROUNDS):
            sums.append(_timed(lambda: subprocess.run(["sha256sum", *files], check=True, stdout=subprocess.DEVNULL, timeout=300)))
            stored.append(_timed(lambda: _stands(archive, stored=True)))
            whole.append(_timed(lambda: _stands(archive, stored=False)))
    what = "网页与截图" if pictured else "只有网页"
    print(f"核验（{what}）{size / 1e6:.0f} MB、{count} 个快照：sha256sum {size / 1e6 / min(sums):.0f} MB/s，--stored {size / 1e6 / min(stored):.0f} MB/s"
          f"（{min(sums) / min(stored):.2f}），全部 {size / 1e6 / min(whole):.0f} MB/s（{min(sums) / min(whole):.2f}）")
    return min(sums) / min(stored), min(sums) / min(whole)


def _fill(archive: Path, pool: list[bytes], count: int, *, pictured: bool = False) -> None:
    chance = random.Random(5)
    with ArchiveWriter(archive, run="bench") as writer:
        for number in range(count):
            url = f"http://127.0.0.1/p/{number}"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            answer = VisitRecord(type="response", uri=url, payload=head + pool[number % len(pool)] + b"<!-- %d -->" % number, content_type="application/http; msgtype=response")
            asked = VisitRecord(type="request", uri=url, payload=b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", content_type="application/http; msgtype=request")
            picture = VisitRecord(type="resource", uri=f"urn:fullPage:{url}", payload=chance.randbytes(PICTURE), content_type="image/png")
            shown = (picture,) if pictured and number % 10 == 0 else ()
            writer.write(Visit(id=f"v{number}", run="bench", site="http://127.0.0.1", url=url, final_url=url, time=datetime.now(UTC), client="desktop-static",
                               outcome=Outcome.OK, status=200, records=(answer, asked, *shown)))
        writer.commit()


def _stands(archive: Path, *, stored: bool) -> None:
    assert verify(archive, stored=stored).failures == ()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
