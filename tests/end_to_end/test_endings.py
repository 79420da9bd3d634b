"""However a patrol is made to end, it ends clean: what is acknowledged stays, one sentence says what to do, and --resume goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from running import ROOT, captures, environment, lines, run
from web import Answer, Site, html, served

from crawler.frontier import runs
from evidence.ledger import last_seq
from indexer.progress import position_at

PAGES = 40
PATHS = {"/", "/slow.html", *(f"/p{n}.html" for n in range(PAGES))}


class Shop:
    """Forty pages, and one address that never answers while ``hangs`` is set."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.hangs.set()

    def __call__(self, path: str) -> Answer | None:
        if path not in PATHS:
            return None
        if path == "/slow.html":
            while self.hangs.is_set():
                time.sleep(0.05)
        time.sleep(0.02)
        return html(f"<title>{path}</title><p>{path}</p><a href='/slow.html'>安全保障</a>" + "".join(f'<a href="/p{n}.html">{n}</a>' for n in range(PAGES)))


@pytest.fixture
def shop() -> Iterator[tuple[Site, Shop]]:
    pages = Shop()
    with served(pages) as site:
        yield site, pages
        pages.hangs.clear()


@contextmanager
def patrolling(home: Path, site: Site, *more: str) -> Iterator[subprocess.Popen[str]]:
    args = ["patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", *more]
    process = subprocess.Popen([sys.executable, "-m", "adpatrol", *args], cwd=ROOT, env=environment(home), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(true: object, seconds: float = 90) -> None:
    assert callable(true)
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def ended(process: subprocess.Popen[str], within: float) -> tuple[int, str]:
    _, said = process.communicate(timeout=within)
    return process.returncode, said


def resumed(home: Path, pages: Shop) -> None:
    pages.hangs.clear()
    assert lines(run(home, "patrol", "--resume", "--no-ingest", "--json").stdout)[-1]["outcomes"]["ok"] >= PAGES + 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 2)])
def test_a_signal_stops_it_in_good_order(tmp_path: Path, shop: tuple[Site, Shop], number: int, code: int) -> None:
    site, pages = shop
    with patrolling(tmp_path, site, "--no-ingest") as process:
        wait_for(lambda: len(site.asked) > 10)
        process.send_signal(number)
        time.sleep(0.2)
        pages.hangs.clear()
        came, said = ended(process, 60)
    assert came == code
    last = said.strip().splitlines()[-1]
    assert "已停下" in last
    assert "--resume" in last
    assert "Traceback" not in said
    assert [one.state for one in runs(tmp_path)] == ["stopped"]
    resumed(tmp_path, pages)


def test_a_page_that_never_answers_holds_the_end_up_for_seconds_only(tmp_path: Path, shop: tuple[Site, Shop]) -> None:
    site, pages = shop
    with patrolling(tmp_path, site, "--no-ingest") as process:
        wait_for(lambda: "/slow.html" in site.asked)
        process.send_signal(signal.SIGINT)
        assert ended(process, 60)[0] == 130
    assert not [capture for capture in captures(tmp_path) if capture["url"].endswith("/slow.html")], "it was not waited for"
    resumed(tmp_path, pages)


def test_a_second_ctrl_c_waits_for_nothing_but_the_disk(tmp_path: Path, shop: tuple[Site, Shop]) -> None:
    site, pages = shop
    with patrolling(tmp_path, site, "--no-ingest", "--json") as process:
        wait_for(lambda: len(site.asked) >= PAGES)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert len(said.strip().splitlines()) == 1
    told = {line["capture"] for line in lines(out)}
    assert told
    assert told <= {capture["id"] for capture in captures(tmp_path)}
    assert lines(run(tmp_path, "evidence", "verify", "--all", "--json").stdout)[-1]["failures"] == 0
    resumed(tmp_path, pages)


def test_ctrl_c_leaves_ingest_time_to_read_what_is_there(tmp_path: Path, shop: tuple[Site, Shop]) -> None:
    site, pages = shop
    with patrolling(tmp_path, site) as process:
        wait_for(lambda: psutil.Process(process.pid).children())
        (child,) = psutil.Process(process.pid).children()
        assert os.getsid(child.pid) != os.getsid(process.pid), "Ctrl-C at a terminal reaches the patrol alone"
        wait_for(lambda: last_seq(tmp_path / "archive") > 10)
        process.send_signal(signal.SIGINT)
        pages.hangs.clear()
        assert ended(process, 60)[0] == 130
    assert not child.is_running()
    assert position_at(tmp_path) == last_seq(tmp_path / "archive") > 10


