"""A database that is held by another is waited for; one without room is told of; neither loses or repeats anything."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from archived import PROMISE, visit, write
from django.db import OperationalError

from indexer import ingest, patience
from indexer.errors import StoreBusy, StoreFull
from indexer.models import Page
from indexer.patience import patiently
from tests.shipped import shipped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_documents")]


def fails(times: int, words: str) -> tuple[list[int], object]:
    calls: list[int] = []

    def act() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise OperationalError(words)
        return "done"

    return calls, act


def test_a_held_database_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    calls, act = fails(2, "database is locked")
    with caplog.at_level(logging.WARNING):
        assert patiently(act, pause_s=0) == "done"  # type: ignore[arg-type]
    assert len(calls) == 3
    assert "数据库被占用" in caplog.text


@pytest.mark.parametrize(("words", "error", "tried"), [
    ("database is locked", StoreBusy, 3), ("database or disk is full", StoreFull, 1), ("no such table: x", OperationalError, 1),
])
def test_what_cannot_be_waited_for_is_said(words: str, error: type[Exception], tried: int) -> None:
    calls, act = fails(99, words)
    with pytest.raises(error):
        patiently(act, tries=3, pause_s=0)  # type: ignore[arg-type]
    assert len(calls) == tried


def test_ingest_goes_on_after_the_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [visit(n, PROMISE) for n in range(4)])
    knowledge = shipped()
    real, calls = ingest.store, []

    def full(readings: list[object]) -> None:
        calls.append(len(readings))
        if len(calls) == 1:
            raise OperationalError("database or disk is full")
        if len(calls) == 2:
            raise OperationalError("database is locked")
        real(readings)  # type: ignore[arg-type]

    monkeypatch.setattr(ingest, "store", full)
    monkeypatch.setattr(patience, "PAUSE_S", 0)
    with pytest.raises(StoreFull, match="磁盘已满"):
        ingest.catch_up(tmp_path / "archive", knowledge, ask=False)
    assert Page.objects.count() == 0
    assert ingest.catch_up(tmp_path / "archive", knowledge, ask=False) == 4
    assert Page.objects.count() == 4
