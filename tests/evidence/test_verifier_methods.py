"""The verifier's own methods against those of the field: cryptography, openssl, rfc8785, and the product's own writers."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence import acts, ledger, merkle
from evidence.capture import RecordRef
from evidence.verifier import bundle
from evidence.verifier.der import BadDer, der_all, der_int, der_next, der_oid, der_time
from evidence.verifier.digests import sm3_hex, sm3_plain
from evidence.verifier.ecdsa import P256, P384, Curve, ec_point, ecdsa_stands
from evidence.verifier.edwards import ed25519_stands
from evidence.verifier.rsa import rsa_stands
from evidence.verifier.statements import key_pem, pem_key
from evidence.verifier.trees import BadJson, canonical_json, chained, merkle_climb, merkle_root, plain_json, sealed

ORDER = 2**252 + 27742317777372353535851937790883648493


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def test_ed25519_agrees_with_the_field_on_true_and_on_changed_signatures() -> None:
    for number in range(12):
        key, message = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"%d" % number).digest()), b"m" * number
        signature = key.sign(message)
        assert ed25519_stands(raw(key), signature, message) and not ed25519_stands(raw(key), signature, message + b"x")
    for place in range(64):
        changed = flipped(signature, place)
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(raw(key)).verify(changed, message)
        assert not ed25519_stands(raw(key), changed, message), place


def test_ed25519_has_one_signature_of_each_kind() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signature = key.sign(b"m")
    again = int.from_bytes(signature[32:], "little") + ORDER  # the same modulo the order: malleable where S is not checked
    assert again < 2**256 and not ed25519_stands(raw(key), signature[:32] + again.to_bytes(32, "little"), b"m")
    small = [(1).to_bytes(32, "little"), bytes(32), (2**255 - 20).to_bytes(32, "little")]  # points of small order sign anything
    assert not any(ed25519_stands(point, point + bytes(32), b"m") for point in small)
    unreduced = (2**255 - 19 + 3).to_bytes(32, "little")  # another spelling of y = 3
    assert not ed25519_stands(unreduced, signature, b"m") and not ed25519_stands(raw(key), signature[:63], b"m")


def test_ed25519_agrees_with_the_published_vector() -> None:
    """RFC 8032, section 7.1, test 2."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    assert ed25519_stands(public, signature, b"\x72")


@pytest.mark.parametrize(("curve", "oracle", "how"), [(P256, ec.SECP256R1(), hashes.SHA256()), (P384, ec.SECP384R1(), hashes.SHA384())], ids=["P-256", "P-384"])
def test_ecdsa_agrees_with_the_field(curve: Curve, oracle: ec.EllipticCurve, how: hashes.HashAlgorithm) -> None:
    key = ec.derive_private_key(0xAD9A7201, oracle)
    point = ec_point(curve, key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    assert point is not None
    for number in range(6):
        message = b"m" * number
        digest, signature = hashlib.new(how.name, message).digest(), key.sign(message, ec.ECDSA(how))
        assert ecdsa_stands(curve, point, signature, digest) and not ecdsa_stands(curve, point, signature, digest[::-1])
    for place in range(0, len(signature), 3):
        assert not ecdsa_stands(curve, point, flipped(signature, place), digest), place
    r, s = decode_dss_signature(signature)
    for wrong in [(0, s), (r, 0), (r + curve.n, s), (r, s + curve.n), (curve.n, s)]:
        assert not ecdsa_stands(curve, point, encode_dss_signature(*wrong), digest)
    assert ec_point(curve, flipped(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint), 9)) is None
    short = key.sign(b"x", ec.ECDSA(hashes.SHA512()))  # a digest longer than the order is cut
    assert ecdsa_stands(curve, point, short, hashlib.sha512(b"x").digest())


@pytest.mark.parametrize("how", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda how: how.name)
def test_rsa_agrees_with_the_field(how: hashes.HashAlgorithm) -> None:
    key = rsa.generate_private_key(65537, 2048)
    numbers, digest = key.public_key().public_numbers(), hashlib.new(how.name, b"m").digest()
    signature = key.sign(b"m", padding.PKCS1v15(), how)
    assert rsa_stands(numbers.n, numbers.e, signature, how.name, digest)
    assert not any(rsa_stands(numbers.n, numbers.e, flipped(signature, place), how.name, digest) for place in range(256))
    larger = (int.from_bytes(signature, "big") + numbers.n).to_bytes(257, "big")
    assert not rsa_stands(numbers.n, numbers.e, larger, how.name, digest) and not rsa_stands(numbers.n, numbers.e, b"\0" + signature, how.name, digest)
    pss = key.sign(b"m", padding.PSS(padding.MGF1(how), 32), how)
    assert not rsa_stands(numbers.n, numbers.e, pss, how.name, digest)


def test_a_padding_that_was_not_written_whole_is_refused() -> None:
    """Bleichenbacher 2006: with exponent 3, a cube root of a padding with rubbish behind the digest passes a careless check."""
    modulus = (1 << 2047) + 1
    head = b"\x00\x01\xff\xff\x00" + bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(b"m").digest()
    target = int.from_bytes(head + b"\xff" * (256 - len(head)), "big")
    root = _cube_root(target)
    assert pow(root, 3).to_bytes(256, "big").startswith(head)
    assert not rsa_stands(modulus, 3, root.to_bytes(256, "big"), "sha256", hashlib.sha256(b"m").digest())


def _cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


