"""What a page may do to the browser that shows it, in a whole patrol: it is told, nothing inside is reached, and the others are shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hostile_pages import PAGES, sites
from hostile_web import served
from test_faults import OURS, ROOT, Patrolled, run

from crawler.rendering.chromium import chromium_path
from evidence.capture import RecordRef
from evidence.ledger import captures
from evidence.read import record_payload

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="本机没有 Chromium")
PLAN = """name: hostile-pages
defaults: {{allow: [127.0.10.0/24], crawl_delay_s: 0.01, autothrottle: false, depth: 0, max_pages: 20, max_seconds: 170, render: always, robots: ignore, contact: office@demo.invalid}}
regions:
  - name: 全部
    groups:
      - name: 各种页面
        sites:
{sites}
"""


def _children(process: subprocess.Popen[str], kind: str) -> list[psutil.Process]:
    """Chromium's own processes below the patrol: its first, or its renderers."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            words = " ".join(child.cmdline())
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        if "--type=renderer" in words if kind == "renderer" else "--remote-debugging-pipe" in words and "--type=" not in words:
            found.append(child)
    return found


def _kill_when(process: subprocess.Popen[str], kind: str, sign: Path) -> None:
    while not sign.exists():
        if process.poll() is not None:
            return
        time.sleep(0.05)
    time.sleep(0.5)
    for child in _children(process, kind):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue


@pytest.fixture(scope="module")
def patrolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patrolled]:
    home = tmp_path_factory.mktemp("home")
    with served(sites(home)) as web:
        starts = {name: url for name, url in web.urls.items() if name != "trap"}
        plan = home / "plan.yaml"
        plan.write_text(PLAN.format(sites="\n".join(f'          - {{name: {name}, start: "{url}"}}' for name, url in starts.items())), "utf-8")
        order = {"names": {"inside.test": ["127.0.0.1"]}, "set": {
            "crawler.limits.TIMEOUT_S": 120.0, "crawler.rendering.page.SETTLE_S": 3.0, "crawler.rendering.page.LOAD_S": 3.0, "crawler.rendering.page.STEP_S": 8.0,
            "crawler.rendering.chromium.NAVIGATE_S": 8.0, "crawler.rendering.chromium.AT_ONCE": 5}}
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("patrol_with_faults.py")), json.dumps(order), "patrol", "--plan", str(plan), "--json"],
            cwd=ROOT, env=os.environ | {"ADPATROL_HOME": str(home), "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for kind in ("renderer", "browser"):
            threading.Thread(target=_kill_when, args=(process, kind, home / f"kill-{kind}"), daemon=True).start()
        try:
            out, errors = process.communicate(timeout=150)
        except subprocess.TimeoutExpired:
            process.send_signal(15)
            out, errors = process.communicate(timeout=30)
        done = Patrolled(home, web, process.returncode, out, errors, {})
        done.captures = [c.to_json() | {"detail": c.detail, "facts": c.facts, "final_url": c.final_url} for c in captures(home / "archive")]
        yield done


SLOW = {"ok", "timeout"}  # shown, or not in time: which, depends on the machine
ENDS: dict[str, tuple[set[str], str]] = {  # name -> (outcomes of the newest capture by the browser, what its detail says)
    "quiet": ({"ok"}, ""), "dialogs": ({"ok"}, ""), "prints": ({"ok"}, ""), "asks": ({"ok"}, ""), "closes_itself": ({"ok"}, ""), "timers": (SLOW, ""),
    "loops": ({"timeout"}, "限定时间"), "deep": (SLOW, ""), "endless": (SLOW, ""),
    "downloads": ({"ok"}, ""), "popups": ({"ok"}, ""), "inward": ({"ok"}, ""), "files": ({"ok"}, ""),
    "moves_inward": ({"refused_address"}, "出口闸门拒绝访问：127.0.0.1 是本机地址"), "moves_inward_tls": ({"refused_address"}, "出口闸门拒绝访问：127.0.0.1 是本机地址"),
    "moves_to_nobody": ({"connect"}, "拒绝连接"), "hangs": ({"timeout"}, "限定时间"), "cut_off": ({"ok"}, "只显示了收到的部分"), "resets": ({"reset"}, "断开"),
    "circles": ({"redirect_loop"}, "反复跳转"), "odd_packing": ({"http_error"}, "编码有误"), "gone": ({"not_found"}, "HTTP 404"),
    "self_signed": ({"ok"}, "自签名"), "expired": ({"ok"}, "过期"), "kill_renderer": ({"ok"}, ""), "kill_browser": ({"ok"}, ""),
}


def shown(patrolled: Patrolled, name: str) -> list[dict[str, Any]]:
    return [c for c in patrolled.all(name) if c["client"] == "desktop-browser"]


def test_every_page_is_in_the_table() -> None:
    assert set(ENDS) == {*PAGES, "kill_renderer", "kill_browser"}


@pytest.mark.parametrize("name", list(ENDS))
def test_each_page_becomes_an_outcome_that_people_can_read(patrolled: Patrolled, name: str) -> None:
    outcomes, says = ENDS[name]
    found = shown(patrolled, name)
    assert found[-1]["outcome"] in outcomes and says in found[-1]["detail"], found[-1]
    for one in found:
        assert one["detail"].isprintable() and not OURS.search(one["detail"])
        assert one["outcome"] == "ok" or re.search("[一-鿿]", one["detail"])


def test_the_run_ends_and_nothing_inside_was_reached(patrolled: Patrolled) -> None:
    assert (patrolled.code, patrolled.errors) == (0, "")
    assert [path for _, host, path in patrolled.web.asked if host == "trap"] == []


@pytest.mark.parametrize("name", ["kill_renderer", "kill_browser"])
def test_a_killed_browser_is_told_and_the_page_shown_by_another(patrolled: Patrolled, name: str) -> None:
    assert [(c["outcome"], "崩溃" in c["detail"]) for c in shown(patrolled, name)] == [("browser_crash", True), ("ok", False)]


@pytest.mark.parametrize(("name", "words"), [
    ("quiet", "正常网站"), ("dialogs", "对话框之后"), ("prints", "打印之后"), ("asks", "索要之后"), ("closes_itself", "还在"), ("downloads", "自动下载"),
    ("popups", "弹出许多窗口"), ("inward", "向内"), ("files", "本机文件"),
])
def test_what_the_page_showed_is_kept_and_nothing_of_this_machine(patrolled: Patrolled, name: str, words: str) -> None:
    records = {r["uri"].partition("http")[0] or r["type"].replace("revisit", "response"): RecordRef(**r) for r in shown(patrolled, name)[-1]["records"]}
    dom = record_payload(patrolled.home / "archive", records["urn:x-adpatrol:dom:"]).decode()
    assert words in dom and "root:" not in dom
    assert "urn:view:" in records
    answer = record_payload(patrolled.home / "archive", records["response"])
    assert words.split("之后")[0].encode() in answer or name == "closes_itself", "the page's own answer, not that of a download"


def test_requests_to_the_inside_are_on_record_as_refused(patrolled: Patrolled) -> None:
    refused = {row["host"]: row["reason"] for row in shown(patrolled, "inward")[-1]["facts"]["connections"] if row["outcome"] == "refused"}
    assert {"127.0.0.1", "::1", "inside.test", "169.254.169.254", "10.1.2.3"} <= set(refused), refused
    assert all("出口闸门拒绝访问" in reason for reason in refused.values())


def test_every_record_stands(patrolled: Patrolled) -> None:
    assert json.loads(run(patrolled.home, "evidence", "verify", "--all", "--json").stdout.splitlines()[-1])["failures"] == 0
