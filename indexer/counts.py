"""The figures of one run, and whether the run met pages at all."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from indexer.models import LEVEL_KEYS, Finding, Page

MIN_ANSWERS = 5  # a run of fewer answers says nothing of its quality
DEGRADED_SHARE = 0.3
NOT_THE_PAGE = ("block", "captcha", "login", "near_empty", "soft_404", "parked", "shrunk")


def for_run(run: str) -> dict[str, Any]:
    """{"captures", "findings", "violating", "errors", "gates": {kind: n}, "outcomes": {…}, "levels": {…}, "codes": {…}, "not_page_share",
    "degraded", "reason"}: of what is ingested of the run. ``findings`` counts each finding once, the blue ones too."""
    pages = Page.objects.filter(run=run).order_by()
    findings = Finding.objects.filter(page__run=run).order_by()
    levels = dict(findings.values_list("level").annotate(n=Count("id")))
    share, answers = not_page_share(run)
    degraded = answers >= MIN_ANSWERS and share >= DEGRADED_SHARE
    return {
        "captures": pages.count(), "findings": findings.count(), "violating": pages.filter(violating=True).count(),
        "errors": pages.exclude(error="").count(),
        "gates": dict(pages.exclude(gate="").values_list("gate").annotate(n=Count("id")).order_by("gate")),
        "outcomes": dict(pages.values_list("outcome").annotate(n=Count("id")).order_by("outcome")),
        "levels": {LEVEL_KEYS[level]: levels[level] for level in sorted(levels)},
        "codes": dict(findings.values_list("code").annotate(n=Count("id")).order_by("code")),
        "not_page_share": round(share, 3), "degraded": degraded,
        "reason": f"{answers} 个应答中有 {share:.0%} 不是网页本身（拦截、验证码、登录等），本次巡查所见可能不全" if degraded else "",
    }


def not_page_share(run: str) -> tuple[float, int]:
    """The share of answers that were not the page, and how many answers there were. A static page that a browser must open (its shell
    is near empty by nature) is not counted, nor is what the site itself calls not found."""
    answers = Page.objects.filter(run=run, render_reason="").exclude(gate="").exclude(outcome="not_found").order_by()
    total = answers.count()
    return (answers.filter(gate__in=NOT_THE_PAGE).count() / total if total else 0.0), total
