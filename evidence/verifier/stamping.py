"""The stamps on one kind of thing (roots, a manifest), authority by authority: checked each, told together."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, List, Optional, Sequence, Tuple

from evidence.verifier.certificates import Certificate, NotHere
from evidence.verifier.result import Findings
from evidence.verifier.tokens import BadStamp, Stamp, check_stamp


class StampCheck:
    """``roots``: certificates that are trusted, by the authority's name; those under "" hold for all. ``expected``: fingerprints of root
    certificates as printed on paper; where there are any, a chain that ends elsewhere does not stand."""

    def __init__(self, findings: Findings, roots: Dict[str, List[Certificate]], expected: Sequence[str] = ()) -> None:
        self._findings, self._roots, self._expected = findings, roots, expected
        self._seen: Dict[Tuple[str, str], List[datetime]] = {}
        self.count = 0

    def check(self, name: str, where: str, response: bytes, message: bytes, file: str) -> Optional[Stamp]:
        """``file``: the stamped file's name, for the command that a person can run."""
        trusted = tuple(self._roots.get(name, []) + self._roots.get("", []))
        try:
            stamp = check_stamp(response, message, trusted)
        except BadStamp as error:
            self._findings.wrong("时间戳", where, str(error))
            return None
        except NotHere as error:
            self._findings.open("时间戳", where, "用到本程序不含的方法（%s）。可运行：%s" % (error, self._command(name, file)))
            return None
        self.count += 1
        self._seen.setdefault((name, stamp.root), []).append(stamp.time)
        if stamp.root and self._expected and stamp.root not in self._expected:
            self._findings.wrong("时间戳", where, "根证书的 SHA-256 是 %s，与给出的不同" % stamp.root)
        return stamp

    def told(self) -> None:
        """What was checked of each authority, and what was not."""
        for (name, root), times in sorted(self._seen.items()):
            when = " 至 ".join(sorted({time.strftime("%Y-%m-%d %H:%M:%S") for time in (min(times), max(times))})) + "（UTC）"
            if root:
                self._findings.checked("时间戳", name, "%d 个，盖于 %s；根证书 SHA-256 %s，请与纸上所印核对" % (len(times), when, root))
            else:
                self._findings.open("时间戳", name, "%d 个，盖于 %s：签名相符，但没有给出该机构的根证书（--authority 文件.pem），证书链未核验" % (len(times), when))
            self._findings.open("时间戳证书是否曾被吊销", name, "本程序不联网。可向该机构取吊销列表后运行：openssl verify -crl_check_all -CAfile authorities/%s.pem "
                                "-CRLfile 吊销列表.pem 签发证书.pem" % name)

    @staticmethod
    def _command(name: str, file: str) -> str:
        return "openssl ts -verify -data %s -in %s.%s.tsr -CAfile authorities/%s.pem" % (file, file, name, name)
