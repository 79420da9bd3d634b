"""The WACZ in a package (https://specs.webrecorder.net/wacz/1.1.1/): its container, its own digests, its index, and each member a ledgered one."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from evidence.verifier.container import read_container
from evidence.verifier.digests import sha256_hex
from evidence.verifier.entries import LedgerEntry, PackedCapture
from evidence.verifier.records import MARK, BadRecord, Record, digest_faults, members_of, unpack_member
from evidence.verifier.result import Findings
from evidence.verifier.revisits import REVISIT, TOLD_OF_ORIGINAL, both_records, comparable, referred_member, revisit_faults
from evidence.verifier.sums import Parts
from evidence.verifier.trees import BadJson, plain_json

WACZ = "evidence.wacz"
PICTURES = ("urn:fullPage:", "urn:view:")
_DATA, _DATA_DIGEST, _PAGES = "datapackage.json", "datapackage-digest.json", "pages/pages.jsonl"


class PackedMember(NamedTuple):
    """Where a gzip member lies in the WACZ, and what it holds. The block is not kept."""

    file: str
    offset: int
    length: int
    sha256: str
    headers: Dict[str, str]
    block: str  # SHA-256 of the record's content


def check_wacz(data: memoryview, entries: List[LedgerEntry], captures: List[PackedCapture], findings: Findings) -> Set[str]:
    """SHA-256 of the pictures of pages in it. Faults are findings."""
    parts = read_container(data, WACZ, findings)
    if parts is None:
        return set()
    _data_package(parts, findings)
    members = _members(parts, captures, findings)
    _ledgered(members, entries, findings)
    _index(parts, members, findings)
    _revisits(parts, members, entries, captures, findings)
    _pages(parts, captures, findings)
    findings.checked("WACZ", WACZ, "%d 条记录：压缩结尾、自带的摘要、逐条在存证账中；数据清单、索引、页面表" % len(members))
    return {one.block for one in members if one.headers.get("warc-target-uri", "").startswith(PICTURES)}


def _inside(name: str) -> str:
    return "%s 里的 %s" % (WACZ, name[:200])


def _data_package(parts: Parts, findings: Findings) -> None:
    """Every file's digest and size, none missing, none added."""
    listed: Dict[str, Any] = {}
    try:
        told = plain_json(bytes(parts.get(_DATA, b"")))
        listed = {str(one["path"]): (one["hash"], one["bytes"]) for one in told["resources"]}
        digest = plain_json(bytes(parts.get(_DATA_DIGEST, b"")))
        if digest["path"] != _DATA or digest["hash"] != "sha256:" + sha256_hex(parts[_DATA]):
            findings.wrong("WACZ", _inside(_DATA_DIGEST), "与 %s 的摘要不符" % _DATA)
    except (BadJson, KeyError, TypeError):
        findings.wrong("WACZ", _inside(_DATA), "数据清单不在，或无法解读")
    wanted = [name for name in parts if name not in (_DATA, _DATA_DIGEST)]
    for name in wanted:
        if listed.get(name) != ("sha256:" + sha256_hex(parts[name]), len(parts[name])):
            findings.wrong("WACZ", _inside(name), "数据清单没有列出它，或摘要、大小不符")
    for name in sorted(set(listed) - set(wanted)):
        findings.wrong("WACZ", _inside(name), "数据清单列出了它，而它不在")


def _members(parts: Parts, captures: List[PackedCapture], findings: Findings) -> List[PackedMember]:
    facts = {one.facts["id"]: one.entry.fields[0] for one in captures}
    found = []
    for name in parts:
        if not name.startswith("archive/"):
            continue
        try:
            for offset, length in members_of(bytes(parts[name])):
                raw = bytes(parts[name][offset : offset + length])
                record = unpack_member(raw)
                _record(record, "%s 偏移 %d（%s）" % (_inside(name), offset, record.headers.get("warc-target-uri", "")[:200]), facts, findings)
                found.append(PackedMember(name, offset, length, sha256_hex(raw), record.headers, sha256_hex(record.block)))
        except BadRecord as error:
            findings.wrong("WACZ", _inside(name), str(error))
    return found