def test_nobody_reads_its_output_any_more(tmp_path: Path, shop: tuple[Site, Shop]) -> None:
    """As `adpatrol patrol --json | head -1`."""
    site, pages = shop
    with patrolling(tmp_path, site, "--no-ingest", "--json") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.stdout.close()
        pages.hangs.clear()
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(60) == 2
    assert len(said.strip().splitlines()) == 1
    assert "输出已被关闭" in said
    assert first["capture"] in {capture["id"] for capture in captures(tmp_path)}
    resumed(tmp_path, pages)


def test_two_at_once_in_one_home(tmp_path: Path, shop: tuple[Site, Shop]) -> None:
    site, pages = shop
    with patrolling(tmp_path, site, "--no-ingest", "--json") as process:
        wait_for(lambda: len(site.asked) > 2)
        for args in (["patrol", "--site", site.url, "--allow", "127.0.0.0/8"], ["patrol", "--resume"]):
            refused = run(tmp_path, *args, code=2)
            assert "已有一次巡查" in refused.stderr
            assert len(refused.stderr.strip().splitlines()) == 1
        pages.hangs.clear()
        assert process.wait(90) == 0
    assert len({capture["run"] for capture in captures(tmp_path)}) == 1


def test_a_plan_that_changed_meanwhile_is_gone_on_with_as_it_was(tmp_path: Path, shop: tuple[Site, Shop]) -> None:
    site, pages = shop
    plan = tmp_path / "settings" / "patrols" / "weekly.yaml"
    plan.parent.mkdir(parents=True)
    settings = {"ADPATROL_CONFIG": str(tmp_path / "settings")}
    plan.write_text(f"defaults: {{crawl_delay_s: 0, autothrottle: false, render: never, allow: [127.0.0.0/8]}}\nsites: [{site.url}]\n", encoding="utf-8")
    with subprocess.Popen([sys.executable, "-m", "adpatrol", "patrol", "--plan", "weekly", "--no-ingest"], cwd=ROOT,
                          env=environment(tmp_path / "home", **settings)) as process:
        wait_for(lambda: len(site.asked) > 2)
        process.kill()
    plan.write_text("sites: [https://elsewhere.example/]\n", encoding="utf-8")
    pages.hangs.clear()
    done = run(tmp_path / "home", "patrol", "--resume", "--no-ingest", **settings)
    assert "按开始时的设置" in done.stderr
    kept = captures(tmp_path / "home")
    assert {capture["site"] for capture in kept} == {site.url.rstrip("/")}
    assert sum(capture["outcome"] == "ok" for capture in kept) >= PAGES + 2
    plan.unlink()
    assert "没有未完成的巡查" in run(tmp_path / "home", "patrol", "--resume", **settings).stdout
    mixed = run(tmp_path / "home", "patrol", "--resume", "--max-pages", "5", code=2)
    assert "--resume" in mixed.stderr


def test_a_run_that_ended_is_summed_up_the_same_when_asked_again(tmp_path: Path) -> None:
    promise = "<title>示例财富</title><h1>示例财富网络借贷平台</h1><p>平台承诺100%本息保障，保本保息，年化收益18%，立即投资。</p>" + "<p>注册后即可查看全部项目。</p>" * 9
    with served(lambda path: html(promise) if path == "/" else None) as site:
        first = lines(run(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--json").stdout)[-1]
    assert first["findings"] > 0
    assert first["leads"] > 0
    again = lines(run(tmp_path, "patrol", "--resume", "--json").stdout)
    assert again == [first]


def test_without_a_terminal_it_says_little(tmp_path: Path, shop: tuple[Site, Shop]) -> None:
    site, pages = shop
    pages.hangs.clear()
    done = run(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest")
    assert done.stdout.startswith("巡查结束：")
    assert f"正常 {PAGES + 2}" in done.stdout
    assert len(done.stderr.strip().splitlines()) == 1
    assert "\r" not in done.stderr + done.stdout
    assert "\x1b" not in done.stderr + done.stdout
