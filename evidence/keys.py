"""Who signs the roots: a key in a file, or a program that asks a KMS or a UKey. Ed25519 (RFC 8032).

A signer's answer is checked against its own public key before it is used: a wrong key or a program gone wrong is found now, not in court.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from evidence.disk import sync
from evidence.errors import CannotSign

FILE = "ledger.pem"  # in home/keys
MAX_ANSWER = 4096  # bytes of a signing program's answer


class Signer(Protocol):
    """``public``: the raw 32 bytes. ``sign``: the 64 bytes over ``data``; raises CannotSign."""

    @property
    def public(self) -> bytes: ...

    def sign(self, data: bytes) -> bytes: ...


def fingerprint(public: bytes) -> str:
    """SHA-256 of the raw public key, as roots and papers name it."""
    return hashlib.sha256(public).hexdigest()


def pem(public: bytes) -> str:
    """SubjectPublicKeyInfo, for `openssl pkeyutl -verify -pubin`."""
    return str(Ed25519PublicKey.from_public_bytes(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii"))


def raw(text: str | bytes) -> bytes:
    """The raw key of a PEM text. Raises CannotSign where it is no Ed25519 public key."""
    try:
        key = load_pem_public_key(text.encode() if isinstance(text, str) else text)
    except (ValueError, TypeError) as error:
        raise CannotSign("不是可用的公钥（PEM，Ed25519）") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CannotSign("公钥不是 Ed25519")
    return bytes(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def signed(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def make(file: Path) -> bool:
    """A new key that only this account reads, whole on disk or not at all; True where it was made now. Raises OSError."""
    if file.is_file():
        file.chmod(0o600)
        return False
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as handle:
        handle.write(made)
        handle.flush()
        os.fsync(handle.fileno())
    beside.rename(file)
    sync(file.parent)
    return True


class FileSigner:
    """home/keys/ledger.pem. Raises CannotSign where it cannot be read."""

    def __init__(self, file: Path) -> None:
        try:
            key = load_pem_private_key(file.read_bytes(), password=None)
        except OSError as error:
            raise CannotSign(f"签名密钥 {file.name} 无法读取（{error.strerror}），请运行 adpatrol init") from error
        except (ValueError, TypeError) as error:
            raise CannotSign(f"签名密钥 {file.name} 已损坏，请从备份恢复") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise CannotSign(f"签名密钥 {file.name} 不是 Ed25519")
        self._key = key

    @property
    def public(self) -> bytes:
        return bytes(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, data: bytes) -> bytes:
        return bytes(self._key.sign(data))


@dataclass(frozen=True, slots=True)
class ProgramSigner:
    """A program of the office's: the data on its standard input, the signature in base64 on its standard output, within ``timeout_s``."""

    argv: Sequence[str]
    public: bytes
    timeout_s: float = 30.0

    def sign(self, data: bytes) -> bytes:
        name = Path(self.argv[0]).name
        try:
            done = subprocess.run(list(self.argv), input=data, capture_output=True, timeout=self.timeout_s, check=False)
        except subprocess.TimeoutExpired:
            raise CannotSign(f"签名程序 {name} 在 {self.timeout_s:g} 秒内没有答复") from None
        except OSError as error:
            raise CannotSign(f"签名程序 {name} 不能运行（{error.strerror}）") from error
        if done.returncode:
            said = " ".join(done.stderr[:MAX_ANSWER].decode("utf-8", "replace").split())[:200]
            raise CannotSign(f"签名程序 {name} 失败（{done.returncode}）" + (f"：{said}" if said else ""))
        try:
            signature = base64.b64decode(b"".join(done.stdout[:MAX_ANSWER].split()), validate=True)
        except binascii.Error:
            raise CannotSign(f"签名程序 {name} 的答复不是 base64") from None
        return signature


def sign(signer: Signer, data: bytes) -> bytes:
    """64 bytes that the signer's own public key accepts. Raises CannotSign."""
    signature = signer.sign(data)
    if len(signature) != 64 or not signed(signer.public, signature, data):
        raise CannotSign("签名与公钥不符：请检查签名设备或 evidence.yaml 里的公钥")
    return signature
