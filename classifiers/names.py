"""The site's own name: financial words in it without a licence, and names of licensed institutions on domains not theirs.

Careful by design: a false alarm harms a firm. Nothing is said where no register is loaded, where the page does not present itself under the
name (title and operator), or where the page reports about others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import re2

from classifiers.knowledge import Licensed, NameTest
from classifiers.model import Genre, Page
from classifiers.normalise import normalise

_SPLIT = re2.compile("[-_|,–—·:>《》【】\\s]+")
_PRESENTS = ("版权所有", "copyright", "©", "客服热线", "欢迎来到", "欢迎访问", "官网", "官方网站", "登录", "网上银行", "手机银行")
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
    for segment in _segments(page):
        row = _match(segment, licensed)
        if row is None:
            continue
        if not row.domains or any(host == domain or host.endswith("." + domain) for domain in row.domains):
            return None
        if not presents:
            continue
        at = text.find(segment)
        if at >= 0:
            return Named(at, at + len(segment), test.lookalike, f"页面以持牌机构“{row.name}”的名义出现，而网址 {host} 不在名录所载的该机构域名（{'、'.join(row.domains)}）之内")
    return _unlicensed(page, text, genre, licensed, test)


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


def _unlicensed(page: Page, text: str, genre: Genre, licensed: Mapping[str, Licensed], test: NameTest) -> Named | None:
    """A name that ends in a word only a licence allows, on a page that offers something, by nobody the registers know."""
    if genre not in (Genre.PLATFORM, Genre.AD):
        return None
    for segment in _segments(page):
        word = next((w for w in test.words if segment.endswith(w) or f"{w}有限" in segment or f"{w}股份" in segment), "")
        if not word or len(segment) <= len(word) + 1 or _match(segment, licensed) is not None:
            continue
        at = text.find(segment)
        if at >= 0:
            return Named(at, at + len(segment), "", f"名称带有“{word}”字样，在已载入的名录中未查到对应的持牌机构")
    return None
