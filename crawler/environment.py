"""With what, and in what surroundings, a page was kept: versions, the list of installed software by digest, and the self-check of the
environment (清洁性检查). Every check says what was found and how; what could not be checked is 未核验, never 通过."""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import secrets
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from crawler.guards.proxy import GateProxy
from crawler.guards.through import GateRefused, hang_up, tunnel

PASS, FAIL, UNKNOWN = "通过", "异常", "未核验"
HOSTS = Path("/etc/hosts")
MAX_HOSTS_LINES = 50
MAX_HOSTS_BYTES = 1 << 20
RESOLVE_S = 5.0
_TOOLS = ("scrapy", "scrapy-playwright", "playwright")


@cache
def sbom() -> dict[str, Any]:
    """SHA-256 over the installed distributions, one ``name==version`` a line, sorted: the same software, the same digest. Once a process."""
    rows = sorted({f"{(one.metadata['Name'] or '').lower()}=={one.version}" for one in distributions() if one.metadata["Name"]})
    return {"sha256": hashlib.sha256(("\n".join(rows) + "\n").encode()).hexdigest(), "count": len(rows), "how": "已安装的发行包按“名称==版本”排序，每行一个，取 SHA-256"}


def versions(browser: str) -> dict[str, str]:
    """``browser``: what the browser says of itself."""
    found = {"adpatrol": _version("adpatrol"), "python": platform.python_version(), "system": platform.platform(), "browser": browser}
    return found | {name: _version(name) for name in _TOOLS}


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "未安装为发行包"


def check(key: str, label: str, result: str, how: str, value: Any = "") -> dict[str, Any]:
    """One row of the self-check."""
    return {"key": key, "label": label, "result": result, "how": how, "value": value}


