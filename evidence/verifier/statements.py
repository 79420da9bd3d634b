"""Root statements: what the office signed about its ledger, at that time, over everything new since the one before."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Dict, NamedTuple

from evidence.verifier.digests import sha256_hex
from evidence.verifier.edwards import ed25519_stands
from evidence.verifier.trees import BadJson, canonical_json, plain_json

CHAINS = ("members", "captures", "acts")  # in the order of the tree
PLACE = "ledger/roots/"  # in a package
CHAIN_NAMES = {"members": "存证链", "captures": "快照登记链", "acts": "事项链"}
_SPKI = bytes.fromhex("302a300506032b6570032100")
_HEX = re.compile("[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")

Span = NamedTuple("Span", [("after", int), ("upto", int), ("head", str)])


class Statement(NamedTuple):
    """``data``: its bytes, which are what is signed and stamped; ``spans`` by chain."""

    data: bytes
    seq: int
    time: str
    ledger: str
    key: str
    previous: str
    merkle: str
    spans: Dict[str, Span]

    @property
    def sha256(self) -> str:
        return sha256_hex(self.data)


def read_statement(data: bytes) -> Statement:
    """Raises BadJson where the bytes are not exactly a root statement."""
    told = plain_json(data)
    names = {"format", "key", "ledger", "merkle", "previous", "seq", "time", *CHAINS}
    if not isinstance(told, dict) or set(told) != names or told["format"] != "adpatrol-root/1" or canonical_json(told) != data:
        raise BadJson("不是规范写法的存证根")
    texts = [told[name] for name in ("key", "merkle", "previous")]
    if type(told["seq"]) is not int or told["seq"] < 1 or not all(is_digest(text) for text in texts) or not isinstance(told["ledger"], str) \
            or not isinstance(told["time"], str) or not _TIME.fullmatch(told["time"]):
        raise BadJson("存证根的内容不完整")
    spans = {chain: _span(told[chain]) for chain in CHAINS}
    return Statement(data, told["seq"], told["time"], told["ledger"], told["key"], told["previous"], told["merkle"], spans)


def _span(told: Any) -> Span:
    if not isinstance(told, dict) or set(told) != {"after", "upto", "head"} or type(told["after"]) is not int or type(told["upto"]) is not int \
            or not 0 <= told["after"] <= told["upto"] or not is_digest(told["head"]):
        raise BadJson("存证根的范围无法解读")
    return Span(told["after"], told["upto"], told["head"])


def is_digest(value: Any) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def pem_key(text: bytes) -> bytes:
    """The raw Ed25519 key of a SubjectPublicKeyInfo in PEM, in its one spelling; empty where it is none."""
    try:
        der = binascii.a2b_base64(b"".join(text.split(b"\n")[1:-2]))
    except binascii.Error:
        return b""
    return der[12:] if der[:12] == _SPKI and len(der) == 44 and text == key_pem(der[12:]) else b""


def key_pem(raw: bytes) -> bytes:
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(_SPKI + raw) + b"\n-----END PUBLIC KEY-----\n"


def statement_signed(data: bytes, signature: bytes, key: bytes) -> bool:
    """``signature``: base64 in its one spelling, without the line end."""
    try:
        raw = binascii.a2b_base64(signature)
    except binascii.Error:
        return False
    return base64.b64encode(raw) == signature and ed25519_stands(key, raw, data)
