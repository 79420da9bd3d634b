"""`adpatrol search`: the captured pages by their words."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from indexer.search.protocol import Hit, SearchPage

LEVELS = ("", "blue", "yellow", "orange", "red")
NAMES = {"site": "网站", "code": "违法类型", "provision": "条款", "region": "地区", "state": "线索状态", "level": "严重程度", "gate": "页面判别", "genre": "页面类型", "outcome": "访问结果", "client": "客户端"}
SHOWN = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝", "waiting": "待核查", "confirmed": "已确认", "dismissed": "已排除"}


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol search '保本 \"年化收益\" -新闻' --filter level=red --facets --json")
    def search(
        query: Annotated[str, typer.Argument(help="检索式：空格为“且”，OR 或，NOT 或 - 非，引号内为短语，title: url: 限定位置")] = "",
        filters: Annotated[list[str] | None, typer.Option("--filter", help="字段=值：平台 域名 ICP号 公司 信用代码 违法类型 严重程度 条款 地区 时间 状态 客户端 网站 巡查 判别（或 domain icp company uscc code level provision region time state client …）")]
        = None,
        facets: Annotated[bool, typer.Option("--facets", help="附各字段的计数")] = False,
        limit: Annotated[int, typer.Option(help="每页条数")] = 20,
        cursor: Annotated[str, typer.Option(help="上一页给出的翻页标记")] = "",
        oldest: Annotated[bool, typer.Option("--oldest", help="旧的在前（默认新的在前）")] = False,
        relevance: Annotated[bool, typer.Option("--relevance", help="最相关的在前")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines：命中一条一行，最后一行是总数、翻页标记与计数")] = False,
    ) -> None:
        """检索存证页面；任意长度的词句，一个字也行。"""
        from adpatrol.django_setup import setup

        setup()
        from alerts.search_names import names
        from indexer import tables
        from indexer.search import backend
        from indexer.search.query import parse

        pairs = []
        for given in filters or []:
            name, sign, value = given.partition("=")
            if not sign:
                raise ValueError(f"--filter 须写成 字段=值，没有读懂“{given}”")
            pairs.append((name.strip(), value.strip()))
        asked = parse(query, filters=pairs, sort="relevance" if relevance else "oldest" if oldest else "newest", limit=limit, cursor=cursor, facets=facets, names=names)
        tables.expect()
        answered = backend.search(asked)
        found = answered.page
        if answered.note:
            print(f"adpatrol: {answered.note}", file=sys.stderr)
        for hit in found.hits:
            print(json.dumps(_record(hit), ensure_ascii=False) if as_json else _tell(hit))
        if as_json:
            print(json.dumps(_summary(found, facets), ensure_ascii=False))
        else:
            _close(found)


def _record(hit: Hit) -> dict[str, Any]:
    return {
        "capture": hit.capture_id, "time": hit.time.isoformat(), "site": hit.site, "url": hit.url, "title": hit.title, "genre": hit.genre,
        "gate": hit.gate, "outcome": hit.outcome, "level": LEVELS[hit.level] if hit.level else None, "codes": list(hit.codes),
        "provisions": list(hit.provisions), "regions": list(hit.regions), "states": list(hit.states), "company": list(hit.company), "icp": list(hit.icp),
        "uscc": list(hit.uscc), "client": hit.client, "title_marks": hit.title_marks, "snippets": [{"text": s.text, "start": s.start, "marks": s.marks} for s in hit.snippets],
    }


def _summary(found: SearchPage, facets: bool) -> dict[str, Any]:
    summary: dict[str, Any] = {"total": found.total, "exact": found.exact, "next": found.next, "previous": found.previous}
    return summary | {"facets": found.facets} if facets else summary


def _plain(text: str) -> str:
    """Text of a site for a terminal: no control characters reach it."""
    return "".join(c if c.isprintable() else " " for c in text)


def _short(text: str, most: int = 120) -> str:
    """A page may call itself anything, at any length."""
    return text if len(text) <= most else text[:most] + "…"


def _tell(hit: Hit) -> str:
    from alerts.names import code_name
    from indexer.times import BEIJING

    lines = [f"{hit.time.astimezone(BEIJING):%Y-%m-%d %H:%M}  {_plain(_short(hit.title)) or '（无标题）'}  {_plain(_short(hit.url))}"]
    if hit.codes:
        lines.append(f"    涉嫌：{'、'.join(code_name(code) for code in hit.codes)}")
    for snippet in hit.snippets:
        text = snippet.text
        for start, end in reversed(snippet.marks):
            text = f"{text[:start]}【{text[start:end]}】{text[end:]}"
        lines.append(f"    …{_plain(text)}…")
    return "\n".join(lines)


def _close(found: SearchPage) -> None:
    for name, counts in found.facets.items():
        if counts:
            print(f"{NAMES.get(name, name)}：{'，'.join(f'{_plain(SHOWN.get(value, value))} {count}' for value, count in list(counts.items())[:10])}")
    print(f"共 {'' if found.exact else '约 '}{found.total} 页", file=sys.stderr)
    if found.next:
        print(f"下一页：--cursor {found.next}", file=sys.stderr)
