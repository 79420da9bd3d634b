"""The office's registers as one: who is licensed, under which name, domain and number; exact, then by alias, then by likeness with a score.

A likeness (``fuzzy``) never decides: it is a reason for a person to look. ``licensed`` rows are matched by name; filings and enterprise lists
only by number and, for the identity triangle, by exact name. Nothing here says more than the lists do on the day they were made (``as_of``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from classifiers import registers_names as names
from classifiers.model import Page, Picture
from classifiers.pictures import BrandPicture, nearest, read_brand_pictures
from classifiers.registers_filings import filing
from classifiers.registers_read import UNLICENSED_KINDS, Entry, read_register, register_files
from classifiers.registers_table import VERSION, Table, TableWriter, kept_table

KEEP_FROM = 1 << 20  # bytes of lists from which the index is kept on disk beside them; smaller ones are made anew in less than a second
MOST_CANDIDATES = 16  # rows compared under one key, or for one likeness
CLOSE = 0.85  # score from which two names differ only by characters of one look or sound
SHORTEST_ALIKE = 5  # characters of a name that is compared by likeness: 长沙银行 and 长春银行 are two banks
SAME_NAME = 0.95  # score from which a match is the name itself or one that the list gives
_FIELDS = ("name", "kind", "short_names", "licence_kind", "licence_number", "uscc", "domains", "icp", "region", "status", "as_of", "source")
_LISTS = frozenset({"short_names", "domains"})
_UNIT = "\x1f"


@dataclass(frozen=True, slots=True)
class Match:
    """A row found for a name. ``how``: exact (the same name but for width, script and brackets), alias (short name, other legal form, region left
    out), fuzzy (alike: decides nothing). ``score`` 0–1; ``reasons`` in Chinese say where it comes from."""

    entry: Entry
    how: Literal["exact", "alias", "fuzzy"]
    score: float
    reasons: tuple[str, ...]

    @property
    def certain(self) -> bool:
        return self.how != "fuzzy"


class Register(Protocol):
    """What the judge asks. ``digest`` names the data: the same lists give the same digest on every machine."""

    @property
    def digest(self) -> str: ...
    @property
    def kinds(self) -> frozenset[str]: ...  # of licences of which a list is loaded
    @property
    def numbered(self) -> frozenset[str]: ...  # of which a list tells the numbers of licences
    @property
    def brands(self) -> tuple[BrandPicture, ...]: ...  # pictures of institutions; where there are none, a page's pictures need not be looked at
    def __bool__(self) -> bool: ...
    def exact(self, name: str) -> Entry | None: ...
    def known(self, name: str) -> Match | None: ...
    def find(self, name: str) -> Match | None: ...
    def of_domain(self, host: str) -> Entry | None: ...
    def of_licence(self, number: str) -> tuple[Entry, ...]: ...
    def of_uscc(self, code: str) -> tuple[Entry, ...]: ...
    def filings(self, icp: str) -> tuple[Entry, ...]: ...
    def enterprise(self, name: str) -> Entry | None: ...
    def pictured(self, pictures: Sequence[Picture]) -> list[tuple[BrandPicture, Picture, int]]: ...


@dataclass(frozen=True, slots=True)
class NoRegister:
    """No list is loaded: nothing is known, nothing can be said."""

    digest: str = ""
    kinds: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()
    brands: tuple[BrandPicture, ...] = ()

    def __bool__(self) -> bool:
        return False

    def exact(self, name: str) -> Entry | None:
        return None

    def known(self, name: str) -> Match | None:
        return None

    def find(self, name: str) -> Match | None:
        return None

    def of_domain(self, host: str) -> Entry | None:
        return None

    def of_licence(self, number: str) -> tuple[Entry, ...]:
        return ()

    def of_uscc(self, code: str) -> tuple[Entry, ...]:
        return ()

    def filings(self, icp: str) -> tuple[Entry, ...]:
        return ()

    def enterprise(self, name: str) -> Entry | None:
        return None

    def pictured(self, pictures: Sequence[Picture]) -> list[tuple[BrandPicture, Picture, int]]:
        return []


@dataclass(frozen=True, eq=False)
class TableRegister:
    """Lists in a table on disk (``registers_table``)."""

    table: Table
    digest: str
    kinds: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()
    brands: tuple[BrandPicture, ...] = ()
    _known: dict[str, Match | None] = field(default_factory=dict)  # names of footers and menus come again on every page of a site
    _alikes: dict[str, Match | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.table.records > 0 or bool(self.brands)

    def exact(self, name: str) -> Entry | None:
        """The licence row (or doubtful one) of exactly this full name; width, script and brackets aside."""
        plain = _parts(name).plain
        return _best(e for e in self._rows("n:" + plain) if _parts(e.name).plain == plain)

    def known(self, name: str) -> Match | None:
        """By full name or alias: the same name before the same but for its region, and among those a licence in force first."""
        match = self._named(name)
        return match if match is not None and match.certain else None

    def find(self, name: str) -> Match | None:
        """As ``known``; where nobody is known by that name, what is most like it."""
        match = self._named(name)
        if match is not None:
            return match
        if name not in self._alikes:
            _make_room(self._alikes)
            asked = _parts(name)
            found = self._alike(asked) if len(asked.core) >= SHORTEST_ALIKE else ()
            self._alikes[name] = max(found, key=lambda match: (match.entry.licensed, match.score), default=None)
        return self._alikes[name]

    def of_domain(self, host: str) -> Entry | None:
        """The institution whose own domain ``host`` is or belongs to."""
        labels = host.lower().rstrip(".").removeprefix("www.").split(".")[-6:]
        for at in range(len(labels) - 1):
            domain = ".".join(labels[at:])
            found = _best(e for e in self._rows("d:" + domain) if domain in e.domains)
            if found is not None:
                return found
        return None

    def of_licence(self, number: str) -> tuple[Entry, ...]:
        wanted = names.fold(number)
        return tuple(e for e in self._rows("l:" + wanted) if wanted in _numbers(e)) if wanted else ()

    def of_uscc(self, code: str) -> tuple[Entry, ...]:
        return tuple(e for e in self._rows("u:" + code) if e.uscc == code) if code else ()

    def filings(self, icp: str) -> tuple[Entry, ...]:
        """Rows of filing lists for the main number (京ICP备12345678号; a suffix -1 counts for nothing)."""
        number = main_icp(icp)
        return tuple(e for e in self._rows("i:" + number) if e.icp and main_icp(e.icp) == number) if number else ()

    def enterprise(self, name: str) -> Entry | None:
        """The row of any list, licences or not, of exactly this full name."""
        plain = _parts(name).plain
        rows = [e for space in ("e:", "n:") for e in self._rows(space + plain) if _parts(e.name).plain == plain]
        return next((e for e in rows if e.uscc), rows[0] if rows else None)

    def pictured(self, pictures: Sequence[Picture]) -> list[tuple[BrandPicture, Picture, int]]:
        """Institutions whose picture a favicon or logo of the page is, with that picture and the number of bits that differ; nearest first."""
        return nearest(pictures, self.brands) if pictures and self.brands else []

    def _rows(self, key: str) -> Iterator[Entry]:
        return (_unpacked(self.table.record(number)) for number in self.table.numbers(key))

    def _named(self, name: str) -> Match | None:
        if name not in self._known:
            _make_room(self._known)
            asked = _parts(name)
            found: list[Match] = []
            for key in _name_keys(asked) if len(asked.plain) >= 2 else ():
                found += [match for entry in islice(self._rows("n:" + key), MOST_CANDIDATES) if (match := _compared(asked, entry)) is not None]
                if any(match.score >= SAME_NAME for match in found):
                    break  # the other keys hold the same name without its region
            self._known[name] = max(found, key=lambda match: (match.certain, match.score >= SAME_NAME, match.entry.licensed, match.score), default=None)
        return self._known[name]

    def _alike(self, asked: names.Parts) -> Iterator[Match]:
        seen: set[str] = set()
        for key in ("a:" + names.alike(asked.core), *("x:" + part for part in (asked.core, *names.deletions(asked.core)))):
            for entry in self._rows(key):
                if entry.name in seen:
                    continue
                if len(seen) >= MOST_CANDIDATES:
                    return
                seen.add(entry.name)
                match = _likeness(asked, entry)
                if match is not None:
                    yield match
                    if match.score >= CLOSE:
                        return


def _make_room(kept: dict[str, Match | None]) -> None:
    if len(kept) >= 2048:
        kept.clear()


@lru_cache(maxsize=2048)
def _parts(name: str) -> names.Parts:
    return names.parts(name)


def main_icp(number: str) -> str:
    """A filing number without blanks, 号 and the number of the site (…-1), simplified, upper case: 京ICP备12345678."""
    read = filing(number)
    return read.main if read is not None else ""


def _best(entries: Iterable[Entry]) -> Entry | None:
    rows = [e for e in entries if e.kind not in UNLICENSED_KINDS]
    return next((e for e in rows if e.licensed), rows[0] if rows else None)


def _name_keys(asked: names.Parts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key in (asked.plain, asked.stem, asked.core) if len(key) >= 2))


def _compared(asked: names.Parts, entry: Entry) -> Match | None:
    """Exact or alias, with the reason; None where the key met by chance or the two are of different places."""
    own = _parts(entry.name)
    if asked.plain == own.plain:
        return Match(entry, "exact", 1.0, ("全称一致",))
    for short in entry.short_names:
        if names.fold(short) in (asked.plain, asked.stem):
            return Match(entry, "alias", 0.95, (f"名录载明的简称“{short}”",))
    if asked.stem == own.stem:
        return Match(entry, "alias", 0.95, ("除法定形式外一致" if asked.form else "省略法定形式",))
    if asked.core == own.core and len(own.proper) >= 2:
        if asked.region and own.region and asked.region != own.region:
            return Match(entry, "fuzzy", 0.6, (f"字号与行业相同，行政区划不同（{asked.region}、{own.region}）",))
        if asked.form and own.form and asked.form != own.form:
            return Match(entry, "fuzzy", 0.7, (f"字号与行业相同，法定形式不同（{asked.form}、{own.form}）",))
        if not asked.region or not own.region:
            return Match(entry, "fuzzy" if asked.form and asked.region != own.region else "alias", 0.9, ("省略行政区划",))
        return Match(entry, "alias", 0.9, ("行政区划写法不同",))
    return None


def _likeness(asked: names.Parts, entry: Entry) -> Match | None:
    for label, core in (("", _parts(entry.name).core), *((f"简称“{short}”", _parts(short).core) for short in entry.short_names)):
        if len(core) < SHORTEST_ALIKE or core == asked.core:
            continue
        place = 0.0 if not asked.region or asked.region == _parts(entry.name).region else 0.05
        if names.alike(core) == names.alike(asked.core):
            told = "一字之差，形近或音近" if names.distance_one(core, asked.core) else "只有形近或音近的字不同"
            return Match(entry, "fuzzy", round(0.9 - place, 2), (f"与名录所载{label}“{entry.name}”{told}",))
        if names.distance_one(core, asked.core):
            return Match(entry, "fuzzy", round(0.85 - place - 0.5 / len(core), 2), (f"与名录所载{label}“{entry.name}”一字之差",))
    return None


def _numbers(entry: Entry) -> tuple[str, ...]:
    return tuple(names.fold(part) for part in entry.licence_number.replace("|", ";").split(";") if part.strip())


def load_registers(folders: Sequence[Path], *, cache: Path | None = None) -> Register:
    """All lists in ``registers/`` of the folders (first folder first). Raises ConfigError.

    Large lists are indexed once: the index is kept in ``cache`` (default: ``registers/.cache`` of the first folder that holds lists), named by
    the digest of the lists; where nothing can be written it is built at each start.
    """
    files = [file for folder in folders for file in register_files(folder / "registers")]
    shown = [file for folder in folders if (file := folder / "registers" / "brand_pictures.csv").is_file()]
    if not files and not shown:
        return NoRegister()
    digest = hashlib.sha256(bytes([VERSION]))
    size = 0
    for file in files:
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest() + file.name.encode("utf-8", "surrogateescape"))
            size += handle.tell()
    source = digest.digest()
    keep = (cache or files[0].parent / ".cache") if files and (size >= KEEP_FROM or cache is not None) else None
    table = kept_table(keep, source, lambda: _built(files))
    for file in shown:
        digest.update(file.read_bytes())
    brands = tuple(row for file in shown for row in read_brand_pictures(file))
    return TableRegister(table, f"sha256:{digest.hexdigest()}", frozenset(table.notes["kinds"]), frozenset(table.notes["numbered"]), brands)


def _built(files: Sequence[Path]) -> tuple[TableWriter, dict[str, Any]]:
    writer = TableWriter()
    kinds: set[str] = set()
    numbered: set[str] = set()
    for file in files:
        for entry in read_register(file):
            if entry.kind not in UNLICENSED_KINDS:
                kinds.add(entry.kind)
                numbered |= {entry.kind} if entry.licence_number else set()
            writer.add(_packed(entry), _keys(entry))
    return writer, {"kinds": sorted(kinds), "numbered": sorted(numbered)}


def _keys(entry: Entry) -> Iterator[str]:
    own = names.parts(entry.name)
    keys = {"e:" + own.plain} if entry.kind in UNLICENSED_KINDS else set()
    if entry.uscc:
        keys.add("u:" + entry.uscc)
    if entry.kind == "filing" or entry.icp:
        keys.add("i:" + main_icp(entry.icp))
    if entry.kind not in UNLICENSED_KINDS:
        keys |= {"n:" + key for key in _name_keys(own)} | {"d:" + domain for domain in entry.domains} | {"l:" + number for number in _numbers(entry)}
        likes = {own.core}
        for short in entry.short_names:
            part = names.parts(short)
            keys |= {"n:" + part.plain, "n:" + names.fold(short)}
            likes.add(part.core)
        for core in likes:
            if len(core) >= SHORTEST_ALIKE:
                keys |= {"a:" + names.alike(core), "x:" + core} | {"x:" + part for part in names.deletions(core)}
    return iter(keys)


def _packed(entry: Entry) -> bytes:
    return _UNIT.join(("|".join(value) if key in _LISTS else value).replace(_UNIT, " ") for key in _FIELDS for value in (getattr(entry, key),)).encode("utf-8", "replace")


def _unpacked(record: bytes) -> Entry:
    values: list[Any] = record.decode("utf-8").split(_UNIT)
    for at, key in enumerate(_FIELDS):
        if key in _LISTS:
            values[at] = tuple(values[at].split("|")) if values[at] else ()
    return Entry(*(values[_FIELDS.index(key)] for key in Entry.__slots__))


@dataclass(frozen=True, slots=True)
class Operator:
    """The licensed institution whose own page this is: its domain stands in the register, and the page shows its name."""

    entry: Entry
    shown: str  # the name as the page shows it
    host: str


@lru_cache(maxsize=512)
def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def operator(page: Page, registers: Register) -> Operator | None:
    """Is this page the own page of an institution whose licence is in force: does its domain stand in the register, and does a name that the page
    shows (title, companies, else the text) belong to the same row? The kind is ``operator.entry.kind``. None where the registers cannot say so."""
    host = _host(page.url)
    entry = registers.of_domain(host) if host and registers else None
    if entry is None or not entry.licensed:
        return None
    for shown in (*page.identity.companies, page.title):
        match = registers.known(shown)
        if match is not None and match.entry.licensed and match.entry.name == entry.name:
            return Operator(entry, shown, host)
    text = f"{page.title}\n{page.full_text}"
    shown = next((name for name in (entry.name, *entry.short_names) if len(name) >= 2 and name in text), "")
    return Operator(entry, shown, host) if shown else None
