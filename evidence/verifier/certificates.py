"""X.509 certificates (RFC 5280): what a time stamp's chain needs of them. Revocation is not checked here."""

from __future__ import annotations

import binascii
import hashlib
import re
from datetime import datetime
from functools import lru_cache
from typing import List, NamedTuple, Optional, Tuple, Union

from evidence.verifier.der import (
    BIT_STRING,
    INTEGER,
    OBJECT_ID,
    SEQUENCE,
    BadDer,
    Fields,
    Node,
    der_all,
    der_bits,
    der_int,
    der_oid,
    der_one,
    der_some,
    der_time,
)
from evidence.verifier.ecdsa import P256, P384, Curve, ec_point, ecdsa_stands
from evidence.verifier.edwards import ed25519_stands
from evidence.verifier.rsa import rsa_stands

HASHES = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
_RSA_KEY, _EC_KEY, _ED25519 = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.3.101.112"
_CURVES = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384}
_RSA_WITH = {"1.2.840.113549.1.1.11": "sha256", "1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512"}
_ECDSA_WITH = {"1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512"}
_NAMED = {"1.2.840.113549.1.1.10": "RSA-PSS", "1.2.156.10197.1.501": "SM2", "1.2.840.113549.1.1.5": "RSA 配 SHA-1", "1.2.156.10197.1.301": "SM2",
          "1.2.840.113549.1.1.4": "RSA 配 MD5", "1.3.132.0.35": "P-521", "1.3.132.0.10": "secp256k1",
          "1.2.156.10197.1.401": "摘要算法 SM3", "1.3.14.3.2.26": "摘要算法 SHA-1", "2.16.840.1.101.3.4.2.8": "摘要算法 SHA3-256", "1.3.101.113": "Ed448"}
_BASIC, _USAGE, _PURPOSE = "2.5.29.19", "2.5.29.15", "2.5.29.37"
_UNDERSTOOD = {_BASIC, _USAGE, _PURPOSE, "2.5.29.14", "2.5.29.17", "2.5.29.32", "2.5.29.35"}
_LIMITS = {"2.5.29.30": "名称限制", "2.5.29.36": "策略限制", "2.5.29.33": "策略映射", "2.5.29.54": "任意策略限制"}
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_PEM = re.compile(b"-----BEGIN CERTIFICATE-----\\s+([A-Za-z0-9+/=\\s]+?)-----END CERTIFICATE-----")
_MAX_CHAIN = 8


class NotHere(Exception):
    """A method that this verifier does not know: 未核验, never 通过. The message names it."""


RsaKey = NamedTuple("RsaKey", [("modulus", int), ("exponent", int)])
EcKey = NamedTuple("EcKey", [("curve", Curve), ("point", Tuple[int, int])])
EdKey = NamedTuple("EdKey", [("raw", bytes)])
Key = Union[RsaKey, EcKey, EdKey]


class Certificate(NamedTuple):
    """As read. ``extensions``: (identifier, critical, value) of each."""

    der: bytes
    signed: bytes
    serial: int
    issuer: bytes
    subject: bytes
    begins: datetime
    ends: datetime
    key_info: bytes
    algorithm: bytes
    signature: bytes
    extensions: Tuple[Tuple[str, bool, bytes], ...]

    def extension(self, name: str, default: bytes = b"") -> Tuple[bool, bytes]:
        """(critical, value)."""
        return next(((critical, value) for one, critical, value in self.extensions if one == name), (False, default))

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.der).hexdigest()


@lru_cache(maxsize=1024)
def read_certificate(der: bytes) -> Certificate:
    """Raises BadDer."""
    outer = Fields(der_one(der, SEQUENCE).content)
    signed, algorithm, signature = outer.take(SEQUENCE), outer.take(SEQUENCE), outer.take(BIT_STRING)
    outer.end()
    inner = Fields(signed.content)
    inner.maybe(0xA0)
    serial = der_int(inner.take(INTEGER))
    if inner.take(SEQUENCE).raw != algorithm.raw:
        raise BadDer("证书内外的签名算法不一")
    issuer = inner.take(SEQUENCE).raw
    begins, ends = [der_time(node) for node in der_some(inner.take(SEQUENCE).content, 2)[:2]]
    subject, key = inner.take(SEQUENCE).raw, inner.take(SEQUENCE).raw
    inner.maybe(0x81)
    inner.maybe(0x82)
    extensions: List[Tuple[str, bool, bytes]] = []
    wrapped = inner.maybe(0xA3)
    inner.end()
    for node in der_all(der_one(wrapped.content, SEQUENCE).content) if wrapped else []:
        fields = Fields(node.content)
        name, critical, value = der_oid(fields.take(OBJECT_ID)), fields.maybe(0x01), fields.take(0x04)
        fields.end()
        if any(name == one[0] for one in extensions):
            raise BadDer("证书扩展重复")
        extensions.append((name, critical is not None and critical.content != b"\x00", value.content))
    return Certificate(der, signed.raw, serial, issuer, subject, begins, ends, key, algorithm.raw, der_bits(signature), tuple(extensions))


def pem_certificates(text: bytes) -> List[Certificate]:
    """Those of a PEM file, in its order. Raises BadDer."""
    try:
        return [read_certificate(binascii.a2b_base64(b"".join(body.split()))) for body in _PEM.findall(text)]
    except (binascii.Error, ValueError) as error:
        raise BadDer("证书文件无法读取") from error


