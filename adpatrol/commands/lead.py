"""`adpatrol lead`: the leads, and what people decide about them."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adpatrol.cli import App

if TYPE_CHECKING:
    from alerts.models import Lead

Json = Annotated[bool, typer.Option("--json", help="JSON Lines，一条一行")]
STATES = {"waiting": "待核查", "confirmed": "已确认", "dismissed": "已排除"}


def register(app: typer.Typer) -> None:
    lead = App(help="线索：列出、查看、核查（均为涉嫌，待人工认定）")
    lead.command("list", epilog="例：adpatrol lead list --state waiting --json")(list_leads)
    lead.command("show", epilog="例：adpatrol lead show XS2026000001")(show)
    lead.command("decide", epilog="例：adpatrol lead decide XS2026000001 --dismiss --reason 引用他人广告作反面例子")(decide)
    app.add_typer(lead, name="lead")


def list_leads(
    state: Annotated[str, typer.Option("--state", help="waiting 待核查 · confirmed 已确认 · dismissed 已排除 · all")] = "all",
    site: Annotated[str, typer.Option("--site", help="只列这个网站所属平台的线索")] = "",
    code: Annotated[str, typer.Option("--code", help="只列这个类型")] = "",
    as_json: Json = False,
) -> None:
    """列出线索，等级高的、新的在前。"""
    if state not in (*STATES, "all"):
        raise typer.BadParameter(f"--state 只能是 {'、'.join((*STATES, 'all'))}")
    _setup()
    from alerts.dossiers import platform_key
    from alerts.models import Lead
    from alerts.names import code_name

    found = Lead.objects.select_related("platform")
    found = found.filter(state=state) if state != "all" else found
    found = found.filter(platform__key=platform_key(site)) if site else found
    found = found.filter(code=code) if code else found
    count = 0
    for row in found.iterator():
        count += 1
        if as_json:
            print(json.dumps(_row(row), ensure_ascii=False))
        else:
            print(f"{row.number}  {row.get_level_display()}  {row.get_state_display()}  涉嫌{code_name(row.code)}  {_line(str(row.platform))}"
                  f"  {row.pages} 页  “{_line(row.span, 60)}”")
    if not as_json:
        print(f"共 {count} 条线索" if count else "没有符合条件的线索")


def show(number: Annotated[str, typer.Argument(help="线索号")], as_json: Json = False) -> None:
    """查看一条线索：所据页面、理由、条款与经过。"""
    _setup()
    from adpatrol.home import config_folders
    from alerts.leads import by_number
    from alerts.names import code_name
    from classifiers.knowledge import load_knowledge

    lead = by_number(number)
    record = _row(lead) | {"findings": [_finding(f) for f in lead.findings.all()], "history": [_event(e) for e in lead.events.all()]}
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return
    print(f"线索 {lead.number}（{lead.get_state_display()}，来源：{lead.get_source_display()}）")
    print(f"平台：{_line(str(lead.platform))}（{_line(lead.platform.key)}）")
    print(f"等级：{lead.get_level_display()}  处置建议：{lead.suggestion or '—'}")
    print(f"涉嫌{code_name(lead.code)}（{lead.code}）：“{_line(lead.span, 200)}”，共 {lead.pages} 页")
    laws = load_knowledge(config_folders()).provisions
    for finding in record["findings"]:
        print(f"  {_line(finding['url'], 200)}  快照 {finding['capture']}  {_beijing(finding['time'])}")
        for reason in finding["reasons"]:
            print(f"    理由：{_line(reason, 200)}")
        cited = [f"{laws[p].law}{laws[p].article}" if p in laws else p for p in finding["provisions"]]
        print(f"    条款：{'、'.join(dict.fromkeys(cited)) or '—'}")
    for event in record["history"]:
        print(f"  {_beijing(event['at'])}  {event['who']}  {event['act']}" + (f"：{_line(event['reason'], 200)}" if event["reason"] else ""))


def decide(
    number: Annotated[str, typer.Argument(help="线索号")],
    confirm: Annotated[bool, typer.Option("--confirm", help="确认：值得办理（仍为涉嫌）")] = False,
    dismiss: Annotated[bool, typer.Option("--dismiss", help="排除：须写理由；同一表述不再进入待核查")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="撤销上一决定，回到待核查")] = False,
    reason: Annotated[str, typer.Option("--reason", help="理由")] = "",
    officer: Annotated[str, typer.Option("--officer", help="署名；默认当前系统用户")] = "",
    as_json: Json = False,
) -> None:
    """对一条线索作出决定，覆盖它的所有页面；可撤销。"""
    if confirm + dismiss + undo != 1:
        raise typer.BadParameter("--confirm、--dismiss、--undo 选其一")
    _setup()
    from alerts import leads

    lead = leads.by_number(number)
    act = leads.confirm if confirm else leads.dismiss if dismiss else leads.undo
    lead = act(lead.pk, officer or getpass.getuser(), reason)
    print(json.dumps(_row(lead), ensure_ascii=False) if as_json else f"线索 {lead.number} 现为：{lead.get_state_display()}")


def _setup() -> None:
    from adpatrol.django_setup import setup_database

    setup_database()


def _row(lead: Lead) -> dict[str, Any]:
    return {
        "number": lead.number, "state": lead.state, "platform": lead.platform.key, "name": lead.platform.name, "code": lead.code,
        "wording": lead.wording, "span": lead.span, "level": lead.level_key, "suggestion": lead.suggestion, "source": lead.source,
        "pages": lead.pages, "first_seen": lead.first_seen.isoformat(), "last_seen": lead.last_seen.isoformat(),
    }


def _finding(finding: Any) -> dict[str, Any]:
    return {
        "url": finding.url, "capture": finding.capture_id, "time": finding.captured_at.isoformat(), "last_capture": finding.last_capture,
        "last_seen": finding.last_seen.isoformat(), "code": finding.code, "span": finding.span, "start": finding.start, "end": finding.end,
        "role": finding.role, "level": finding.level_key, "confidence": finding.confidence, "suggestion": finding.suggestion,
        "reasons": finding.reasons, "provisions": finding.provisions, "claim": finding.claim, "rule": finding.rule,
        "ruleset": finding.ruleset,
    }


def _event(event: Any) -> dict[str, Any]:
    return {"at": event.at.isoformat(), "who": event.who, "act": event.act, "reason": event.reason, "was": event.was, "now": event.now}


def _beijing(moment: str) -> str:
    """An ISO moment as people in the office read it."""
    from indexer.times import BEIJING

    return datetime.fromisoformat(moment).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _line(text: str, most: int = 40) -> str:
    """One line for a terminal: what a site wrote cannot move the cursor or colour the screen."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"
