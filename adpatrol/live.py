"""The live display of a patrol on a terminal: how far, how fast, how much longer; what was met; what was found."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from adpatrol.telling import WORDS, duration
from alerts.progress import leads_at
from crawler.frontier import standing
from indexer.progress import read_at

LOOK_S = 1.0  # between two looks at what is stored
WINDOW_S = 20.0  # the pace is that of the last seconds
LATEST = 3
WIDE = 100  # columns from which the bar and the words need not be short
_SHADES = {"ok": "green", "not_found": "dim", "redirect_out": "dim", "robots": "dim", "not_html": "dim"}


class Live:
    """``start``, ``update`` and ``stop`` by the patrol; the screen is drawn by rich's own thread, which also looks into the home."""

    def __init__(self, home: Path, event: dict[str, Any], *, ingest: bool) -> None:
        self._home, self._run, self._ingest = home, str(event["run"]), ingest
        self._budgets: list[int] = event["budgets"]
        self._captures, self._outcomes, self._latest = 0, dict[str, int](), deque[str](maxlen=LATEST)
        self._pace: deque[tuple[float, int]] = deque(maxlen=200)
        self._began = time.monotonic()
        self._looked = 0.0
        self._sites, self._known, self._showing = 0, 0, 0
        self._read, self._findings, self._leads = 0, 0, 0
        self._judging = False
        self._lock = threading.Lock()
        self._spinner = Spinner("dots", style="cyan")
        self._console = Console(stderr=True)
        self._screen = Screen(get_renderable=self._drawn, console=self._console, refresh_per_second=6, transient=True)

    def start(self) -> None:
        self._screen.start()

    def stop(self) -> None:
        self._screen.stop()

    def judging(self) -> None:
        self._judging = True

    def update(self, event: dict[str, Any]) -> None:
        if event["event"] == "acknowledged":
            self._latest.append("".join(c if c.isprintable() else "?" for c in event["url"]))
            return
        with self._lock:
            self._captures, self._outcomes = event["captures"], event["outcomes"]
            self._pace.append((time.monotonic(), self._captures))

    # Drawn

    def _drawn(self) -> RenderableType:
        with self._lock:
            self._look()
            return Group(self._head(), self._facts())

    def _look(self) -> None:
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        places = standing(self._home, self._run)
        left = [max(min(waiting, self._budgets[site] - visited), showing) for site, (visited, waiting, showing) in places.items() if site < len(self._budgets)]
        done = sum(visited for visited, _, _ in places.values())  # the home may know more than we were told
        self._known, self._sites = max(self._captures, done) + sum(left), sum(1 for n in left if n == 0)
        self._showing = sum(showing for _, _, showing in places.values())
        if self._ingest:
            self._read, self._findings = read_at(self._home, self._run)
            self._leads = leads_at(self._home, self._run)

    def _speed(self) -> float:
        """Captures a second, over the last WINDOW_S."""
        newest = time.monotonic()
        recent = [(at, n) for at, n in self._pace if newest - at <= WINDOW_S]
        if len(recent) < 2 or recent[-1][0] - recent[0][0] < 0.5:
            return 0.0
        return (recent[-1][1] - recent[0][1]) / (recent[-1][0] - recent[0][0])

    def _head(self) -> RenderableType:
        total, done, speed, wide = len(self._budgets), self._sites, self._speed(), self._console.width >= WIDE
        known = max(self._known, self._captures)  # of the last look: between two looks it stands still while the pages come
        parts = [f"已用 {duration(time.monotonic() - self._began)}"]
        if self._judging:
            parts.append("访问已结束，正在研判余下的快照")
        elif speed > 0:
            parts = [f"{speed:.1f} 页/秒" if speed < 10 else f"{speed:.0f} 页/秒", *parts]
            if known > self._captures:
                parts.append(f"{'已知的页面' if wide else ''}约需 {duration((known - self._captures) / speed + 1)}")
        row = Table.grid(padding=(0, 1))
        row.add_row(self._spinner, Text(f"网站 {done}/{total}", style="bold"), ProgressBar(total=max(known, 1), completed=self._captures, width=24 if wide else 8),
                    Text(f"{self._captures}/{known} 页", style="bold"), Text(" · ".join(parts), style="cyan", no_wrap=True, overflow="ellipsis"))
        return row

    def _facts(self) -> RenderableType:
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="dim", no_wrap=True)
        rows.add_column(overflow="fold")
        rows.add_row("  快照", self._met())
        if self._showing:
            rows.add_row("  取证", Text(f"待以浏览器打开 {self._showing} 页（截图、脚本生成的内容）", style="cyan"))
        if self._ingest:
            behind = max(self._captures - self._read, 0)
            judged = Text(f"已读 {self._read}" + (f"（还有 {behind}）" if behind else ""))
            judged.append(" · ")
            judged.append(f"涉嫌违法点 {self._findings}", style="bold red" if self._findings else "")
            judged.append(" · ")
            judged.append(f"线索 {self._leads}", style="bold yellow" if self._leads else "")
            rows.add_row("  研判", judged)
        for number, url in enumerate(reversed(list(self._latest))):
            rows.add_row("  最近" if number == 0 else "", Text(url, style="dim", no_wrap=True, overflow="ellipsis"))
        return rows

    def _met(self) -> Text:
        said = Text()
        for name, n in sorted(self._outcomes.items(), key=lambda item: (-item[1], item[0])):
            if said:
                said.append(" · ")
            said.append(f"{WORDS.get(name, name)} {n}", style=_SHADES.get(name, "yellow"))
        return said or Text("正在打开第一个页面…", style="dim")