def public_key(info: bytes) -> Key:
    """The key of a SubjectPublicKeyInfo. Raises BadDer, NotHere."""
    fields = Fields(der_one(info, SEQUENCE).content)
    algorithm, bits = Fields(fields.take(SEQUENCE).content), der_bits(fields.take(BIT_STRING))
    fields.end()
    kind = der_oid(algorithm.take(OBJECT_ID))
    if kind == _RSA_KEY:
        numbers = Fields(der_one(bits, SEQUENCE).content)
        modulus, exponent = der_int(numbers.any()), der_int(numbers.any())
        numbers.end()
        return RsaKey(modulus, exponent)
    if kind == _ED25519:
        return EdKey(bits)
    if kind != _EC_KEY:
        raise unknown_method(kind)
    name = der_oid(algorithm.take(OBJECT_ID))
    if name not in _CURVES:
        raise unknown_method(name)
    point = ec_point(_CURVES[name], bits)
    if point is None:
        raise BadDer("公钥不在曲线上")
    return EcKey(_CURVES[name], point)


def signature_stands(key: Key, algorithm: bytes, signature: bytes, message: bytes, hashed_by: str = "") -> bool:
    """``algorithm``: an AlgorithmIdentifier (DER); ``hashed_by``: the digest where that names only the kind of key (as CMS may). Raises
    BadDer, NotHere."""
    name = der_oid(der_some(der_one(algorithm, SEQUENCE).content, 1)[0])
    if isinstance(key, RsaKey) and (name in _RSA_WITH or (name == _RSA_KEY and hashed_by in _RSA_WITH.values())):
        how = _RSA_WITH.get(name, hashed_by)
        return rsa_stands(key.modulus, key.exponent, signature, how, hashlib.new(how, message).digest())
    if isinstance(key, EcKey) and name in _ECDSA_WITH:
        return ecdsa_stands(key.curve, key.point, signature, hashlib.new(_ECDSA_WITH[name], message).digest())
    if isinstance(key, EdKey) and name == _ED25519:
        return ed25519_stands(key.raw, signature, message)
    if name in _RSA_WITH or name in _ECDSA_WITH or name == _ED25519:
        return False  # the algorithm of another kind of key
    raise unknown_method(name)


def unknown_method(name: str) -> Exception:
    """NotHere for a method there is; BadDer for an identifier that names none."""
    return NotHere(_NAMED[name]) if name in _NAMED else BadDer("算法标识 %s 无法识别" % name)


def purpose_is_time_stamping(found: Certificate) -> bool:
    """RFC 3161, section 2.3: one extended key usage, critical, id-kp-timeStamping alone; and a key that may sign. Raises BadDer."""
    critical, value = found.extension(_PURPOSE, b"\x30\x00")
    named = [der_oid(node) for node in der_all(der_one(value, SEQUENCE).content)]
    usage = _usage(found)
    return critical and named == [TIME_STAMPING] and (usage is None or bool(usage & 0xC000))


def chain_to_root(leaf: Certificate, others: List[Certificate], roots: List[Certificate], at: datetime) -> Tuple[List[Certificate], str]:
    """(the certificates from the leaf to a root that is trusted, "") or ([], why not, in Chinese), all valid ``at`` that time. Raises
    BadDer, NotHere."""
    chain, why = [leaf], ""
    while len(chain) <= _MAX_CHAIN:
        why = _fault(chain, at)
        if why:
            return [], why
        last = chain[-1]
        if last in roots and last.subject == last.issuer:
            return chain, ""
        issuers = [one for one in roots + others if one.subject == last.issuer and one not in chain]
        for issuer in issuers:
            if signature_stands(public_key(issuer.key_info), last.algorithm, last.signature, last.signed):
                chain.append(issuer)
                break
        else:
            return [], "上一级证书的签名不成立" if issuers else "到不了给出的根证书"
    return [], "证书链过长"


def _fault(chain: List[Certificate], at: datetime) -> str:
    """What is wrong with the last certificate of a chain; empty where nothing is."""
    last, below = chain[-1], len(chain) - 2  # intermediate certificates under it, the leaf not counted
    if not last.begins <= at <= last.ends:
        return "证书在盖章时不在有效期内（%s 至 %s）" % (last.begins.strftime("%Y-%m-%d"), last.ends.strftime("%Y-%m-%d"))
    unknown = [name for name, critical, _ in last.extensions if critical and name not in _UNDERSTOOD]
    if any(name not in _LIMITS for name in unknown):
        return "证书有无法识别的关键扩展"
    if unknown:
        raise NotHere("证书的关键扩展 " + _LIMITS[unknown[0]])
    if len(chain) == 1:
        return ""
    fields = Fields(der_one(last.extension(_BASIC, b"\x30\x00")[1], SEQUENCE).content)
    authority, depth = fields.maybe(0x01), fields.maybe(INTEGER)
    usage = _usage(last)
    if authority is None or authority.content != b"\xff" or (usage is not None and not usage & 0x0400):
        return "上一级证书无权签发证书"
    return "证书链超过了上一级证书允许的级数" if depth is not None and der_int(depth) < below else ""


def _usage(found: Certificate) -> Optional[int]:
    """keyUsage as 16 bits, digitalSignature the highest; None where it is not said."""
    value = found.extension(_USAGE)[1]
    if not value:
        return None
    node: Node = der_one(value, BIT_STRING)
    return int.from_bytes((node.content[1:3] + b"\x00\x00")[:2], "big")
