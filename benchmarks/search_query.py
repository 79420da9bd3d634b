"""G8c, the p95 of a faceted query, and the query's part of G11: ``python -m benchmarks.search_query [DOCUMENTS [HOME]]``.

Short texts cut at random out of text made here, as documents of the embedded index in a home of their own; then a printed mix of rare, middle
and common phrases, each asked with facets, and without beside the bare FTS5 phrase query (count, and the newest 20 row ids, over the same
words in a table of its own). Times of the processor beside those of the clock: other load on the machine moves the latter alone.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

SIZES = (1_000, 100_000)
CHUNK = 1_000
BARE_UP_TO = 200_000  # documents; beyond, the bare query reads the index we have, which spares half the building
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
CODES = ("guarantee.principal", "yield.promise", "yield.excessive", "inducement", "superlative")
COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化"
    "高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条"
)
SAID = (
    "年化收益", "保本保息", "零风险", "本息保障", "投资理财", "稳赚不赔", "高额回报", "国资背景", "银行存管", "随存随取", "新手标", "债权转让", "风险准备金", "推荐返利",
    "数字货币", "外汇保证金", "私募基金", "股权众筹", "首付贷", "网络借贷", "信用贷款", "日息万五", "注册送红包", "专家推荐", "稳健", "安全", "理财有风险", "收益率",
    "8%", "12%", "18%",
)
SELDOM = ("原始股认购", "养老项目加盟", "虚拟土地", "影视投资份额", "艺术品份额", "海外房产众筹")


class Words:
    """Text of our own: each of SELDOM once in some hundred documents, each of SAID in about one of eight."""

    def __init__(self) -> None:
        self.dice = random.Random(20261121)
        weights = [1 / (place + 3) for place in range(len(COMMON))]
        pieces = []
        for _ in range(120_000):
            luck = self.dice.random()
            if luck < 0.17:
                pieces.append(self.dice.choice(SAID))
            elif luck < 0.1712:
                pieces.append(self.dice.choice(SELDOM))
            else:
                pieces.append("".join(self.dice.choices(COMMON, weights, k=self.dice.randint(1, 6))))
        self.base = "".join(pieces)

    def cut(self, shortest: int, longest: int) -> str:
        at = self.dice.randrange(len(self.base) - longest)
        return self.base[at : at + self.dice.randint(shortest, longest)]


def queries(words: Words) -> list[tuple[str, str]]:
    """(kind, phrase): a third each of one character to whole claims."""
    common = ["的", "一", "年", "收益", "安全", "保本保息", "年化收益", "8", "投资理财", "日息万五"]
    middle = ["年化收益的", "保本保息在", "安全有", "稳健和", "首付贷一", "专家推荐的", "收益率是", "数字货币不", "12%的", "理财有风险了"]
    rare = [*SELDOM[:4], *(words.cut(6, 6) for _ in range(4)), "电力水", "命运"]
    return [*(("常见", one) for one in common), *(("一般", one) for one in middle), *(("罕见", one) for one in rare)]


def build(count: int, words: Words, *, bare: bool) -> Iterator[int]:
    """Stores pages with their findings and documents, yields how many there are after each chunk. Rows are written as they are, without the
    ORM: what is measured is the asking."""
    from django.db import connection, transaction

    from indexer.models import Finding, IndexedFact, Page
    from indexer.search import kinds
    from indexer.search.expression import columns
    from indexer.search.order import sampled

    plain = {model: _template(model) for model in (Page, Finding)}
    fts = "INSERT INTO {} (rowid, title, text, rest) VALUES (%s, %s, %s, %s)"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
        if bare:
            cursor.execute("CREATE VIRTUAL TABLE bare USING fts5(title, text, content='', tokenize='ascii')")
        for done in range(0, count, CHUNK):
            made = [_made(number, words) for number in range(done, min(done + CHUNK, count))]
            facts = [kinds.facts_of(doc) for _, doc in made]
            with transaction.atomic():
                _insert(cursor, Page, plain[Page], [_page(number, doc, done + at) for at, (number, doc) in enumerate(made)])
                _insert(cursor, Finding, plain[Finding], [
                    {"page_id": number, "key": f"{number:064}", "code": doc.codes[0], "level": doc.level} for number, doc in made if doc.codes
                ], without=("id",))
                spelled = [(number, doc.capture_id, columns(doc)) for number, doc in made]
                cursor.executemany(fts.format("indexer_fts"), [(number, *cells) for number, _, cells in spelled])
                cursor.executemany(fts.format("indexer_sample"), [(number, *cells) for number, capture, cells in spelled if sampled(capture)])
                if bare:
                    cursor.executemany("INSERT INTO bare (rowid, title, text) VALUES (%s, %s, %s)", [(n, *cells[:2]) for n, _, cells in spelled])
                kind, site = kinds.kinds(facts), kinds.sites(doc.site for _, doc in made)
                cursor.executemany(
                    f"INSERT INTO {IndexedFact._meta.db_table} (id, site, kind) VALUES (%s, %s, %s)",
                    [(number, site[doc.site], kind[kinds.written(one)]) for (number, doc), one in zip(made, facts, strict=True)],
                )
            yield done + len(made)


def _made(number: int, words: Words) -> tuple[int, Any]:
    from indexer.search.order import document_number
    from indexer.search.protocol import IndexDoc

    dice, capture = words.dice, f"capture-{number:07}"
    site, level = f"https://site{dice.randrange(3000)}.example", dice.choice((None, None, 1, 2, 3, 4))
    taken = BEGIN + timedelta(seconds=150 * number, milliseconds=dice.randrange(1000))
    return document_number(taken, capture), IndexDoc(
        capture_id=capture, time=taken, title=words.cut(6, 14), text=words.cut(60, 160), url=f"{site}/p/{number}", run=f"run-{number // 5000}", site=site,
        client=dice.choice(("desktop-static", "phone-browser")), outcome="ok", gate="page" if dice.random() < 0.95 else "login",
        genre=dice.choice(("platform", "ad", "news", "bank")), level=level, codes=(dice.choice(CODES),) if level else (),
        regions=(dice.choice(("浙江省", "北京市", "上海市", "广东省", "四川省")),),
    )


def _page(number: int, doc: Any, seq: int) -> dict[str, Any]:
    from indexer.models import host_of, url_key

    facts = {name: getattr(doc, name) for name in ("capture_id", "run", "site", "url", "client", "outcome", "gate", "genre", "level", "title", "text")}
    times = {"time": doc.time.strftime("%Y-%m-%d %H:%M:%S.%f"), "regions": json.dumps(doc.regions)}
    return facts | times | {"id": number, "seq": seq + 1, "host": host_of(doc.site), "url_key": url_key(doc.url)}


def _template(model: Any) -> dict[str, Any]:
    from django.db import connection

    row = model()
    return {f.column: f.get_db_prep_save(getattr(row, f.attname), connection) for f in model._meta.concrete_fields}


def _insert(cursor: Any, model: Any, plain: dict[str, Any], rows: list[dict[str, Any]], without: tuple[str, ...] = ()) -> None:
    named = [name for name in plain if name not in without]
    holes = ", ".join(["%s"] * len(named))
    quoted = ", ".join(f'"{name}"' for name in named)
    filled = [[row.get(name, "" if plain[name] is None and name not in ("level", "status") else plain[name]) for name in named] for row in rows]
    cursor.executemany(f"INSERT INTO {model._meta.db_table} ({quoted}) VALUES ({holes})", filled)


def timed(call, times: int = 3) -> tuple[float, float]:
    """Milliseconds by the clock and of the processor: the least of some."""
    wall, cpu = [], []
    for _ in range(times):
        began, spent = time.perf_counter(), time.process_time()
        call()
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - spent))
    return min(wall), min(cpu)


def newest(*, counted: bool) -> tuple[float, float]:
    """The newest 20 of a common phrase (an eighth of all pages): alone, or with their count and facets, which grow with what is counted."""
    from indexer.search.query import parse
    from indexer.search.sqlite import SqliteIndex

    return timed(lambda: SqliteIndex().search(parse("年化收益", facets=counted, counted=counted)), 9)


def ask(words: Words, database: Path, table: str) -> dict[str, float]:
    """G8c: both sides count the hits and find the newest 20; ours alone also reads them, with titles, marked passages and facts. For those who
    want it like for like, ``with rows`` has the bare side read the same columns of its 20 pages, without marks."""
    from indexer.search.query import parse
    from indexer.search.sqlite import SqliteIndex
    from indexer.search.tokens import normalise
    from indexer.search.tokens import words as spelled

    index, rows = SqliteIndex(), []
    bare = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    for kind, phrase in queries(words):
        match = f'"{spelled(normalise(phrase))}"'
        quoted = f"“{phrase}”"

        def plainly(match: str = match) -> None:
            bare.execute(f"SELECT count(*) FROM {table} WHERE {table} MATCH ?", (match,)).fetchall()
            bare.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rowid DESC LIMIT 20", (match,)).fetchall()

        def with_rows(match: str = match) -> None:
            bare.execute(f"SELECT count(*) FROM {table} WHERE {table} MATCH ?", (match,)).fetchall()
            bare.execute(
                f"SELECT p.title, p.url, p.time, p.text FROM {table} f JOIN indexer_page p ON p.id = f.rowid WHERE {table} MATCH ? ORDER BY f.rowid DESC LIMIT 20",
                (match,)).fetchall()

        of_ours = timed(lambda quoted=quoted: index.search(parse(quoted)))
        of_bare, of_rows = timed(plainly), timed(with_rows)
        faceted = timed(lambda quoted=quoted: index.search(parse(quoted, facets=True)))
        answer = index.search(parse(quoted))
        held = bare.execute(f"SELECT count(*) FROM {table} WHERE {table} MATCH ?", (match,)).fetchone()[0]
        if answer.exact and answer.total != held:  # a faster wrong answer is void
            raise SystemExit(f"{phrase}：本系统 {answer.total} 页，裸 FTS5 {held} 页")
        rows.append((faceted, of_ours, of_bare, of_rows))
        about = "" if answer.exact else "约 "
        print(f"  {kind} {phrase:8} {about}{answer.total:>8} 页  带计数 {faceted[0]:6.1f} 毫秒（处理器 {faceted[1]:6.1f}）  "
              f"不带 {of_ours[1]:6.1f}  裸 FTS5 {of_bare[1]:6.1f}", flush=True)
    return {
        "p95 wall": quantiles([row[0][0] for row in rows], n=20)[-1], "p95 cpu": quantiles([row[0][1] for row in rows], n=20)[-1],
        "with rows": median(row[1][1] for row in rows) / median(row[3][1] for row in rows),
        "G8c": median(row[1][1] for row in rows) / median(row[2][1] for row in rows),
    }


def run(count: int = 100_000, home: Path | None = None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ADPATROL_HOME"] = str(home or folder)
        from adpatrol.django_setup import setup

        setup()
        from indexer import tables

        tables.make()
        words = Words()
        bare = count <= BARE_UP_TO
        growth: dict[int, tuple[float, float]] = {}
        began = time.perf_counter()
        for done in build(count, words, bare=bare):
            if done in SIZES:
                growth[done] = newest(counted=False)[1], newest(counted=True)[1]
            if done % 100_000 == 0:
                print(f"  {done} 页，{time.perf_counter() - began:.0f} 秒，最新 20 条 {newest(counted=False)[1]:.1f} 毫秒，带计数 {newest(counted=True)[1]:.1f} 毫秒", flush=True)
        database = (home or Path(folder)) / "adpatrol.sqlite3"
        print(f"建索引 {count} 页 {time.perf_counter() - began:.0f} 秒，数据库 {database.stat().st_size / 1e6:.0f} MB，负载 {os.getloadavg()[0]:.1f}")
        found = ask(words, database, "bare" if bare else "indexer_fts")
        if len(growth) == len(SIZES):
            small, large = (growth[size] for size in SIZES)
            found["G11 query"] = large[0] / small[0]
            print(f"最新 20 条 {SIZES[0]} → {SIZES[1]} 页：{small[0]:.2f} → {large[0]:.2f} 毫秒；带计数 {small[1]:.2f} → {large[1]:.2f} 毫秒（处理器）")
        print(f"{count} 页时：")
        for name, value in found.items():
            print(f"{name:10} {value:.2f}")
        return {name: value for name, value in found.items() if name.startswith("G")}


def apart(sizes: tuple[int, ...] = (2_000, 100_000)) -> dict[str, float]:
    """Each in a process of its own: Django is set up once a process, for one home. What counts is the last size."""
    told = ""
    for count in sizes:
        command = [sys.executable, "-m", "benchmarks.search_query", str(count)]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3 * 3600).stdout
        print(told, end="")
    found = (line.rpartition(" ") for line in told.splitlines() if line.startswith("G"))
    return {name.strip(): float(value) for name, _, value in found}


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
