"""ECDSA signatures over the NIST curves P-256 and P-384 (FIPS 186-5)."""

from __future__ import annotations

from functools import lru_cache
from typing import List, NamedTuple, Optional, Tuple

from evidence.verifier.der import SEQUENCE, BadDer, Fields, der_int, der_one


class Curve(NamedTuple):
    """y² = x³ - 3x + b modulo p; the base point (gx, gy) has order n."""

    name: str
    p: int
    b: int
    n: int
    gx: int
    gy: int


P256 = Curve(
    "P-256", 2**256 - 2**224 + 2**192 + 2**96 - 1, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551, 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
P384 = Curve(
    "P-384", 2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F)

_Jacobian = Tuple[int, int, int]  # x = X/Z², y = Y/Z³; Z = 0 is the point at infinity


def ec_point(curve: Curve, data: bytes) -> Optional[Tuple[int, int]]:
    """An uncompressed point that lies on the curve; None otherwise."""
    size = (curve.p.bit_length() + 7) // 8
    if len(data) != 1 + 2 * size or data[0] != 4:
        return None
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    if x >= curve.p or y >= curve.p or (y * y - x * x * x + 3 * x - curve.b) % curve.p:
        return None
    return x, y


def _ec_double(curve: Curve, a: _Jacobian) -> _Jacobian:
    x, y, z = a
    p = curve.p
    if not z or not y:
        return 1, 1, 0
    zz, yy = z * z % p, y * y % p
    m = 3 * (x - zz) * (x + zz) % p
    s = 4 * x * yy % p
    new = (m * m - 2 * s) % p
    return new, (m * (s - new) - 8 * yy * yy) % p, 2 * y * z % p


def _ec_add(curve: Curve, a: _Jacobian, b: _Jacobian) -> _Jacobian:
    if not a[2]:
        return b
    if not b[2]:
        return a
    p = curve.p
    za, zb = a[2] * a[2] % p, b[2] * b[2] % p
    ua, ub = a[0] * zb % p, b[0] * za % p
    sa, sb = a[1] * zb * b[2] % p, b[1] * za * a[2] % p
    h, r = ub - ua, sb - sa
    if h % p == 0:
        return _ec_double(curve, a) if r % p == 0 else (1, 1, 0)
    hh = h * h % p
    hhh, v = h * hh % p, ua * hh % p
    x = (r * r - hhh - 2 * v) % p
    return x, (r * (v - x) - sa * hhh) % p, h * a[2] * b[2] % p


def _ec_multiples(curve: Curve, point: Tuple[int, int]) -> List[_Jacobian]:
    found: List[_Jacobian] = [(1, 1, 0)]
    for _ in range(15):
        found.append(_ec_add(curve, found[-1], (point[0], point[1], 1)))
    return found


@lru_cache(maxsize=4)
def _ec_base(curve: Curve) -> List[_Jacobian]:
    return _ec_multiples(curve, (curve.gx, curve.gy))


@lru_cache(maxsize=4096)
def ecdsa_stands(curve: Curve, public: Tuple[int, int], signature: bytes, digest: bytes) -> bool:
    """Whether the DER signature is this key's over the digest of the message."""
    try:
        fields = Fields(der_one(signature, SEQUENCE).content)
        r, s = der_int(fields.any()), der_int(fields.any())
        fields.end()
    except BadDer:
        return False
    n = curve.n
    if not (0 < r < n and 0 < s < n):
        return False
    hashed = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    inverse = pow(s, -1, n)
    one, two = hashed * inverse % n, r * inverse % n
    base, key = _ec_base(curve), _ec_multiples(curve, public)
    total: _Jacobian = (1, 1, 0)
    for shift in range(n.bit_length() - 4, -1, -4):
        for _ in range(4):
            total = _ec_double(curve, total)
        total = _ec_add(curve, total, base[one >> shift & 15])
        total = _ec_add(curve, total, key[two >> shift & 15])
    if not total[2]:
        return False
    return total[0] * pow(total[2] * total[2], -1, curve.p) % curve.p % n == r
