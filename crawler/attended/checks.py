"""Before anything is opened: is the clock right, and is the machine clean (清洁性检查)? Each answer is a row that officers read on the screen."""

from __future__ import annotations

import asyncio
import platform
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.environment import FAIL, PASS, UNKNOWN, sbom, self_check, versions
from crawler.guards import names
from crawler.guards.egress import EgressPolicy
from crawler.guards.proxy import GateProxy
from crawler.rendering.chromium import product
from crawler.single import FetchFailed, date_of

CLOCK_S = 15.0
MAX_OFFSET_S = 2.0  # above it the clock is to be set right first
@dataclass(frozen=True, slots=True)
class Checked:
    """``state``: ok, attention (officers must see it and may go on), unknown (it could not be checked, ``said`` tells why)."""

    name: str
    state: str
    said: str
    value: Any = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


async def environment(
    url: str, *, browser: str, time_sources: Sequence[str], policy: EgressPolicy, gate: GateProxy, clean: Mapping[str, Any],
) -> list[Checked]:
    """Every check, in the order people read them; the cleanliness of the machine as of every evidence capture (crawler.environment). Nothing here
    raises: what cannot be checked says so. ``clean``: the profile before the first request."""
    host = (urlsplit(url).hostname or "").lower()
    try:
        answers = {host: await names.resolve(host)}
    except (OSError, UnicodeError):
        answers = {host: ()}
    rows = await self_check(gate, clean, answers)
    return [await asyncio.to_thread(_clock, time_sources, policy), _machine(browser), *map(_checked, rows)]


def _checked(row: dict[str, Any]) -> Checked:
    """One row of crawler.environment as people read it here."""
    value = row["value"]
    found = ""
    if row["key"] == "hosts" and isinstance(value, dict):
        found = f"共 {value['count']} 行，" + (f"改写了目标域名 {'、'.join(value['named'])}，须先删除" if value["named"] else "没有目标域名")
    elif row["key"] == "resolvers" and isinstance(value, dict) and "second" in value:
        found = f"系统答 {'、'.join(value['system'])}，另一解析器答 {'、'.join(value['second'])}"
    elif row["key"] == "profile" and isinstance(value, dict):
        found = f"打开网页前 Cookie {value.get('cookies', 0)} 个，本地存储 {value.get('origins', 0)} 个"
    elif isinstance(value, str):
        found = value
    return Checked(row["label"], _STATES.get(row["result"], "unknown"), "；".join(filter(None, (row["how"], found))), value)


_STATES = {PASS: "ok", FAIL: "attention", UNKNOWN: "unknown"}


def _machine(browser: str) -> Checked:
    system = platform.system()
    if Path("/etc/os-release").exists():
        system = platform.freedesktop_os_release().get("PRETTY_NAME", system)
    listed = sbom()
    said = (f"{socket.gethostname()}；{system}，内核 {platform.release()}，{platform.machine()}；{product(browser)}，Python {platform.python_version()}；"
            f"所装 {listed['count']} 个软件包清单的 SHA-256 {listed['sha256']}")
    return Checked("设备和软件", "ok", said, {"host": socket.gethostname(), "versions": versions(product(browser)), "sbom": listed})


def _clock(sources: Sequence[str], policy: EgressPolicy) -> Checked:
    """The system's clock against what servers say in Date (whole seconds, RFC 9110 6.6.1): the offset of the quickest answer, ± half its way and
    half a second."""
    began = time.monotonic()
    found: list[tuple[float, float, str]] = []
    for source in sources:
        if time.monotonic() - began > CLOCK_S:
            break
        try:
            offset, within = offset_of(source, policy)
        except (FetchFailed, OSError, ValueError):
            continue
        found.append((within, offset, urlsplit(source).hostname or source))
    now = datetime.now(UTC)
    if not found:
        why = "没有配置授时来源" if not sources else "授时来源都没有应答"
        return Checked("系统时间", "unknown", f"{why}，未能核对；请执法人员用其他方式核对北京时间并在备注中写明", {"system": now.isoformat(), "sources": list(sources)})
    within, offset, source = min(found)
    facts = {"system": now.isoformat(), "source": source, "offset_s": round(offset, 2), "within_s": round(within, 2), "answers": len(found)}
    words = f"系统时间比 {source} {'慢' if offset > 0 else '快'} {abs(offset):.1f} 秒（误差不超过 {within:.1f} 秒，{len(found)} 个来源应答）"
    return Checked("系统时间", "ok" if abs(offset) <= MAX_OFFSET_S + within else "attention", words, facts)


def offset_of(source: str, policy: EgressPolicy) -> tuple[float, float]:
    """(seconds the server is ahead of us, how far off that may be). Raises FetchFailed, OSError, ValueError."""
    before, start = time.time(), time.monotonic()
    told = date_of(source, policy)
    way = time.monotonic() - start
    served = parsedate_to_datetime(told).timestamp() + 0.5
    return served - (before + way / 2), way / 2 + 0.5
