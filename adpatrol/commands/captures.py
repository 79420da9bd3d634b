"""`adpatrol captures`: what is acknowledged, ingested or not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evidence.capture import Capture

GROUP = 500


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol captures --site https://example.org --json")
    def captures(
        site: Annotated[str | None, typer.Option(help="只看这个网站（起始网址的源，如 https://example.org）")] = None,
        run: Annotated[str | None, typer.Option(help="只看这次巡查")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines")] = False,
    ) -> None:
        """已存证的快照，未研判的也在内。"""
        from adpatrol.home import home
        from adpatrol.telling import WORDS
        from crawler.addresses import origin_of
        from evidence import ledger

        none = True
        for capture, gate in _with_gates(ledger.captures(home() / "archive", run=run, site=origin_of(site) if site else None)):
            none = False
            if as_json:
                print(json.dumps(capture.to_json() | {"gate": gate}, ensure_ascii=False))
            else:
                when = capture.time.astimezone(_shanghai()).strftime("%Y-%m-%d %H:%M:%S")
                print(f"{when}  {WORDS.get(str(capture.outcome), str(capture.outcome))}  {capture.client}  {_plain(capture.url)}  {capture.detail}")
        if none and not as_json:
            print("没有快照。先巡查：adpatrol patrol --site https://…")


def _with_gates(captures: Iterator[Capture]) -> Iterator[tuple[Capture, str | None]]:
    """Each capture with the gate's word where it is ingested already, else None."""
    known = _Gates()
    while group := list(islice(captures, GROUP)):
        gates = known([capture.id for capture in group])
        for capture in group:
            yield capture, gates.get(capture.id)


class _Gates:
    """capture ids → what the gate said, as far as they are ingested. Remembers whether there is a database."""

    def __init__(self) -> None:
        from adpatrol.home import home

        self._there = (home() / "adpatrol.sqlite3").is_file()
        if self._there:
            from adpatrol.django_setup import setup

            setup()

    def __call__(self, ids: Sequence[str]) -> dict[str, str]:
        if not self._there:
            return {}
        from django.db import OperationalError

        from indexer.models import Page

        try:
            return {row[0]: row[1] for row in Page.objects.filter(capture_id__in=ids).exclude(gate="").values_list("capture_id", "gate")}
        except OperationalError:  # a home without tables: nothing is ingested
            return {}


def _shanghai() -> object:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Asia/Shanghai")


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:300]
