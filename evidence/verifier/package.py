"""A package: one ZIP in the canonical form, or the folder it was unpacked to. The cheapest checks come first."""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Union

from evidence.verifier.certificates import Certificate, pem_certificates
from evidence.verifier.container import read_container
from evidence.verifier.der import BadDer
from evidence.verifier.digests import sha256_hex
from evidence.verifier.entries import LedgerEntry, PackedCapture, package_captures, package_entries, package_roots
from evidence.verifier.result import Enough, Findings
from evidence.verifier.stamping import StampCheck
from evidence.verifier.statements import Statement
from evidence.verifier.sums import MANIFEST, Parts, check_manifest_files, check_signature, check_sm3, check_sums
from evidence.verifier.trees import BadJson, canonical_json, plain_json
from evidence.verifier.wacz import PICTURES, WACZ, check_wacz

_MANIFEST_NAMES = {"format", "id", "made", "office", "subject", "ledger", "key", "captures", "missing", "sealed_without", "authorities", "files"}
CUSTODY, AUTHORITIES = "custody.jsonl", "authorities/"


class Printed(NamedTuple):
    """Fingerprints as they stand on paper: of the signing key ("" where none is given), of authorities' root certificates."""

    key: str = ""
    roots: Sequence[str] = ()


def check_package(source: Union[Path, bytes], findings: Findings, printed: Printed = Printed()) -> None:
    """``source``: a ZIP file, an unpacked folder, or the bytes of a ZIP. Faults are findings; raises OSError where it cannot be read."""
    try:
        parts = _parts(source, findings)
        if parts is not None:
            _check_parts(parts, findings, printed)
    except Enough:
        pass


def _parts(source: Union[Path, bytes], findings: Findings) -> Optional[Parts]:
    if isinstance(source, bytes):
        return read_container(memoryview(source), "证据包", findings)
    if source.is_dir():
        files = sorted((path.relative_to(source).as_posix(), path) for path in source.rglob("*") if not path.is_dir())
        return {name: memoryview(_mapped(path)) for name, path in files}
    found = read_container(memoryview(_mapped(source)), "证据包", findings)
    if found is not None:
        findings.checked("压缩包", source.name, "%d 个文件；由内容重写的压缩包与原件逐字节相同" % len(found))
    return found


def _mapped(path: Path) -> Union[bytes, mmap.mmap]:
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


def _check_parts(parts: Parts, findings: Findings, printed: Printed) -> None:
    check_sums(parts, findings)
    key = check_signature(parts, printed.key, findings)
    manifest = _manifest(parts, key, findings)
    check_manifest_files(parts, manifest.get("files"), findings)
    check_sm3(parts, findings)
    stamps = StampCheck(findings, _certificates(parts, manifest, findings), printed.roots)
    _manifest_stamps(parts, stamps, findings)
    roots = package_roots(parts, stamps, findings)
    for statement in roots.values():
        if statement.ledger != manifest.get("ledger"):
            findings.wrong("存证根", "第 %d 个" % statement.seq, "属于另一本存证账")
    entries = package_entries(parts, roots, findings)
    captures = package_captures(entries, manifest, findings)
    pictures = check_wacz(parts.get(WACZ, memoryview(b"")), entries, captures, findings)
    _pictures(parts, pictures, captures, findings)
    _custody(parts, entries, findings)
    stamps.told()
    _when(stamps, roots, findings)
    _elements(manifest, findings)
    findings.checked("快照", MANIFEST, "%d 个，每个的记录齐全" % len(captures))


def _manifest(parts: Parts, key: str, findings: Findings) -> Dict[str, Any]:
    data = bytes(parts.get(MANIFEST, b""))
    try:
        told = plain_json(data)
        if not isinstance(told, dict) or set(told) != _MANIFEST_NAMES or told["format"] != "adpatrol-package/1" or canonical_json(told) != data:
            raise BadJson("不是规范写法的清单")
    except BadJson as error:
        findings.wrong("清单", MANIFEST, str(error))
        return {}
    if key and told["key"] != key:
        findings.wrong("清单", MANIFEST, "所载的密钥指纹与签名的不同")
    return told


