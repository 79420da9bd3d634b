"""The figures of one run, and whether the run met pages at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from indexer.models import LEVEL_KEYS, Finding, Page

MIN_ANSWERS = 10  # a run of fewer answers says nothing by their share
DEGRADED_SHARE = 0.5
NOT_THE_PAGE = {
    "block": "拦截页", "captcha": "验证码", "login": "登录墙", "near_empty": "近乎空白", "soft_404": "名存实无的页", "parked": "域名停放页",
    "shrunk": "内容骤减", "unreadable": "无法研判",
}
# What is no page for a reason of its own, and says nothing of how well the run went.
_BY_DESIGN = ("not_found", "robots", "not_html", "redirect_out")


@dataclass(frozen=True, slots=True)
class Quality:
    """``answers``: visits that should have shown a page; ``kinds``: what the others showed instead, in Chinese, with their numbers;
    ``sites``, ``dark``: sites visited, and those of which no page at all was seen. ``reason``: Chinese, empty where not degraded."""

    answers: int
    not_pages: int
    kinds: dict[str, int]
    sites: int
    dark: int
    degraded: bool
    reason: str


def for_run(run: str) -> dict[str, Any]:
    """{"captures", "pages", "findings", "violating", "errors", "gates": {kind: n}, "outcomes": {…}, "levels": {…}, "codes": {…},
    "not_page_share", "degraded", "reason"}: of what is ingested of the run. ``pages``: captures that show the page; ``findings`` counts
    each finding once, the blue ones too; ``errors``: captures that could not be read."""
    captures = Page.objects.filter(run=run).order_by()
    findings = Finding.objects.filter(page__run=run).order_by()
    levels = dict(findings.values_list("level").annotate(n=Count("id")))
    seen = quality(run)
    return {
        "captures": captures.count(), "pages": captures.filter(gate="page", outcome="ok").count(), "findings": findings.count(),
        "violating": captures.filter(violating=True).count(), "errors": captures.exclude(error="").count(),
        "gates": dict(captures.exclude(gate="").values_list("gate").annotate(n=Count("id")).order_by("gate")),
        "outcomes": dict(captures.values_list("outcome").annotate(n=Count("id")).order_by("outcome")),
        "levels": {LEVEL_KEYS[level]: levels[level] for level in sorted(levels)},
        "codes": dict(findings.values_list("code").annotate(n=Count("id")).order_by("code")),
        "not_page_share": round(seen.not_pages / seen.answers, 3) if seen.answers else 0.0, "degraded": seen.degraded, "reason": seen.reason,
    }


def quality(run: str) -> Quality:
    """Of what is ingested of the run so far."""
    return qualities([run])[run]


def qualities(runs: Sequence[str]) -> dict[str, Quality]:
    """By run, in two queries however many. A static page that a browser must open (its shell is near empty by nature) is not counted,
    nor is what the site itself calls not found."""
    answered = Page.objects.filter(run__in=runs, render_reason="").exclude(gate="").exclude(outcome__in=_BY_DESIGN).order_by()
    gates: dict[str, dict[str, int]] = {}
    for run, gate, n in answered.values_list("run", "gate").annotate(n=Count("id")).order_by("run", "gate"):
        gates.setdefault(run, {})[gate] = n
    tried = Page.objects.filter(run__in=runs).exclude(outcome__in=("robots", "not_html", "redirect_out")).order_by()
    bright = Count("site", distinct=True, filter=Q(outcome="ok", gate="page"))
    sites = {run: (seen, shown) for run, seen, shown in tried.values_list("run").annotate(seen=Count("site", distinct=True), bright=bright)}
    return {run: _judged(gates.get(run, {}), *sites.get(run, (0, 0))) for run in runs}


def _judged(gates: Mapping[str, int], sites: int, bright: int) -> Quality:
    kinds = {name: gates[gate] for gate, name in NOT_THE_PAGE.items() if gate in gates}
    answers, not_pages = sum(gates.values()), sum(kinds.values())
    reason = ""
    if answers >= MIN_ANSWERS and not_pages > DEGRADED_SHARE * answers:
        parts = "，".join(f"{kind} {n}" for kind, n in sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
        reason = f"{answers} 个应答中有 {not_pages} 个不是网页本身（{parts}），本次巡查所见可能不全"
    elif sites and not bright:
        reason = f"所访问的 {sites} 个网站都没有取得一个真实页面，本次巡查等于没有看到什么"
    return Quality(answers, not_pages, kinds, sites, sites - bright, bool(reason), reason)


def not_page_share(run: str) -> tuple[float, int]:
    """The share of answers that were not the page, and how many answers there were."""
    seen = quality(run)
    return (seen.not_pages / seen.answers if seen.answers else 0.0), seen.answers
