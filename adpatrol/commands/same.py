"""`adpatrol same`: other sites of the same operator or template, each with its reasons."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from indexer.sameness.links import Elsewhere, Link


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol same www.example.com --json")
    def same(
        target: Annotated[str, typer.Argument(metavar="CAPTURE|SITE", help="快照号，或网站（域名、网址）")],
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines，一个平台一行")] = False,
    ) -> None:
        """同一主办者或同一模板的其他网站，逐条说明理由。先把尚未比对的页面比对完。"""
        from adpatrol.django_setup import setup

        setup()
        from adpatrol.home import home
        from adpatrol.telling import told_on_ctrl_c
        from indexer import tables
        from indexer.models import Page
        from indexer.platforms import platform_key
        from indexer.sameness import follow
        from indexer.sameness.links import elsewhere

        tables.expect()
        page = Page.objects.filter(capture_id=target).only("site").first()
        platform = platform_key(page.site if page else target)
        if not Page.objects.filter(site__contains=platform).exists():
            print(f"adpatrol: 没有“{target}”的快照；请写快照号、域名或网址（adpatrol captures 可列出）", file=sys.stderr)
            raise typer.Exit(2)
        with told_on_ctrl_c("已停下：比对过的都在，再次运行即续办"):
            follow.catch_up(home() / "archive")
        found = elsewhere(platform)
        if as_json:
            for link in (*found.links, *found.weak):
                print(json.dumps(_record(platform, link), ensure_ascii=False))
        else:
            _tell(platform, found)


def _record(platform: str, link: Link) -> dict[str, Any]:
    return {"platform": platform, "other": link.platform, "site": link.site, "linked": link.linked, "strength": link.strength, "score": link.score,
            "about": link.about if link.linked else "", "reasons": [
                {"kind": r.kind, "value": r.value, "weight": r.weight, "said": r.said, "capture": r.mine, "other_capture": r.theirs} for r in link.reasons]}


def _tell(platform: str, found: Elsewhere) -> None:
    if not found.links:
        print(f"{platform}：没有发现同一主办者或同一模板的其他平台")
    for link in found.links:
        print(f"{link.platform}　{link.about}（关联{link.strength}）")
        for reason in link.reasons:
            print(f"    {reason.said}")
    if found.weak:
        print(f"另有 {len(found.weak)} 个平台只有单一的弱共同点，不足以关联：{'、'.join(link.platform for link in found.weak[:10])}")
    for common in found.common:
        print(f"    {common.said}")
