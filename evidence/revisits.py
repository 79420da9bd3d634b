"""Identical bodies stored once: what a revisit record says of the full response it refers to (ISO 28500:2017, 6.7; docs/decisions/0021)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from evidence.capture import RecordRef

PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
PROFILES = frozenset({PROFILE, "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"})
PLACE = "X-Adpatrol-Refers-To"  # the stored gzip member referred to: FILE#OFFSET+LENGTH sha256:HEX
FLOOR = 256  # bytes of a body: with fewer a revisit, which names its original, is never shorter than the whole answer
_PLACE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,150}/[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.warc\.gz)#([0-9]{1,15})\+([0-9]{1,12}) sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Original:
    """A full response that is stored: ``ref`` its member as first stored; ``identity``, ``uri`` and ``date`` as its record tells them."""

    ref: RecordRef
    identity: str
    uri: str
    date: str

    @property
    def place(self) -> str:
        return f"{self.ref.file}#{self.ref.offset}+{self.ref.length} sha256:{self.ref.sha256}"


def place_in(headers: Mapping[str, str]) -> RecordRef | None:
    """The member that a revisit of ours names; None where it names none. A name that leads out of the archive is none."""
    found = _PLACE.fullmatch(headers.get(PLACE.lower(), ""))
    if found is None:
        return None
    return RecordRef(type="response", uri=headers.get("warc-refers-to-target-uri", ""), file=found[1], offset=int(found[2]), length=int(found[3]), sha256=found[4])


def body_of(block: bytes) -> bytes:
    """The payload of an HTTP answer as stored: content-encoding kept."""
    return block.partition(b"\r\n\r\n")[2]


def plain_digest(told: str) -> str:
    """``SHA-1:ABC…`` → ``sha1:abc…``: one way of writing a WARC digest. Base32 stays base32."""
    name, _, value = told.partition(":")
    return f"{name.strip().lower().replace('sha-', 'sha')}:{value.strip().lower()}"


def body_has(digest: str, body: bytes) -> bool:
    """Whether the body is that of a told digest, in hexadecimal or base32; False where the method is not known."""
    name, _, value = plain_digest(digest).partition(":")
    if name not in ("sha1", "sha256", "sha512", "md5"):
        return False
    made = hashlib.new(name, body, usedforsecurity=False)
    return value in (made.hexdigest(), base64.b32encode(made.digest()).decode("ascii").lower())


def usual_digests(body: bytes) -> list[str]:
    """As others' tools write them: SHA-256 in hexadecimal, SHA-1 in base32."""
    sha1 = hashlib.sha1(body, usedforsecurity=False).digest()
    return [f"sha256:{hashlib.sha256(body).hexdigest()}", f"sha1:{base64.b32encode(sha1).decode('ascii').lower()}"]
