"""Writes many documents: in requests bounded by count and bytes, a few on the way at once and no more (whoever makes the documents waits),
each document serialised once. A document is written under its change's number: the cluster keeps the newer of two, so that a request which
arrives late, or twice, does no harm.
"""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from indexer.search.elasticsearch.client import BUSY, asking, reason
from indexer.search.elasticsearch.errors import ClusterDown, IndexGone, NotUnderstood, TooLarge

MAX_DOCS = 500
MAX_BYTES = 4 << 20  # a single document may be larger and then goes alone
IN_FLIGHT = 2
TRIES = 5  # of documents that the cluster has no room for just now
PAUSE_S = 0.25  # before the second try; doubled each time, up to 4 s
WRITE_S = 3  # times the time-out of a search


@dataclass(frozen=True, slots=True)
class Action:
    """``source`` None: take the document out. ``version``: the number of the change (state.Change)."""

    capture_id: str
    version: int
    source: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The cluster will not have this document, in its own words."""

    capture_id: str
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Line:
    capture_id: str
    version: int
    data: bytes
    deletes: bool


class BulkWriter:
    """``alias``: an alias that only ever stands for the one index meant; where it is gone nothing is written (no index comes about by
    writing to it). ``pause`` waits so many seconds."""

    def __init__(
        self, client: Elasticsearch, alias: str, *, max_docs: int = MAX_DOCS, max_bytes: int = MAX_BYTES, in_flight: int = IN_FLIGHT, timeout_s: float = 30.0,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._client = client.options(request_timeout=timeout_s)
        self._alias, self._max_docs, self._max_bytes, self._in_flight, self._pause = alias, max_docs, max_bytes, in_flight, pause

    def write(self, actions: Iterable[Action]) -> list[Refused]:
        """All of them, or an error: ClusterDown (any number of them may have been written), IndexGone. Answers those refused."""
        refused: list[Refused] = []
        waiting: deque[Future[list[Refused]]] = deque()
        with ThreadPoolExecutor(self._in_flight, thread_name_prefix="bulk") as pool:
            try:
                for lines in self._requests(actions):
                    while len(waiting) >= self._in_flight:
                        refused += waiting.popleft().result()
                    waiting.append(pool.submit(self._send, lines))
                while waiting:
                    refused += waiting.popleft().result()
            finally:
                for one in waiting:
                    one.cancel()
        return refused

    def _requests(self, actions: Iterable[Action]) -> Iterator[list[_Line]]:
        lines: list[_Line] = []
        size = 0
        for action in actions:
            line = _line(action)
            if lines and (len(lines) >= self._max_docs or size + len(line.data) > self._max_bytes):
                yield lines
                lines, size = [], 0
            lines.append(line)
            size += len(line.data)
        if lines:
            yield lines

    def _send(self, lines: list[_Line]) -> list[Refused]:
        refused: list[Refused] = []
        for attempt in range(TRIES):
            try:
                items = self._post(lines)
            except (TooLarge, NotUnderstood) as error:
                return refused + self._halved(lines, str(error))
            again: list[_Line] = []
            why = ""
            for line, item in zip(lines, items, strict=True):
                status, wrong = int(item.get("status", 500)), item.get("error")
                if wrong is None or status == 409 or (status == 404 and line.deletes and not _no_index(wrong)):
                    continue  # 409: the index holds a newer one already
                if status in BUSY or status >= 500 or status in (401, 403):
                    again.append(line)
                    why = f"{status}：{reason(wrong)}"
                elif _no_index(wrong):
                    raise IndexGone(self._alias, "不在了")
                else:
                    refused.append(Refused(line.capture_id, line.version, reason(wrong)))
            if not again:
                return refused
            lines = again
            if attempt < TRIES - 1:
                self._pause(min(PAUSE_S * 2**attempt, 4.0) * random.uniform(0.8, 1.2))  # noqa: S311 - spreads the writers, guards nothing
        raise ClusterDown(f"{len(lines)} 个页面多次写入未成（{why}）")

    def _halved(self, lines: list[_Line], why: str) -> list[Refused]:
        """The request as a whole is not taken: in halves, down to the document that is to blame."""
        if len(lines) == 1:
            return [Refused(lines[0].capture_id, lines[0].version, why)]
        middle = len(lines) // 2
        return self._send(lines[:middle]) + self._send(lines[middle:])

    def _post(self, lines: list[_Line]) -> list[dict[str, Any]]:
        """What the cluster says of each, in their order."""
        operations: list[Any] = [line.data for line in lines]  # serialised already: the client joins them as they are
        with asking(self._alias):
            answer = self._client.bulk(
                operations=operations, index=self._alias, require_alias=True, filter_path="errors,items.*.status,items.*.error")
        items = answer.body.get("items", [])
        if len(items) != len(lines):
            raise ClusterDown("批量写入的应答残缺")
        return [next(iter(item.values()), {}) for item in items]


def _line(action: Action) -> _Line:
    deletes = action.source is None
    head = {"delete" if deletes else "index": {"_id": action.capture_id, "version": action.version, "version_type": "external_gte"}}
    data = json.dumps(head, separators=(",", ":"))
    if not deletes:
        data += "\n" + json.dumps(action.source, separators=(",", ":"))
    return _Line(action.capture_id, action.version, data.encode(), deletes)


def _no_index(error: Any) -> bool:
    return isinstance(error, dict) and error.get("type") in ("index_not_found_exception", "index_closed_exception")
