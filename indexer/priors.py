"""What earlier captures say about a new one: how long this page was last time, what "not found" looks like on this site.

Captures are read in archive order, each against those before it: a rebuild sees the same history and comes to the same gates.
"""

from __future__ import annotations

from classifiers.gate import Prior
from evidence.capture import Capture, Outcome
from indexer.models import Page, url_key

MIN_NOT_FOUND = 8  # characters: a shorter answer is no likeness


class Priors:
    """Answers from the store, and from the captures of the batch that is not stored yet. One object for one pass over the archive."""

    def __init__(self) -> None:
        self._batch: dict[tuple[str, str], int] = {}
        self._not_found: dict[tuple[str, str], str] = {}

    def of(self, capture: Capture) -> Prior | None:
        chars = self._chars(capture)
        not_found = self._likeness(capture)
        return Prior(text_chars=chars, not_found_text=not_found) if chars or not_found else None

    def _chars(self, capture: Capture) -> int:
        key = url_key(capture.url)
        if (key, capture.client) in self._batch:
            return self._batch[key, capture.client]
        earlier = Page.objects.filter(url_key=key, client=capture.client, seq__lt=capture.seq, gate="page", outcome=str(Outcome.OK))
        return earlier.order_by("-seq").values_list("visible_chars", flat=True).first() or 0

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
            self._batch[page.url_key, page.client] = page.visible_chars
        elif page.outcome == Outcome.NOT_FOUND and page.visible_chars >= MIN_NOT_FOUND:
            self._not_found[page.site, page.client] = _visible(page)

    def stored(self) -> None:
        """The batch is in the database."""
        self._batch.clear()


def _visible(page: Page) -> str:
    return page.text[: page.visible_chars].strip()