async def self_check(gate: GateProxy, clean: Mapping[str, Any], answers: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """``clean``: the browser profile before the first request (evidence_grade.Clean); ``answers``: hosts asked → DNS answers by the gate's log."""
    return [_profile(clean), await asyncio.to_thread(_hosts_file, tuple(answers)), _proxy(gate), await _resolvers(gate, answers), _public_address()]


def _profile(clean: Mapping[str, Any]) -> dict[str, Any]:
    empty = not clean.get("cookies") and not clean.get("origins") and clean.get("pages", 0) <= 1
    return check("profile", "浏览器环境", PASS if empty else FAIL,
                 "为本次取证新建一次性的浏览器环境，打开页面前清点 Cookie、本地存储和页面数；不装扩展，不登录任何账号，取证后即行销毁", dict(clean))


def _hosts_file(hosts: Sequence[str]) -> dict[str, Any]:
    how = f"读取 {HOSTS}，计算 SHA-256，逐行查对有无所访问的域名"
    try:
        with HOSTS.open("rb") as stream:
            raw = stream.read(MAX_HOSTS_BYTES)
    except OSError as error:
        return check("hosts", "hosts 文件", UNKNOWN, how, f"无法读取（{error.strerror}）")
    lines = [" ".join(line.partition("#")[0].split()) for line in raw.decode("utf-8", "replace").splitlines()]
    entries = [line for line in lines if line]
    named = sorted({host for line in entries for host in line.lower().split()[1:] if host in hosts})
    value = {"sha256": hashlib.sha256(raw).hexdigest(), "entries": entries[:MAX_HOSTS_LINES], "count": len(entries), "named": named}
    return check("hosts", "hosts 文件", FAIL if named else PASS, how, value)


def _proxy(gate: GateProxy) -> dict[str, Any]:
    named = sorted(name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy"))
    return check("proxy", "代理", PASS,
                 "浏览器只经本机的出口闸门上网；闸门逐条记录连接，不解开 TLS，不改内容；系统的代理变量不交给浏览器", {"gate": gate.url, "ignored": named})


async def _resolvers(gate: GateProxy, answers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The system's answers against those of the second resolver that the office names (ADPATROL_SECOND_RESOLVER, an address)."""
    label, server = "两个域名解析器", os.environ.get("ADPATROL_SECOND_RESOLVER", "").strip()
    names = [host for host in answers if not _literal(host)][:1]
    if not names:
        return check("resolvers", label, PASS, "网址以数字地址写成，不经域名解析", "")
    if not server:
        return check("resolvers", label, UNKNOWN, "没有设置第二个解析器（ADPATROL_SECOND_RESOLVER），未能比对", {"system": {names[0]: list(answers[names[0]])}})
    how = f"同一域名另经出口闸门以 TCP 询问 {server}，与系统解析器的答复比对；内容分发网络可给出不同地址"
    try:
        other = await ask_resolver(gate, server, names[0])
    except (OSError, TimeoutError, GateRefused, ValueError, EOFError) as error:
        return check("resolvers", label, UNKNOWN, how, f"第二个解析器没有答复（{error or type(error).__name__}）")
    ours = set(answers[names[0]])
    result = PASS if ours & set(other) else FAIL
    return check("resolvers", label, result, how, {"host": names[0], "system": sorted(ours), "second": sorted(other)})


def _public_address() -> dict[str, Any]:
    named = os.environ.get("ADPATROL_PUBLIC_ADDRESS", "").strip()
    if not named:
        return check("address", "公网地址", UNKNOWN, "没有登记本单位的公网出口地址（ADPATROL_PUBLIC_ADDRESS）", "")
    return check("address", "公网地址", PASS, "取自本单位的登记（ADPATROL_PUBLIC_ADDRESS），不向第三方查询", named[:100])


def _literal(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


async def ask_resolver(gate: GateProxy, server: str, host: str) -> tuple[str, ...]:
    """IPv4 addresses of ``host`` as the resolver at ``server`` (address, or address:port) answers over TCP (RFC 1035, RFC 7766). Raises OSError, TimeoutError,
    GateRefused, ValueError."""
    address, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    number = secrets.randbelow(65_536)
    asked = b"".join(bytes([len(part)]) + part for part in host.encode("idna").split(b".")) + b"\0"
    query = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + asked + struct.pack(">HH", 1, 1)
    reader, writer = await tunnel(gate, address, int(port), timeout_s=RESOLVE_S)
    try:
        async with asyncio.timeout(RESOLVE_S):
            writer.write(struct.pack(">H", len(query)) + query)
            await writer.drain()
            answer = await reader.readexactly(struct.unpack(">H", await reader.readexactly(2))[0])
    finally:
        await hang_up(writer)
    return _addresses(answer, number)


def _addresses(answer: bytes, number: int) -> tuple[str, ...]:
    try:
        got, _, questions, answers = struct.unpack_from(">HHHH", answer)
        if got != number:
            raise ValueError("答复与询问不符")
        at = 12
        for _ in range(questions):
            at = _past_name(answer, at) + 4
        found = []
        for _ in range(min(answers, 64)):
            at = _past_name(answer, at)
            kind, _, _, length = struct.unpack_from(">HHIH", answer, at)
            if kind == 1 and length == 4:
                found.append(".".join(str(byte) for byte in answer[at + 10 : at + 14]))
            at += 10 + length
    except (struct.error, IndexError) as error:
        raise ValueError("答复不合格式") from error
    return tuple(found)


def _past_name(data: bytes, at: int) -> int:
    while True:
        length = data[at]
        if length >= 0xC0:
            return at + 2
        at += 1 + length
        if length == 0:
            return at


def clock_row(source: str, said: str, asked: datetime, came: datetime, *, age: str = "") -> dict[str, Any] | None:
    """How far our clock is ahead of a server's, in seconds, by its HTTP Date: the server wrote it between ``asked`` and ``came`` by our clock, and
    writes whole seconds. None where the answer has no usable Date, or comes from a cache."""
    try:
        theirs = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    if age.strip() not in ("", "0") or came < asked:
        return None
    low, high = (asked - theirs).total_seconds() - 1.0, (came - theirs).total_seconds()
    return {"source": source, "date": said[:60], "low": round(low, 3), "high": round(high, 3), "at": came.isoformat()}


def clock(rows: Sequence[dict[str, Any]], authority: dict[str, Any] | None = None) -> dict[str, Any]:
    """The offset of our clock and how it was measured. ``authority``: the row of the source the office trusts (ADPATROL_CLOCK), if one answered."""
    how = "以应答的 HTTP Date 为准：我方发出请求至收到应答头之间，服务器写下整秒的时间；本机时钟快出的秒数在 low 与 high 之间"
    told: dict[str, Any] = {"how": how, "rows": list(rows), "authority": authority}
    best = authority or (min(rows, key=lambda row: row["high"] - row["low"]) if rows else None)
    if best is None:
        return told | {"offset": None, "low": None, "high": None, "source": "", "why": "没有可用的时间来源"}
    return told | {"offset": round((best["low"] + best["high"]) / 2, 3), "low": best["low"], "high": best["high"], "source": best["source"],
                   "by": "authority" if authority else "server"}