def _record(record: Record, where: str, facts: Dict[str, str], findings: Findings) -> None:
    why = digest_faults(record)
    if why:
        findings.open("外来记录", where, why + "：入档时是否如此，请看存证登记")
    uri = record.headers.get("warc-target-uri", "")
    visit = record.headers.get("warc-page-id", "")
    if uri.startswith(MARK) and visit in facts and facts[visit].encode("utf-8", "surrogatepass") != record.block:
        findings.wrong("快照", where, "登记的快照信息与存档中的不符")


def _ledgered(members: List[PackedMember], entries: List[LedgerEntry], findings: Findings) -> None:
    """The members of the WACZ are those of the ledger's entries, in the same number."""
    ledgered: Dict[Tuple[str, int], List[LedgerEntry]] = {}
    for entry in entries:
        if entry.chain == "members":
            ledgered.setdefault((entry.fields[3], entry.fields[2]), []).append(entry)
    for one in members:
        there = ledgered.get((one.sha256, one.length))
        if not there:
            findings.wrong("WACZ", "%s 偏移 %d（%s）" % (_inside(one.file), one.offset, one.headers.get("warc-target-uri", "")[:200]), "不在存证登记中：多出的记录，或内容被换")
            continue
        entry = there.pop()
        if entry.fields[4] != one.headers.get("warc-type", "") or entry.fields[5] != one.headers.get("warc-target-uri", ""):
            findings.wrong("WACZ", "%s 偏移 %d" % (_inside(one.file), one.offset), "种类或网址与存证登记不符")
    for left in ledgered.values():
        for entry in left:
            findings.wrong("WACZ", "%s（%s %s）" % (WACZ, entry.named, str(entry.fields[5])[:200]), "存证登记中的这条记录不在 WACZ 里")


def _index(parts: Parts, members: List[PackedMember], findings: Findings) -> None:
    """Each line of the index leads to a member that begins there and is of that address; every answer is in it."""
    places = {(one.file, one.offset): one for one in members}
    seen: Set[Tuple[str, int]] = set()
    for name in parts:
        if not name.startswith("indexes/"):
            continue
        lines = bytes(parts[name]).split(b"\n")
        if lines != [*sorted(lines[:-1]), b""]:
            findings.wrong("WACZ", _inside(name), "索引没有排序，或不完整")
        for number, line in enumerate(lines[:-1], 1):
            try:
                told = json.loads(line.split(b" ", 2)[2].decode("utf-8"))
                place = "archive/" + told["filename"], int(told["offset"])
                one = places.get(place)
                stands = one is not None and one.length == int(told["length"]) and one.headers.get("warc-target-uri", "") == told["url"]
            except (ValueError, KeyError, IndexError, TypeError, RecursionError):
                stands = False
            if not stands:
                findings.wrong("WACZ", "%s 第 %d 行" % (_inside(name), number), "索引所指的记录不在那里，或不是那个网址")
            else:
                seen.add(place)
    for place, one in places.items():
        if one.headers.get("warc-type") in ("response", "revisit") and place not in seen:
            findings.wrong("WACZ", "%s 偏移 %d（%s）" % (_inside(one.file), one.offset, one.headers.get("warc-target-uri", "")[:200]), "索引里没有这条记录，回放时会看不见它")


