"""What a patrol tells while it runs: one line a capture for programs, a live display for people, a plain line now and then where there is
no terminal."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from adpatrol.live import Live

PLAIN_EVERY_S = 30.0

WORDS = {
    "ok": "正常", "redirect_out": "跳出范围", "not_found": "页面不存在", "http_error": "网站出错", "rate_limited": "要求放慢", "robots": "robots 不允许",
    "refused_address": "地址被拒", "dns": "域名无法解析", "connect": "无法连接", "tls": "加密连接失败", "timeout": "超时", "reset": "连接中断",
    "too_large": "内容过大", "bomb": "压缩炸弹", "redirect_loop": "循环跳转", "empty": "空白", "not_html": "不是网页", "browser_crash": "浏览器崩溃",
    "not_archived": "未能存证",
}


def outcomes_in_words(outcomes: dict[str, int]) -> str:
    """The most frequent first."""
    return "，".join(f"{WORDS.get(name, name)} {n}" for name, n in sorted(outcomes.items(), key=lambda item: (-item[1], item[0])))


def duration(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} 秒"
    return f"{whole // 60} 分 {whole % 60:02} 秒" if whole < 3_600 else f"{whole // 3_600} 小时 {whole % 3_600 // 60:02} 分"


@contextlib.contextmanager
def told_on_ctrl_c(sentence: str) -> Iterator[None]:
    """Ctrl-C ends with ``sentence`` on stderr, and 130."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"adpatrol: {sentence}", file=sys.stderr)
        raise typer.Exit(130) from None


class Teller:
    """Called with each event of the patrol. BrokenPipeError where nobody reads standard output any more: the patrol then stops."""

    def __init__(self, home: Path, *, as_json: bool, ingest: bool = True) -> None:
        self._home, self._json, self._ingest = home, as_json, ingest
        self._terminal = not as_json and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._live: Live | None = None
        self._said = time.monotonic()
        self._run = self._title = ""

    def __call__(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if self._json:
            if kind == "acknowledged":
                print(json.dumps(event, ensure_ascii=False), flush=True)
        elif kind == "run":
            self._begin(event)
        elif kind == "recovered":
            self._say(f"上次中断处已修复：{event['detail']}")
        elif kind == "stopping":
            self._say(f"正在停下：等 {event['flying']} 个访问结束；再按一次 Ctrl-C 立即停下")
        elif self._live is not None:
            self._live.update(event)
        elif kind == "progress" and time.monotonic() - self._said > PLAIN_EVERY_S:
            self._said = time.monotonic()
            self._say(f"已存证 {event['captures']}（{outcomes_in_words(event['outcomes'])}）{self._judged()}")

    def resuming(self, run: str, plan: str, started: str) -> None:
        """``started``: ISO 8601, UTC."""
        when = datetime.fromisoformat(started).astimezone(ZoneInfo("Asia/Shanghai"))
        self._title = f"接着 {when:%Y-%m-%d %H:%M} 开始的巡查 {run}（计划 {plan}，按开始时的设置）"

    def _begin(self, event: dict[str, Any]) -> None:
        self._run = event["run"]
        self._say(f"{self._title or '巡查 ' + self._run}：{event['sites']} 个网站")
        if self._terminal:
            from adpatrol.live import Live

            self._live = Live(self._home, event, ingest=self._ingest)
            self._live.start()

    def _judged(self) -> str:
        if not self._ingest:
            return ""
        from alerts.progress import leads_at
        from indexer.progress import read_at

        read, findings = read_at(self._home, self._run)
        return f"；已研判 {read}，涉嫌违法点 {findings}，线索 {leads_at(self._home, self._run)}"

    def judging(self) -> None:
        """The visits are over; ingest reads on."""
        if self._live is not None:
            self._live.judging()

    def close(self) -> None:
        """Ends the live display, whatever happened."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def end(self, summary: dict[str, Any], *, nothing: bool = False, judged: bool = True) -> None:
        """``nothing``: there was none to resume. ``judged``: somebody read what was captured."""
        self.close()
        if self._json:
            print(json.dumps(summary, ensure_ascii=False), flush=True)
        elif nothing:
            print("没有未完成的巡查。" + (f"最近一次：{in_words(summary)}" if summary else "还没有巡查过：adpatrol patrol --site https://…"))
        else:
            print(f"巡查结束：{in_words(summary, judged=judged)}", flush=True)

    def _say(self, line: str) -> None:
        """To people, on stderr; that nobody hears it is no reason to stop."""
        with contextlib.suppress(OSError):
            print(line, file=sys.stderr, flush=True)


def in_words(summary: dict[str, Any], *, judged: bool = True) -> str:
    seconds = f" · 用时 {duration(summary['seconds'])}" if summary.get("seconds") else ""
    found = f"涉嫌违法点 {summary.get('findings', 0)} · 线索 {summary.get('leads', 0)}" if judged else "尚未研判（adpatrol ingest）"
    outcomes = outcomes_in_words(summary.get("outcomes", {}))
    return f"{summary.get('run', '')} · {summary.get('sites', 0)} 个网站 · 快照 {summary.get('captures', 0)}（{outcomes}） · {found}{seconds}"
