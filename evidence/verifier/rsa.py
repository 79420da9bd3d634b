"""RSA signatures of RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2.2): the padded digest is written anew and compared whole."""

from __future__ import annotations

_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def rsa_stands(modulus: int, exponent: int, signature: bytes, algorithm: str, digest: bytes) -> bool:
    """``algorithm``: sha256, sha384 or sha512. Keys below 2048 bits are refused."""
    size = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if modulus.bit_length() < 2048 or exponent < 3 or exponent % 2 == 0 or len(signature) != size or number >= modulus:
        return False
    tail = _DIGEST_INFO[algorithm] + digest
    expected = b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail
    return pow(number, exponent, modulus).to_bytes(size, "big") == expected
