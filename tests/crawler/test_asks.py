"""Asks: once while they wait, leased to one worker, done only when somebody says so."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from crawler.plans.asks import FILE, MAX_TRIES, Ask, ask_for_visit, ask_for_visits, done, give_back, open_asks, take_asks

URL, SITE, WHY = "http://a.example/x", "http://a.example", "静态页面有涉嫌违法点，须留存截图"


def test_an_ask_is_known_by_its_url_while_it_waits(tmp_path: Path) -> None:
    assert ask_for_visit(tmp_path, URL, SITE, WHY) and not ask_for_visit(tmp_path, url=URL, site=SITE, why="又一次", grade="evidence")
    assert ask_for_visit(tmp_path, URL, SITE, "复查", grade="recheck") and ask_for_visit(tmp_path, URL, SITE, WHY, client="phone")
    assert open_asks(tmp_path) == 3
    (first, *_) = take_asks(tmp_path, worker="w")
    assert (first.url, first.why, first.tries) == (URL, WHY, 1)
    assert not ask_for_visit(tmp_path, URL, SITE, WHY), "under way: still the same ask"
    done(tmp_path, [first.id])
    assert open_asks(tmp_path) == 2 and ask_for_visit(tmp_path, URL, SITE, WHY), "once done it may be asked for again"


def test_a_lease_belongs_to_one_worker_until_it_runs_out(tmp_path: Path) -> None:
    ask_for_visits(tmp_path, [Ask(0, f"{URL}{n}", SITE, WHY) for n in range(5)])
    taken = take_asks(tmp_path, worker="a", limit=2)
    assert [a.url[-1] for a in taken] == ["0", "1"]
    assert [a.url[-1] for a in take_asks(tmp_path, worker="b", lease_s=-1)] == ["2", "3", "4"]
    assert [a.tries for a in take_asks(tmp_path, worker="c")] == [2, 2, 2], "b is gone, a still at work"
    assert take_asks(tmp_path, worker="d") == [] and open_asks(tmp_path) == 5


def test_what_cannot_be_visited_is_given_up_in_the_end(tmp_path: Path) -> None:
    ask_for_visit(tmp_path, URL, SITE, WHY)
    for _ in range(MAX_TRIES):
        (one,) = take_asks(tmp_path, worker="w")
        give_back(tmp_path, [one.id], why="浏览器崩溃")
    assert take_asks(tmp_path, worker="w") == [] and open_asks(tmp_path) == 0


def test_a_patrol_takes_the_asks_of_its_own_sites(tmp_path: Path) -> None:
    ask_for_visits(tmp_path, [Ask(0, URL, SITE, WHY), Ask(0, "http://b.example/", "http://b.example", WHY)])
    assert open_asks(tmp_path, sites=["http://b.example"]) == 1 and open_asks(tmp_path, sites=[]) == 0
    assert [a.site for a in take_asks(tmp_path, worker="w", sites=["http://b.example"])] == ["http://b.example"]


def test_where_nobody_asked_nothing_is_created(tmp_path: Path) -> None:
    assert take_asks(tmp_path, worker="w") == [] and open_asks(tmp_path) == 0 and not (tmp_path / FILE).exists()


def _ask_many(home: str, start: int) -> None:
    for n in range(start, start + 20):
        ask_for_visit(Path(home), f"{URL}/{n}", SITE, WHY)


def test_several_processes_ask_at_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_ask_many, args=(str(tmp_path), start)) for start in (0, 10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert open_asks(tmp_path) == 30
