"""`adpatrol ingest`: judge and index archives, anybody's; or follow a patrol that is under way."""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

if TYPE_CHECKING:
    from alerts.channels.model import AnyChannel
    from classifiers.knowledge import Knowledge

ARCHIVES = (".warc", ".warc.gz", ".wacz")
POLL_S = 0.3
SERVE = "serve"  # who follows for it follows no run
SEND_S = 10.0  # longest time given to messages at the end
BUSY_S = 60.0  # another ingest that has read nothing for so long is not waited for
SEND_EVERY_S = 2.0
COMPARED_AT_ONCE = 64  # pages, between two looks at the archive
FILLED_AT_END = 5_000  # old pages whose facts are filled in by one `adpatrol ingest`; serve goes over all of them in time


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol ingest 归档.wacz 文件夹/ ；adpatrol ingest（只读入本机存档中尚未研判的）")
    def ingest(
        paths: Annotated[list[Path] | None, typer.Argument(help="WARC、WACZ 文件，或其所在文件夹；省略：只续读本机存档")] = None,
        run: Annotated[str, typer.Option("--follow", help="跟随这次巡查，直到它结束并全部读入")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines，一个文件一行，最后一行是合计")] = False,
    ) -> None:
        """把存档读入：研判、入库、索引、登记线索。可重复执行，不会重复入库。"""
        from adpatrol.django_setup import setup

        setup()
        from adpatrol.home import config_folders, home
        from adpatrol.telling import told_on_ctrl_c
        from classifiers.knowledge import load_knowledge
        from indexer import tables
        from indexer.retrohunt import rulesets
        from indexer.search import backend
        from indexer.store import position

        knowledge = load_knowledge(config_folders())
        tables.make()
        place = home()
        with contextlib.suppress(OSError):  # a disk that is full stops ingest by itself, and in its own words
            rulesets.keep(place, config_folders(), knowledge)
        if run:
            with backend.following():
                _follow(place, knowledge, run)
            print(json.dumps(_of_run(run), ensure_ascii=False), flush=True)
            return
        with told_on_ctrl_c("已停下：读入的都在，余下的请再运行 adpatrol ingest"), backend.following():
            failed, before = False, position()
            for record in _imported(place / "archive", paths or []):
                failed = failed or "error" in record
                _tell(record, as_json)
            _tell({"captures": _read(place, knowledge, before, ask=not paths), **_totals()}, as_json)
        raise typer.Exit(2 if failed else 0)


def _read(place: Path, knowledge: Knowledge, before: int, *, ask: bool) -> int:
    """Reads on, and answers how many captures were read since the position was ``before``; where serve or a patrol has an ingest running,
    that one reads and we wait for it. Raises IngestBusy where it does not."""
    from evidence.ledger import last_seq
    from indexer.errors import IngestBusy
    from indexer.store import position

    at, moved = position(), time.monotonic()
    while True:
        try:
            return position() - before + _catch_up(place, knowledge, ask=ask)
        except IngestBusy:
            if position() >= last_seq(place / "archive"):
                return position() - before
            if position() > at:
                at, moved = position(), time.monotonic()
            if time.monotonic() - moved > BUSY_S:
                raise
            time.sleep(POLL_S)


def _catch_up(place: Path, knowledge: Knowledge, *, ask: bool) -> int:
    """What is in the archive and not yet read; its leads, its messages, and a word on each run that has ended and saw nothing."""
    from adpatrol.upkeep import fill_in, forget_erased
    from alerts import follow
    from crawler.frontier import run_ended
    from indexer.ingest import catch_up
    from indexer.models import Page
    from indexer.store import position

    channels = _channels()
    before = position()
    done = catch_up(place / "archive", knowledge, ask=ask, after_batch=lambda: follow.catch_up(channels))
    follow.catch_up(channels)
    forget_erased(place)
    fill_in(place, knowledge.registers, limit=FILLED_AT_END)
    for run in Page.objects.filter(seq__gt=before).order_by().values_list("run", flat=True).distinct():
        if run_ended(place, run):
            follow.check_run(run, channels)
    _send(channels)
    return done


def _channels() -> dict[str, AnyChannel]:
    from adpatrol.home import config_folders
    from alerts.channels.model import load_channels

    return load_channels(config_folders())


def _send(channels: dict[str, AnyChannel], *, at_most_s: float = SEND_S) -> None:
    """Tries the messages that are due, for a bounded time: what does not leave now stays in the outbox."""
    from alerts import outbox

    until = time.monotonic() + at_most_s
    outbox.deliver(channels, limit=20, keep_on=lambda: time.monotonic() < until)


def _imported(archive: Path, paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Each file copied into the archive, or why not."""
    from evidence.errors import EvidenceError
    from evidence.imports import import_file

    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file() and p.name.lower().endswith(ARCHIVES)) if path.is_dir() else [path]
        if not files:
            yield {"file": str(path), "error": "文件夹里没有 WARC 或 WACZ 文件"}
        for file in files:
            try:
                done = import_file(archive, file)
            except (OSError, EvidenceError) as error:
                yield {"file": str(file), "error": _why(error)}
            else:
                yield {"file": str(file), "captures": done.captures, "already": done.already} | ({"note": done.note} if done.note else {})


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "没有这个文件"
    if isinstance(error, PermissionError):
        return "没有读取的权限"
    return getattr(error, "strerror", None) or str(error)


def _follow(home: Path, knowledge: Knowledge, run: str) -> None:
    """Until whoever started us is gone or done (our standard input is closed) or the run has ended; then what is left of the archive.
    Waits where another process of this home ingests."""
    from adpatrol.upkeep import fill_in, forget_erased
    from alerts import follow as leads
    from crawler.frontier import run_ended, runs
    from evidence.ledger import last_seq
    from indexer.errors import IngestBusy
    from indexer.ingest import follow
    from indexer.sameness import follow as sameness
    from indexer.store import position

    channels = _channels()
    archive = home / "archive"
    sent = time.monotonic()
    rules = _rules_stamp()

    def over() -> bool:
        # The run may not be recorded yet: whoever started us does that while we start.
        return _closed(sys.stdin) or (run == SERVE and _rules_stamp() != rules) or any(row.id == run and row.state == "finished" for row in runs(home))

    def idle() -> None:
        nonlocal sent
        if time.monotonic() - sent > SEND_EVERY_S:
            _send(channels, at_most_s=1.0)
            sent = time.monotonic()
        forget_erased(home)
        fill_in(home, knowledge.registers, limit=COMPARED_AT_ONCE)
        if sameness.behind():  # nothing waits to be judged: compare what is
            sameness.catch_up(archive, limit=COMPARED_AT_ONCE)

    while True:
        ended = over()
        try:
            follow(archive, knowledge, until=over, poll_s=POLL_S, after_batch=lambda: leads.catch_up(channels), idle=idle)
            break
        except IngestBusy:
            if ended and position() >= last_seq(archive):
                break
            time.sleep(POLL_S)
    leads.catch_up(channels)
    if run_ended(home, run):  # of one cut off nothing can be said yet: --resume goes on with it
        leads.check_run(run, channels)
    _send(channels)


def _rules_stamp() -> int:
    """Changes when a rule of the office's own is put in place: `serve` then has another ingest, which knows it."""
    from adpatrol.home import config_folders

    try:
        return (config_folders()[0] / "rules").stat().st_mtime_ns
    except OSError:
        return 0


def _closed(stream: TextIO) -> bool:
    """Whether nothing more will come from our standard input; what does come is thrown away."""
    try:
        ready, _, _ = select.select([stream], [], [], 0)
        return bool(ready) and os.read(stream.fileno(), 4096) == b""
    except (OSError, ValueError):  # it is closed on our side
        return True


def _of_run(run: str) -> dict[str, int]:
    from alerts import counts as of_leads
    from indexer import counts

    figures = counts.for_run(run)
    return {name: figures[name] for name in ("captures", "pages", "findings")} | of_leads.for_run(run)


def _totals() -> dict[str, int]:
    from indexer.models import Finding, Page

    return {"pages": Page.objects.count(), "findings": Finding.objects.count()}


def _tell(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(record, ensure_ascii=False), flush=True)
    elif "error" in record:
        print(f"{record['file']}：{record['error']}", file=sys.stderr)
    elif "file" in record:
        note = f"；注意：{record['note']}" if record.get("note") else ""
        print(f"{record['file']}：{'先前已收入' if record['already'] else '已收入'}，快照 {record['captures']} 个{note}")
    else:
        print(f"本次读入快照 {record['captures']} 个；库内页面 {record['pages']}，涉嫌违法点 {record['findings']}")
