"""Before a 取证会话: the clock against a server's, and the machine. What cannot be checked says so, and is never called right."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from crawler.attended.checks import Checked, environment
from crawler.guards.egress import EgressPolicy
from crawler.guards.proxy import running_proxy

POLICY = EgressPolicy(allow=(ipaddress.ip_network("127.0.0.2/32"),))


@pytest.fixture
def clock() -> Iterator[Any]:
    """A server that tells a time ``ahead`` of ours."""
    class Handler(BaseHTTPRequestHandler):
        ahead = timedelta()

        def do_HEAD(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", format_datetime(datetime.now(UTC) + type(self).ahead, usegmt=True))
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.url = f"http://127.0.0.2:{server.server_port}/"  # type: ignore[attr-defined]
    yield Handler
    server.shutdown()
    server.server_close()


def checks(sources: list[str], clean: dict[str, int] | None = None, url: str = "http://127.0.0.2/") -> dict[str, Checked]:
    async def run() -> list[Checked]:
        async with running_proxy(POLICY) as gate:
            return await environment(url, browser="150", time_sources=sources, policy=POLICY, gate=gate, clean=clean or {"cookies": 0, "origins": 0, "pages": 1})

    return {one.name: one for one in asyncio.run(run())}


def test_a_clock_that_is_right_is_right_and_its_offset_is_recorded(clock: Any) -> None:
    found = checks([clock.url])["系统时间"]
    assert found.state == "ok" and found.value["source"] == "127.0.0.2" and abs(found.value["offset_s"]) <= found.value["within_s"] + 0.5


@pytest.mark.parametrize("minutes, word", [(10, "慢"), (-10, "快")])
def test_a_clock_that_is_wrong_is_told_with_which_way_and_how_much(clock: Any, minutes: int, word: str) -> None:
    clock.ahead = timedelta(minutes=minutes)
    found = checks([clock.url])["系统时间"]
    assert found.state == "attention" and word in found.said and round(abs(found.value["offset_s"]) / 60) == 10


@pytest.mark.parametrize("sources", [[], ["http://127.0.0.2:1/"], ["http://127.0.0.9/"]], ids=["none", "silent", "refused by the gate"])
def test_a_clock_that_could_not_be_checked_is_not_called_right(sources: list[str]) -> None:
    found = checks(sources)["系统时间"]
    assert found.state == "unknown" and "未能核对" in found.said


def test_a_profile_with_anything_in_it_is_told() -> None:
    assert checks([])["浏览器环境"].state == "ok"
    assert checks([], {"cookies": 1, "origins": 0, "pages": 1})["浏览器环境"].state == "attention"


def test_a_target_that_the_hosts_file_sends_elsewhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hosts"
    monkeypatch.setattr("crawler.environment.HOSTS", file)
    file.write_text("127.0.0.1 localhost\n203.0.113.5 other.example # www.shili-licai.invalid\n")
    assert checks([], url="http://www.shili-licai.invalid/")["hosts 文件"].state == "ok"
    file.write_text("203.0.113.5 other.example WWW.shili-licai.invalid\n")
    found = checks([], url="http://www.shili-licai.invalid/")["hosts 文件"]
    assert found.state == "attention" and "www.shili-licai.invalid" in found.said
