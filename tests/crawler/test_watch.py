"""Whatever order Chromium tells failures in, the page's is that of the newest request. The orders here are those that it was seen to tell."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from crawler.rendering.watch import Watch

TUNNEL, ABORTED = "net::ERR_TUNNEL_CONNECTION_FAILED", "net::ERR_ABORTED"


class Asked(SimpleNamespace):
    """A request, which is the same as itself only."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class Told:
    """The events of a page, told by hand."""

    def __init__(self) -> None:
        self.main_frame = object()
        self._to: dict[str, Callable[[Any], None]] = {}
        self.watch = Watch(self)  # type: ignore[arg-type]

    def on(self, event: str, handler: Callable[[Any], None]) -> None:
        self._to[event] = handler

    def asks(self, url: str) -> Any:
        request = Asked(url=url, resource_type="document", method="GET", failure=None, frame=self.main_frame, is_navigation_request=lambda: True)
        self._to["request"](request)
        return request

    def answers(self, request: Any, status: int = 200) -> None:
        self._to["response"](SimpleNamespace(request=request, status=status, headers={}))

    def fails(self, request: Any, why: str) -> None:
        request.failure = why
        self._to["requestfailed"](request)


@pytest.mark.parametrize("page_first", [True, False])
def test_a_page_that_leads_to_where_nothing_answers(page_first: bool) -> None:
    told = Told()
    first = told.asks("http://a.test/")
    told.answers(first)
    second = told.asks("https://inside.test/secret")
    for request, why in sorted([(first, ABORTED), (second, TUNNEL)], key=lambda one: (one[0] is first) != page_first):
        told.fails(request, why)
    assert (told.watch.main_failure, told.watch.main_failed_url) == (TUNNEL, "https://inside.test/secret")


def test_a_download_leaves_the_page_where_it_was() -> None:
    told = Told()
    page = told.asks("http://a.test/")
    told.answers(page)
    shown = told.watch.main
    file = told.asks("http://a.test/x.zip")
    told.answers(file)
    told.fails(file, ABORTED)
    assert told.watch.main is shown and told.watch.main_failed_url == "http://a.test/x.zip"


def test_the_next_page_that_fails_is_told_in_its_turn() -> None:
    told = Told()
    first, second = told.asks("http://a.test/"), told.asks("http://b.test/")
    told.fails(second, TUNNEL)
    third = told.asks("http://c.test/")
    told.fails(first, ABORTED)
    told.fails(third, "net::ERR_NAME_NOT_RESOLVED")
    assert told.watch.main_failure == "net::ERR_NAME_NOT_RESOLVED"
