"""`adpatrol evidence verify`: the independent verifier over this home's archive, with the authorities and the witness that the office set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from evidence.verify import Failure, Report


def register(group: Any) -> None:
    group.command("verify", epilog="例：adpatrol evidence verify --all ；adpatrol evidence verify --capture 快照编号 ；"
                                   "adpatrol evidence verify --all --against /mnt/见证/00000012.json")(verify)


def verify(
    capture: Annotated[str, typer.Option(help="只核验这个快照")] = "",
    lead: Annotated[str, typer.Option(help="只核验这条线索所据的快照")] = "",
    case: Annotated[str, typer.Option(help="只核验这个案件的快照")] = "",
    everything: Annotated[bool, typer.Option("--all", help="核验全部")] = False,
    stored: Annotated[bool, typer.Option(help="只核验存储：摘要、存证链与存证根（不解压，不核时间戳）")] = False,
    against: Annotated[list[Path] | None, typer.Option(help="与另处所存的存证根（JSON 文件或目录）比对，可多次")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines：每处问题一行，最后一行是合计")] = False,
) -> None:
    """核验存档：逐条摘要、压缩结尾、存证链、存证根与时间戳、有无缺失、多出或退回。有不符时退出码 1；未核验不算不符，也不算通过。"""
    if case:
        raise typer.BadParameter("这里还没有案件：请用 --lead 线索号 或 --capture 快照编号")
    if sum(map(bool, (capture, lead, everything))) > 1 or not (capture or lead or everything or stored):
        raise typer.BadParameter("请指明 --all、--stored、--lead 线索号 或 --capture 编号，其中一种")
    if against and (capture or lead):
        raise typer.BadParameter("--against 只与 --all 或 --stored 同用")
    reports = [_report(id, stored) for id in _captures_of(lead)] if lead else [_report(capture, stored, tuple(against or ()))]
    _print(reports, as_json)
    raise typer.Exit(1 if any(report.failures for report in reports) else 0)


def _captures_of(number: str) -> list[str]:
    """Raises BadParameter where there is no such lead."""
    from adpatrol.django_setup import setup

    setup()
    from alerts.errors import NoSuchLead
    from alerts.leads import by_number

    try:
        found = by_number(number)
    except NoSuchLead as error:
        raise typer.BadParameter(str(error)) from error
    return list(found.findings.order_by("capture_id").values_list("capture_id", flat=True).distinct())


def _report(capture: str, stored: bool, against: Sequence[Path] = ()) -> Report:
    from adpatrol.home import config_folders, home
    from alerts.evidence_settings import load_evidence
    from evidence.verify import verify as check

    settings = load_evidence(config_folders())
    witness = [settings.witness] if settings.witness is not None and settings.witness.is_dir() and not capture else []
    return check(home() / "archive", capture=capture or None, stored=stored, against=[*against, *witness],
                 authorities={one.name: one.roots for one in settings.authorities})


def _print(reports: Sequence[Report], as_json: bool) -> None:
    failures = [one for report in reports for one in report.failures]
    unverified = list(dict.fromkeys(one for report in reports for one in report.unverified))
    checked, captures, writing = (sum(getattr(report, name) for report in reports) for name in ("checked", "captures", "writing"))
    roots, stamps, erased = (max((getattr(report, name) for report in reports), default=0) for name in ("roots", "stamps", "erased"))
    if as_json:
        for kind, items in (("failure", failures), ("unverified", unverified)):
            for one in items:
                print(json.dumps({"kind": kind, "what": one.what, "where": one.where, "why": one.why}, ensure_ascii=False))
        print(json.dumps({"checked": checked, "captures": captures, "failures": len(failures), "unverified": len(unverified), "roots": roots, "stamps": stamps,
                          "erased": erased, "writing": writing}, ensure_ascii=False))
        return
    for one in unverified:
        print(_line("未核验", one))
    for one in failures:
        print(_line("不符", one))
    verdict = f"{len(failures)} 处不符" if failures else "全部相符" if checked else "这里还没有存档"
    extra = "".join([f"，{erased} 条已按期限删除" if erased else "", f"；存证根 {roots} 个" if roots else "", f"、时间戳 {stamps} 个" if stamps else ""])
    live = f"（{writing} 个文件正在写入，其末尾未核验）" if writing else ""
    left = f"；另有 {len(unverified)} 项未核验" if unverified and checked else ""
    print(f"已核验 {checked} 条记录、{captures} 个快照{extra}：{verdict}{left}{live}")


def _line(kind: str, one: Failure) -> str:
    return f"{kind}  {one.what}  {one.where}：{one.why}"
