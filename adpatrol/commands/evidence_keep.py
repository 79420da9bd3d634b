"""`adpatrol evidence retain | hold | release | store`: how long evidence is kept, and where its copies are."""

from __future__ import annotations

import getpass
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from evidence.retention import Preview

Json = Annotated[bool, typer.Option("--json", help="JSON Lines，一条一行")]
Who = Annotated[str, typer.Option("--as", help="署名的用户；缺省为本机账号")]
Why = Annotated[str, typer.Option("--reason", help="理由，记入存证账")]
Lead = Annotated[str, typer.Option("--lead", help="线索号")]
OneCapture = Annotated[str, typer.Option("--capture", help="快照编号")]
Site = Annotated[str, typer.Option("--site", help="网站，如 https://www.example.com")]


def register(group: Any) -> None:
    group.command("retain", epilog="例：adpatrol evidence retain --dry-run")(retain)
    group.command("hold", epilog="例：adpatrol evidence hold --lead XS2026000001 --reason 当事人提起诉讼")(hold)
    group.command("release", epilog="例：adpatrol evidence release --lead XS2026000001 --reason 判决生效")(release)
    group.command("store", epilog="例：adpatrol evidence store copy")(store)


def retain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出到期的，不删除")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接删除")] = False,
    reason: Why = "保存期限届满", who: Who = "", as_json: Json = False,
) -> None:
    """列出超过保存期限的快照，确认后删除：存证账留下删除的登记，其余内容一字不动。"""
    from adpatrol.django_setup import setup_database

    setup_database()
    from adpatrol.home import config_folders, home
    from adpatrol.sealing import seal_quietly
    from adpatrol.upkeep import forget_erased
    from alerts.evidence_settings import load_evidence
    from alerts.keeping import standings
    from evidence import compaction, retention

    archive = home() / "archive"
    now = datetime.now(UTC)
    found = retention.preview(archive, load_evidence(config_folders()).terms, standings, now)
    _show(found, as_json)
    if dry_run:
        return
    if found.due and not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("删除前须确认：加 --dry-run 先看，或加 --yes 直接删除")
        if not typer.confirm(f"删除以上 {len(found.due)} 个快照？删除后不能恢复"):
            print("没有删除", file=sys.stderr)
            return
    done = retention.erase(archive, found.due, who or getpass.getuser(), reason, standings)
    forgotten = forget_erased(home())
    files = compaction.compact(archive, who or getpass.getuser())  # also what an earlier one, cut off, left
    why = seal_quietly(home())
    if why:
        print(f"adpatrol: {why}；稍后用 adpatrol evidence seal 再试", file=sys.stderr)
    freed = sum(one.freed for one in files)
    if as_json:
        print(json.dumps({"erased": len(done), "files": len(files), "freed": freed}))
    else:
        print(f"已删除 {len(done)} 个快照，整理 {len(files)} 个文件，腾出 {freed / (1 << 20):.1f} MB；" +
              ("页面、检索与截图副本里的内容由正在运行的研判随即清除" if forgotten is None else "页面、检索与截图副本里的内容已清除"))


def _show(found: Preview, as_json: bool) -> None:
    from evidence.settings import CLASSES

    for one in found.due:
        if as_json:
            print(json.dumps({"capture": one.capture, "url": one.url, "time": one.time.isoformat(), "class": one.name, "over": one.over.isoformat(),
                              "basis": one.basis, "records": len(one.members), "bytes": one.bytes}, ensure_ascii=False))
        else:
            print(f"{one.time:%Y-%m-%d}  到期 {one.over:%Y-%m-%d}  {CLASSES[one.name]}  {one.url[:120]}  {one.capture}")
    if not as_json:
        counts = "、".join(f"{CLASSES[name]} {count} 个（{next(d.basis for d in found.due if d.name == name)}）" for name, count in Counter(d.name for d in found.due).items())
        total = sum(one.bytes for one in found.due)
        print(f"到期 {len(found.due)} 个快照" + (f"：{counts}，{total / (1 << 20):.1f} MB" if counts else "") + f"；冻结 {found.held} 个，未到期 {found.kept} 个")


