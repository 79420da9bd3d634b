"""The frontier: once each, best first, nothing taken out before its visit is safe, one worker a host."""

from __future__ import annotations

import time
from pathlib import Path

from crawler.frontier import Again, Found, Frontier, path_of, run_ended, runs


def found(n: int, *, host: str = "a", priority: int = 10, client: str = "desktop-static") -> Found:
    return Found(f"http://{host}/{n}", 0, host, client, 1, priority)


def begun(home: Path, *items: Found, worker: str = "w1") -> Frontier:
    frontier = Frontier(path_of(home), worker=worker)
    frontier.begin("r1", "demo", {"plan": "demo"}, items)
    frontier.lease(lease_s=60)
    return frontier


def urls(frontier: Frontier, host: str = "a") -> list[str]:
    return [row.url for row in frontier.waiting(host, limit=100, ripe_at=time.time())]


def test_an_address_is_kept_once_for_each_client(tmp_path: Path) -> None:
    frontier = begun(tmp_path, found(1), found(1), found(1, client="phone-static"))
    assert len(urls(frontier)) == 2
    assert frontier.settle([], [], [found(1), found(2)]) == 1


def test_the_best_comes_first_and_stays_until_it_is_settled(tmp_path: Path) -> None:
    frontier = begun(tmp_path, found(1), found(2, priority=90), found(3, priority=50))
    rows = frontier.waiting("a", limit=100, ripe_at=time.time())
    assert [r.url[-1] for r in rows] == ["2", "3", "1"]
    assert urls(frontier) == [r.url for r in rows]
    frontier.settle([(rows[0].id, 1234)], [], [])
    assert [u[-1] for u in urls(frontier)] == ["3", "1"] and frontier.counts() == {0: (1, 2, 1234)}


def test_what_met_a_passing_fault_rests_before_it_is_tried_again(tmp_path: Path) -> None:
    frontier = begun(tmp_path, found(1))
    (row,) = frontier.waiting("a", limit=9, ripe_at=time.time())
    frontier.settle([], [Again(row.id, time.time() + 100)], [])
    assert urls(frontier) == []
    (again,) = frontier.waiting("a", limit=9, ripe_at=time.time() + 101)
    assert again.tries == 1


def test_a_host_belongs_to_one_living_worker(tmp_path: Path) -> None:
    first = begun(tmp_path, found(1), found(2, host="b"))
    second = Frontier(path_of(tmp_path), worker="w2")
    second.resume("r1")
    second.lease(lease_s=60)
    assert sorted(first.hosts()) == [("a", 0), ("b", 0)] and second.hosts() == []
    first.lease(lease_s=-1)  # as if its time had run out
    second.lease(lease_s=60)
    assert len(second.hosts()) == 2 and first.hosts() == []


def test_a_run_is_on_record_before_its_first_fetch_and_until_its_end(tmp_path: Path) -> None:
    assert runs(tmp_path) == [] and run_ended(tmp_path, "r1")
    frontier = begun(tmp_path, found(1))
    assert [(r.id, r.state) for r in runs(tmp_path)] == [("r1", "running")] and not run_ended(tmp_path, "r1")
    frontier.finish({"captures": 1})
    assert runs(tmp_path)[0].summary == {"captures": 1} and run_ended(tmp_path, "r1")
