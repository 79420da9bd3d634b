"""What a person sees of a patrol on a terminal: how far, what was met, what was found; and a terminal left as it was."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

import pytest
from running import ROOT, environment
from web import Answer, html, served

PAGES = 60
SHOWN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # how, not what


class Shop:
    """Sixty pages that come slowly until ``told``: the display has said all that it says while it runs."""

    def __init__(self) -> None:
        self.told = threading.Event()

    def __call__(self, path: str) -> Answer | None:
        if path not in ("/", *(f"/p{n}.html" for n in range(PAGES))):
            return None
        self.told.wait(1.0)
        return html(f"<title>示例财富</title><h1>示例财富</h1><p>本页是{path}</p>" + "".join(f'<a href="/p{n}.html">第{n}页</a>' for n in range(PAGES)) + '<a href="/none">无</a>')


def on_terminal(home: Path, *args: str, columns: int = 100, read: Callable[[str], object] = str) -> tuple[int, str]:
    """(exit code, everything written to a terminal); ``read`` is given what stands there so far."""
    child, terminal = pty.fork()
    if child == 0:
        ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        os.chdir(ROOT)
        os.execvpe(sys.executable, [sys.executable, "-m", "adpatrol", *args], environment(home, TERM="xterm-256color"))
    written, until = b"", time.monotonic() + 90
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                data = os.read(terminal, 65_536)
            except OSError:  # the last one closed it
                break
            if not data:
                break
            written += data
            read(written.decode("utf-8", "replace"))
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), written.decode("utf-8")


@pytest.mark.parametrize("columns", [80, 120])
def test_the_live_display_tells_how_far_it_is_and_leaves_the_terminal_as_it_was(tmp_path: Path, columns: int) -> None:
    shop = Shop()

    def read(text: str) -> None:
        if "约需" in text and any(0 < int(visited) < int(known) for visited, known in re.findall(r"(\d+)/(\d+) 页", SHOWN.sub("", text))):
            shop.told.set()

    with served(shop) as site:
        code, written = on_terminal(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", columns=columns, read=read)
    assert code == 0
    plain = SHOWN.sub("", written)
    frames = re.findall(r"网站 (\d+)/1 \S+ *(\d+)/(\d+) 页", plain)
    assert frames
    assert any(0 < int(visited) < int(known) for _, visited, known in frames), "it grows while it runs"
    assert re.search(r"快照 +正常 \d+", plain)
    assert re.search(r"\d 页/秒", plain)
    assert re.search(r"约需 \d+ 秒|约需 \d+ 分 \d+ 秒", plain), "whole, on a narrow terminal too"
    assert re.search(r"最近 .*/p\d+\.html", plain)
    assert "正在研判" not in plain, "nothing is judged here"
    assert "巡查结束：" in plain.rstrip().splitlines()[-1]
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l") >= 0, "the cursor is shown again"


def test_with_json_a_terminal_gets_nothing_but_json(tmp_path: Path) -> None:
    with served(lambda path: html("<p>页</p>") if path == "/" else None) as site:
        code, written = on_terminal(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", "--json")
    assert code == 0
    assert [line[:1] for line in written.strip().splitlines()] == ["{", "{"]
