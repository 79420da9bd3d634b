"""Time stamps: RFC 3161 responses, whose tokens are CMS signed data (RFC 5652), checked to a root whose fingerprint is printed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Dict, List, NamedTuple, Optional, Tuple

from evidence.verifier.certificates import (
    HASHES,
    Certificate,
    chain_to_root,
    public_key,
    purpose_is_time_stamping,
    read_certificate,
    signature_stands,
    unknown_method,
)
from evidence.verifier.der import (
    INTEGER,
    OBJECT_ID,
    OCTET_STRING,
    SEQUENCE,
    SET,
    BadDer,
    Fields,
    Node,
    der_all,
    der_int,
    der_oid,
    der_one,
    der_some,
    der_time,
)

_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_ESS_1, _ESS_2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"


class Stamp(NamedTuple):
    """What a token says: the ``time`` of its authority, the serial number, and the SHA-256 of the ``root`` it leads to."""

    time: datetime
    serial: int
    root: str


class BadStamp(Exception):
    """The stamp does not stand. The message says why, in Chinese."""


class _Token(NamedTuple):
    content: bytes  # of the TSTInfo
    certificates: List[Certificate]
    signer: Node  # issuerAndSerialNumber, or [0] subjectKeyIdentifier
    digest: str
    signed: bytes  # the signed attributes as they were signed
    attributes: Dict[str, Node]
    algorithm: bytes
    signature: bytes


@lru_cache(maxsize=1024)
def check_stamp(response: bytes, message: bytes, roots: Tuple[Certificate, ...]) -> Stamp:
    """A whole TimeStampResp over ``message``; where no ``roots`` are given, all but the chain of certificates, and ``Stamp.root`` is empty.
    Raises BadStamp where it does not stand, NotHere where a method is not known here."""
    try:
        token = _token(response)
        info = Fields(der_one(token.content, SEQUENCE).content)
        if der_int(info.take(INTEGER)) != 1:
            raise BadStamp("时间戳版本不是 1")
        info.take(OBJECT_ID)
        _imprint(info.take(SEQUENCE), message)
        serial, time = der_int(info.take(INTEGER)), der_time(info.take(0x18))
        _attributes(token)
        signer = _signer(token)
        if not signature_stands(public_key(signer.key_info), token.algorithm, token.signature, token.signed, token.digest):
            raise BadStamp("时间戳的签名不成立")
        if not purpose_is_time_stamping(signer):
            raise BadStamp("签发证书的用途不是（或不只是）时间戳")
        if not roots:
            return Stamp(time, serial, "")
        chain, why = chain_to_root(signer, token.certificates, list(roots), time)
        if why:
            raise BadStamp("签发证书的证书链不成立：" + why)
        return Stamp(time, serial, chain[-1].fingerprint)
    except BadDer as error:
        raise BadStamp("时间戳无法解读（%s）" % error) from error


def _token(response: bytes) -> _Token:
    outer = Fields(der_one(response, SEQUENCE).content)
    if der_int(der_some(outer.take(SEQUENCE).content, 1)[0]) not in (0, 1):
        raise BadStamp("时间戳机构没有给出时间戳")
    wrapper = Fields(outer.take(SEQUENCE).content)
    outer.end()
    if der_oid(wrapper.take(OBJECT_ID)) != _SIGNED_DATA:
        raise BadStamp("不是签名数据")
    data = Fields(der_one(wrapper.take(0xA0).content, SEQUENCE).content)
    wrapper.end()
    data.take(INTEGER)
    data.take(SET)
    inside = Fields(data.take(SEQUENCE).content)
    if der_oid(inside.take(OBJECT_ID)) != _TST_INFO:
        raise BadStamp("签名的内容不是时间戳")
    content = der_one(inside.take(0xA0).content, OCTET_STRING).content
    held = data.maybe(0xA0)
    data.maybe(0xA1)
    signers = der_all(data.take(SET).content)
    data.end()
    if len(signers) != 1:
        raise BadStamp("时间戳应当只有一个签名")
    fields = Fields(signers[0].content)
    der_int(fields.take(INTEGER))
    signer, digest = fields.any(), _hash_name(fields.take(SEQUENCE))
    attributes = fields.take(0xA0)
    algorithm, signature = fields.take(SEQUENCE), fields.take(OCTET_STRING)
    certificates = [read_certificate(node.raw) for node in der_all(held.content)] if held else []
    return _Token(content, certificates, signer, digest, b"\x31" + attributes.raw[1:], _by_name(attributes), algorithm.raw, signature.content)


def _by_name(attributes: Node) -> Dict[str, Node]:
    """Each signed attribute's one value. Raises BadDer where one is there twice or has not one value."""
    found: Dict[str, Node] = {}
    for node in der_all(attributes.content):
        fields = Fields(node.content)
        name, values = der_oid(fields.take(OBJECT_ID)), der_all(fields.take(SET).content)
        if name in found or len(values) != 1:
            raise BadDer("签名属性重复")
        found[name] = values[0]
    return found


def _hash_name(algorithm: Node) -> str:
    """Raises NotHere where the digest is not known here."""
    name = der_oid(der_some(algorithm.content, 1)[0])
    if name not in HASHES:
        raise unknown_method(name)
    return HASHES[name]


def _imprint(node: Node, message: bytes) -> None:
    fields = Fields(node.content)
    how, value = _hash_name(fields.take(SEQUENCE)), fields.take(OCTET_STRING).content
    fields.end()
    if hashlib.new(how, message).digest() != value:
        raise BadStamp("时间戳盖的不是这份内容")


def _attributes(token: _Token) -> None:
    kind, digest = token.attributes.get(_CONTENT_TYPE), token.attributes.get(_MESSAGE_DIGEST)
    if kind is None or der_oid(kind) != _TST_INFO:
        raise BadStamp("签名属性里的内容类型不符")
    if digest is None or digest.tag != OCTET_STRING or digest.content != hashlib.new(token.digest, token.content).digest():
        raise BadStamp("签名属性里的摘要与时间戳的内容不符")


def _signer(token: _Token) -> Certificate:
    """The certificate that the signed attributes name (ESSCertID, ESSCertIDv2) and the signer's identifier too."""
    how, digest = _named(token)
    for found in token.certificates:
        if hashlib.new(how, found.der).digest() == digest:
            break
    else:
        raise BadStamp("时间戳里没有签名属性所指的证书")
    if token.signer.tag == SEQUENCE:
        issuer, serial = der_some(token.signer.content, 2)[:2]
        if issuer.raw != found.issuer or der_int(serial) != found.serial:
            raise BadStamp("签名者与签名属性所指的证书不是同一个")
    elif token.signer.tag != 0x80 or der_one(found.extension("2.5.29.14", b"\x04\x00")[1], OCTET_STRING).content != token.signer.content:
        raise BadStamp("签名者与签名属性所指的证书不是同一个")
    return found


def _named(token: _Token) -> Tuple[str, bytes]:
    """(algorithm, digest) of the signing certificate. Raises BadStamp where it is not named."""
    newer: Optional[Node] = token.attributes.get(_ESS_2)
    chosen = newer or token.attributes.get(_ESS_1)
    if chosen is None:
        raise BadStamp("签名属性里没有签发证书的摘要（ESSCertID）")
    first = Fields(der_some(der_some(chosen.content, 1)[0].content, 1)[0].content)
    how = "sha1" if newer is None else "sha256"
    algorithm = first.maybe(SEQUENCE) if newer is not None else None
    if algorithm is not None:
        how = _hash_name(algorithm)
    return how, first.take(OCTET_STRING).content
