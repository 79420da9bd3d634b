"""The ledger entries in a package: each hashed anew, led up the Merkle path to a root that was signed and stamped."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from evidence.verifier.digests import sha256_hex
from evidence.verifier.result import Findings
from evidence.verifier.stamping import StampCheck
from evidence.verifier.statements import CHAINS, PLACE, Statement, is_digest, pem_key, read_statement, statement_signed
from evidence.verifier.sums import PUBLIC_KEY, Parts
from evidence.verifier.trees import BadJson, chained, merkle_climb, plain_json, sealed

ENTRIES = "ledger/entries.jsonl"
_SHAPES = {"members": (str, int, int, str, str, str, str), "captures": (str, str), "acts": (str, str, str, str, str)}
_NAMES = {"chain", "seq", "before", "fields", "root", "index", "size", "path"}


class LedgerEntry(NamedTuple):
    """One line. ``fields``: what is hashed after ``before``; ``value``: the chain's value made of them."""

    chain: str
    seq: int
    before: str
    fields: Tuple[Any, ...]
    value: str

    @property
    def named(self) -> str:
        return "%s 第 %d 条" % (self.chain, self.seq)


def package_roots(parts: Parts, stamps: StampCheck, findings: Findings) -> Dict[int, Statement]:
    """The statements of ``ledger/roots``, each signed, each stamp looked at."""
    keys = {sha256_hex(raw): raw for raw in (pem_key(bytes(parts[name])) for name in parts if name == PUBLIC_KEY or name.startswith(PLACE + "key-")) if raw}
    found: Dict[int, Statement] = {}
    for name in parts:
        if not name.startswith(PLACE) or not name.endswith(".json"):
            continue
        data = bytes(parts[name])
        try:
            statement = read_statement(data)
        except BadJson as error:
            findings.wrong("存证根", name, str(error))
            continue
        signature = bytes(parts.get(name + ".sig", b""))
        if name != "%s%08d.json" % (PLACE, statement.seq):
            findings.wrong("存证根", name, "文件名与内容里的序号不符")
        elif statement.key not in keys or signature[-1:] != b"\n" or not statement_signed(data, signature[:-1], keys[statement.key]):
            findings.wrong("存证根", name, "签名不成立，或没有所用的公钥")
        else:
            found[statement.seq] = statement
            _stamps_of_root(parts, name, stamps)
    _linked_roots(found, findings)
    for name in parts:
        if name.startswith(PLACE) and name.endswith((".sig", ".tsr")) and name[: len(PLACE) + 13] not in parts:
            findings.wrong("存证根", name, "没有它所属的存证根")
    if found:
        findings.checked("存证根", PLACE, "%d 个：签名、规范写法、前后相接" % len(found))
    return found


def _stamps_of_root(parts: Parts, name: str, stamps: StampCheck) -> None:
    for other in parts:
        if other.startswith(name + ".") and other.endswith(".tsr"):
            stamps.check(other[len(name) + 1 : -4], other, bytes(parts[other]), bytes(parts[name]), name)


def _linked_roots(found: Dict[int, Statement], findings: Findings) -> None:
    for seq, statement in found.items():
        before = found.get(seq - 1)
        if before is not None and (statement.previous != before.sha256 or any(statement.spans[c].after != before.spans[c].upto for c in CHAINS)):
            findings.wrong("存证根", "%s%08d.json" % (PLACE, seq), "与前一个存证根接不上")


def package_entries(parts: Parts, roots: Dict[int, Statement], findings: Findings) -> List[LedgerEntry]:
    """Those that stand under their root."""
    found: List[LedgerEntry] = []
    data = bytes(parts.get(ENTRIES, b""))
    if not data.endswith(b"\n"):
        findings.wrong("存证登记", ENTRIES, "不在，或不完整")
    seen: Dict[Tuple[str, int], LedgerEntry] = {}
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        where = "%s 第 %d 行" % (ENTRIES, number)
        try:
            entry, why = _read_entry(plain_json(line), roots)
        except BadJson as error:
            entry, why = None, str(error)
        if entry is None or why:
            findings.wrong("存证登记", where + ("（%s）" % entry.named if entry else ""), why)
            continue
        if (entry.chain, entry.seq) in seen:
            findings.wrong("存证登记", where, "同一条登记出现两次")
        seen[entry.chain, entry.seq] = entry
        found.append(entry)
    for entry in found:
        before = seen.get((entry.chain, entry.seq - 1))
        if before is not None and before.value != entry.before:
            findings.wrong("存证登记", "%s（%s）" % (ENTRIES, entry.named), "与前一条登记接不上")
    if found:
        findings.checked("存证登记", ENTRIES, "%d 条：链值、Merkle 路径，直到签名的存证根" % len(found))
    return found


