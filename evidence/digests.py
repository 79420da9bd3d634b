"""SM3 (GB/T 32905-2016) beside SHA-256: of each root, and of each file of a package."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes


def sm3(data: bytes) -> str:
    return sm3_of((data,))


def sm3_of(pieces: Iterable[bytes]) -> str:
    """Of the pieces one behind the other, in hexadecimal."""
    made = hashes.Hash(hashes.SM3())
    for piece in pieces:
        made.update(piece)
    return bytes(made.finalize()).hex()
