"""How entries are chained and put under a root: hash chains, the Merkle tree of RFC 6962 (section 2.1), canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
import json
from json.encoder import encode_basestring_ascii
from typing import Any, Iterable, List, Optional, Tuple

NOTHING = "0" * 64  # the value of an empty chain


class BadJson(ValueError):
    """Not the JSON that should be here. The message is Chinese."""


def chained(before: str, values: Iterable[Any]) -> str:
    """The next value of a chain: SHA-256 of the JSON array [before, …] in ASCII without blanks. Texts and whole numbers only."""
    parts = [encode_basestring_ascii(value) if type(value) is str else "%d" % value for value in values]
    return hashlib.sha256(('["%s",%s]' % (before, ",".join(parts))).encode("ascii")).hexdigest()


def member_chained(before: str, file: str, offset: int, length: int, sha256: str, kind: str, uri: str, visit: str) -> str:
    """``chained`` for a stored member, written out: there are many."""
    text = encode_basestring_ascii
    told = '["%s",%s,%d,%d,%s,%s,%s,%s]' % (before, text(file), offset, length, text(sha256), text(kind), text(uri), text(visit))
    return hashlib.sha256(told.encode("ascii")).hexdigest()


def sealed(before: str, facts: str, members: str) -> str:
    """The next value of the captures' chain, over the two JSON texts that the ledger keeps of one."""
    return chained(before, [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in (facts, members)])


def merkle_root(values: Iterable[bytes]) -> bytes:
    """Leaf prefix 0x00, node prefix 0x01; of no values SHA-256 of nothing."""
    sha256 = hashlib.sha256
    stack: List[Tuple[int, bytes]] = []  # (height, hash) of whole subtrees
    for value in values:
        height, top = 0, sha256(b"\x00" + value).digest()
        while stack and stack[-1][0] == height:
            top = sha256(b"\x01" + stack.pop()[1] + top).digest()
            height += 1
        stack.append((height, top))
    if not stack:
        return sha256(b"").digest()
    top = stack.pop()[1]
    while stack:
        top = sha256(b"\x01" + stack.pop()[1] + top).digest()
    return top


def merkle_climb(value: bytes, index: int, size: int, path: List[bytes]) -> Optional[bytes]:
    """The root that a path leads to (RFC 9162, section 2.1.3.2); None where the path is of another tree."""
    if not 0 <= index < size:
        return None
    at, last, top = index, size - 1, hashlib.sha256(b"\x00" + value).digest()
    for beside in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            top = hashlib.sha256(b"\x01" + beside + top).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            top = hashlib.sha256(b"\x01" + top + beside).digest()
        at, last = at >> 1, last >> 1
    return top if last == 0 else None


def plain_json(data: bytes) -> Any:
    """JSON without floats and without a name twice. Raises BadJson."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_float=_none, parse_constant=_none)
    except (ValueError, RecursionError) as error:
        raise BadJson("不是可以解读的 JSON") from error


def canonical_json(value: Any) -> bytes:
    """RFC 8785, of values without floats."""
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _once(pairs: List[Tuple[str, Any]]) -> Any:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _none(text: str) -> Any:
    raise ValueError(text)
