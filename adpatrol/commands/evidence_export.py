"""`adpatrol evidence export`: a package that a court can check without us."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adpatrol.cli import App

if TYPE_CHECKING:
    from evidence.packages.model import Exported


def register(group: App) -> None:
    group.command("export", epilog="例：adpatrol evidence export --lead XS2026000001 ；缺项封存须负责人写明理由：--without-reason 页面随时可能删除 --officer 张三")(export)


def export(
    lead: Annotated[str, typer.Option("--lead", help="这条线索的证据")] = "",
    capture: Annotated[list[str] | None, typer.Option("--capture", help="这个快照（可多次）")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="写到这个文件；不写则在数据目录的 exports 里")] = None,
    without_reason: Annotated[str, typer.Option("--without-reason", help="缺少法定要素而仍封存的理由，由负责人写明")] = "",
    officer: Annotated[str, typer.Option("--officer", help="署名（缺项封存时为负责人）；默认当前系统用户")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="一行 JSON")] = False,
) -> None:
    """导出证据包：网页存档、截图、文书、证明与核验程序，签名并加盖时间戳。缺少法定要素时不导出，除非负责人写明理由。"""
    if bool(lead) == bool(capture):
        raise typer.BadParameter("--lead 和 --capture 选其一")
    if without_reason and not officer.strip():
        raise typer.BadParameter("缺项封存须写明负责人：--officer 姓名")
    from adpatrol.django_setup import setup_database
    from adpatrol.home import config_folders, home

    setup_database()
    from alerts.evidence_settings import load_evidence
    from alerts.exporting import Exporting, export_captures, export_lead
    from classifiers.knowledge import load_knowledge
    from evidence.packages.model import ElementsMissing, Sealed

    how = Exporting(home=home(), who=officer.strip() or getpass.getuser(), settings=load_evidence(config_folders()), laws=load_knowledge(config_folders()).provisions,
                    target=output.resolve() if output else None)
    sealed = Sealed(officer.strip(), " ".join(without_reason.split()), datetime.now(UTC)) if without_reason.strip() else None
    try:
        done = export_lead(how, lead, sealed=sealed) if lead else export_captures(how, capture or [], sealed=sealed)
    except ElementsMissing as error:
        for one in error.missing:
            typer.echo(f"缺  {one.label}：{one.why}", err=True)
        raise
    print(json.dumps(_row(done), ensure_ascii=False) if as_json else _said(done))


def _row(done: Exported) -> dict[str, object]:
    return {"package": done.id, "file": str(done.path), "bytes": done.size, "sha256": done.sha256, "files": done.files,
            "missing": [{"element": one.element, "label": one.label, "why": one.why} for one in done.missing]}


def _said(done: Exported) -> str:
    lacks = f"，缺项封存 {len(done.missing)} 项" if done.missing else "，要素齐全"
    return f"已导出 {done.path}（{done.files} 个文件，{done.size:,} 字节{lacks}）\nSHA-256 {done.sha256}"
