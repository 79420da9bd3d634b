"""Which legal elements a package lacks, checked by machine and named in Chinese (design/promises.md; 电子数据的审查要点: 法释〔2018〕16号第十一条).

A page is judged by its best capture: the one at evidence grade where there is one. An element lacks where any page lacks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evidence.capture import Capture, Outcome
from evidence.facts import moment
from evidence.packages.model import Missing, Picture, Shown
from evidence.stamps import Stamp

STAMP_WITHIN = timedelta(minutes=15)  # 取证 to time stamp
NAMED = 3  # pages named in one sentence
PASSED = "通过"
EVIDENCE, DOM = "urn:x-adpatrol:evidence:", "urn:x-adpatrol:dom:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is there when the elements are looked for. ``covered``: the root over each capture, by its id; ``stamps`` over those roots."""

    captures: Sequence[Capture]
    shown: Mapping[str, Shown]
    pictures: Sequence[Picture]
    covered: Mapping[str, int]
    stamps: Sequence[Stamp]
    who: str
    office: str
    authorities: int
    verifier: bool


@dataclass(frozen=True, slots=True)
class _Element:
    """``has`` of one capture; ``lacks``: what is said of pages without it."""

    key: str
    label: str
    has: Callable[[Capture, Held], bool]
    lacks: str


def missing(held: Held) -> list[Missing]:
    """In the order of the law's questions: who, what, when, where from, with what, how, integrity."""
    found = []
    if not held.who.strip():
        found.append(Missing("who.operator", "导出人", "没有记明由谁导出"))
    if not held.office.strip():
        found.append(Missing("who.office", "取证单位", "没有登记单位名称（evidence.yaml 的 office）"))
    principal = best(held.captures)
    for element in _ELEMENTS:
        without = [capture for capture in principal if not element.has(capture, held)]
        if without:
            found.append(Missing(element.key, element.label, f"{_pages(without, len(principal))}{element.lacks}"))
    found += _stamped(held, principal)
    if not held.verifier:
        found.append(Missing("integrity.verifier", "独立核验程序", "包内没有 verify.py"))
    return found


def best(captures: Iterable[Capture]) -> list[Capture]:
    """One capture a page address: at evidence grade before others, at a desk before a phone, the later before the earlier; in archive order."""
    chosen: dict[str, Capture] = {}
    for capture in captures:
        before = chosen.get(capture.url)
        if before is None or _rank(capture) > _rank(before):
            chosen[capture.url] = capture
    return sorted(chosen.values(), key=lambda one: one.seq)


def _rank(capture: Capture) -> tuple[bool, bool, bool, bool, bool, int]:
    return capture.outcome == Outcome.OK, graded(capture), capture.client != "attended", _has(capture, "urn:fullPage:"), capture.client.startswith("desktop"), capture.seq


def graded(capture: Capture) -> bool:
    return capture.facts.get("grade") == "evidence"


def check(capture: Capture, key: str) -> str:
    """The result of one row of the self-check (清洁性检查): 通过, 异常, 未核验, or "" where it was not made."""
    rows = capture.facts.get("environment")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("key") == key:
            return str(row.get("result") or "")
    return ""


def _stamped(held: Held, principal: Sequence[Capture]) -> list[Missing]:
    if not held.authorities:
        return [Missing("when.stamp", "可信时间戳", "没有设置时间戳机构，时间戳待补")]
    earliest: dict[int, datetime] = {}
    for stamp in held.stamps:
        when = moment(stamp.time)
        if when is not None:
            earliest[stamp.root] = min(when, earliest.get(stamp.root, when))
    without = [capture for capture in principal if held.covered.get(capture.id) not in earliest]
    if without:
        return [Missing("when.stamp", "可信时间戳", f"时间戳待补：{_pages(without, len(principal))}尚未取得时间戳（已排队，机构恢复后自动补取，届时可重新导出）")]
    late = [(earliest[held.covered[capture.id]] - capture.time, capture) for capture in principal]
    over = [capture for gap, capture in late if gap > STAMP_WITHIN]
    if over:
        worst = max(gap for gap, _ in late)
        return [Missing("when.stamp_time", "取证后即时加盖时间戳", f"{_pages(over, len(principal))}的时间戳晚于取证 {int(STAMP_WITHIN.total_seconds() // 60)} 分钟以上（最长 {_span(worst)}）")]
    return []