def test_sm3_agrees_with_the_standard_and_with_the_library() -> None:
    """GB/T 32905-2016, appendix A."""
    assert sm3_plain(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_plain(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    for size in (0, 1, 55, 56, 63, 64, 65, 119, 120, 1000):
        made = hashes.Hash(hashes.SM3())
        made.update(b"\xa5" * size)
        assert made.finalize().hex() == sm3_plain(b"\xa5" * size) == sm3_hex(b"\xa5" * size), size


@pytest.mark.parametrize("data", ["30", "3080", "308000", "308100", "30820001ff", "308101ff", "3002", "1f0100", "30857fffffffff"])
def test_what_is_not_der_is_refused(data: str) -> None:
    with pytest.raises(BadDer):
        der_next(bytes.fromhex(data), 0)


@pytest.mark.parametrize(("data", "reader"), [
    ("020200ff"[:6], der_int), ("02020001", der_int), ("0202ffff", der_int), ("0200", der_int), ("0603808001", der_oid), ("060181", der_oid), ("0600", der_oid),
    ("1704" + b"2611".hex(), der_time), ("180f" + b"20261321000000Z".hex(), der_time), ("180f" + b"20261121000000+".hex(), der_time),
    ("1811" + b"20261121000000.0Z".hex(), der_time),
])
def test_values_have_one_spelling(data: str, reader: object) -> None:
    with pytest.raises(BadDer):
        for node in der_all(bytes.fromhex(data)):
            reader(node)  # type: ignore[operator]


def test_identifiers_numbers_and_times_read_as_they_are_meant() -> None:
    assert der_oid(der_next(bytes.fromhex("06092a864886f70d010702"), 0)) == "1.2.840.113549.1.7.2"
    assert der_oid(der_next(bytes.fromhex("0603883703"), 0)) == "2.999.3"
    assert [der_int(node) for node in der_all(bytes.fromhex("02017f02020080020180020100"))] == [127, 128, -128, 0]
    assert der_time(der_next(b"\x18\x1220261121030405.06Z", 0)).isoformat() == "2026-11-21T03:04:05.060000+00:00"
    assert [der_time(der_next(b"\x17\x0d%s0101000000Z" % year, 0)).year for year in (b"49", b"50")] == [2049, 1950]


def test_chains_and_trees_are_those_of_the_ledger() -> None:
    ref = RecordRef(type="response", uri="http://例.test/\u2028\U0001f600\"\\", file="r/a.warc.gz", offset=3, length=4, sha256="f" * 64)
    before = "a" * 64
    assert chained(before, (ref.file, ref.offset, ref.length, ref.sha256, ref.type, ref.uri, "v")) == ledger.link(before, ref, "v")
    assert sealed(before, '{"甲":1}', "[]") == ledger.seal(before, '{"甲":1}', "[]")
    assert chained(before, ("t", "谁", "view", "s", "{}\n")) == acts.link(before, "t", "谁", "view", "s", "{}\n")
    for size in [0, 1, 2, 3, 7, 8, 13]:
        leaves = [hashlib.sha256(b"%d" % n).digest() for n in range(size)]
        assert merkle_root(leaves) == merkle.root(leaves)
        made = merkle.levels(leaves) if leaves else []
        for index in range(size):
            path = merkle.path(made, index)
            assert merkle_climb(leaves[index], index, size, path) == merkle_root(leaves)
            assert merkle_climb(leaves[index], (index + 1) % size, size, path) != merkle_root(leaves) or size == 1
            assert merkle_climb(leaves[index], index, size, [*path, leaves[0]]) is None


def test_json_is_canonical_as_the_field_writes_it() -> None:
    random.seed(5)
    for _ in range(200):
        value = {"".join(random.choices("aé\u20ac\U0001f600\ufb33\r\n\"\\\x7f\x01", k=3)): random.choice([1, -5, "x\u2028", None, True, [], {"b": 1, "a": [2]}]) for _ in range(5)}
        assert canonical_json(value) == rfc8785.dumps(value)
    for text in ['{"a":1,"a":2}', '{"a":1.0}', '{"a":NaN}', "[" * 100_000, '"\\ud800"x', "{"]:
        with pytest.raises(BadJson):
            plain_json(text.encode())


def test_a_public_key_has_one_spelling() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    text = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert pem_key(text) == raw(key) and key_pem(raw(key)) == text
    assert not any(pem_key(text[:n] + bytes([text[n] ^ 1]) + text[n + 1 :]) == raw(key) for n in range(len(text)))
    assert pem_key(text + b"\n") == pem_key(text.replace(b"\n", b"\r\n")) == pem_key(b"") == b""


# --- one file --------------------------------------------------------------------------------------------------------------------------


def test_the_verifier_is_one_file_that_runs_alone_on_the_standard_library(tmp_path: Path) -> None:
    import ast

    text = bundle.bundle()
    (tmp_path / "verify.py").write_text(text, encoding="utf-8")
    for node in ast.walk(ast.parse(text, feature_version=(3, 8))):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.partition(".")[0] in sys.stdlib_module_names for name in names), names
    said = subprocess.run([sys.executable, "-I", "verify.py", "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "--archive" in said and "不联网" in said
    (tmp_path / "empty").mkdir()
    done = subprocess.run([sys.executable, "-I", "verify.py", "--archive", "nowhere", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "没有这个目录" in done.stderr and not done.stdout
    done = subprocess.run([sys.executable, "-I", "verify.py", "empty", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and json.loads(done.stdout.splitlines()[-1])["failures"] > 0


def test_the_verifier_is_made_of_modules_that_are_readable_each() -> None:
    for name in bundle.TITLES:
        lines = (bundle.HOME / f"{name}.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) < 400 and max(map(len, lines)) <= 165, name
    assert sorted(bundle.TITLES) == sorted(path.stem for path in bundle.HOME.glob("*.py") if path.stem not in ("__init__", "bundle"))
