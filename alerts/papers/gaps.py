"""What the evidence of a lead still lacks, named in Chinese, so that whoever signs a paper knows (design/promises.md, evidence package)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.models import Lead, LeadFinding
from evidence.ledger import texts
from evidence.stamps import stamped_captures
from indexer.models import Finding, Page

FRESH = timedelta(hours=24)
MAX_LOOKED_AT = 200  # copies of one lead


def evidence_gaps(archive: Path, lead: Lead, *, now: datetime) -> list[str]:
    """One sentence for each missing element, the gravest first, however many pages in the same few queries. ``now`` in UTC."""
    copies = list(lead.findings.order_by("-level", "seq", "start")[:MAX_LOOKED_AT])
    wanted = {copy.capture_id for copy in copies}
    found = [json.loads(text) for text in texts(archive, wanted).values()]
    gaps = []
    if len(found) < len(wanted):
        gaps.append(f"{len(wanted) - len(found)}个快照不在本机存档中，须补充存证")
    if now - lead.last_seen > FRESH:
        gaps.append("最近一次发现距今超过24小时，签发前须重新取证；页面已改的，写明截至何日已删除")
    gaps += _pictures(copies)
    gaps += _facts(found)
    gaps += _seen_twice(lead, copies)
    gaps += _unstamped(archive, copies)
    gaps += [] if lead.platform.companies else ["页面未显示主办者"]
    gaps += [] if lead.platform.icp else ["页面未显示备案号"]
    gaps.append("主体尚未经两个以上独立来源核实")
    if not lead.sessions.filter(state="finished").exists():
        gaps.append("本函所据为系统自动监测记录，不是两名执法人员在场制作的电子数据提取笔录")
    return gaps


def _pictures(copies: Sequence[LeadFinding]) -> list[str]:
    keys = {copy.url_key for copy in copies}
    seen = set(Page.objects.filter(url_key__in=keys, has_screenshot=True).order_by().values_list("url_key", flat=True).distinct())
    without = len(keys - seen)
    return [f"{without}个页面没有截图（浏览器取证未完成）"] if without else []


def _facts(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """``found``: facts of captures as the ledger keeps them."""
    gaps = []
    if any(not one["facts"].get("dns") for one in found):
        gaps.append("部分快照没有域名解析与服务器地址记录")
    if any(one["final_url"].startswith("https:") and not one["facts"].get("tls") for one in found):
        gaps.append("部分快照没有服务器证书（TLS）记录")
    return gaps


def _unstamped(archive: Path, copies: Sequence[LeadFinding]) -> list[str]:
    """The captures that no stamped root of the ledger covers."""
    upto = stamped_captures(archive)
    captured = {copy.seq for copy in copies}
    without = sum(seq > upto for seq in captured)
    if not without:
        return []
    return ["未附可信时间戳"] if without == len(captured) else [f"{without}个快照还没有可信时间戳"]


def _seen_twice(lead: Lead, copies: Sequence[LeadFinding]) -> list[str]:
    """A second visit by another kind of client must have met the same kind of claim at the same address."""
    keys = {copy.url_key for copy in copies}
    rows = Finding.objects.filter(page__url_key__in=keys, code=lead.code).order_by().values_list("page__url_key", "page__client").distinct()
    clients: dict[str, set[str]] = {}
    for key, client in rows:
        clients.setdefault(key, set()).add(client)
    once = sum(len(clients.get(key, ())) < 2 for key in keys)
    return [f"{once}个页面没有第二次独立取证（另一种访问方式）印证"] if once else []
