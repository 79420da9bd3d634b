"""The real `adpatrol serve` over a seeded home, and a real Chromium that tells what it met: requests, dialogs, complaints."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from crawler.rendering.chromium import chromium_path

HERE = Path(__file__).resolve().parent
CHROMIUM = chromium_path()
PASSWORD = "Xun-Cha-2026!"  # tests/console/seeding.py
STARTS_S = 90.0
expect.set_options(timeout=20_000)  # ms; its 5 s are short beside another worker's browsers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == HERE:
            item.add_marker(pytest.mark.xdist_group("console-in-a-browser"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no system Chromium"))


@dataclass
class Console:
    """A running console. ``captures``: capture ids by the name of the seeded page."""

    origin: str
    home: Path
    captures: dict[str, str]


@dataclass
class Met:
    """What the browser met while a page was open."""

    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def clean(self, origin: str) -> None:
        """Nothing ran, nothing was asked of anybody else, the policy had nothing to refuse."""
        assert [url for url in self.requests if not url.startswith(origin + "/")] == []
        assert self.dialogs == []
        assert [text for text in self.complaints if "Content Security Policy" in text or "Uncaught" in text] == []


def _serve(home: Path, **environment: str) -> tuple[subprocess.Popen[str], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "adpatrol", "serve", "--bind", bind, "--no-schedule"]
    env = {k: v for k, v in os.environ.items() if k != "ADPATROL_CONFIG"} | {"ADPATROL_HOME": str(home)} | environment
    child = subprocess.Popen(command, env=env, cwd=HERE.parents[1], text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + STARTS_S
    while True:
        try:
            urllib.request.urlopen(f"http://{bind}/healthz", timeout=20).close()
            return child, f"http://{bind}"
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert child.poll() is None and time.monotonic() < until, "the console did not start"
            time.sleep(0.2)


def _stop(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGINT)
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    home = tmp_path_factory.mktemp("browser") / "home"
    made = subprocess.run([sys.executable, str(HERE / "browser_home.py"), str(home)], capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stderr
    child, origin = _serve(home)
    yield Console(origin, home, json.loads(made.stdout.splitlines()[-1]))
    _stop(child)


@pytest.fixture
def hasty(console: Console) -> Iterator[Console]:
    """The same home, served by a console that signs out after 2 seconds of rest."""
    child, origin = _serve(console.home, ADPATROL_IDLE_S="2")
    yield Console(origin, console.home, console.captures)
    _stop(child)


@pytest.fixture
def serving() -> Iterator[Callable[..., Console]]:
    """Serves a home of the test's own: ``serving(home, NAME="value")`` → Console."""
    children: list[subprocess.Popen[str]] = []

    def begin(home: Path, **environment: str) -> Console:
        child, origin = _serve(home, **environment)
        children.append(child)
        return Console(origin, home, {})

    yield begin
    for child in children:
        _stop(child)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ended with its module: Playwright's loop and the ORM of other tests do not meet in one thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[] if os.getuid() else ["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., tuple[Page, Met]]]:
    """Opens a fresh browser context: ``visit(width=390, java_script_enabled=False, …)`` → (page, what it met)."""
    open_contexts: list[BrowserContext] = []

    def fresh(width: int = 1440, height: int = 900, **options: Any) -> tuple[Page, Met]:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", accept_downloads=True, **options)
        context.set_default_timeout(20_000)
        open_contexts.append(context)
        page, met = context.new_page(), Met()
        page.on("request", lambda request: met.requests.append(request.url))
        page.on("dialog", lambda dialog: (met.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: met.complaints.append(message.text))
        page.on("pageerror", lambda error: met.complaints.append(f"Uncaught {error}"))
        return page, met

    yield fresh
    for context in open_contexts:
        context.close()


@pytest.fixture
def sign_in() -> Callable[..., None]:
    def entered(page: Page, origin: str, name: str = "officer", password: str = PASSWORD) -> None:
        page.goto(f"{origin}/sign-in/")
        page.get_by_label("用户名").fill(name)
        page.get_by_label("密码").fill(password)
        with page.expect_navigation():  # the old page is loaded too: its state says nothing of the answer
            page.get_by_role("button", name="登录").click()

    return entered
