"""The site's own name: financial words in it without a licence, and names of licensed institutions on domains not theirs.

Careful by design: a false alarm harms a firm. Nothing is said where no register is loaded, where the page does not present itself under the
name (title and operator), or where the page reports about others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import re2

from classifiers.knowledge import Licensed
from classifiers.model import Genre, Page
from classifiers.normalise import normalise
from classifiers.rules import NameTest

_SPLIT = re2.compile("[-_|,–—·:>《》【】\\s]+")
_PRESENTS = ("版权所有", "copyright", "©", "客服热线", "欢迎来到", "欢迎访问", "官网", "官方网站", "登录", "网上银行", "手机银行")
_KINDS = ("手机银行", "网上银行", "个人银行", "投资银行", "私人银行", "银行", "中国", "互联网", "货币基金", "公募基金", "私募基金")  # kinds of thing, or the start of a title, not names
_LEAST = 4  # characters of a name worth comparing: 平安, 中信 alone prove nothing


@dataclass(frozen=True, slots=True)
class Named:
    """Where the name stands (in normalised text), how grave, and why. ``because`` not empty: the name is licensed, excused."""

    start: int
    end: int
    level: str
    reason: str
    because: str = ""


def own_name(page: Page, text: str, genre: Genre, licensed: Mapping[str, Licensed], test: NameTest) -> Named | None:
    """The first contradiction between the page's own name and the registers; None where there is none or it cannot be told."""
    if not licensed or not page.url or genre not in (Genre.PLATFORM, Genre.AD, Genre.BANK, Genre.OTHER):
        return None
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    if not host:
        return None
    presents = any(word in text for word in _PRESENTS)
    segments = _segments(page)
    for segment in segments:
        row = _match(segment, licensed)
        if row is None:
            continue
        if not row.domains or any(host == domain or host.endswith("." + domain) for domain in row.domains):
            return None
        at = text.find(segment)
        if presents and at >= 0:
            return Named(at, at + len(segment), test.lookalike, f"页面以持牌机构“{row.name}”的名义出现，而网址 {host} 不在名录所载的该机构域名（{'、'.join(row.domains)}）之内")
    return _unlicensed(segments, text, genre, licensed, test) if presents else None


def _segments(page: Page) -> list[str]:
    parts = [part for part in _SPLIT.split(normalise(page.title).text) if len(part) >= _LEAST]
    return list(dict.fromkeys(parts + [normalise(name).text for name in page.identity.companies]))


def _match(segment: str, licensed: Mapping[str, Licensed]) -> Licensed | None:
    """Exact, or followed by what a home page adds to the name."""
    if segment in licensed:
        return licensed[segment]
    for tail in ("官方网站", "官网", "网上银行", "手机银行", "个人网银", "首页", "网站", "欢迎您", "股份有限公司", "有限责任公司", "有限公司"):
        if segment.endswith(tail) and segment[:-len(tail)] in licensed and len(segment) - len(tail) >= _LEAST:
            return licensed[segment[:-len(tail)]]
    return None


def _unlicensed(segments: list[str], text: str, genre: Genre, licensed: Mapping[str, Licensed], test: NameTest) -> Named | None:
    """A name with a word only a licence allows, by nobody the registers know: a licensed one but for a single character, whatever the page
    looks like; else only on a page that offers something, and at the rule's own level, for a register is never complete."""
    for segment in segments:
        cut = min((segment.find(word) + len(word) for word in test.words if word in segment), default=0)
        name = segment[:cut]
        if len(name) < _LEAST or name in licensed or _match(segment, licensed) is not None or name.startswith(_KINDS):
            continue
        at = text.find(name)
        if at < 0:
            continue
        near = _but_one(name, licensed)
        if near is not None:
            return Named(at, at + len(name), test.lookalike, f"名称与持牌机构“{near.name}”一字之差，而在已载入的名录中未查到“{name}”")
        if genre in (Genre.PLATFORM, Genre.AD) and (segment == name or segment[cut:].startswith(("股份", "有限", "官", "-"))):
            return Named(at, at + len(name), "", f"自称“{name}”，在已载入的名录中未查到对应的持牌机构")
    return None


def _but_one(name: str, licensed: Mapping[str, Licensed]) -> Licensed | None:
    """The licensed institution whose name differs in one character; five characters at least, for 长沙银行 and 长春银行 are two banks."""
    if len(name) < 5:
        return None
    for other, row in licensed.items():
        if len(other) == len(name) and sum(a != b for a, b in zip(name, other, strict=True)) == 1:
            return row
    return None
