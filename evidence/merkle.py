"""The Merkle tree of RFC 6962, section 2.1: its root, and the path that shows one leaf to be under it.

``nodes`` are the 32-byte hashes of one level one behind the other; an odd last node goes up as it is, which is the tree that RFC 6962
describes from above (split at the largest power of two below n).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

SIZE = 32


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(entries: Iterable[bytes]) -> bytes:
    """MTH of the entries, in memory for one node a level; SHA-256 of nothing where there is none."""
    stack: list[tuple[int, bytes]] = []  # (height, hash) of whole subtrees, the highest first
    for entry in entries:
        height, top = 0, leaf(entry)
        while stack and stack[-1][0] == height:
            top = node(stack.pop()[1], top)
            height += 1
        stack.append((height, top))
    if not stack:
        return hashlib.sha256(b"").digest()
    top = stack.pop()[1]
    while stack:
        top = node(stack.pop()[1], top)
    return top


def levels(entries: Iterable[bytes]) -> list[bytes]:
    """The nodes of every level, the leaves first: 64 bytes an entry in all."""
    made = [b"".join(map(leaf, entries))]
    while len(made[-1]) > SIZE:
        below = made[-1]
        pairs = [node(below[at : at + SIZE], below[at + SIZE : at + 2 * SIZE]) for at in range(0, len(below) - SIZE, 2 * SIZE)]
        odd = below[-SIZE:] if len(below) // SIZE % 2 else b""
        made.append(b"".join(pairs) + odd)
    return made


def path(made: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of the leaf at ``index``, from the leaf up."""
    found = []
    for nodes in made[:-1]:
        beside = index ^ 1
        if beside * SIZE < len(nodes):
            found.append(nodes[beside * SIZE : beside * SIZE + SIZE])
        index >>= 1
    return found


def climbed(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that ``path`` leads to from the entry at ``index`` of ``size`` (RFC 9162, section 2.1.3.2); None where the path does not fit."""
    if not 0 <= index < size:
        return None
    at, last, top = index, size - 1, leaf(entry)
    for sister in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            top = node(sister, top)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            top = node(top, sister)
        at, last = at >> 1, last >> 1
    return top if last == 0 else None
