"""The facts of a document as keys, and what is asked for as a key: a document has the fact where both are the same. Every backend keeps and
asks for these keys, so that all agree on what "below a domain", "a filing number" or "a place" means.

A key is ``field:value``, folded as ``field`` needs: a host by its lower case, a filing number without blanks, width, script and the word 号,
a place with and without 省, 市 ….
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from classifiers.registers_filings import filing
from indexer.models import LEVEL_KEYS, host_of
from indexer.search.protocol import IndexDoc
from indexer.search.tokens import normalise

MAX_PARTS = 20  # labels of a host, dashes of a client: a foreign archive may hold anything
_PLACE = re.compile(r".+?(?:特别行政区|自治区|自治州|自治县|地区|新区|省|市|盟|县|区|旗)")
_ENDS = re.compile(r"(?:维吾尔自治区|壮族自治区|回族自治区|特别行政区|自治区|自治州|自治县|地区|新区|省|市|盟|县|区|旗)$")


def key(field: str, value: str) -> str:
    """What is asked for. ``field``: any but company, state, since and until."""
    if field == "domain":
        return f"domain:{value.strip('.').lower()}"
    if field == "icp":
        return f"icp:{_filing(value)}"
    if field == "region":
        return f"region:{_short(value)}"
    if field == "uscc":
        return f"uscc:{normalise(value)}"
    return f"{field}:{value}"


def keys(doc: IndexDoc) -> tuple[str, ...]:
    """All keys of the document, each once, in the order of the fields."""
    return tuple(dict.fromkeys(_keys(doc)))


def _keys(doc: IndexDoc) -> Iterator[str]:
    for field in ("site", "run", "outcome", "gate", "genre"):
        if value := getattr(doc, field):
            yield f"{field}:{value}"
    if doc.level:
        yield f"level:{LEVEL_KEYS[doc.level]}"
    yield from (f"code:{code}" for code in doc.codes)
    yield from (f"provision:{id}" for id in doc.provisions)
    yield from (f"domain:{part}" for part in _endings(host_of(doc.site)))
    yield from (f"client:{part}" for part in _stretches(doc.client))
    for number in doc.icp:
        yield from (f"icp:{part}" for part in _numbers(number))
    yield from (f"uscc:{normalise(code)}" for code in doc.uscc)
    for place in doc.regions:
        yield from (f"region:{part}" for part in _places(place))


def _endings(host: str) -> Iterator[str]:
    """a.b.test: a.b.test, b.test, test."""
    labels = host.split(".")
    for at in range(max(0, len(labels) - MAX_PARTS), len(labels)):
        if ending := ".".join(labels[at:]):
            yield ending


def _stretches(client: str) -> Iterator[str]:
    """desktop-static: desktop-static, desktop, static."""
    parts = client.split("-")[:MAX_PARTS] if client else []
    for begin in range(len(parts)):
        for end in range(begin + 1, len(parts) + 1):
            yield "-".join(parts[begin:end])


def _filing(number: str) -> str:
    read = filing(number)
    text = f"{read.main}-{read.suffix}" if read and read.digits and read.suffix else read.main if read and read.digits else number
    return "-".join(normalise(part) for part in text.split("-"))


def _numbers(number: str) -> Iterator[str]:
    """The number itself, and without its site's own number."""
    whole = _filing(number)
    yield whole
    if "-" in whole:
        yield whole.rpartition("-")[0]


def _short(place: str) -> str:
    """浙江省 as 浙江: the name proper, unless nothing would be left of it."""
    name = normalise(place)
    short = _ENDS.sub("", name)
    return short if len(short) > 1 else name


def _places(place: str) -> Iterable[str]:
    """浙江省杭州市: the whole, 浙江, 杭州."""
    return (_short(part) for part in (place, *_PLACE.findall(normalise(place))))
