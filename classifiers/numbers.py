"""Rates in Chinese advertising, read to numbers: 18%, 十二点五%, 12个点, 百分之十二, 月息1分5, 日息万5, 12%+1%, 8%-15%, 一万变三万, 七天翻倍.

Works on normalised text (half width, simplified). A ``Rate`` says what was written, not whose rate it is: that is for ``claims``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import re2

from classifiers.bounded import bounded

PER_YEAR = {"day": 365.0, "week": 52.0, "month": 12.0, "quarter": 4.0, "year": 1.0}
UNIT_ZH = {"day": "日", "week": "周", "month": "月", "quarter": "季", "year": "年"}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_CN = "零一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰"
_N = r"\d{1,5}(?:\.\d{1,4})?"
_C = rf"[{_CN}]{{1,5}}(?:点[{_CN}]{{1,4}})?"
_X = rf"(?:{_N}|{_C})"
_TO = r"\s?(?:-{1,2}|~{1,2}|—{1,2}|–|至|到)\s?"
_RATE = (
    rf"(?P<range>{_N}\s?%?{_TO}{_N}\s?%)"
    rf"|(?P<plus>{_N}\s?%?(?:\s?\+\s?[^\d\n%+]{{0,8}}{_N}\s?%)+)"
    rf"|(?P<percent>{_N}\s?%)"
    rf"|(?P<of>百分之(?:{_N}|{_C})(?:{_TO}(?:百分之)?(?:{_N}|{_C}))?)"
    rf"|(?P<cnpct>{_C}%)"
    rf"|(?P<points>{_X}(?:{_TO}{_X})?\s?个点)"
    rf"|(?P<mille>(?:万分之|千分之){_X})"
    rf"|(?P<fen>(?:月|日|年)?(?:息|利率|利息|利)(?:为|低至|高达|达|是|按|[:])?\s?{_X}\s?(?:分|厘)(?:\s?[{_CN}\d]厘?|利)?)"
    rf"|(?P<wan>(?:日|天)(?:息|利率|利|费)(?:为|低至|仅|[:])?\s?万\s?(?:分之)?{_X})"
    rf"|(?P<grow>(?:投(?:资|入)?)?{_X}(?:万|元|块|u)元?\s?(?:变成|变|赚成|滚成|翻成)\s?{_X}(?:万|元|块|u)元?)"
    rf"|(?P<double>{_X}\s?(?:个)?(?:天|日|周|月|星期|年)(?:内|就|可|即可|以内|可以|收益|能|之内){{0,3}}(?:翻倍|翻番|翻一番|翻(?:{_X})倍|回本))"
    rf"|(?P<daily>(?:投(?:资|入)?|预?存入?|入金|充值?|预?交|缴)\s?{_X}(?:万|元|块)?元?[,]?\s?(?:每|按)?(?:日|天|月|年)(?:化|均)?(?:固定|稳定|净|可|能)?(?:返|赚|收益|得|收|可得|可赚|入|可?领取?|拿|分红?|回款?|产出|返利|返现|到账)\s?{_X}(?:万|元|块)?|{_X}(?:万元|万|元)\s?(?:一|每|1)(?:天|日|个?月)(?:收益|可?赚|返|可得|能赚|到账)\s?{_X}(?:元|块|万))"
)
_FORM = bounded(_RATE)
_TERM = bounded(rf"({_X})\s?(?:个)?(天|日|周|月|星期|年)")
_NUMBER = bounded(_X)
_MONEY = bounded(rf"({_X})\s?(万)?")


@dataclass(frozen=True, slots=True)
class Rate:
    """``low`` and ``high`` in per cent of ``period``; ``period`` empty where the words around must tell; ``days`` the term of a total."""

    start: int
    end: int
    low: float
    high: float
    form: str
    period: str = ""
    days: float = 0.0
    parts: tuple[float, ...] = ()


def rates(text: str) -> Iterator[Rate]:
    """All rates of ``text`` in order of place, those written side by side in a list (6%、8%、9%) joined into one. Linear."""
    last: Rate | None = None
    for place in _places().finditer(text):
        match = _FORM.match(text, place.start())
        if match is None:
            continue
        rate = _read(match.lastgroup or "", match.group(0), match.start(), match.end())
        if rate is None or (rate.start and text[rate.start - 1] in ".0123456789" and rate.form in ("range", "plus", "percent")):
            continue
        if text[max(0, rate.start - 2):rate.start] in ("为-", "是-", "约-", "达-"):  # a loss
            continue
        if last is not None and rate.form == last.form == "percent" and text[last.end:rate.start] in ("、", ",", "或", "和", "/", " / ", "、 "):
            last = replace(last, end=rate.end, low=min(last.low, rate.low), high=max(last.high, rate.high))
            continue
        if last is not None:
            yield last
        last = rate
    if last is not None:
        yield last


@lru_cache(maxsize=1)
def _places() -> Any:
    """Where a rate begins. RE2 for the length of the text, without groups, which would cost it a second pass."""
    options = re2.Options()
    options.never_capture = True
    return re2.compile(_RATE, options)


def number(written: str) -> float | None:
    """12.5, 十二点五, 一百二, 两 -> a number; None where it is none."""
    written = written.strip()
    try:
        return float(written)
    except ValueError:
        pass
    whole, _, decimals = written.partition("点")
    value = _whole(whole)
    if value is None or (decimals and any(c not in _DIGITS for c in decimals)):
        return None
    return value + (float("0." + "".join(str(_DIGITS[c]) for c in decimals)) if decimals else 0.0)


def annual(rate: float, period: str, days: float = 0.0) -> tuple[float, str]:
    """Simple, not compound: per cent a year, and the sum shown to the reader."""
    if days:
        return round(rate * 365 / days, 4), f"{rate:g}% × 365 ÷ {days:g} 天 = 年化 {rate * 365 / days:.4g}%"
    times = PER_YEAR.get(period, 1.0)
    if times == 1.0:
        return round(rate, 4), ""
    return round(rate * times, 4), f"{UNIT_ZH[period]} {rate:g}% × {times:g} = 年化 {rate * times:.4g}%"


def term_days(text: str) -> float:
    """30天, 3个月, 一年 -> days; 0 where no term is written."""
    match = _TERM.search(text)
    value = number(match.group(1)) if match else None
    return (value or 0.0) * {"天": 1, "日": 1, "周": 7, "星期": 7, "月": 30, "年": 365}[match.group(2)] if match else 0.0


@lru_cache(maxsize=4_096)
def _whole(written: str) -> float | None:
    if not written:
        return None
    if all(c in _DIGITS for c in written):
        return float("".join(str(_DIGITS[c]) for c in written))
    total, digit, last = 0, 0, 1
    for c in written:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _UNITS:
            last = _UNITS[c]
            total += (digit or 1) * last
            digit = 0
        else:
            return None
    return float(total + (digit * last // 10 if digit and last > 10 and written[-2] in _UNITS else digit))


def _read(form: str, written: str, start: int, end: int) -> Rate | None:
    numbers = [n for n in (number(m.group(0)) for m in _NUMBER.finditer(written)) if n is not None]
    if not numbers:
        return None
    if form in ("range", "percent", "cnpct", "points", "of"):
        if form == "of" and len(numbers) > 1 and written.startswith("百分之") and numbers[0] == 100 and not written.startswith("百分之百"):
            numbers = numbers[1:]  # the 百 of 百分之
        numbers = _of(written) if form == "of" else numbers
        return Rate(start, end, min(numbers), max(numbers), form) if numbers else None
    if form == "plus":
        return Rate(start, end, numbers[0], sum(numbers), form, parts=tuple(numbers))
    if form == "mille":
        value = numbers[-1] / (100 if written.startswith("万") else 10)
        return Rate(start, end, value, value, form)
    if form == "wan":
        return Rate(start, end, numbers[-1] / 100, numbers[-1] / 100, form, "day")
    if form == "fen":
        return _fen(written, numbers, start, end)
    return _growth(form, written, start, end)


def _of(written: str) -> list[float]:
    return [n for n in (number(part.strip("-~—– 至到")) for part in written.replace("百分之", "|").replace("至", "|").replace("到", "|").split("|") if part) if n is not None]


def _fen(written: str, numbers: list[float], start: int, end: int) -> Rate:
    """月息1分5 is 1.5% a month; 厘 a tenth of it. 年息1分 is 10% a year, as people say it. No period named: by the month, the custom."""
    value = numbers[0]
    if "分" in written:
        if len(numbers) > 1 and numbers[-1] < 10:
            value += numbers[-1] / 10
    else:
        value /= 10
    period = {"日": "day", "年": "year"}.get(written[0], "month")
    if period == "year":
        value *= 10
    return Rate(start, end, value, value, "fen", period)


def _growth(form: str, written: str, start: int, end: int) -> Rate | None:
    if form == "double":
        days = term_days(written)
        tail = written[max(written.rfind("翻"), 0):]
        times = number(tail[1:-1]) if tail.startswith("翻") and tail.endswith("倍") and len(tail) > 2 else None
        gain = ((times or 2.0) - 1) * 100 if "翻" in written else 0.0
        if "回本" in written:
            return Rate(start, end, round(100 / days, 4), round(100 / days, 4), form, "day") if days and days <= 400 else None
        return Rate(start, end, gain, gain, form, "total", days) if gain > 0 else None
    amounts = [(number(m.group(1)) or 0.0) * (10_000 if m.group(2) else 1) for m in _MONEY.finditer(written)]
    if len(amounts) < 2 or amounts[0] <= 0:
        return None
    if form == "grow":
        gain = (amounts[1] / amounts[0] - 1) * 100
        return Rate(start, end, gain, gain, form, "total") if 0 < gain < 1e6 else None
    gain = amounts[1] / amounts[0] * 100
    period = "year" if "年" in written else "month" if "月" in written else "day"
    return Rate(start, end, round(gain, 4), round(gain, 4), form, period) if 0 < gain < 1e4 else None
