"""A finding on a page fetched statically asks for a visit by the browser: evidence grade, with a picture."""

from __future__ import annotations

from pathlib import Path

from classifiers.model import Level
from crawler.plans.asks import Ask, ask_for_visits
from indexer.models import Page
from indexer.reading import Reading

STATIC = "-static"


def ask_for_evidence(home: Path, readings: list[Reading]) -> int:
    """How many visits were asked for that nobody waits for yet. Called before the batch is stored: a kill in between asks again, and the
    same ask is known while it waits. The visit is made as the same device."""
    return ask_for_visits(home, [ask for reading in readings if (ask := _ask(reading)) is not None])


def _ask(reading: Reading) -> Ask | None:
    page = reading.page
    if not page.client.endswith(STATIC) or (page.level or 0) <= Level.BLUE:
        return None
    device = page.client.removesuffix(STATIC)
    if Page.objects.filter(url_key=page.url_key, run=page.run, client=f"{device}-browser").exists():
        return None
    codes = "、".join(sorted({finding.code for finding in reading.findings if finding.level > Level.BLUE}))
    return Ask(0, page.url, page.site, f"静态页面有涉嫌违法点（{codes}），须以浏览器留存截图", client=device)
