"""What earlier captures say about a new one: how long this page was last time, what "not found" looks like on this site.

Captures are read in archive order, each against those before it: a rebuild sees the same history and comes to the same gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.db.models import Max, Q

from classifiers.gate import PROBE_REASON, Prior
from evidence.capture import PROBE, Capture, Outcome
from indexer.models import Page, url_key

MIN_NOT_FOUND = 8  # characters: a shorter answer is no likeness
_SEEN = ("page", "shrunk")
_Length = tuple[int, int, str]  # characters of the last visit that showed the page; of the last, where that was called shrunk; run of the last
_UNKNOWN: _Length = (0, 0, "")


class Priors:
    """Answers from the store, as it was before the batch (``ahead_of``), and from what was learnt since. One object for one pass."""

    def __init__(self) -> None:
        self._lengths: dict[tuple[str, str], _Length] = {}  # by page and client, before the next capture
        self._not_found: dict[tuple[str, str], str] = {}

    def ahead_of(self, batch: Sequence[Capture]) -> None:
        """Looks up what is stored of the pages of these captures, which come next, together."""
        wanted = {url_key(capture.url) for capture in batch}
        earlier = Page.objects.filter(url_key__in=wanted, seq__lt=batch[0].seq, gate__in=_SEEN, outcome=str(Outcome.OK)).order_by()
        last = earlier.values("url_key", "client", "gate").annotate(last=Max("seq")).values_list("last", flat=True)
        rows = Page.objects.filter(seq__in=list(last)).order_by("seq").values_list("url_key", "client", "gate", "visible_chars", "run")
        self._lengths = {}
        for key, client, gate, chars, run in rows:
            self._lengths[key, client] = self._then(key, client, gate, chars, run)

    def _then(self, key: str, client: str, gate: str, chars: int, run: str) -> _Length:
        """The lengths known of a page once this visit is added."""
        return (chars, 0, run) if gate == "page" else (self._lengths.get((key, client), _UNKNOWN)[0], chars, run)

    def of(self, capture: Capture) -> Prior | None:
        """What to hold the capture against; None where nothing is known."""
        if _is_probe(capture):
            return Prior(0, probe=True) if capture.outcome == Outcome.OK else None
        chars, shrunk, run = self._lengths.get((url_key(capture.url), capture.client), _UNKNOWN)
        if run == capture.run:  # short a moment ago is no habit yet
            shrunk = 0
        not_found = "" if _is_entrance(capture) else self._likeness(capture)
        return Prior(chars, not_found, shrunk) if chars or not_found else None

    def _likeness(self, capture: Capture) -> str:
        if capture.outcome == Outcome.NOT_FOUND:
            return ""
        place = (capture.site, capture.client)
        if place not in self._not_found:
            missing = Page.objects.filter(
                Q(outcome=str(Outcome.NOT_FOUND)) | Q(outcome=str(Outcome.OK), gate_reason=PROBE_REASON),
                site=capture.site, client=capture.client, seq__lt=capture.seq, visible_chars__gte=MIN_NOT_FOUND,
            ).order_by("-seq").first()
            self._not_found[place] = _visible(missing) if missing else ""
        return self._not_found[place]

    def learn(self, page: Page) -> None:
        """A capture just read, before it is stored."""
        if page.outcome == Outcome.NOT_FOUND or (page.outcome == Outcome.OK and page.gate_reason == PROBE_REASON):
            if page.visible_chars >= MIN_NOT_FOUND:
                self._not_found[page.site, page.client] = _visible(page)
        elif page.outcome == Outcome.OK and page.gate in _SEEN:
            self._lengths[page.url_key, page.client] = self._then(page.url_key, page.client, page.gate, page.visible_chars, page.run)


def _is_probe(capture: Capture) -> bool:
    return capture.facts.get("why") == PROBE


def _is_entrance(capture: Capture) -> bool:
    """A site that answers every address with its home page still has a home page."""
    return capture.facts.get("depth") == 0 or urlsplit(capture.url).path in ("", "/")


def _visible(page: Page) -> str:
    return page.text[: page.visible_chars].strip()
