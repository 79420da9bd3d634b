"""What earlier captures say about a new one: how long this page was last time, what "not found" looks like on this site.

Captures are read in archive order, each against those before it: a rebuild sees the same history and comes to the same gates.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Max

from classifiers.gate import Prior
from evidence.capture import Capture, Outcome
from indexer.models import Page, url_key

MIN_NOT_FOUND = 8  # characters: a shorter answer is no likeness


class Priors:
    """Answers from the store, as it was before the batch (``ahead_of``), and from what was learnt since. One object for one pass."""

    def __init__(self) -> None:
        self._chars: dict[tuple[str, str], int] = {}  # by page and client, of the last real page before the next capture
        self._not_found: dict[tuple[str, str], str] = {}

    def ahead_of(self, batch: Sequence[Capture]) -> None:
        """Looks up what is stored of the pages of these captures, which come next, together."""
        wanted = {url_key(capture.url) for capture in batch}
        earlier = Page.objects.filter(url_key__in=wanted, seq__lt=batch[0].seq, gate="page", outcome=str(Outcome.OK)).order_by()
        last = earlier.values("url_key", "client").annotate(last=Max("seq")).values_list("last", flat=True)
        rows = Page.objects.filter(seq__in=list(last)).values_list("url_key", "client", "visible_chars")
        self._chars = {(key, client): chars for key, client, chars in rows}

    def of(self, capture: Capture) -> Prior | None:
        chars = self._chars.get((url_key(capture.url), capture.client), 0)
        not_found = self._likeness(capture)
        return Prior(text_chars=chars, not_found_text=not_found) if chars or not_found else None

    def _likeness(self, capture: Capture) -> str:
        if capture.outcome == Outcome.NOT_FOUND:
            return ""
        place = (capture.site, capture.client)
        if place not in self._not_found:
            missing = Page.objects.filter(
                site=capture.site, client=capture.client, outcome=str(Outcome.NOT_FOUND), seq__lt=capture.seq, visible_chars__gte=MIN_NOT_FOUND,
            ).order_by("-seq").first()
            self._not_found[place] = _visible(missing) if missing else ""
        return self._not_found[place]

    def learn(self, page: Page) -> None:
        """A capture just read, before it is stored."""
        if page.outcome == Outcome.OK and page.gate == "page":
            self._chars[page.url_key, page.client] = page.visible_chars
        elif page.outcome == Outcome.NOT_FOUND and page.visible_chars >= MIN_NOT_FOUND:
            self._not_found[page.site, page.client] = _visible(page)


def _visible(page: Page) -> str:
    return page.text[: page.visible_chars].strip()
