"""Endless sites end, and all that is honest in them is seen: each trap on a real server, all in one run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from running import captures, run
from trap_sites import HONEST, TRAPS
from web import Answer, Site, html, served

BUDGET = 90
LARGE = 400


@dataclass
class Seen:
    site: Site
    visited: list[str]  # paths with their queries

    @property
    def honest(self) -> set[str]:
        """The honest pages among them, however they were addressed."""
        bare = (re.sub(r"^/u-[0-9a-f]{20}(?=/)", "", urlsplit(path).path) for path in self.visited)
        return {path for path in bare if path in HONEST}


def patrolled(home: Path, most: int) -> dict[str, Seen]:
    with ExitStack() as stack:
        sites = {name: stack.enter_context(served(pages, f"127.0.1.{number}")) for number, (name, pages) in enumerate(TRAPS.items(), 2)}
        args = [arg for site in sites.values() for arg in ("--site", site.url)]
        run(home, "patrol", *args, "--allow", "127.0.0.0/8", "--delay", "0", "--depth", "100", "--max-pages", str(most), "--no-ingest", timeout=280)
    of: dict[str, list[str]] = {site.url.rstrip("/"): [] for site in sites.values()}
    for capture in captures(home):
        of[capture["site"]].append(capture["url"].removeprefix(capture["site"]))
    return {name: Seen(site, of[site.url.rstrip("/")]) for name, site in sites.items()}


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    yield patrolled(tmp_path_factory.mktemp("tight"), BUDGET)


@pytest.mark.parametrize("name", TRAPS)
def test_within_the_budget_every_honest_page_is_seen(tight: dict[str, Seen], name: str) -> None:
    assert set(HONEST) - tight[name].honest == set()
    assert len(tight[name].visited) <= BUDGET


@pytest.fixture(scope="module")
def ample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    yield patrolled(tmp_path_factory.mktemp("ample"), LARGE)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", TRAPS)
def test_where_the_budget_is_ample_a_trap_is_left_by_itself(ample: dict[str, Seen], name: str) -> None:
    seen = ample[name]
    assert seen.honest == set(HONEST)
    print(f"{name}: {len(seen.visited)} visits for {len(HONEST)} honest pages")
    assert len(seen.visited) <= (LARGE if name == "endless_chain" else 250)


# Where the budget runs out

_FIRST = {"/anquan.html": "安全保障", "/product/list.html": "理财产品", "/about.html": "关于我们", "/help.html": "帮助中心", "/news/": "新闻动态",
          "/app.html": "客户端下载"}


def wide(path: str) -> Answer | None:
    """Three hundred pages of no account, and among their links, the last ones, those that matter."""
    junk = "".join(f'<a href="/tag/{n}.html">标签{n}</a><a href="/u/{n}/login.html">登录</a>' for n in range(300))
    that_matter = "".join(f'<a href="{to}">{said}</a>' for to, said in _FIRST.items())
    return html(f"<title>页</title><p>{path}</p>{junk}{that_matter}") if path == "/" or path in _FIRST or path.startswith(("/tag/", "/u/")) else None


def test_pages_likely_to_carry_claims_come_first_where_the_budget_runs_out(tmp_path: Path) -> None:
    with served(wide) as site:
        run(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0.05", "--max-pages", "12", "--no-ingest")
    visited = [capture["url"].removeprefix(site.url.rstrip("/")) for capture in captures(tmp_path)]
    assert len(visited) == 12
    assert visited[:7] == ["/", "/anquan.html", "/product/list.html", "/about.html", "/help.html", "/app.html", "/news/"]
    assert not any("login" in path for path in visited)
