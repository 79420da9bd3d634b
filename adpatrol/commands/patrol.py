"""`adpatrol patrol`: one patrol run to its end, with one ingest child beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

INGEST_END_S = 3_600.0


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol patrol --site https://example.org --max-pages 200")
    def patrol(
        plan: Annotated[str, typer.Option(help="计划名，或计划文件")] = "",
        site: Annotated[list[str] | None, typer.Option(help="巡查的网站，可多次")] = None,
        sites: Annotated[Path | None, typer.Option(help="名单：一行一个网址，或有 url 列的 CSV/XLSX/XLS")] = None,
        max_pages: Annotated[int | None, typer.Option(min=1, help="每个网站最多访问的页数")] = None,
        depth: Annotated[int | None, typer.Option(min=0, help="离起始页最多几次点击")] = None,
        delay: Annotated[float | None, typer.Option(min=0, help="同一主机两次访问之间的秒数；0 仅限本机网站")] = None,
        allow: Annotated[list[str] | None, typer.Option(help="准许访问的内部网段，如 127.0.0.0/8")] = None,
        resume: Annotated[bool, typer.Option("--resume", help="接着未完成的一次巡查（默认最新的）")] = False,
        run: Annotated[str | None, typer.Argument(help="与 --resume 同用：巡查号", show_default=False)] = None,
        no_ingest: Annotated[bool, typer.Option("--no-ingest", help="只巡查存证，不研判")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines：每个快照一行，最后一行是小结")] = False,
    ) -> None:
        """巡查一次，到结束为止。"""
        from adpatrol.home import home
        from adpatrol.ordering import order_of
        from crawler import patrol as crawl
        from crawler.frontier import runs

        tell = Teller(as_json)
        place = home()
        if run and not resume:
            raise typer.BadParameter("巡查号只与 --resume 同用")
        began = time.monotonic()
        if resume:
            known = [r for r in runs(place, limit=1_000) if (r.id == run if run else r.state != "finished")]
            if run and not known:
                raise ValueError(f"没有巡查号为 {run} 的巡查；adpatrol captures 可看到已有的巡查号")
            if not known or known[0].state == "finished":
                newest = known or runs(place, limit=1)
                tell.end(newest[0].summary if newest else {}, nothing=True)
                return
            with ingest_beside(place, no_ingest) as ingest:
                done = crawl.resume(place, on_event=heard(tell, ingest), run=known[0].id, caught_up=ingest.caught_up)
        else:
            order = order_of(plan=plan, site=site or [], sites=sites, max_pages=max_pages, depth=depth, delay=delay, allow=allow or [])
            with ingest_beside(place, no_ingest) as ingest:
                done = crawl.patrol(order, place, on_event=heard(tell, ingest), caught_up=ingest.caught_up)
        if done is None:  # another process ended it meanwhile
            return
        summary = done.to_json() | {"findings": ingest.counts.get("findings", 0), "leads": ingest.counts.get("leads", 0), "seconds": round(time.monotonic() - began, 2)}
        tell.end(summary)
        if done.sites and not done.visited:
            raise typer.Exit(2)


class Beside:
    """The ingest of a run, in a child process: it follows the archive by itself and ends when its standard input closes, so that if this
    process is killed it still finishes what is on disk."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._child: subprocess.Popen[str] | None = None
        self.counts: dict[str, Any] = {}

    def start(self, run: str) -> None:
        """Once the run is on record."""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "adpatrol", "ingest", "--follow", run, "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def caught_up(self, seq: int) -> bool:
        """Whether everything up to ``seq`` is judged, and what it asks for is asked; also where there is nobody left to wait for."""
        from indexer.progress import position_at

        return self._child is None or self._child.poll() is not None or position_at(self._home) >= seq

    def end(self) -> None:
        if self._child is None:
            return
        try:
            out, _ = self._child.communicate(timeout=INGEST_END_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self._child.terminate()
            raise
        lines = out.splitlines()
        if self._child.returncode == 0 and lines:
            self.counts = json.loads(lines[-1])
        else:
            print("adpatrol: 研判没有完成；存档是完整的，请运行 adpatrol ingest 续办", file=sys.stderr)


class NoIngest:
    """--no-ingest: nobody follows."""

    counts: ClassVar[dict[str, Any]] = {}

    def start(self, run: str) -> None:
        pass

    def caught_up(self, seq: int) -> bool:
        return True

    def end(self) -> None:
        pass


def heard(tell: Teller, ingest: Beside | NoIngest) -> Callable[[dict[str, Any]], None]:
    def on_event(event: dict[str, Any]) -> None:
        if event["event"] == "run":
            ingest.start(event["run"])
        tell(event)

    return on_event


@contextmanager
def ingest_beside(home: Path, off: bool) -> Iterator[Beside | NoIngest]:
    beside: Beside | NoIngest = NoIngest() if off else Beside(home)
    try:
        yield beside
    finally:
        beside.end()


class Teller:
    """Events as people or programs want them: one line a capture on stdout with --json, a progress line on stderr otherwise."""

    def __init__(self, as_json: bool) -> None:
        self._json, self._live = as_json, sys.stderr.isatty()
        self._said = 0.0

    def __call__(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if self._json:
            if kind == "acknowledged":
                print(json.dumps(event, ensure_ascii=False), flush=True)
            return
        if kind == "run":
            print(f"巡查 {event['run']}：{event['sites']} 个网站", file=sys.stderr, flush=True)
        elif kind == "recovered":
            print(f"上次中断处已修复：{event['detail']}", file=sys.stderr)
        elif kind == "progress" and (self._live or time.monotonic() - self._said > 5):
            self._said = time.monotonic()
            good, total = event["outcomes"].get("ok", 0), event["captures"]
            print(f"\r已存证 {total} 页，其中正常 {good} 页" if self._live else f"已存证 {total} 页，其中正常 {good} 页",
                  end="" if self._live else "\n", file=sys.stderr, flush=True)

    def end(self, summary: dict[str, Any], *, nothing: bool = False) -> None:
        if self._live and not self._json:
            print(file=sys.stderr)
        if self._json:
            print(json.dumps(summary, ensure_ascii=False), flush=True)
        elif nothing:
            print("没有未完成的巡查。" + (f"最近一次：{_words(summary)}" if summary else "还没有巡查过：adpatrol patrol --site https://…"))
        else:
            print(f"巡查结束：{_words(summary)}")


def _words(summary: dict[str, Any]) -> str:
    outcomes = "，".join(f"{WORDS.get(name, name)} {n}" for name, n in summary.get("outcomes", {}).items())
    return (f"{summary.get('run', '')} · {summary.get('sites', 0)} 个网站 · 快照 {summary.get('captures', 0)}（{outcomes}）"
            f" · 涉嫌违法点 {summary.get('findings', 0)} · 线索 {summary.get('leads', 0)}")


WORDS = {
    "ok": "正常", "redirect_out": "跳出范围", "not_found": "页面不存在", "http_error": "网站出错", "rate_limited": "要求放慢", "robots": "robots 不允许",
    "refused_address": "地址被拒", "dns": "域名无法解析", "connect": "无法连接", "tls": "加密连接失败", "timeout": "超时", "reset": "连接中断",
    "too_large": "内容过大", "bomb": "压缩炸弹", "redirect_loop": "循环跳转", "empty": "空白", "not_html": "不是网页", "browser_crash": "浏览器崩溃",
    "not_archived": "未能存证",
}
