"""`adpatrol index`: how the search index stands, whether it agrees with the stored pages, and making it anew beside the one in use."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adpatrol.cli import App

if TYPE_CHECKING:
    from indexer.search.feeding import Feeder

WAIT_S = 1.0  # between two passes while another process feeds
GIVE_UP_S = 300.0  # without any progress
EMBEDDED = Annotated[bool, typer.Option("--embedded", help="只看内置索引（设了检索集群时用）")]
JSON = Annotated[bool, typer.Option("--json", help="JSON，一行")]


def register(app: typer.Typer) -> None:
    group = App(help="检索索引：状态、核对、重建、切换")
    app.add_typer(group, name="index")

    @group.command(epilog="例：adpatrol index status")
    def status(as_json: JSON = False) -> None:
        """现在用哪个索引、滞后多少条、有没有搁置的页面、检索集群是否可用。"""
        _open()
        from indexer.search.status import status as standing

        told = standing()
        cluster = told["cluster"] or {}
        for name in ("since", "checked"):
            cluster[name] = cluster[name].isoformat() if cluster.get(name) else None
        _tell(told, as_json, _status_line)

    @group.command(epilog="例：adpatrol index check ；adpatrol index check --no-mend")
    def check(mend: Annotated[bool, typer.Option("--mend/--no-mend", help="把不一致的补齐（默认）")] = True, embedded: EMBEDDED = False, as_json: JSON = False) -> None:
        """把索引与库内页面逐条核对，不一致的补齐。"""
        _open()
        feeder = None if embedded else _feeder()
        found = _check_cluster(feeder, mend) if feeder else _check_embedded(mend)
        _tell(found, as_json, _check_line)
        raise typer.Exit(0 if found["sound"] or found["mended"] else 2)

    @group.command(epilog="例：adpatrol index rebuild ；adpatrol index rebuild --hold 然后 adpatrol index switch")
    def rebuild(hold: Annotated[bool, typer.Option("--hold", help="填好后先不切换")] = False, embedded: EMBEDDED = False, as_json: JSON = False) -> None:
        """在旁边新建索引，从库内页面填满，再切换过去；检索不中断。"""
        _open()
        feeder = None if embedded else _feeder()
        if feeder is None:
            from adpatrol.home import home
            from indexer.search import embedded as own

            count = own.rebuild(home(), hold=hold, who=_who(), told=lambda done, whole: _progress(done, whole, as_json))
            _tell({"backend": "embedded", "pages": count, "switched": not hold}, as_json, _rebuilt_line)
            return
        _patiently(lambda: feeder.begin(hold=hold, who=_who()))
        _fill(feeder, hold, as_json)
        _tell({"backend": "elasticsearch", "pages": feeder.documents(hold=hold), "switched": not hold}, as_json, _rebuilt_line)

    @group.command(epilog="例：adpatrol index switch")
    def switch(embedded: EMBEDDED = False, as_json: JSON = False) -> None:
        """切换到填好的备用索引；没有正在填的，就切回上一个。"""
        _open()
        feeder = None if embedded else _feeder()
        if feeder is None:
            from adpatrol.home import home
            from indexer.search import embedded as own

            own.switch(home(), who=_who())
            _tell({"backend": "embedded"}, as_json, lambda _: "已切换内置索引")
            return
        name = _patiently(lambda: feeder.switch(who=_who()))
        _tell({"backend": "elasticsearch", "index": name}, as_json, lambda told: f"已切换到 {told['index']}")

    @group.command(epilog="例：adpatrol index retry")
    def retry(captures: Annotated[list[str] | None, typer.Argument(help="快照编号；省略：全部搁置的")] = None, as_json: JSON = False) -> None:
        """把搁置的页面再写一次检索集群。"""
        _open()
        from indexer.search.feeding import retry as again
        from indexer.search.state import ParkedDocument

        count = again(captures or list(ParkedDocument.objects.values_list("capture_id", flat=True)), who=_who())
        _tell({"retried": count}, as_json, lambda told: f"{told['retried']} 个页面将再写一次")


def _open() -> None:
    from adpatrol.django_setup import setup

    setup()
    from indexer import tables

    tables.expect()


def _feeder() -> Feeder | None:
    from indexer.search import backend

    return backend.feeder()


def _who() -> str:
    import getpass

    return f"命令行 {getpass.getuser()}"


def _patiently(act: Any) -> Any:
    """Waits while another process feeds: it lets go every few seconds."""
    from indexer.errors import FeederBusy

    until = time.monotonic() + GIVE_UP_S
    while True:
        try:
            return act()
        except FeederBusy:
            if time.monotonic() > until:
                raise
            time.sleep(WAIT_S)


def _fill(feeder: Feeder, hold: bool, as_json: bool) -> None:
    """Until the new index holds all. Raises ClusterError; what is filled stays, and serve goes on with it."""
    from indexer.errors import FeederBusy

    moved_at, left_before = time.monotonic(), -1
    while not feeder.filled(hold=hold):
        try:
            feeder.step()
        except FeederBusy:
            time.sleep(WAIT_S)
        left, whole = feeder.left()
        _progress(whole - left, whole, as_json)
        if left != left_before:
            moved_at, left_before = time.monotonic(), left
        elif time.monotonic() - moved_at > GIVE_UP_S:
            raise TimeoutError("检索集群五分钟没有进展：请看 adpatrol index status")


def _progress(done: int, whole: int, as_json: bool) -> None:
    if not as_json and sys.stderr.isatty():
        print(f"\r已填 {done}/{whole}", end="" if done < whole else "\n", file=sys.stderr, flush=True)


def _check_cluster(feeder: Feeder, mend: bool) -> dict[str, Any]:
    from indexer.search.elasticsearch import check

    _patiently(feeder.step)
    live = feeder.versions.live()
    if live is None:
        return {"backend": "elasticsearch", "sound": False, "mended": True, "why": "索引正在填充"}
    found = check.compare(feeder.client, live)
    mended = check.mend(found, live, who=_who()) if mend else 0
    if mended:
        until = time.monotonic() + GIVE_UP_S
        while not _patiently(lambda: feeder.catch_up(at_most_s=10)) and time.monotonic() < until:
            continue
    return {
        "backend": "elasticsearch", "index": live.name, "pages": found.pages, "documents": found.documents, "missing": len(found.missing),
        "extra": len(found.extra), "stale": len(found.stale), "sound": not found.all, "mended": bool(mended), "examples": found.all[:10],
    }


def _check_embedded(mend: bool) -> dict[str, Any]:
    from adpatrol.home import home
    from indexer.search import embedded

    found = embedded.check()
    if mend and not found.sound:
        embedded.rebuild(home(), who=_who())
    return {
        "backend": "embedded", "pages": found.pages, "documents": found.documents, "missing": found.missing, "extra": found.extra, "broken": found.broken,
        "sound": found.sound, "mended": mend and not found.sound,
    }


def _tell(found: dict[str, Any], as_json: bool, line: Any) -> None:
    print(json.dumps(found, ensure_ascii=False) if as_json else line(found))


def _status_line(told: dict[str, Any]) -> str:
    lines = [f"内置索引：{told['embedded']} 个页面（库内 {told['pages']}）"]
    if not told["cluster"]:
        return "\n".join([*lines, "检索集群：没有设置（ADPATROL_SEARCH_URL），由内置索引作答"])
    cluster = told["cluster"]
    lines.append(f"检索集群：{cluster['url']}，{'可用' if cluster['up'] else cluster['said']}")
    lines.append(f"在用索引：{cluster['live'] or '无（由内置索引作答）'}，索引滞后 {cluster['behind']} 条" + (f"；正在填充 {cluster['filling']}" if cluster["filling"] else ""))
    lines.append(f"搁置的页面：{cluster['parked']} 个" + ("（adpatrol index retry 再写一次）" if cluster["parked"] else ""))
    return "\n".join(lines)


def _check_line(told: dict[str, Any]) -> str:
    if "why" in told:
        return str(told["why"])
    what = f"库内 {told['pages']} 个页面，索引 {told['documents']} 条"
    if told["sound"]:
        return f"{what}，逐条一致"
    parts = [f"缺 {told['missing']}", f"多 {told['extra']}"] + ([f"旧 {told['stale']}"] if "stale" in told else []) + ([f"损坏：{told['broken']}"] if told.get("broken") else [])
    return f"{what}：{'，'.join(parts)}；{'已补齐' if told['mended'] else '没有补（--mend 补齐）'}"


def _rebuilt_line(told: dict[str, Any]) -> str:
    return f"新索引有 {told['pages']} 个页面，{'已切换' if told['switched'] else '还没有切换：adpatrol index switch'}"
