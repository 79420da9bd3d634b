"""What `adpatrol doctor` says of keys, roots, witness and stamps."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from adpatrol.home import config_folders
from alerts.evidence_settings import EvidenceSettings, load_evidence
from classifiers.errors import ConfigError
from evidence import keys, roots, stamps
from evidence.errors import CannotSign

if TYPE_CHECKING:
    from adpatrol.checkup import Finding

LATE = timedelta(hours=2)


def sealing_findings(home: Path) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State

    if not home.is_dir():
        return  # told with the home
    try:
        settings = load_evidence(config_folders())
    except ConfigError:
        return  # told among the settings
    archive = home / "archive"
    yield from _key(home, settings)
    found = roots.heads(archive, settings.witness)
    for problem in found.problems:
        yield Finding("存证根", State.BAD, problem, "不要再写入；从备份恢复较新的 archive/ledger.sqlite3，再运行 adpatrol evidence verify --all")
    if found.ledger and settings.witness is not None and found.witness < found.ledger:
        yield Finding("见证文件夹", State.NOTE, f"{settings.witness} 只到第 {found.witness} 个存证根，存证账已到第 {found.ledger} 个", "adpatrol evidence seal")
    if found.ledger and not found.problems:
        newest = roots.roots(archive, after=found.ledger - 1)[0]
        yield Finding("存证根", State.OK, f"{found.ledger} 个，最近一个签于 {newest.told['time'][:19]} UTC，密钥指纹 {newest.key[:16]}…")
    yield from _waiting(archive, settings)


def _key(home: Path, settings: EvidenceSettings) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State

    file = home / "keys" / keys.FILE
    try:
        signer = settings.signer(home)
        keys.sign(signer, b"adpatrol doctor")
    except CannotSign as error:
        lost = bool(roots.roots(home / "archive"))
        mend = "检查签名设备与 evidence.yaml 的 signer" if settings.program else f"从备份恢复 {file}" if lost else "adpatrol init"
        yield Finding("存证签名密钥", State.BAD, str(error), mend)
        return
    if settings.program is None and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("存证签名密钥", State.BAD, f"{file} 别的账户也能读", f"chmod 600 {file}")
    yield Finding("存证签名密钥", State.OK, f"可以签名，指纹 {keys.fingerprint(signer.public)}")


def _waiting(archive: Path, settings: EvidenceSettings) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State

    found = stamps.waiting(archive, settings.authorities)
    for authority in settings.authorities:
        mine = [one for one in found if one.authority == authority.name]
        if not mine:
            yield Finding("时间戳", State.OK, f"{authority.name}：没有等候的")
            continue
        since = min(one.since for one in mine)
        late = datetime.now(UTC) - datetime.fromisoformat(since) > LATE
        yield Finding("时间戳", State.BAD if late and not authority.optional else State.NOTE,
                      f"{authority.name}：{Counter(one.authority for one in mine)[authority.name]} 个存证根在等，最早的签于 {since[:19]} UTC", "adpatrol evidence seal 会说明原因")
