"""Every settings file read once: rules, provisions, channels, patrols. A wrong one is told by file, line and field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifiers.errors import ConfigError

if TYPE_CHECKING:
    from adpatrol.checkup import Finding
    from crawler.plans import SitePlan


def settings_findings(folders: Sequence[Path]) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State

    absent = [str(folder) for folder in folders if not folder.is_dir()]
    if absent:
        yield Finding("设置", State.BAD, f"设置目录不存在：{'、'.join(absent)}", "检查 ADPATROL_CONFIG")
    for name, read in (("规则与条款", _rules), ("自查建议", _advice), ("渠道", _channels), ("存证设置", _evidence), ("巡查计划", _plans)):
        try:
            yield from read(folders)
        except ConfigError as error:
            yield Finding(name, State.BAD, str(error), "改正后再运行 adpatrol doctor")


def _rules(folders: Sequence[Path]) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from classifiers.knowledge import load_knowledge

    knowledge = load_knowledge(folders)
    yield Finding("规则与条款", State.OK if knowledge.rules else State.BAD, f"{len(knowledge.rules)} 条规则，{len(knowledge.provisions)} 个条款",
                  "" if knowledge.rules else "恢复 config/rules")


def _advice(folders: Sequence[Path]) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from classifiers.advice import load_advice
    from classifiers.knowledge import load_knowledge

    advice = load_advice(folders)
    lacking = sorted({rule.code for rule in load_knowledge(folders).rules} - advice.keys())
    yield Finding("自查建议", State.NOTE if lacking else State.OK, f"{len(advice)} 类" + (f"，缺 {'、'.join(lacking)}" if lacking else ""),
                  "在设置目录的 advice.yaml 里补上" if lacking else "")


def _channels(folders: Sequence[Path]) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from alerts.channels.model import load_channels

    channels = load_channels(folders)
    if channels:
        yield Finding("渠道", State.OK, f"启用 {len(channels)} 个：{'、'.join(channels)}")
    else:
        yield Finding("渠道", State.NOTE, "没有启用的渠道，预警不会发出", "在设置目录的 channels/ 里把渠道的 enabled 设为 true")


def _evidence(folders: Sequence[Path]) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from alerts.evidence_settings import load_evidence

    read = load_evidence(folders)
    stamped = f"时间戳机构 {len(read.authorities)} 家" if read.authorities else "没有时间戳机构"
    yield Finding("存证设置", State.OK if read.authorities else State.NOTE, f"{stamped}，保存期限 {len(read.terms)} 类",
                  "" if read.authorities else "在设置目录的 evidence.yaml 里设 authorities，否则存证时间只有本机自称")


def _plans(folders: Sequence[Path]) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from crawler.plans import check_zero_delay, load_plans

    plans = list(load_plans(folders))
    for plan in plans:
        check_zero_delay(plan.sites)
        if plan.problems:
            first = plan.problems[0]
            yield Finding("巡查计划", State.NOTE, f"{plan.name}：名单有 {len(plan.problems)} 行没有收入，如第 {first.row} 行 {first.reason}", "改正名单")
    yield Finding("巡查计划", State.OK, "、".join(f"{plan.name}（{len(plan.sites)} 个网站）" for plan in plans) or "没有计划；可用 --site、--sites 直接巡查")


def explained(folders: Sequence[Path], site: str) -> list[tuple[str, SitePlan]]:
    """(plan, decided site) of every plan that patrols ``site``; where none does, as `adpatrol patrol --site` would do it under the name ""."""
    from crawler.plans import load_plans, plan_for_sites

    plans = load_plans(folders)
    found = [(plan.name, known) for plan, known in plans.find(site)]
    if not found:
        found = [("", one) for one in plan_for_sites([site], authority=plans.authority).sites]
    return found