def _revisits(parts: Parts, members: List[PackedMember], entries: List[LedgerEntry], captures: List[PackedCapture], findings: Findings) -> None:
    """What each revisit record refers to lies in the WACZ too, is the record it names, and has the body it tells; nothing else of other
    captures came along."""
    strange = {str(one.fields[3]) for one in entries if one.chain == "members" and str(one.fields[0]).startswith("imported/")}
    found = _Originals(members)
    referred: Set[str] = set()
    revisits = [one for one in members if one.headers.get("warc-type") == REVISIT]
    compared: Dict[Tuple[str, ...], str] = {}
    for one in revisits:
        where = "%s 偏移 %d（%s）" % (_inside(one.file), one.offset, one.headers.get("warc-target-uri", "")[:200])
        original = found.of(one, one.sha256 in strange)
        if original is None:
            findings.wrong("重访记录", where, both_records(one.headers) + "不在包里")
            continue
        referred.add(original.sha256)
        if one.sha256 in strange and not comparable(one.headers):
            findings.open("外来的重访记录", where, "没有可以核对的摘要")
            continue
        key = (original.sha256, str(one.sha256 in strange), *(one.headers.get(name, "") for name in TOLD_OF_ORIGINAL))
        if key not in compared:
            record = unpack_member(bytes(parts[original.file][original.offset : original.offset + original.length]))
            compared[key] = revisit_faults(one.headers, record, one.sha256 not in strange)
        if compared[key]:
            findings.wrong("重访记录", where, both_records(one.headers) + compared[key])
    _strangers(entries, captures, referred, findings)
    if revisits:
        findings.checked("重访记录", WACZ, "%d 条：应答的正文与此前存过的完全相同，只存一份；状态行和响应头是该次访问自己的；已由所引用的 %d 条原记录重算正文的 SHA-256 对照"
                         % (len(revisits), len(referred)))


class _Originals:
    """The full responses of the WACZ, by what revisits call them."""

    def __init__(self, members: List[PackedMember]) -> None:
        self._by_sha256 = {one.sha256: one for one in members}
        answers = [one for one in reversed(members) if one.headers.get("warc-type") == "response"]
        self._by_id = {one.headers.get("warc-record-id", ""): one for one in answers}
        self._by_digest = {one.headers.get("warc-payload-digest", "").lower(): one for one in answers}

    def of(self, revisit: PackedMember, foreign: bool) -> Optional[PackedMember]:
        """Ours name the stored member; others' the record, or only the body's digest."""
        place = referred_member(revisit.headers)
        found = self._by_sha256.get(place.sha256) if place is not None else None
        if found is not None or not foreign:
            return found
        told = revisit.headers.get("warc-payload-digest", "").lower()
        return self._by_id.get(revisit.headers.get("warc-refers-to", "-")) or (self._by_digest.get(told) if told else None)


def _strangers(entries: List[LedgerEntry], captures: List[PackedCapture], referred: Set[str], findings: Findings) -> None:
    """Records of captures that are not in the package are there only to be referred to."""
    ids = {one.facts["id"] for one in captures}
    others = [one.fields for one in entries if one.chain == "members" and one.fields[6] and one.fields[6] not in ids]
    for visit in sorted({str(fields[6]) for fields in others if fields[3] not in referred}):
        findings.wrong("快照", visit[:100], "有它的记录，没有它的登记")


def _pages(parts: Parts, captures: List[PackedCapture], findings: Findings) -> None:
    """The list of pages that a player shows: the captures, no other."""
    ids = {one.facts["id"]: str(one.facts["time"])[:19] for one in captures}
    listed: List[str] = []
    for number, line in enumerate(bytes(parts.get(_PAGES, b"")).split(b"\n")[1:-1], 2):
        try:
            told = json.loads(line.decode("utf-8"))
            id, second = str(told["id"]), told["ts"]
        except (ValueError, KeyError, TypeError, RecursionError):
            id, second = "", ""
        if ids.get(id) is None or str(second)[:19] != ids[id]:
            findings.wrong("WACZ", "%s 第 %d 行" % (_inside(_PAGES), number), "不是包里的快照")
        listed.append(id)
    for id in ids:
        if listed.count(id) != 1:
            findings.wrong("WACZ", _inside(_PAGES), "快照 %s 不在页面表里，或出现两次" % str(id)[:100])
