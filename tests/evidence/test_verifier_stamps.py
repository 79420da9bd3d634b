"""Time stamps from a real authority, checked to its root: what stands, what does not, and what is left open and named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from evidence.verifier.certificates import Certificate, NotHere, chain_to_root, pem_certificates, purpose_is_time_stamping, read_certificate
from evidence.verifier.result import Findings
from evidence.verifier.stamping import StampCheck
from evidence.verifier.tokens import BadStamp, Stamp, check_stamp
from tests.evidence.tampering import tampers
from tests.tsa import LocalAuthority

MESSAGE = b'{"seq":1}'
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
KINDS = ("rsa", "ecdsa", "ecdsa384")


@pytest.fixture(scope="module", params=KINDS)
def stamped(request: pytest.FixtureRequest) -> tuple[bytes, tuple[Certificate, ...]]:
    """(a response over MESSAGE, the authority's root)."""
    return answer(request.param)


def answer(kind: str, how: Any = HashAlgorithm.SHA256) -> tuple[bytes, tuple[Certificate, ...]]:
    local = LocalAuthority("tsa", kind)
    try:
        asked = TimestampRequestBuilder(data=MESSAGE, hash_algorithm=how, nonce=True, cert_req=True).build().as_bytes()
        return local.reply(asked), tuple(pem_certificates(local.root.read_bytes()))
    finally:
        local.stop()


def test_a_real_stamp_stands_and_names_its_time_and_root(stamped: tuple[bytes, tuple[Certificate, ...]]) -> None:
    response, roots = stamped
    found = check_stamp(response, MESSAGE, roots)
    assert found.root == roots[0].fingerprint and found.time.tzinfo is UTC and found.serial > 0
    assert check_stamp(response, MESSAGE, ()) == Stamp(found.time, found.serial, "")


def test_a_stamp_over_other_content_or_under_another_root_does_not_stand(stamped: tuple[bytes, tuple[Certificate, ...]]) -> None:
    response, roots = stamped
    with pytest.raises(BadStamp, match="不是这份内容"):
        check_stamp(response, MESSAGE + b" ", roots)
    strange = answer("rsa")[1] if roots != answer("rsa")[1] else answer("ecdsa")[1]
    with pytest.raises(BadStamp, match=r"根证书|上一级"):
        check_stamp(response, MESSAGE, strange)


def test_no_changed_byte_changes_what_a_stamp_says(stamped: tuple[bytes, tuple[Certificate, ...]]) -> None:
    """What is signed cannot change. What is not signed, the copy of the root (the trusted one is used) and a status text, says nothing; and
    stamps are held byte for byte by their second copy or by SHA256SUMS: test_verifier_tampering."""
    response, roots = stamped
    true = check_stamp(response, MESSAGE, roots)
    passed, every = 0, 7
    for kind in ("flip", "delete", "insert", "truncate"):
        for _, changed in tampers(response, kind, every=every):
            try:
                assert check_stamp(changed, MESSAGE, roots) == true
                passed += 1
            except (BadStamp, NotHere):
                pass
    assert roots[0].der in response and passed <= (len(roots[0].der) + 60) // every


def test_other_digests_of_the_authority_stand_too() -> None:
    response, roots = answer("rsa", HashAlgorithm.SHA512)
    assert check_stamp(response, MESSAGE, roots).root == roots[0].fingerprint


@pytest.mark.parametrize("response", [b"", b"\x30\x00", b"\x30\x05\x30\x03\x02\x01\x02", b"<html>", b"\x30\x80" * 50, b"\x30\x03\x02\x01\x00"])
def test_what_is_no_stamp_is_named_and_does_not_raise_otherwise(response: bytes) -> None:
    with pytest.raises(BadStamp):
        check_stamp(response, MESSAGE, ())


# --- certificates ------------------------------------------------------------------------------------------------------------------------


def issued(subject: str, issuer: str, key: Any, by: Any, *extensions: tuple[x509.ExtensionType, bool], begins: datetime = NOW - timedelta(days=9),
           ends: datetime = NOW + timedelta(days=9), how: Any = hashes.SHA256(), pad: Any = None) -> Certificate:
    builder = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])).serial_number(7)
    builder = builder.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])).public_key(key.public_key())
    builder = builder.not_valid_before(begins).not_valid_after(ends)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return read_certificate(builder.sign(by, how, rsa_padding=pad).public_bytes(Encoding.DER))


STAMPING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
CA = x509.BasicConstraints(ca=True, path_length=None)
KEY, ROOT_KEY = (ec.derive_private_key(number, ec.SECP256R1()) for number in (11, 12))


