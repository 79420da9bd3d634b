"""`adpatrol patrol`: one patrol run to its end, with one ingest child beside it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from crawler.patrol import Summary

RESUME = "接着巡查：adpatrol patrol --resume"


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
        from adpatrol.telling import Teller

        if run and not resume:
            raise typer.BadParameter("巡查号只与 --resume 同用")
        tell = Teller(home(), as_json=as_json, ingest=not no_ingest)
        with _clean_end(tell.close):
            if resume:
                if plan or site or sites or max_pages is not None or depth is not None or delay is not None or allow:
                    raise ValueError("--resume 按开始时的设置接着巡查，不与其他设置同用；要按新的设置巡查，请去掉 --resume")
                done = _resumed(tell, run, no_ingest)
            else:
                done = _begun(tell, no_ingest, plan=plan, site=site or [], sites=sites, max_pages=max_pages, depth=depth, delay=delay, allow=allow or [])
        if done is not None and done.sites and not done.visited:
            if not as_json:
                hint = "内部网段须用 --allow 网段 准许" if done.outcomes.get("refused_address") else "请检查网络与网址"
                print(f"没有一个网站能够访问；{hint}，adpatrol captures 可看到各自的原因", file=sys.stderr)
            raise typer.Exit(2)


def _begun(tell: Any, no_ingest: bool, **options: Any) -> Summary:
    from adpatrol.beside import heard, ingest_beside
    from adpatrol.home import home
    from adpatrol.ordering import order_of
    from crawler import patrol as crawl

    began = time.monotonic()
    order = order_of(**options)
    with ingest_beside(home(), no_ingest, on_end=tell.judging) as ingest:
        done = crawl.patrol(order, home(), on_event=heard(tell, ingest), caught_up=ingest.caught_up, pictures=_brands())
    _seal()
    tell.end(_with_findings(done, ingest.counts, began), judged=bool(ingest.counts))
    return done


def _seal() -> None:
    """The run's evidence gets its root. What does not work now is told, and done by the next: the run itself has ended well."""
    from adpatrol.home import home
    from adpatrol.sealing import seal_quietly

    why = seal_quietly(home())
    if why:
        print(f"adpatrol: {why}；稍后用 adpatrol evidence seal 再试（serve 会自动再试）", file=sys.stderr)


def _resumed(tell: Any, run: str | None, no_ingest: bool) -> Summary | None:
    from adpatrol.beside import heard, ingest_beside
    from adpatrol.home import home
    from adpatrol.ordering import still_covered
    from crawler import patrol as crawl
    from crawler.frontier import runs

    began, place = time.monotonic(), home()
    known = [r for r in runs(place, limit=1_000) if (r.id == run if run else r.state != "finished")]
    if run and not known:
        raise ValueError(f"没有巡查号为 {run} 的巡查；adpatrol captures 可看到已有的巡查号")
    if not known or known[0].state == "finished":
        newest = known or runs(place, limit=1)
        tell.end(_whole(place, newest[0].summary) if newest else {}, nothing=True)
        return None
    tell.resuming(known[0].id, known[0].plan, known[0].started)
    with ingest_beside(place, no_ingest, on_end=tell.judging) as ingest:
        done = crawl.resume(place, on_event=heard(tell, ingest), run=known[0].id, caught_up=ingest.caught_up, revised=still_covered, pictures=_brands())
    if done is not None:  # None: another process ended it meanwhile
        _seal()
        tell.end(_with_findings(done, ingest.counts, began), judged=bool(ingest.counts))
    return done


def _brands() -> bool:
    """Has the office pictures of institutions? Else a page's icon and logos have nothing to be compared with, and are not fetched."""
    from adpatrol.home import config_folders

    return any((folder / "registers" / "brand_pictures.csv").is_file() for folder in config_folders())


def _with_findings(done: Summary, counts: dict[str, Any], began: float) -> dict[str, Any]:
    """The whole summary, kept with the run."""
    from adpatrol.home import home
    from crawler.frontier import keep_summary

    whole = done.to_json() | {"findings": counts.get("findings", 0), "leads": counts.get("leads", 0), "seconds": round(time.monotonic() - began, 2)}
    keep_summary(home(), done.run, whole)
    return whole


def _whole(place: Path, summary: dict[str, Any]) -> dict[str, Any]:
    """A summary kept; what its findings came to is looked up where the run was cut off before it could say."""
    from alerts.progress import leads_at
    from indexer.progress import read_at

    run = str(summary.get("run", ""))
    return {"findings": read_at(place, run)[1], "leads": leads_at(place, run), "seconds": summary.get("crawl_seconds", 0.0)} | summary


class _Told(BaseException):
    """SIGTERM or SIGHUP, outside the crawl (which hears them by itself)."""


def _told(number: int, frame: object) -> None:
    raise _Told


@contextmanager
def _clean_end(close: Any) -> Iterator[None]:
    """However it ends: the terminal is as it was, and one sentence says what is safe and what to do. Exit 130 after Ctrl-C, 2 otherwise."""
    from crawler.errors import PatrolInterrupted, PatrolStopped

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _told)
    try:
        yield
    except PatrolInterrupted as stopped:
        _leave(close, f"已停下：已存证的 {stopped.captures} 个快照都在。{RESUME}", 130 if stopped.signal == signal.SIGINT else 2, stopped.at_once)
    except PatrolStopped as stopped:
        _leave(close, f"{stopped}。已存证的 {stopped.captures} 个快照都在。{RESUME}", 2, stopped.at_once)
    except (KeyboardInterrupt, _Told) as asked:
        _leave(close, f"已停下：存档是完整的。{RESUME}；只差研判时：adpatrol ingest", 130 if isinstance(asked, KeyboardInterrupt) else 2)
    except BrokenPipeError:
        _leave(close, f"输出已被关闭（管道另一端已结束）。存档是完整的。{RESUME}", 2)
    finally:
        close()


def _leave(close: Any, why: str, code: int, at_once: bool = False) -> None:
    """``at_once``: threads that wait for an answer are not waited for."""
    close()
    with contextlib.suppress(OSError):
        print(f"adpatrol: {why}", file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:  # what could not be written would be tried again, and complained of, when the interpreter ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if at_once:
        os._exit(code)
    raise typer.Exit(code)
