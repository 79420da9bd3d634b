"""From a revisit record to the full response it refers to: the one place where bodies that are stored once are found again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evidence import bodies, ledger
from evidence.capture import RecordRef
from evidence.errors import ArchiveUnreadable, DigestMismatch, Erased, EvidenceError
from evidence.revisits import PROFILES, body_has, body_of, place_in, plain_digest
from evidence.stored import record
from evidence.tables import read

MOST = 2_000  # revisits of one file that are looked at when it is taken in


def block(folder: Path, ref: RecordRef) -> bytes:
    """What the answer was as a whole: the revisit's own head, and the body of the record it refers to; where the revisit (of another's
    archive) has no head, the other's. Raises Erased, DigestMismatch, ArchiveUnreadable, naming both records."""
    headers, head = record(folder, ref)
    original, body = _found(folder, ref, headers)
    return head + body if head else original


def originals(folder: Path, refs: Sequence[RecordRef]) -> list[RecordRef]:
    """The members, as first stored, that the revisits among ``refs`` refer to and that are not among them, each once. Raises as ``block``."""
    heads = [(ref, record(folder, ref)[0]) for ref in refs if ref.type == "revisit"]
    named = {ref: place_in(headers) for ref, headers in heads}
    there = {_place(one.ref): one.ref for one in ledger.members_at(folder, {_place(place) for place in named.values() if place is not None})} if heads else {}
    found: dict[tuple[str, int], RecordRef] = {}
    for ref, headers in heads:
        place = named[ref]
        one = there.get(_place(place)) if place is not None else None
        if one is None or place is None or one.sha256 != place.sha256:
            one = next(_named(folder, ref, headers), None)
        if one is None:
            raise ArchiveUnreadable(f"{_which(ref, headers)}：存档里没有它所引用的原记录")
        found[_place(one)] = one
    own = {_place(ref) for ref in refs}
    return [one for place, one in found.items() if place not in own]


def unresolved(folder: Path, file: str) -> list[str]:
    """Why the revisits of a file that belong to captures have no body, at most MOST of them."""
    rows = read(folder, "SELECT type, uri, file, offset, length, sha256 FROM members WHERE file = ? AND type = 'revisit' AND visit <> '' ORDER BY seq LIMIT ?", (file, MOST))
    found = []
    for kind, uri, name, offset, length, sha256 in rows:
        try:
            block(folder, RecordRef(type=kind, uri=uri, file=name, offset=offset, length=length, sha256=sha256))
        except EvidenceError as error:
            found.append(str(error))
    return found


def _found(folder: Path, ref: RecordRef, headers: Mapping[str, str]) -> tuple[bytes, bytes]:
    """(the original's block, its body)."""
    which = _which(ref, headers)
    if headers.get("warc-profile", "") not in PROFILES:
        raise ArchiveUnreadable(f"{which}：不是引用相同正文的重访记录，没有正文可读")
    faults: list[EvidenceError] = []
    for one in _candidates(folder, ref, headers):
        try:
            return _checked(folder, ref, headers, one)
        except EvidenceError as error:
            faults.append(error)
    if not faults:
        raise ArchiveUnreadable(f"{which}：存档里没有它所引用的原记录")
    kind = type(faults[0]) if isinstance(faults[0], Erased | DigestMismatch) else ArchiveUnreadable
    raise kind(f"{which}：{faults[0]}")


def _checked(folder: Path, ref: RecordRef, headers: Mapping[str, str], one: RecordRef) -> tuple[bytes, bytes]:
    theirs, whole = record(folder, one, referred=True)
    body, told = body_of(whole), headers.get("warc-payload-digest", "")
    if theirs.get("warc-type") != "response":
        raise ArchiveUnreadable(f"{one.file} 偏移 {one.offset} 处不是完整的应答")
    same = plain_digest(told) == plain_digest(theirs.get("warc-payload-digest", "")) and one.file == ref.file and ref.file.startswith(bodies.IMPORTED)
    if not same and not body_has(told, body):  # within one imported file its own words count: others' tools digest otherwise (chunked bodies)
        raise DigestMismatch(f"{one.file} 偏移 {one.offset} 处的正文与重访记录所载的摘要不符")
    return whole, body


def _candidates(folder: Path, ref: RecordRef, headers: Mapping[str, str]) -> Iterator[RecordRef]:
    place = place_in(headers)
    if place is not None:
        yield place
    yield from _named(folder, ref, headers)


def _named(folder: Path, ref: RecordRef, headers: Mapping[str, str]) -> Iterator[RecordRef]:
    """Where the record is not at the place it names (an imported archive, a ledger written anew): any response with that body."""
    told, identity = plain_digest(headers.get("warc-payload-digest", "")), headers.get("warc-refers-to", "")
    imported = ref.file.startswith(bodies.IMPORTED)
    with bodies.known(folder) as table:
        numbers = [*(table.strange(identity) if imported and identity else []), *(table.strange(told) if imported else [])]
        own = table.own(bytes.fromhex(told[7:])) if told.startswith("sha256:") and len(told) == 71 else None
    found = [bodies.member_ref(folder, one) for one in dict.fromkeys([*numbers, *([own] if own is not None else [])])]
    yield from sorted(found, key=lambda one: one.file != ref.file)


def _which(ref: RecordRef, headers: Mapping[str, str]) -> str:
    return (f"重访记录 {headers.get('warc-record-id', '')[:80]}（{ref.file} 偏移 {ref.offset}）引用原记录 "
            f"{headers.get('warc-refers-to', '')[:80] or '（未写明）'}（{headers.get('warc-refers-to-target-uri', '')[:200]}）")


def _place(ref: RecordRef) -> tuple[str, int]:
    return ref.file, ref.offset
