"""What is due: once a cadence, one at a time, and what was cut off goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adpatrol.schedule import Due, Ran, due

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@dataclass
class Site:
    site: str
    cadence_h: float
    seeds: tuple[str, ...] = ()


@dataclass
class Plan:
    name: str
    sites: list[Site]


def run(plan: str, hours_ago: float, *sites: str, finished: bool = True, seen_ago_s: float = 0) -> Ran:
    return Ran(f"{plan}-{hours_ago}", plan, finished, NOW - timedelta(hours=hours_ago), NOW - timedelta(seconds=seen_ago_s), sites)


def ask(plans: list[Any], ran: list[Ran]) -> Due | None:
    return due(plans, ran, NOW)


DAILY = Plan("每日", [Site("https://a.test", 24, ("https://a.test/",)), Site("https://b.test", 24, ("https://b.test/",))])


def test_a_plan_that_never_ran_is_due_whole() -> None:
    assert ask([DAILY], []) == Due("每日")


def test_a_plan_that_ran_within_its_cadence_is_not() -> None:
    assert ask([DAILY], [run("每日", 23, "https://a.test", "https://b.test")]) is None


def test_only_the_sites_whose_time_has_come_are_visited() -> None:
    mixed = Plan("混合", [Site("https://a.test", 24, ("https://a.test/", "https://a.test/x")), Site("https://b.test", 168, ("https://b.test/",))])
    assert ask([mixed], [run("混合", 30, "https://a.test", "https://b.test")]) == Due("混合", seeds=("https://a.test/", "https://a.test/x"))


def test_manual_sites_are_never_due() -> None:
    assert ask([Plan("手动", [Site("https://a.test", 0)])], []) is None


def test_nothing_starts_while_a_patrol_is_alive() -> None:
    assert ask([DAILY], [run("sites", 1, "https://z.test", finished=False, seen_ago_s=10)]) is None


def test_a_cut_off_patrol_of_a_plan_is_gone_on_with() -> None:
    cut = run("每日", 1, "https://a.test", finished=False, seen_ago_s=1_000)
    assert ask([DAILY], [cut]) == Due("每日", run=cut.id)
    assert ask([Plan("手动", [Site("https://a.test", 0)])], [run("手动", 1, finished=False, seen_ago_s=1_000)]) is None  # a person's to go on with


def test_addresses_go_by_file_not_by_argument(tmp_path: Path) -> None:
    argv = Due("每日", seeds=("https://a.test/--allow=0.0.0.0/0",)).command(tmp_path)
    assert argv[:3] == ["patrol", "--plan", "每日"] and "a.test" not in " ".join(argv)
    assert Path(argv[-1]).read_text(encoding="utf-8") == "https://a.test/--allow=0.0.0.0/0\n"
