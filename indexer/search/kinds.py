"""The facts of documents, folded into few numbers: a site, and one *kind* for each combination of all other facets that occurs.

Counting facets over tens of thousands of hits is then counting pairs of numbers; what a kind means is read once a process.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import models

from indexer.models import LEVEL_KEYS, IndexedKind, IndexedSite
from indexer.search.protocol import FACET_VALUES, FACETS, IndexDoc

CHUNK = 500
KEPT = 50_000  # sites, and kinds, kept in memory: a few hundred bytes each
Facts = Mapping[str, tuple[str, ...]]  # facet -> values
V = TypeVar("V")
Row = TypeVar("Row", bound=models.Model)


def facts_of(doc: IndexDoc) -> Facts:
    """All facets but the site."""
    found = {
        "level": (LEVEL_KEYS[doc.level],) if doc.level else (), "code": doc.codes, "provision": doc.provisions, "region": doc.regions,
        "state": doc.states, "genre": (doc.genre,), "gate": (doc.gate,), "outcome": (doc.outcome,), "client": (doc.client,),
    }
    return {name: tuple(sorted({value for value in values if value})) for name, values in found.items() if any(values)}


def number_of(text: str) -> int:
    """63 bits of a digest: the same text has the same number in every process and after every rebuild, so that what is kept is never stale."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def written(facts: Facts) -> str:
    return json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


class _Kept(Generic[V]):
    """What numbers mean, for this process; the oldest go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, V] = OrderedDict()
        self._lock = Lock()

    def get(self, numbers: Iterable[int]) -> dict[int, V]:
        kept = self._kept
        return {number: kept[number] for number in numbers if number in kept}

    def keep(self, found: Mapping[int, V]) -> None:
        with self._lock:
            self._kept.update(found)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


_sites: _Kept[str] = _Kept()
_kinds: _Kept[Facts] = _Kept()


def sites(names: Iterable[str]) -> dict[str, int]:
    """The numbers of sites; new ones are written."""
    numbers = {name: number_of(name) for name in dict.fromkeys(names)}
    _write(IndexedSite, [IndexedSite(id=number, name=name) for name, number in numbers.items()])
    return numbers


def kinds(many: Iterable[Facts]) -> dict[str, int]:
    """The numbers of kinds, by ``written``; new ones are written."""
    rows = {}
    for facts in many:
        text = written(facts)
        if text not in rows:
            rows[text] = IndexedKind(id=number_of(text), facts=facts, states=f" {' '.join(facts.get('state', ()))} ")
    _write(IndexedKind, list(rows.values()))
    return {text: row.id for text, row in rows.items()}


def _write(model: type[Row], rows: Sequence[Row]) -> None:
    for at in range(0, len(rows), CHUNK):
        model._default_manager.bulk_create(rows[at : at + CHUNK], ignore_conflicts=True)


def meaning(numbers: Iterable[int]) -> dict[int, Facts]:
    """What kinds mean, by number."""
    return _read(_kinds, dict.fromkeys(numbers), lambda some: {
        id: {name: tuple(values) for name, values in facts.items()}
        for id, facts in IndexedKind.objects.filter(id__in=some).values_list("id", "facts")
    })


def names(numbers: Iterable[int]) -> dict[int, str]:
    """The names of sites, by number."""
    return _read(_sites, dict.fromkeys(numbers), lambda some: dict(IndexedSite.objects.filter(id__in=some).values_list("id", "name")))


def _read(kept: _Kept[V], wanted: Iterable[int], read: Any) -> dict[int, V]:
    found = kept.get(wanted)
    absent = [number for number in wanted if number not in found]
    for at in range(0, len(absent), CHUNK):
        new = read(absent[at : at + CHUNK])
        kept.keep(new)
        found.update(new)
    return found


def count(sites: Mapping[str, int], kinds: Mapping[str, int], times: int) -> dict[str, dict[str, int]]:
    """The facets over hits of which so many are of each site and kind (numbers as SQLite writes them), each count ``times`` what was met."""
    by_site = {int(number): many for number, many in sites.items()}
    by_kind = {int(number): many for number, many in kinds.items()}
    counts: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    known = meaning(by_kind)
    for number, many in by_kind.items():
        for name, values in known.get(number, {}).items():
            counter = counts[name]
            for value in values:
                counter[value] = counter.get(value, 0) + many
    called = names(by_site)
    counts["site"] = {called[number]: many for number, many in by_site.items() if called.get(number)}
    return {name: {value: many * times for value, many in _most(counter)} for name, counter in counts.items()}


def _most(counter: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent values, between equals by value. Of thousands of sites only those that may be among them are put in order."""
    least = sorted(counter.values())[-FACET_VALUES] if len(counter) > FACET_VALUES else 0
    return sorted([item for item in counter.items() if item[1] >= least], key=lambda item: (-item[1], item[0]))[:FACET_VALUES]
