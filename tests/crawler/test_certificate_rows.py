"""A server may send anything as its certificate: it is kept as it came, and said to be unreadable where it is."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crawler.rendering.evidence_grade import certificate_row


@pytest.fixture(scope="module")
def certificate() -> bytes:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例理财")])
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=90))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("shili.example")]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_sound_one_is_told_whole(certificate: bytes) -> None:
    row = certificate_row(base64.b64encode(certificate).decode())
    assert (row["subject"], row["serial"], row["not_before"]) == ("CN=示例理财", "7", "2026-11-01T00:00:00+00:00")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bits", [0x01, 0x10, 0x80])
def test_with_any_byte_changed_it_is_a_row_all_the_same(certificate: bytes, bits: int) -> None:
    rows = [certificate_row(base64.b64encode(certificate[:at] + bytes([byte ^ bits]) + certificate[at + 1 :]).decode()) for at, byte in enumerate(certificate)]
    assert len({row["sha256"] for row in rows}) == len(certificate)
    assert any(row.get("problem") == "证书无法解析" for row in rows)