def _span(gap: timedelta) -> str:
    minutes = int(gap.total_seconds() // 60)
    return f"{minutes} 分钟" if minutes < 120 else f"{minutes // 60} 小时" if minutes < 2880 else f"{minutes // 1440} 天"


def _pages(without: Sequence[Capture], total: int) -> str:
    if len(without) == total:
        return "全部页面" if total > 1 else "页面"
    named = "、".join(one.url[:120] for one in without[:NAMED]) + ("等" if len(without) > NAMED else "")
    return f"{len(without)} 个页面（{named}）"


def _has(capture: Capture, prefix: str) -> bool:
    return any(ref.uri.startswith(prefix) for ref in capture.records)


def _fact(name: str) -> Callable[[Capture, Held], bool]:
    return lambda capture, _: bool(capture.facts.get(name))


def _record(prefix: str) -> Callable[[Capture, Held], bool]:
    return lambda capture, _: _has(capture, prefix)


def _passed(key: str) -> Callable[[Capture, Held], bool]:
    return lambda capture, _: check(capture, key) == PASSED


def _inner(name: str, key: str) -> Callable[[Capture, Held], bool]:
    def has(capture: Capture, held: Held) -> bool:
        told: Any = capture.facts.get(name)
        return isinstance(told, dict) and told.get(key) not in (None, "")

    return has


def _server(capture: Capture, held: Held) -> bool:
    return bool(capture.facts.get("dns")) or any(isinstance(row, dict) and row.get("address") for row in _rows(capture, "connections"))


def _tls(capture: Capture, held: Held) -> bool:
    return not capture.final_url.startswith("https:") or bool(capture.facts.get("tls") or capture.facts.get("certificates"))


def _rows(capture: Capture, name: str) -> Sequence[Any]:
    rows = capture.facts.get(name)
    return rows if isinstance(rows, list | tuple) else ()


def _authority(capture: Capture, held: Held) -> bool:
    """A paper that covers the visit, or one that said openly who it was and kept to robots.txt."""
    return bool(capture.facts.get("authority") or capture.facts.get("authority_number")) or capture.facts.get("identity") == "public"


def _self_check(capture: Capture, held: Held) -> bool:
    rows = _rows(capture, "environment")
    return bool(rows) and not any(isinstance(row, dict) and row.get("result") == "异常" for row in rows)


def _second(capture: Capture, held: Held) -> bool:
    told = capture.facts.get("second")
    return isinstance(told, dict) and told.get("verdict") == "agrees"


def _pictured(what: str) -> Callable[[Capture, Held], bool]:
    def has(capture: Capture, held: Held) -> bool:
        same = {one.id for one in held.captures if one.url == capture.url}
        return any(getattr(picture, what) for picture in held.pictures if picture.capture in same)

    return has


def _annotated(capture: Capture, held: Held) -> bool:
    """Where a page has no findings there is nothing to mark."""
    same = [one.id for one in held.captures if one.url == capture.url]
    return not any(held.shown.get(id, Shown()).claims for id in same) or _pictured("annotated")(capture, held)


_ELEMENTS = (
    _Element("who.authority", "授权书或公开标识", _authority, "没有记明依据哪份授权书访问，也不是以公开标识访问"),
    _Element("what.page", "网页本身", lambda capture, _: capture.outcome == Outcome.OK, "没有取到网页本身（被拦截、出错或不存在）"),
    _Element("what.subject", "页面所示主体与备案号的读取", lambda capture, held: held.shown.get(capture.id, Shown()).judged, "还没有读取页面所示的主办者和备案号"),
    _Element("what.screenshot", "整页截图", _pictured("original"), "没有截图"),
    _Element("what.annotated", "标注副本", _annotated, "没有标明所引语句位置的标注副本"),
    _Element("what.dom", "渲染后的页面（DOM）", _record(DOM), "没有保存浏览器渲染后的页面"),
    _Element("when.span", "取证起止时间", _fact("seconds"), "没有记录取证用时（止时）"),
    _Element("when.clock", "时钟偏差", _inner("clock", "offset"), "没有测得本机时钟与标准时间的偏差"),
    _Element("where.server", "服务器地址与域名解析", _server, "没有记录服务器地址和域名解析结果"),
    _Element("where.tls", "服务器证书（TLS）", _tls, "没有记录服务器证书"),
    _Element("where.ours", "取证端公网地址", _passed("address"), "没有登记取证端的公网地址（ADPATROL_PUBLIC_ADDRESS）"),
    _Element("with.versions", "工具与浏览器版本", _fact("versions"), "没有记录取证工具和浏览器的版本"),
    _Element("with.sbom", "软件清单摘要（SBOM）", _fact("sbom"), "没有记录软件清单的摘要"),
    _Element("with.self_check", "环境自检", _self_check, "没有环境自检记录，或自检有异常项"),
    _Element("with.profile", "浏览器环境清洁", _passed("profile"), "没有证明浏览器环境是清洁的"),
    _Element("with.hosts", "hosts 文件检查", _passed("hosts"), "没有通过 hosts 文件检查"),
    _Element("with.proxy", "代理检查", _passed("proxy"), "没有通过代理检查"),
    _Element("with.resolvers", "两个域名解析器比对", _passed("resolvers"), "没有以第二个域名解析器比对"),
    _Element("how.steps", "取证步骤与重复方法", lambda capture, _: graded(capture) and _has(capture, EVIDENCE), "没有逐步的取证过程记录（不是证据级取证）"),
    _Element("how.second", "第二次独立取证印证", _second, "没有另一种客户端的第二次独立访问印证所引语句"),
)