def _certificates(parts: Parts, manifest: Dict[str, Any], findings: Findings) -> Dict[str, List[Certificate]]:
    """The authorities' certificates in the package; each holds the root that the manifest names."""
    found: Dict[str, List[Certificate]] = {}
    for name in parts:
        if name.startswith(AUTHORITIES) and name.endswith(".pem"):
            try:
                found[name[len(AUTHORITIES) : -4]] = pem_certificates(bytes(parts[name]))
            except BadDer as error:
                findings.wrong("时间戳机构", name, str(error))
    told = manifest.get("authorities")
    for one in told if isinstance(told, list) else []:
        name, root = (str(one.get("name")), one.get("root_sha256")) if isinstance(one, dict) else ("", None)
        if root not in [certificate.fingerprint for certificate in found.get(name, [])]:
            findings.wrong("时间戳机构", "%s%s.pem" % (AUTHORITIES, name), "里面没有清单所载的根证书")
    return found


def _manifest_stamps(parts: Parts, stamps: StampCheck, findings: Findings) -> None:
    names = [name for name in parts if name.startswith(MANIFEST + ".") and name.endswith(".tsr")]
    for name in names:
        stamps.check(name[len(MANIFEST) + 1 : -4], name, bytes(parts[name]), bytes(parts.get(MANIFEST, b"")), MANIFEST)
    if not names:
        findings.open("时间戳", MANIFEST, "这个包的清单没有时间戳；存证根的时间戳见下")


def _pictures(parts: Parts, kept: Set[str], captures: List[PackedCapture], findings: Findings) -> None:
    """Each original screenshot is a picture of the archive, byte for byte; each capture that has a picture is shown."""
    names = [name for name in parts if name.startswith("screenshots/") and "-original." in name]
    for name in names:
        if sha256_hex(parts[name]) not in kept:
            findings.wrong("截图", name, "不是 %s 里保存的页面截图" % WACZ)
    pictured = sum(any(ref[1].startswith(PICTURES) for ref in one.members) for one in captures)
    if len(names) != pictured:
        findings.wrong("截图", "screenshots/", "有截图的快照 %d 个，而原图有 %d 张" % (pictured, len(names)))
    if names:
        findings.checked("截图", "screenshots/", "%d 张原图，与 %s 里保存的逐字节相同" % (len(names), WACZ))


def _when(stamps: StampCheck, roots: Dict[int, Statement], findings: Findings) -> None:
    if not stamps.count:
        findings.open("时间", "ledger/roots/", "没有可以核验的时间戳：%d 个存证根的时间只由本单位自己陈述" % len(roots))


def _custody(parts: Parts, entries: List[LedgerEntry], findings: Findings) -> None:
    """The custody log says what the ledger's acts say, all of them and no more."""
    acts = [(entry.seq, *entry.fields) for entry in entries if entry.chain == "acts"]
    told = []
    for number, line in enumerate(bytes(parts.get(CUSTODY, b"")).split(b"\n")[:-1], 1):
        try:
            one = json.loads(line.decode("utf-8"))
            detail = one["detail"] if isinstance(one["detail"], str) else canonical_json(one["detail"]).decode("utf-8", "surrogatepass")
            told.append((one["seq"], one["time"], one["who"], one["act"], one["subject"], detail))
        except (ValueError, KeyError, TypeError, RecursionError):
            findings.wrong("经手记录", "%s 第 %d 行" % (CUSTODY, number), "无法解读")
            continue
        if told[-1] not in acts:
            findings.wrong("经手记录", "%s 第 %d 行" % (CUSTODY, number), "与存证账的事项登记不符")
    for act in acts:
        if act not in told:
            findings.wrong("经手记录", CUSTODY, "缺少事项登记第 %d 条" % act[0])
    findings.checked("经手记录", CUSTODY, "%d 项，与存证账的事项登记一致" % len(told))


def _elements(manifest: Dict[str, Any], findings: Findings) -> None:
    """What the package itself says it lacks."""
    missing, without = manifest.get("missing"), manifest.get("sealed_without")
    for one in missing if isinstance(missing, list) else []:
        if isinstance(one, dict):
            findings.told("缺少的要素", str(one.get("label"))[:100], str(one.get("why"))[:300])
    if isinstance(without, dict):
        findings.told("缺项封存", MANIFEST, "%s 于 %s 决定缺项封存，理由：%s" % (without.get("who"), without.get("time"), without.get("reason")))