def _read_entry(told: Any, roots: Dict[int, Statement]) -> Tuple[Optional[LedgerEntry], str]:
    """(the entry as far as it can be read, what is wrong with it)."""
    if not isinstance(told, dict) or set(told) != _NAMES or told["chain"] not in CHAINS or not isinstance(told["fields"], list) \
            or tuple(map(type, told["fields"])) != _SHAPES[told["chain"]] or any(type(told[name]) is not int for name in ("seq", "root", "index", "size")) \
            or not is_digest(told["before"]) or not isinstance(told["path"], list) or not all(is_digest(one) for one in told["path"]):
        return None, "写法不符"
    fields = tuple(told["fields"])
    value = sealed(told["before"], fields[0], fields[1]) if told["chain"] == "captures" else chained(told["before"], fields)
    entry = LedgerEntry(told["chain"], told["seq"], told["before"], fields, value)
    statement = roots.get(told["root"])
    if statement is None:
        return entry, "没有它所属的存证根（第 %d 个）" % told["root"]
    span, start, size = statement.spans[entry.chain], 0, 0
    for chain in CHAINS:
        start = size if chain == entry.chain else start
        size += statement.spans[chain].upto - statement.spans[chain].after
    if not span.after < entry.seq <= span.upto or told["index"] != start + entry.seq - span.after - 1 or told["size"] != size:
        return entry, "它在存证根下的位置不符"
    top = merkle_climb(bytes.fromhex(value), told["index"], size, [bytes.fromhex(one) for one in told["path"]])
    if top is None or top.hex() != statement.merkle or (entry.seq == span.upto and value != span.head):
        return entry, "由内容重算的链值到不了签名的存证根：登记被改动"
    return entry, ""


class PackedCapture(NamedTuple):
    """A capture as its ledger entry tells it."""

    entry: LedgerEntry
    facts: Dict[str, Any]
    members: List[Tuple[Any, ...]]  # (type, uri, file, offset, length, sha256)


def package_captures(entries: List[LedgerEntry], manifest: Dict[str, Any], findings: Findings) -> List[PackedCapture]:
    """Those of the manifest and those of the ledger's entries are the same, and each has all its members."""
    found: List[PackedCapture] = []
    for entry in entries:
        if entry.chain == "captures":
            one = _capture(entry)
            if one is None:
                findings.wrong("快照", "%s（%s）" % (ENTRIES, entry.named), "快照的登记无法解读")
            else:
                found.append(one)
    told = manifest.get("captures")
    there = [{"id": one.facts["id"], "url": one.facts["url"], "time": one.facts["time"], "seq": one.entry.seq} for one in found]
    for one in told if isinstance(told, list) else []:
        if one not in there:
            findings.wrong("快照", "manifest.json %s" % str(one)[:200], "存证登记里没有这个快照，或写得不同")
    for other in there:
        if not isinstance(told, list) or other not in told:
            findings.wrong("快照", "%s %s" % (str(other["id"])[:100], str(other["url"])[:200]), "manifest.json 没有列出这个快照")
    _complete(found, [entry for entry in entries if entry.chain == "members"], findings)
    return found


def _capture(entry: LedgerEntry) -> Optional[PackedCapture]:
    """None where the ledger's two texts of it are not of their shape."""
    try:
        facts, members = json.loads(entry.fields[0]), [tuple(one) for one in json.loads(entry.fields[1])]
        told = {name: facts[name] for name in ("id", "url", "final_url", "time")}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    sound = all(isinstance(value, str) for value in told.values()) and all(tuple(map(type, one)) == (str, str, str, int, int, str) for one in members)
    return PackedCapture(entry, told, members) if sound else None


def _complete(captures: List[PackedCapture], members: List[LedgerEntry], findings: Findings) -> None:
    held: Dict[str, List[Tuple[Any, ...]]] = {}
    for entry in members:
        file, offset, length, sha256, kind, uri, visit = entry.fields
        held.setdefault(visit, []).append((kind, uri, file, offset, length, sha256))
    for one in captures:
        where = "%s %s" % (str(one.facts["id"])[:100], str(one.facts["url"])[:200])
        there = held.pop(one.facts["id"], [])
        for ref in one.members:
            if ref not in there:
                findings.wrong("快照", where, "缺少它的记录（%s）" % "，".join(map(str, ref))[:300])
        for ref in there:
            if ref not in one.members:
                findings.wrong("快照", where, "多出它没有的记录（%s）" % "，".join(map(str, ref))[:300])
