"""Ed25519 signatures (RFC 8032, section 5.1), verified strictly: one encoding of S, one of each point, no point of small order."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import List, Optional, Tuple

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_D2 = 2 * _D % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

_Extended = Tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, x·y = T/Z
_NEUTRAL: _Extended = (0, 1, 1, 0)


def _ed_add(a: _Extended, b: _Extended) -> _Extended:
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e = (y1 - x1) * (y2 - x2) % _P
    f = (y1 + x1) * (y2 + x2) % _P
    g = t1 * t2 % _P * _D2 % _P
    h = 2 * z1 * z2 % _P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _ed_double(a: _Extended) -> _Extended:
    x, y, z, _ = a
    xx, yy = x * x % _P, y * y % _P
    e = (x + y) * (x + y) - xx - yy
    g = yy - xx
    f = g - 2 * z * z
    h = -xx - yy
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _ed_decode(data: bytes) -> Optional[_Extended]:
    """The point of its one encoding; None where the bytes are not one."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    top, bottom = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = top * pow(bottom, 3, _P) * pow(top * pow(bottom, 7, _P), (_P - 5) // 8, _P) % _P
    if bottom * x * x % _P != top:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if bottom * x * x % _P != top or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _ed_encode(point: _Extended) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _ed_multiples(point: _Extended) -> List[_Extended]:
    found = [_NEUTRAL]
    for _ in range(15):
        found.append(_ed_add(found[-1], point))
    return found


@lru_cache(maxsize=1)
def _ed_base() -> List[_Extended]:
    y = 4 * pow(5, -1, _P) % _P
    point = _ed_decode(y.to_bytes(32, "little"))
    return _ed_multiples(point) if point else []


@lru_cache(maxsize=4096)
def ed25519_stands(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the 64 bytes are this 32-byte key's signature over the message."""
    point = _ed_decode(public) if len(public) == 32 and len(signature) == 64 else None
    if point is None:
        return False
    eightfold = _ed_double(_ed_double(_ed_double(point)))
    s = int.from_bytes(signature[32:], "little")
    if s >= _L or (eightfold[0] == 0 and eightfold[1] == eightfold[2]):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    base, key = _ed_base(), _ed_multiples((_P - point[0], point[1], 1, _P - point[3]))
    total = _NEUTRAL
    for shift in range(252, -1, -4):  # S·B - k·A, four bits of both at a time
        if shift != 252:
            total = _ed_double(_ed_double(_ed_double(_ed_double(total))))
        if s >> shift & 15:
            total = _ed_add(total, base[s >> shift & 15])
        if k >> shift & 15:
            total = _ed_add(total, key[k >> shift & 15])
    return _ed_encode(total) == signature[:32]
