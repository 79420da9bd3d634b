"""What belongs to a visit at evidence grade beside the page: the second fetch, the self-check of the environment, the clock, the versions.
Gathered after the page is closed, through the same gate, in bounded time."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crawler.environment import clock, clock_row, sbom, self_check, versions
from crawler.guards.proxy import GateProxy
from crawler.identity import second_user_agent
from crawler.rendering.evidence_grade import Graded
from crawler.second import Second, fetch_second, folded

MAX_SOURCES = 5  # servers by whose Date the clock is compared
AUTHORITY_S = 10.0
STEPS = ("新建一次性的浏览器环境", "打开网址", "等待页面静止", "自上而下滚动到底，再回到顶部", "读取版面", "截取整页图片", "读取文字、标题、证书和日志", "关闭页面并销毁浏览器环境",
         "以另一客户端独立访问同一网址", "核对环境")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    second: Second
    environment: tuple[dict[str, Any], ...]
    clock: dict[str, Any]
    versions: dict[str, str]
    sbom: dict[str, Any]
    cited: tuple[dict[str, Any], ...]  # {"span", "shown"}: whether the browser showed each sentence that was cited

    def facts(self, seen: Graded) -> dict[str, Any]:
        """What the capture's facts say of it; the records hold the whole."""
        return {
            "grade": "evidence", "second": self.second.to_json(), "environment": list(self.environment), "clock": self.clock, "versions": self.versions,
            "sbom": self.sbom["sha256"], "cited": list(self.cited), "dropped": list(seen.dropped), "resources": len(seen.answers) + (seen.status is not None),
            "certificates": [{"origin": chain["origin"], "sha256": [one["sha256"] for one in chain["certificates"]]} for chain in seen.chains],
        }

    def record(self, seen: Graded, visit: Mapping[str, Any]) -> dict[str, Any]:
        """``urn:x-adpatrol:evidence:URL``. ``visit``: the facts of the visit as ordered (plan, authority, identity)."""
        ordered = {name: visit[name] for name in ("run", "plan", "authority", "authority_number", "identity", "robots", "jurisdiction", "why") if name in visit}
        return {
            "format": "adpatrol-evidence/1", "url": seen.url, "final_url": seen.final_url, "redirects": list(seen.redirects), "status": seen.status,
            "ordered": ordered, "steps": list(STEPS), "versions": self.versions, "sbom": self.sbom, "environment": list(self.environment), "clock": self.clock,
            "tls": list(seen.chains), "connections": list(seen.passages), "cited": list(self.cited), "second": self.second.to_json(),
            "dropped": list(seen.dropped), "truncated": seen.truncated, "attended": False,
        }


async def surroundings(gate: GateProxy, seen: Graded, meta: Mapping[str, Any]) -> Surroundings:
    """``meta`` of the request, as chromium.evidence_meta made it."""
    answers = {str(row["host"]): tuple(row["addresses"]) for row in reversed(seen.passages) if row["addresses"]}
    cited = tuple(meta.get("cites") or ())
    agent = str(meta.get("second_user_agent") or second_user_agent("desktop-evidence", "public"))
    second, checks, authority = await asyncio.gather(
        fetch_second(gate, seen.url, cited, agent), self_check(gate, seen.clean, answers), _authority(gate))
    shown = folded(seen.text)
    return Surroundings(
        second=second, environment=tuple(checks), clock=clock(_rows(seen, second), authority), versions=versions(seen.browser), sbom=sbom(),
        cited=tuple({"span": span, "shown": folded(span) in shown} for span in cited),
    )


def _rows(seen: Graded, second: Second) -> list[dict[str, Any]]:
    """One a server: the main answer, the second fetch, then others."""
    exchanges = [(seen.final_url, seen.headers, seen.asked, seen.came), (second.final_url, second.headers, second.asked, second.came),
                 *((one.url, one.headers, one.asked, one.came) for one in seen.answers)]
    rows: dict[tuple[str, bool], dict[str, Any]] = {}
    for number, (url, headers, asked, came) in enumerate(exchanges):
        held = {name.lower(): value for name, value in headers}
        key = (urlsplit(url).netloc, number == 1)
        if asked is None or came is None or key in rows or len(rows) >= MAX_SOURCES:
            continue
        row = clock_row(key[0], held.get("date", ""), asked, came, age=held.get("age", ""))
        if row is not None:
            rows[key] = row
    return list(rows.values())


async def _authority(gate: GateProxy) -> dict[str, Any] | None:
    """The Date of the address that the office trusts for the time (ADPATROL_CLOCK), asked through the gate; None where none is named or it does not answer."""
    url = os.environ.get("ADPATROL_CLOCK", "").strip()
    if not url:
        return None
    try:
        async with asyncio.timeout(AUTHORITY_S):
            found = await fetch_second(gate, url, (), second_user_agent("desktop-evidence", "public"))
    except (TimeoutError, OSError, ssl.SSLError):
        return None
    held = {name.lower(): value for name, value in found.headers}
    if found.asked is None or found.came is None:
        return None
    return clock_row(urlsplit(url).netloc, held.get("date", ""), found.asked, found.came, age=held.get("age", ""))
