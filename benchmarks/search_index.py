"""G8, G8b: writing the search index against the bare libraries, the same documents and fields, in one run on one machine.

G8   our bulk writer / ``elasticsearch.helpers.streaming_bulk(chunk_size=500)``, both from IndexDocs, into fresh indices of one mapping on a node
     started here (or ADPATROL_TEST_ELASTICSEARCH); a refresh ends each. Ratio of times, bare / ours: at least 1.0.
G8b  ``SqliteIndex.put`` (words, facts, sample, kinds: all that search needs) / inserting the same words into one FTS5 table with sqlite3,
     both with the journal and durability of the office's database, in transactions of 500 by turns. At least 0.7.

Documents are made, not captured: Chinese sentences of our own, 1,500 characters in the middle, from 300 to 12,000.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROUNDS = 3
G8_LEAST, G8B_LEAST = 1.0, 0.7
PHRASES = (
    "本平台为出借人提供信息撮合服务", "历史年化收益率最高可达百分之十二", "产品由合作机构提供本息保障", "注册即送新手红包与加息券", "市场有风险，投资需谨慎",
    "银行存管，资金安全", "期限灵活，到期自动还款到账", "客服热线每日在线解答", "示例财富信息服务有限公司版权所有", "理财计划起投金额一百元", "随时可查看项目与合同",
)


def documents(count: int, seed: int = 8) -> list[Any]:
    from indexer.search.protocol import IndexDoc

    dice = random.Random(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = []
    for n in range(count):
        size = min(12_000, max(300, int(dice.lognormvariate(7.3, 0.7))))
        parts: list[str] = []
        while sum(map(len, parts)) < size:
            parts.append(dice.choice(PHRASES) + f"{dice.randint(1, 9999)}。" + ("\n" if dice.random() < 0.3 else ""))
        site = f"https://s{dice.randint(0, 400)}.example"
        found.append(IndexDoc(
            capture_id=f"run-{n:09}", time=start + timedelta(seconds=n), title=f"示例平台 {n}", text="".join(parts), url=f"{site}/page/{n}", site=site, run="run",
            client="desktop-static", outcome="ok", gate="page", genre="platform", level=1 + n % 4, codes=("yield.promise",), icp=(f"京ICP备{n % 9000:08}号",),
            company=("示例财富信息服务有限公司",)))
    return found


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def g8(url: str, docs: list[Any]) -> tuple[float, float]:
    """Seconds of one round: (ours, bare)."""
    from elasticsearch.helpers import streaming_bulk

    from indexer.search.elasticsearch.bulk import Action, BulkWriter
    from indexer.search.elasticsearch.client import Cluster, connect
    from indexer.search.elasticsearch.mapping import MAPPINGS, settings, source

    client = connect(Cluster(urls=(url,), timeout_s=60))

    def fresh(name: str) -> None:
        client.indices.delete(index=name, ignore_unavailable=True)
        client.indices.create(index=name, mappings=MAPPINGS, settings=settings(), aliases={f"{name}-write": {}})

    def ours() -> None:
        refused = BulkWriter(client, "bench-ours-write", timeout_s=120).write(Action(doc.capture_id, n + 1, source(doc)) for n, doc in enumerate(docs))
        client.indices.refresh(index="bench-ours")
        assert not refused

    def bare() -> None:
        actions: Iterator[dict[str, Any]] = ({"_op_type": "index", "_index": "bench-bare", "_id": doc.capture_id, "_source": source(doc)} for doc in docs)
        for ok, _ in streaming_bulk(client, actions, chunk_size=500):
            assert ok
        client.indices.refresh(index="bench-bare")

    fresh("bench-ours")
    took_ours = seconds(ours)
    fresh("bench-bare")
    took_bare = seconds(bare)
    for name in ("bench-ours", "bench-bare"):
        assert client.count(index=name)["count"] == len(docs)
        client.indices.delete(index=name)
    client.close()
    return took_ours, took_bare


def g8b(docs: list[Any]) -> tuple[float, float]:
    from django.db import transaction

    from indexer.models import Page, url_key
    from indexer.search.expression import columns
    from indexer.search.order import document_number
    from indexer.search.sqlite import SqliteIndex

    index = SqliteIndex()
    with transaction.atomic():
        index.clear()
        Page.objects.all().delete()
    taken: set[int] = set()
    rows = []
    for seq, doc in enumerate(docs):
        number = document_number(doc.time, doc.capture_id, taken)
        taken.add(number)
        rows.append(Page(
            id=number, capture_id=doc.capture_id, seq=seq, run=doc.run, site=doc.site, url=doc.url, url_key=url_key(doc.url), client=doc.client, time=doc.time,
            outcome=doc.outcome, gate=doc.gate, title=doc.title, genre=doc.genre, level=doc.level, text=doc.text, icp=list(doc.icp), company=list(doc.company)))
    for at in range(0, len(rows), 500):
        Page.objects.bulk_create(rows[at : at + 500])

    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE VIRTUAL TABLE f USING fts5(title, text, rest, content='', tokenize='ascii')")

        def ours(at: int) -> None:
            with transaction.atomic():
                index.put(docs[at : at + 500])

        def bare(at: int) -> None:
            db.execute("BEGIN")
            db.executemany("INSERT INTO f (rowid, title, text, rest) VALUES (?, ?, ?, ?)", [(rows[n].id, *columns(docs[n])) for n in range(at, min(at + 500, len(docs)))])
            db.execute("COMMIT")

        took = [0.0, 0.0]  # in turns, so that another's load falls on both
        for at in range(0, len(docs), 500):
            for which, act in enumerate((ours, bare)):
                began = time.perf_counter()
                act(at)
                took[which] += time.perf_counter() - began
    return took[0], took[1]


def report(name: str, least: float, rounds: list[tuple[float, float]], count: int) -> float:
    """The middle of the ratios of times, each of one round."""
    ratios = [bare / ours for ours, bare in rounds]
    middle = statistics.median(ratios)
    told = "，".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"{name:<5} {middle:.2f} × 裸库（≥ {least}；各轮 {told}）  我们 {count / min(o for o, _ in rounds):,.0f} 页/秒，裸库 {count / min(b for _, b in rounds):,.0f} 页/秒", flush=True)
    return middle


def run(count: int = 2_000) -> dict[str, float]:
    """Ratios by measure. Needs Java and the Maven client once (make system-test), or ADPATROL_TEST_ELASTICSEARCH."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ["ADPATROL_HOME"] = home
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
        import django
        import elasticsearch
        from elastic_node import VERSION, shared_node

        django.setup()
        from indexer import tables

        tables.make()
        docs = documents(count)
        size = sum(len(doc.text) for doc in docs) // count
        print(f"{count} 页，平均 {size} 字；elasticsearch {VERSION}（客户端 {'.'.join(map(str, elasticsearch.__version__))}），SQLite {sqlite3.sqlite_version}，"
              f"Python {sys.version.split()[0]}，负载 {os.getloadavg()[0]:.1f}（{os.cpu_count()} 核）", flush=True)
        with shared_node() as url:
            g8(url, docs[:500])  # warm: the node's compiler
            found = {"G8": report("G8", G8_LEAST, [g8(url, docs) for _ in range(ROUNDS)], count)}
        return found | {"G8b": report("G8b", G8B_LEAST, [g8b(docs) for _ in range(ROUNDS)], count)}


def apart() -> dict[str, float]:
    """In a process of its own: Django is set up once a process, for one home."""
    command = [sys.executable, "-m", "benchmarks.search_index"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3_600).stdout  # it ends with 1 where a goal is missed
    print(told, end="")
    return {found[1]: float(found[2]) for line in told.splitlines() if (found := re.match(r"(G8b?) +([0-9.]+) × ", line))}


if __name__ == "__main__":
    measured = run(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
    sys.exit(0 if measured["G8"] >= G8_LEAST and measured["G8b"] >= G8B_LEAST else 1)