def hold(lead: Lead = "", capture: OneCapture = "", site: Site = "", reason: Why = "", who: Who = "") -> None:
    """冻结（法律保全）：解除之前不受保存期限影响。不写对象时列出现有的冻结。"""
    from adpatrol.home import home
    from evidence import retention

    archive = home() / "archive"
    if not (lead or capture or site):
        for subject in sorted(retention.held(archive)):
            print(subject)
        return
    subject = _subject(archive, lead, capture, site)
    retention.hold(archive, who or getpass.getuser(), subject, reason)
    print(f"已冻结 {subject}")


def release(lead: Lead = "", capture: OneCapture = "", site: Site = "", reason: Why = "", who: Who = "") -> None:
    """解除冻结：此后按保存期限办。"""
    from adpatrol.home import home
    from evidence import retention

    archive = home() / "archive"
    subject = _subject(archive, lead, capture, site)
    retention.release(archive, who or getpass.getuser(), subject, reason)
    print(f"已解除冻结 {subject}")


def _subject(archive: Path, lead: str, capture: str, site: str) -> str:
    from evidence import ledger

    given = [(kind, value) for kind, value in (("lead", lead), ("capture", capture), ("site", site)) if value]
    if len(given) != 1:
        raise typer.BadParameter("请指明一个对象：--lead、--capture 或 --site")
    kind, value = given[0]
    if kind == "lead":
        from adpatrol.django_setup import setup_database

        setup_database()
        from alerts.leads import by_number

        value = by_number(value).number
    if kind == "capture" and ledger.capture(archive, value) is None:
        raise typer.BadParameter(f"存档中没有编号为 {value} 的快照")
    if kind == "site":  # as captures name it: a hold on another spelling would hold nothing
        value = value.rstrip("/")
        if next(ledger.captures(archive, site=value, limit=1), None) is None:
            raise typer.BadParameter(f"存档中没有网站 {value} 的快照；写成 https://主机 的形式，与 adpatrol captures 所列的 site 相同")
    return f"{kind}:{value}"


def store(what: Annotated[str, typer.Argument(metavar="做什么", help="copy 复制 · check 逐条核对 · restore 恢复缺少的文件")], as_json: Json = False) -> None:
    """另存：把写完的 WARC 文件、存证根、证据包和存证账复制到 evidence.yaml 里 store 所指的文件夹或 S3。核对有问题时退出码 1。"""
    from adpatrol.home import config_folders, home
    from alerts.evidence_settings import load_evidence
    from evidence import storage

    if what not in ("copy", "check", "restore"):
        raise typer.BadParameter("只能是 copy、check、restore")
    settings = load_evidence(config_folders()).store
    if settings is None:
        raise ValueError("没有设另存处：在设置目录的 evidence.yaml 里写 store")
    place = storage.Store(settings)
    if what == "copy":
        done = storage.copy(home() / "archive", place, packages=home() / "packages")
        said = f"写入 {done.files} 个文件（{done.bytes / (1 << 20):.1f} MB），已有 {done.there} 个，删除 {done.removed} 个，正在写入、下次再存 {done.writing} 个"
        record: dict[str, Any] = {"files": done.files, "bytes": done.bytes, "there": done.there, "removed": done.removed, "writing": done.writing}
    elif what == "restore":
        count = storage.restore(place, home())
        said, record = f"恢复 {count} 个文件；请运行 adpatrol evidence verify --all，再用 adpatrol rebuild 重建检索", {"restored": count}
    else:
        told = storage.check(home() / "archive", place)
        said = f"核对 {told.objects} 个文件、{told.members} 条记录：" + (f"{len(told.problems)} 处不符" if told.problems else "全部相符")
        record = {"objects": told.objects, "members": told.members, "problems": list(told.problems)}
        for problem in () if as_json else told.problems:
            print(f"不符  {problem}")
    print(json.dumps(record, ensure_ascii=False) if as_json else said)
    raise typer.Exit(1 if record.get("problems") else 0)
