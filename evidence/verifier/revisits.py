"""Revisit records (ISO 28500:2017, 6.7): where a body had been stored already, only the answer's own head is stored, and the record that holds
the body is named. Whether that record is there, is whole, is the one named, and its body is the one that the revisit tells by SHA-256."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional

from evidence.verifier.records import Record, digest_stands

REVISIT = "revisit"
TOLD_OF_ORIGINAL = ("warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date", "warc-payload-digest")
_REVISIT_PROFILES = ("http://netpreserve.org/warc/1.1/revisit/identical-payload-digest", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest")
_REFERRED = re.compile(r"([A-Za-z0-9._/-]+)#([0-9]{1,15})\+([0-9]{1,12}) sha256:([0-9a-f]{64})")
_TOLD = re.compile(r"sha-?(1|256|384|512):", re.IGNORECASE)


class Referred(NamedTuple):
    """The stored gzip member that holds the body: where it was first stored, and its SHA-256."""

    file: str
    offset: int
    length: int
    sha256: str


def referred_member(headers: Dict[str, str]) -> Optional[Referred]:
    """What a revisit of adpatrol names; None where it names none."""
    found = _REFERRED.fullmatch(headers.get("x-adpatrol-refers-to", ""))
    return Referred(found.group(1), int(found.group(2)), int(found.group(3)), found.group(4)) if found else None


def both_records(headers: Dict[str, str]) -> str:
    return "重访记录 %s 所引用的原记录 %s" % (headers.get("warc-record-id", "（没有编号）")[:80], headers.get("warc-refers-to", "（没有写明）")[:80])


def comparable(headers: Dict[str, str]) -> bool:
    """Whether it is of a kind, and told by a method, that can be compared here."""
    return headers.get("warc-profile", "") in _REVISIT_PROFILES and _TOLD.match(headers.get("warc-payload-digest", "")) is not None


def revisit_faults(headers: Dict[str, str], original: Record, ours: bool) -> str:
    """What the revisit says of its original against the original itself; empty where all stands. ``ours``: each name must agree, and the
    digest be SHA-256."""
    told = headers.get("warc-payload-digest", "")
    if original.type != "response":
        return "不是完整的应答（%s）" % original.type[:40]
    if ours:
        names = (("warc-refers-to", "warc-record-id"), ("warc-refers-to-target-uri", "warc-target-uri"), ("warc-refers-to-date", "warc-date"))
        for here, there in names:
            if headers.get(here, "") != original.headers.get(there, ""):
                return "的编号、网址或时间与重访记录所写的不同（%s）" % here
        if not told.startswith("sha256:"):
            return "没有 SHA-256 可以核对"
    end = original.block.find(b"\r\n\r\n")
    body = memoryview(original.block)[end + 4 :] if end >= 0 else memoryview(b"")
    return "" if digest_stands(told, body) else "的正文与重访记录所载的摘要不符"
