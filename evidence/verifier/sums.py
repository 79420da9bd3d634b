"""The lists of digests in a package: SHA256SUMS over everything, its signature, SM3SUMS, and the manifest's own list."""

from __future__ import annotations

import hashlib
from typing import Any, Callable, Dict, List

from evidence.verifier.digests import sha256_hex, sm3_hex
from evidence.verifier.edwards import ed25519_stands
from evidence.verifier.result import Findings
from evidence.verifier.statements import pem_key

SUMS, SM3_SUMS, SIGNATURE, MANIFEST, PUBLIC_KEY = "SHA256SUMS", "SM3SUMS", "SHA256SUMS.sig", "manifest.json", "ledger/public-key.pem"
_SLOW = 1 << 20  # bytes beyond which SM3 in Python alone takes too long

Parts = Dict[str, memoryview]


def apart(name: str) -> bool:
    """Made after the manifest, so that it cannot list them."""
    return name in (SUMS, SM3_SUMS, SIGNATURE, MANIFEST) or (name.startswith(MANIFEST + ".") and name.endswith(".tsr"))


def check_sums(parts: Parts, findings: Findings) -> None:
    """Every file's SHA-256; none missing, none added."""
    listed = _listed(parts, SUMS, findings)
    wanted = [name for name in parts if name not in (SUMS, SIGNATURE)]
    _compare(parts, listed, wanted, SUMS, lambda name: sha256_hex(parts[name]), findings)
    findings.checked("文件", SUMS, "%d 个文件的 SHA-256；没有缺少，没有多出" % len(wanted))


def check_sm3(parts: Parts, findings: Findings) -> None:
    listed = _listed(parts, SM3_SUMS, findings)
    wanted = [name for name in parts if name == MANIFEST or not apart(name)]
    quick = "sm3" in hashlib.algorithms_available
    slow = [name for name in wanted if not quick and len(parts[name]) > _SLOW]
    _compare(parts, listed, wanted, SM3_SUMS, lambda name: listed.get(name, "") if name in slow else sm3_hex(parts[name]), findings)
    findings.checked("文件", SM3_SUMS, "%d 个文件的 SM3" % (len(wanted) - len(slow)))
    for name in slow:
        findings.open("SM3", name, "这台电脑的 Python 不含 SM3，文件又大。可运行：openssl dgst -sm3 %s，与 SM3SUMS 核对" % name)


def _listed(parts: Parts, name: str, findings: Findings) -> Dict[str, str]:
    """Name -> digest of a list in the form of ``sha256sum``, each line in its one spelling and place."""
    found: Dict[str, str] = {}
    data = bytes(parts.get(name, b""))
    text = data.decode("utf-8", "replace")
    for line in text.split("\n")[:-1]:
        digest, _, file = line.partition("  ")
        found[file] = digest
    if b"".join(("%s  %s\n" % (found[file], file)).encode("utf-8") for file in sorted(found, key=lambda one: one.encode("utf-8"))) != data or not data:
        findings.wrong("清单", name, "不是规范写法，或不在")
    return found


def _compare(parts: Parts, listed: Dict[str, str], wanted: List[str], where: str, digest: Callable[[str], str], findings: Findings) -> None:
    for name in wanted:
        if name not in listed:
            findings.wrong("文件", name, "多出的文件：%s 没有列出它" % where)
        elif digest(name) != listed[name]:
            findings.wrong("文件", name, "内容与 %s 所列的摘要不符，文件或清单被改动" % where)
    for name in sorted(set(listed) - set(wanted)):
        findings.wrong("文件", name, "%s 列出了它，而它不在（或不该列出）" % where)


def check_signature(parts: Parts, expected: str, findings: Findings) -> str:
    """The fingerprint of the key that signed SHA256SUMS; empty where that does not stand. ``expected``: as printed on paper."""
    raw = pem_key(bytes(parts.get(PUBLIC_KEY, b"")))
    if not raw:
        findings.wrong("公钥", PUBLIC_KEY, "不在，或不是 Ed25519 公钥的规范写法")
        return ""
    key = sha256_hex(raw)
    if expected and key != expected:
        findings.wrong("公钥", PUBLIC_KEY, "指纹是 %s，与给出的不同" % key)
    if not ed25519_stands(raw, bytes(parts.get(SIGNATURE, b"")), bytes(parts.get(SUMS, b""))):
        findings.wrong("签名", SIGNATURE, "对 %s 的签名不成立：签名、公钥或清单被改动" % SUMS)
        return ""
    findings.checked("签名", SIGNATURE, "Ed25519，密钥指纹 %s，请与纸上所印核对" % key)
    return key


def check_manifest_files(parts: Parts, told: Any, findings: Findings) -> None:
    """The manifest's list: of every file but those made after it."""
    listed = told if isinstance(told, dict) else {}
    wanted = [name for name in parts if not apart(name)]
    for name in wanted:
        entry = listed.get(name)
        if not isinstance(entry, dict) or set(entry) != {"size", "sha256", "sm3"}:
            findings.wrong("文件", name, "%s 没有列出它，或写法不符" % MANIFEST)
        elif entry["size"] != len(parts[name]) or entry["sha256"] != sha256_hex(parts[name]):
            findings.wrong("文件", name, "与 %s 所列的大小或 SHA-256 不符" % MANIFEST)
        elif (len(parts[name]) <= _SLOW or "sm3" in hashlib.algorithms_available) and entry["sm3"] != sm3_hex(parts[name]):
            findings.wrong("文件", name, "与 %s 所列的 SM3 不符" % MANIFEST)
    for name in sorted(set(listed) - set(wanted)):
        findings.wrong("文件", str(name), "%s 列出了它，而它不在" % MANIFEST)
