"""A page through time, read from a real archive: what stood on which day, when words were first and last seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from archived import BLOCKED, MISSING, html, visit, write

from adpatrol.home import config_folders
from classifiers.knowledge import load_knowledge
from evidence.capture import Outcome
from indexer import history
from indexer.ingest import catch_up
from indexer.models import Page, url_key
from indexer.search.tokens import normalise

pytestmark = pytest.mark.django_db(transaction=True)
URL, OTHER = "https://a.test/licai", "https://a.test/other"
KEY = url_key(URL)
FIRST = html("新手专享，市场有风险，出借需谨慎。")
CLAIMING = html("平台承诺100%本息保障，立即投资。")


@pytest.fixture(autouse=True)
def visited(tmp_path: Path, no_documents: None) -> None:
    """Nine visits to one address, one to another; midnight in Asia/Shanghai is 16:00 UTC."""
    def at(number: int, day: int, hour: int, body: bytes, **more: object) -> object:
        made = visit(number, body, url=str(more.pop("url", URL)), **more)  # type: ignore[arg-type]
        return replace(made, time=datetime(2026, 11, day, hour, tzinfo=UTC))

    visits = [
        at(1, 1, 8, FIRST), at(2, 2, 8, FIRST), at(3, 3, 15, CLAIMING), at(4, 3, 17, BLOCKED), at(5, 4, 8, CLAIMING, client="phone-static"),
        at(6, 5, 8, CLAIMING), at(7, 6, 8, MISSING, status=404, outcome=Outcome.NOT_FOUND), at(8, 8, 8, b"", status=0, outcome=Outcome.TIMEOUT),
        at(9, 9, 8, FIRST), at(10, 3, 8, CLAIMING, url=OTHER),
    ]
    write(tmp_path, visits)  # type: ignore[arg-type]
    catch_up(tmp_path / "archive", load_knowledge(config_folders()), ask=False)


def standing_at(day: date) -> str:
    found = history.in_force(KEY, day)
    return "gone" if found.gone else found.page.capture_id[-2:] if found.page else "nothing"


@pytest.mark.parametrize("day, expected", [
    (date(2026, 10, 31), "nothing"), (date(2026, 11, 1), "01"), (date(2026, 11, 2), "02"), (date(2026, 11, 3), "03"), (date(2026, 11, 4), "05"),
    (date(2026, 11, 5), "06"), (date(2026, 11, 6), "gone"), (date(2026, 11, 8), "gone"), (date(2026, 11, 30), "09"),
], ids=str)
def test_what_stood_at_the_end_of_a_day(day: date, expected: str) -> None:
    assert standing_at(day) == expected


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    Page.objects.filter(capture_id__endswith="03").update(time=datetime(2026, 11, 3, 15, 59, 59, tzinfo=UTC))
    assert standing_at(date(2026, 11, 3)) == "03"
    Page.objects.filter(capture_id__endswith="03").update(time=datetime(2026, 11, 3, 16, tzinfo=UTC))
    assert standing_at(date(2026, 11, 3)) == "02"


@pytest.mark.parametrize("day", [date(2026, 11, n) for n in range(1, 12)], ids=str)
def test_the_filter_of_a_day_agrees_with_each_address_asked_alone(day: date) -> None:
    found = {page.url_key: page.pk for page in history.standing(day)}
    for key in (KEY, url_key(OTHER)):
        one = history.in_force(key, day)
        assert found.get(key) == (one.page.pk if one.page and not one.gone else None)


def test_first_and_last_seen_of_a_page_a_wording_and_a_kind() -> None:
    page = history.seen_page(KEY)
    assert (page.first, page.last, page.visits) == (datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 9, 8, tzinfo=UTC), 6)
    assert (page.first_capture[-2:], page.last_capture[-2:]) == ("01", "09")
    (claim,) = [c for c in history.claims(KEY) if c.code == "guarantee.principal"]
    assert (claim.seen.first, claim.seen.last, claim.seen.visits, claim.standing) == (
        datetime(2026, 11, 3, 15, tzinfo=UTC), datetime(2026, 11, 5, 8, tzinfo=UTC), 3, False)
    everywhere = history.seen_claim("guarantee.principal", normalise(claim.span))
    assert (everywhere.first, everywhere.visits) == (datetime(2026, 11, 3, 8, tzinfo=UTC), 4)
    assert history.seen_code("guarantee.principal", key=KEY).visits == 3
    assert history.seen_code("guarantee.principal", site="https://a.test").visits == 4
    assert history.seen_code("no.such") == history.Seen(None, None, 0)


def test_a_time_line_tells_what_changed_against_the_same_client() -> None:
    moments, total = history.timeline(KEY)
    assert total == 9
    assert [m.change for m in moments] == ["changed", "unseen", "gone", "same", "first_so", "unseen", "changed", "same", "first"]
    assert moments[6].came and not moments[6].went
    assert moments[0].went and not moments[0].came
    assert not moments[4].came  # what another client saw before is not new because a second one sees it


@pytest.mark.parametrize("most", [1, 2, 4])
def test_a_time_line_in_pages_tells_the_same(most: int) -> None:
    whole, total = history.timeline(KEY)
    parts = [m for page in range(1, -(-total // most) + 1) for m in history.timeline(KEY, page=page, most=most)[0]]
    assert [(m.page.pk, m.change, m.came, m.went) for m in parts] == [(m.page.pk, m.change, m.came, m.went) for m in whole]
    assert history.timeline("nothing") == ([], 0)


@pytest.mark.parametrize("text", ["gestern", "2026-02-30", "", "2026年11月1日"])
def test_a_day_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="不是日期"):
        history.read_day(text)
