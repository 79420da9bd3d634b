"""The command: ``python3 verify.py 证据包.zip`` (or a folder), or ``python3 verify.py --archive 存档目录``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import List, Optional

from evidence.verifier.archive import Wanted, check_archive
from evidence.verifier.certificates import pem_certificates
from evidence.verifier.der import BadDer
from evidence.verifier.digests import sha256_hex
from evidence.verifier.package import Printed, check_package
from evidence.verifier.result import CHECKED, OPEN, TOLD, WRONG, Findings


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verify.py", description="核验证据包或存档。只读，不联网，不需要安装任何东西。")
    parser.add_argument("package", nargs="?", help="证据包（ZIP 文件，或解开后的目录）；不写时核验本程序所在的目录")
    parser.add_argument("--archive", metavar="目录", help="改为核验一个存档目录（里面有 ledger.sqlite3）")
    parser.add_argument("--stored", action="store_true", help="存档：只核验摘要、链和存证根")
    parser.add_argument("--against", metavar="文件", action="append", default=[], help="存档：与另处所存的存证根（JSON 文件或目录）比对，可多次")
    parser.add_argument("--authority", metavar="文件.pem", action="append", default=[], help="存档：时间戳机构的根证书，可多次")
    parser.add_argument("--key-fingerprint", metavar="指纹", default="", help="纸上所印的签名公钥 SHA-256")
    parser.add_argument("--root-fingerprint", metavar="指纹", action="append", default=[], help="纸上所印的时间戳根证书 SHA-256，可多次")
    parser.add_argument("--json", action="store_true", help="每项一行 JSON，最后一行是结论")
    return parser


def main(argv: Optional[List[str]] = None) -> int:
    """0: nothing is wrong; 1: something is; 2: it could not be looked at."""
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")  # a console that lacks a character
    asked = _arguments().parse_args(argv)
    findings = Findings()
    roots = [_plain(one) for one in asked.root_fingerprint]
    try:
        if asked.archive is not None:
            certificates = {"": [one for name in asked.authority for one in pem_certificates(Path(name).read_bytes())]}
            against = [Path(name) for name in asked.against]
            wanted = Wanted(asked.stored, against, _plain(asked.key_fingerprint), roots, certificates)
            if not Path(asked.archive).is_dir():
                raise OSError(2, "没有这个目录", asked.archive)
            check_archive(Path(asked.archive), findings, wanted)
        else:
            check_package(Path(asked.package or Path(__file__).resolve().parent), findings, Printed(_plain(asked.key_fingerprint), roots))
    except (OSError, BadDer) as error:
        print("无法核验：%s" % error, file=sys.stderr)
        return 2
    _print(findings, asked.json)
    return 1 if findings.failed() else 0


def _plain(fingerprint: str) -> str:
    """As people type it: with colons, blanks, capitals."""
    return "".join(ch for ch in fingerprint.lower() if ch in "0123456789abcdef")


def _print(findings: Findings, as_json: bool) -> None:
    wrong, left = len(findings.of(WRONG)), len(findings.of(OPEN))
    if as_json:
        for item in findings.items:
            print(json.dumps({"kind": item.kind, "what": item.what, "where": item.where, "why": item.why}, ensure_ascii=False))
        print(json.dumps({"checked": len(findings.of(CHECKED)), "failures": wrong, "unverified": left}))
        return
    for kind in (CHECKED, TOLD, OPEN, WRONG):
        for item in findings.of(kind):
            print("%s  %s  %s%s" % (kind, item.what, item.where, "：" + item.why if item.why else ""))
    print()
    if wrong:
        print("结论：有 %d 处不符。不符之处见上，其余各项仍可参考。" % wrong)
    else:
        print("结论：没有发现不符。%s" % ("另有 %d 项未核验：未核验不等于通过，办法见上。" % left if left else ""))
    print("本程序的 SHA-256：%s（请从可信之处取得同一程序再核验一次）" % sha256_hex(Path(__file__).read_bytes()))
