"""Digests: SHA-2 from the standard library, SM3 (GB/T 32905-2016) from it or, where it lacks it, from here."""

from __future__ import annotations

import hashlib
import struct
from typing import List, Union

Bytes = Union[bytes, memoryview]


def sha256_hex(data: Bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sm3_hex(data: Bytes) -> str:
    try:
        return hashlib.new("sm3", data).hexdigest()
    except ValueError:
        return sm3_plain(bytes(data))


def sm3_plain(data: bytes) -> str:
    """SM3 in Python alone, hexadecimal."""
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    for at in range(0, len(padded), 64):
        state = _sm3_block(state, padded[at : at + 64])
    return "".join(f"{word:08x}" for word in state)


def _rotated(word: int, by: int) -> int:
    by %= 32
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


def _sm3_block(state: List[int], block: bytes) -> List[int]:
    """The compression function over one block of 64 bytes."""
    words = list(struct.unpack(">16I", block))
    for n in range(16, 68):
        mixed = words[n - 16] ^ words[n - 9] ^ _rotated(words[n - 3], 15)
        words.append(mixed ^ _rotated(mixed, 15) ^ _rotated(mixed, 23) ^ _rotated(words[n - 13], 7) ^ words[n - 6])
    a, b, c, d, e, f, g, h = state
    for n in range(64):
        turned = _rotated(a, 12)
        one = _rotated((turned + e + _rotated(0x79CC4519 if n < 16 else 0x7A879D8A, n)) & 0xFFFFFFFF, 7)
        two = one ^ turned
        if n < 16:
            left, right = a ^ b ^ c, e ^ f ^ g
        else:
            left, right = (a & b) | (a & c) | (b & c), (e & f) | (~e & 0xFFFFFFFF & g)
        left = (left + d + two + (words[n] ^ words[n + 4])) & 0xFFFFFFFF
        right = (right + h + one + words[n]) & 0xFFFFFFFF
        a, b, c, d = left, a, _rotated(b, 9), c
        e, f, g, h = right ^ _rotated(right, 9) ^ _rotated(right, 17), e, _rotated(f, 19), g
    return [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]