def test_only_a_critical_purpose_of_time_stamping_alone_will_do() -> None:
    def purpose(*extensions: tuple[x509.ExtensionType, bool]) -> bool:
        return purpose_is_time_stamping(issued("a", "b", KEY, ROOT_KEY, *extensions))

    usage = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    assert purpose((STAMPING, True)) and purpose((STAMPING, True), (x509.KeyUsage(**{**usage, "digital_signature": True}), True))
    assert not purpose((STAMPING, False)) and not purpose()
    assert not purpose((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]), True))
    assert not purpose((STAMPING, True), (x509.KeyUsage(**{**usage, "key_encipherment": True}), True))


def test_a_chain_leads_by_signatures_through_authorities_valid_then_to_a_trusted_root() -> None:
    root = issued("root", "root", ROOT_KEY, ROOT_KEY, (CA, True))
    middle_key = rsa.generate_private_key(65537, 2048)
    middle = issued("middle", "root", middle_key, ROOT_KEY, (x509.BasicConstraints(ca=True, path_length=0), True))
    leaf = issued("leaf", "middle", KEY, middle_key)

    def chain(leaf: Certificate, others: list[Certificate], roots: list[Certificate], at: datetime = NOW) -> str:
        found, why = chain_to_root(leaf, others, roots, at)
        assert bool(found) != bool(why)
        return why

    assert chain(leaf, [middle], [root]) == "" and chain(leaf, [], [root, middle]) == "" and chain(issued("x", "root", KEY, ROOT_KEY), [], [root]) == ""
    assert "根证书" in chain(leaf, [], [root]) and "根证书" in chain(leaf, [middle], []) and "根证书" in chain(leaf, [middle, root], [])
    assert "有效期" in chain(leaf, [middle], [root], NOW + timedelta(days=10)) and "有效期" in chain(leaf, [middle], [root], NOW - timedelta(days=10))
    assert "有效期" in chain(leaf, [issued("middle", "root", middle_key, ROOT_KEY, (CA, True), ends=NOW - timedelta(days=1))], [root])
    assert "签名不成立" in chain(leaf, [issued("middle", "root", rsa.generate_private_key(65537, 2048), ROOT_KEY, (CA, True))], [root])
    assert "无权" in chain(leaf, [issued("middle", "root", middle_key, ROOT_KEY)], [root])
    assert "无权" in chain(leaf, [issued("middle", "root", middle_key, ROOT_KEY, (x509.BasicConstraints(ca=False, path_length=None), True))], [root])
    lower_key = ec.derive_private_key(13, ec.SECP256R1())
    lower = issued("lower", "middle", lower_key, middle_key, (CA, True))
    assert "级数" in chain(issued("leaf", "lower", KEY, lower_key), [lower, middle], [root])
    unknown = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)
    assert "关键扩展" in chain(issued("leaf", "root", KEY, ROOT_KEY, unknown), [], [root])


def test_what_is_not_known_here_is_named_and_never_called_right() -> None:
    key = rsa.generate_private_key(65537, 2048)
    root = issued("root", "root", key, key, (CA, True))
    cases = {
        "RSA-PSS": (issued("leaf", "root", KEY, key, pad=padding.PSS(padding.MGF1(hashes.SHA256()), 32)), [root]),
        "P-521": (issued("leaf", "big", KEY, ec.derive_private_key(9, ec.SECP521R1())), [issued("big", "big", ec.derive_private_key(9, ec.SECP521R1()),
                                                                                               ec.derive_private_key(9, ec.SECP521R1()), (CA, True))]),
        "名称限制": (issued("leaf", "root", KEY, key, (x509.NameConstraints([x509.DNSName("a.test")], None), True)), [root]),
    }
    for name, (leaf, roots) in cases.items():
        with pytest.raises(NotHere, match=name):
            chain_to_root(leaf, [], roots, NOW)
    own = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert chain_to_root(issued("leaf", "ed", KEY, own, how=None), [], [issued("ed", "ed", own, own, (CA, True), how=None)], NOW)[1] == ""


def test_a_stamp_by_another_method_is_open_with_the_command_to_run_and_no_failure() -> None:
    """An SM2 authority's stamp: the identifier of its algorithm in the place of RSA's."""
    response, roots = answer("rsa")
    sm3 = response.replace(bytes.fromhex("0609608648016503040201"), bytes.fromhex("06082a811ccf55018311") + b"\x00")
    findings = Findings()
    assert sm3 != response
    check = StampCheck(findings, {"tsa": list(roots)})
    try:
        check.check("tsa", "x", _with_method(response), MESSAGE, "00000001.json")
    finally:
        check.told()
    (item,) = findings.items
    assert item.kind == "未核验" and "RSA-PSS" in item.why and "openssl ts -verify -data 00000001.json" in item.why and not findings.failed()


def _with_method(response: bytes) -> bytes:
    """The signer's algorithm named RSA-PSS (1.2.840.113549.1.1.10), which has as many bytes as rsaEncryption."""
    before, found, after = response.rpartition(bytes.fromhex("06092a864886f70d010101"))
    return before + found[:-1] + b"\x0a" + after
