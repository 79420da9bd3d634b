"""A finding asks for two visits at evidence grade, at a desk and on a phone: by the browser, with everything the page is made of."""

from __future__ import annotations

from pathlib import Path

from classifiers.model import Level
from crawler.plans.asks import MAX_CITES, Ask, ask_for_visits
from indexer.models import Page
from indexer.reading import Reading

DEVICES = ("desktop", "phone")
EVIDENCE = "-evidence"
_ASKING = ("-static", "-browser")  # a visit at evidence grade asks for nothing more, nor does what others captured


def ask_for_evidence(home: Path, readings: list[Reading]) -> int:
    """How many visits were asked for that nobody waits for yet. Called before the batch is stored: a kill in between asks again, and the
    same ask is known while it waits."""
    return ask_for_visits(home, [ask for reading in readings for ask in _asks(reading)])


def _asks(reading: Reading) -> list[Ask]:
    page = reading.page
    if not page.client.endswith(_ASKING) or (page.level or 0) <= Level.BLUE:
        return []
    clients = [f"{device}{EVIDENCE}" for device in DEVICES]
    there = set(Page.objects.filter(url_key=page.url_key, run=page.run, client__in=clients).values_list("client", flat=True))
    cited = [finding for finding in reading.findings if finding.level > Level.BLUE]
    why = f"页面有涉嫌违法点（{'、'.join(sorted({finding.code for finding in cited}))}），须以浏览器按证据要求留存"
    spans = tuple(dict.fromkeys(finding.span for finding in cited))[:MAX_CITES]
    return [Ask(0, page.url, page.site, why, client=client.removesuffix(EVIDENCE), cites=spans) for client in clients if client not in there]
