"""Who is next: budgets count the plan's pages only, and what the browser must show does not hold up what has not been seen."""

from __future__ import annotations

from pathlib import Path

from crawler.desk import SHOWN_AT_ONCE, Desk
from crawler.frontier import ASKED, Found, Frontier, Row, path_of
from crawler.plans import SitePlan

HOST = "127.0.0.2:1"


def plan(**settings: object) -> SitePlan:
    return SitePlan(f"http://{HOST}", (f"http://{HOST}/",), (HOST,), delay_s=0, **settings)  # type: ignore[arg-type]


def page(n: int, priority: int = 20, client: str = "desktop-static") -> Found:
    return Found(f"http://{HOST}/{n}", 0, HOST, client, 1, priority)


def asked(n: int) -> Found:
    return page(n, ASKED, "desktop-browser")


def desk_of(home: Path, *items: Found, **settings: object) -> tuple[Desk, Frontier]:
    frontier = Frontier(path_of(home), worker="w")
    frontier.begin("r", "p", {}, items)
    return Desk(frontier, [plan(**settings)]), frontier


def taken(desk: Desk, most: int = 1_000) -> list[Row]:
    rows = []
    while len(rows) < most and (row := desk.next()) is not None:
        rows.append(row)
    return rows


def done(desk: Desk, frontier: Frontier, rows: list[Row]) -> None:
    for row in rows:
        desk.landed(row)
    frontier.settle([(row.id, 10) for row in rows], [], [])
    for row in rows:
        desk.settled(row, 10, None)
    desk.grown({HOST})


def all_of(desk: Desk, frontier: Frontier) -> list[Row]:
    seen: list[Row] = []
    while rows := taken(desk):
        seen += rows
        done(desk, frontier, rows)
    return seen


def test_visits_asked_for_leave_room_for_pages_never_seen(tmp_path: Path) -> None:
    desk, frontier = desk_of(tmp_path, *(asked(n) for n in range(200)), *(page(n) for n in range(300)))
    rows = taken(desk)
    assert sum(row.client == "desktop-browser" for row in rows) == SHOWN_AT_ONCE
    assert len(rows) == 8
    done(desk, frontier, rows)
    assert not desk.over()
    assert len(all_of(desk, frontier)) == 492
    assert desk.over()


def test_the_budget_counts_pages_not_second_looks_at_them(tmp_path: Path) -> None:
    desk, frontier = desk_of(tmp_path, page(0, 200), *(page(n) for n in range(1, 40)), *(asked(n) for n in range(90)), max_pages=10)
    seen = all_of(desk, frontier)
    assert [sum(row.client == client for row in seen) for client in ("desktop-static", "desktop-browser")] == [10, 90]
    assert desk.over()
    assert desk.spent() == [0]
    again = Desk(frontier, [plan(max_pages=12)])
    assert len(all_of(again, frontier)) == 2, "what a resumed run has left"


def test_the_better_comes_first(tmp_path: Path) -> None:
    desk, _ = desk_of(tmp_path, page(1, 20), page(2, 90), page(3, 50), page(4, 200))
    assert [row.url[-1] for row in taken(desk)] == ["4", "2", "3", "1"]
