"""Rates in Chinese advertising, read to numbers: 18%, 十二点五%, 12个点, 百分之十二, 月息1分5, 日息万5, 12%+1%, 8%-15%, 一万变三万, 七天翻倍.

Works on normalised text (half width, simplified). A ``Rate`` says what was written, not whose rate it is: that is for ``claims``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import merge
from typing import Any

import re2

from classifiers.bounded import anchored, bounded

PER_YEAR = {"day": 365.0, "week": 52.0, "month": 12.0, "quarter": 4.0, "half": 2.0, "year": 1.0}
UNIT_ZH = {"day": "日", "week": "周", "month": "月", "quarter": "季", "half": "半年", "year": "年"}
DAYS = {"天": 1.0, "日": 1.0, "周": 7.0, "星期": 7.0, "月": 365 / 12, "季度": 365 / 4, "年": 365.0}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
_ARABIC = str.maketrans("零一二三四五六七八九", "0123456789")
_TENS = {"廿": "二十", "卅": "三十"}
_CN = "零一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰廿卅"
_N = r"\d{1,5}(?:\.\d{1,4})?"
_C = rf"[{_CN}]{{1,5}}(?:点[{_CN}]{{1,4}})?"
_X = rf"(?:{_N}|{_C})"
_MIXED = r"(?:\d{1,2}[一二三四五六七八九](?:[.点]\d{1,2})?|[二三四五六七八九]?[十廿卅]\d(?:\.\d{1,2})?)"  # 1八%, 十8%, 二十4%
_S = rf"(?:{_N}|[零一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾]{{1,3}}(?:点[零一二三四五六七八九]{{1,2}})?)"  # small: 百分之 and 千分之 begin otherwise
_TO = r"\s?(?:-{1,2}|~{1,2}|—{1,2}|–|至|到)\s?"
# Sums of money: 一万八, 5千, 1w, 3000. What follows a sum is its currency.
MONEY = rf"{_X}\s?(?:万|千|w|k)?(?:[一二三四五六七八九](?:千|百)?)?"
CURRENCY = r"(?:元|块钱?|圆|usdt|u|美元|美金|刀|rmb|人民币)"
_SUM = rf"(?:{_X}\s?(?:万|千|w|k)(?:[一二三四五六七八九](?:千|百)?)?{CURRENCY}?|{_X}{CURRENCY})"  # a number that says it is money
TERM = rf"(?:{_X}\s?(?:个)?(?:天|日|周|月|星期|季度|年)|半(?:个月|年))"
_EVERY = r"(?:每个?|一个?|1个?|按)?(?:日|天|月|周|星期|季度|年)|天天|月月|日日|周周"
_MAY = r"(?:化|均)?(?:固定|稳定|稳稳|净|可以|可|能|轻松|即|就|躺|坐|稳|都|最少|至少|大概|约|产生){0,3}"
_GAINS = r"(?:返还?|收息|得息|生息|领息|赚取?|收益|利润|盈利|获利|净利|收入?|得到?|拿到?|入|领取?|分红?|回款?|产出|返利|返现|到账|进账|提现?|产|付(?:给)?[您你])(?:到|收益|利息|约|:)?"
_BACK = r"(?:就|可以?|即可|能|本息|共|总共|合计|直接|出局)*(?:连本带[利息]|到手|返还?|收回?|拿回|回款|到账|拿到?|取回|领回|拿走|提走|变成?|得到?|回收)(?:返还?|收回|拿回|到账|拿到?|取回|领回|得到?|共|到|约|:)?"
_PUT = r"(?:投(?:资|入|放)?|打款|汇款|转账|储值|套餐|排单|[一每单]份|[一每]单|预?存入?|入金|充值?|预?交|缴|买入?|转入|本金)"
_RATE = (
    rf"(?P<range>{_N}\s?%?{_TO}{_N}\s?%)"
    rf"|(?P<plus>{_N}\s?%?(?:\s?\+\s?[^\d\n%+]{{0,8}}{_N}\s?%)+)"
    rf"|(?P<percent>{_N}\s?%)"
    rf"|(?P<of>百分之(?:{_N}|{_C})(?:{_TO}(?:百分之)?(?:{_N}|{_C}))?)"
    rf"|(?P<cnpct>(?:{_MIXED}|{_C})\s?%)"
    rf"|(?P<points>{_X}(?:{_TO}{_X})?\s?(?:个点|个百分点|趴|巴仙))"
    rf"|(?P<tenths>[一二两三四五六七八九1-9]成半?)"
    rf"|(?P<mille>(?:万分之|千分之){_X})"
    rf"|(?P<fen>(?:月|日|年)?(?:息|利率|利息|利|返[利息]?|化(?:收益率?|利率|利息|回报)?)(?:为|低至|高达|达|是|按|[:])?\s?{_S}\s?(?:分|厘)(?:\s?[{_CN}\d]厘?|利)?)"
    rf"|(?P<share>{_S}分(?:[{_CN}\d]厘?)?的?(?:利息?|月息|息))"
    rf"|(?P<wan>(?:日|天)(?:利率|息|利|费|结|收益率?|化(?:收益率?|率)?|回报率?|返|分红)(?:为|低至|仅|高达|达|[:])?\s?[万千]\s?(?:分之)?{_X})"
    rf"|(?P<double>{TERM}(?:内|就|可|即可|以内|可以|收益|能|之内|本金|资金|资产|轻松|让你|实现){{0,3}}(?:翻倍|翻番|翻(?:{_X})[倍番]|回本|净?赚{_X}倍)"
    rf"|(?:本金|资金|资产|财富|本钱|投资)(?:能|可|轻松|快速|直接|至少|,){{0,2}}翻{_X}[倍番])"
)
# Said with sums of money. Long, and so read by the plain engine, only where one of its beginnings (_BEGINNING) stands.
_SAID = (
    rf"(?P<grow>(?:投(?:资|入)?)?(?:{_SUM}|\d{{3,6}})(?:本金)?[, ]?(?:{TERM}(?:之?后|内)?)?(?:就|能|可以?|轻松|快速|秒|瞬间)?(?:变成?|变为|赚成|滚成|翻成)\s?{_SUM}|{_X}(?:u|usdt|刀|美金)做到{_X}(?:u|usdt|刀|美金))"
    rf"|(?P<lump>{_PUT}\s?{MONEY}{CURRENCY}?(?:本金)?[, ]?(?:到期|期满|次日|隔日|隔天|第二天|明[天早日]|当晚|{TERM}(?:之?后|内|到期|以后)?){_BACK}\s?{MONEY}{CURRENCY}?)"
    rf"|(?P<kept>{_SUM}(?:本金)?[, ]?(?:放|存|投|搁){TERM}(?:就|可以?|能|后|内){{0,2}}(?:给(?:您|你)?|返(?:还|给你)?|拿回?|取回?|得|收回?|赚)\s?{MONEY}{CURRENCY}?)"
    rf"|(?P<reverse>(?:{_EVERY}){_MAY}(?:{_GAINS}|进账)\s?{MONEY}{CURRENCY}[, ]?(?:本金|成本)?(?:只需|只要|仅需|才|最低|起步)?投(?:资|入)?\s?{_SUM})"
    rf"|(?P<daily>{_PUT}\s?{MONEY}{CURRENCY}?(?:入会|入股|加盟|激活|成为会员)?[, ]?(?:我们|平台|公司)?(?:{_EVERY}){_MAY}{_GAINS}\s?{MONEY}{CURRENCY}?"
    rf"|{_SUM}本金[, ]?(?:{_EVERY}){_MAY}{_GAINS}\s?{MONEY}{CURRENCY}?"
    rf"|{_SUM}\s?(?:一|每|1)(?:天|日|个?月){_MAY}{_GAINS}\s?{_SUM}"
    rf"|(?:每|一)?(?:万元|千元|百元)(?:每?日|每天|每?月|年){_MAY}(?:收益|赚|返|得|回报)(?:约|:)?\s?{_X}元)"
)
_BEGINNING = (
    rf"(?:投|存|入金|充|储|交|缴|买|转入|本金|套餐|排单|[一每单]份|[一每]单|打款|汇款|转账)(?:资|入|放|值)?\s?[\d{_CN}]|[每一]?[万千百]元(?:每|日|月|年)"
    rf"|(?:{_X}\s?(?:万|千|w|k)(?:[一二三四五六七八九](?:千|百)?)?|{_X}){CURRENCY}?\s?(?:就|能|可以?|轻松|快速|秒|瞬间)?(?:变|赚成|滚成|翻成|[, ]?{TERM}(?:后|内|就)?变|本金|[一每1](?:天|日|个?月))"
    rf"|\d{{3,6}}(?:就|能|可以?|轻松|秒)?变(?:成)?\s?{_X}\s?(?:万|w)|{_X}(?:u|usdt|刀|美金)做到{_X}|{_SUM}(?:本金)?[, ]?[放存投搁](?:[\d{_CN}]|半[个年])|(?:{_EVERY}){_MAY}(?:{_GAINS}|进账)\s?{MONEY}{CURRENCY}[, ]?(?:本金|成本)?(?:只需|只要|仅需|才|最低|起步)?投"
)
# Literals, one of which stands in or right beside every form: where to look for rates at all.
HEADS = tuple(dict.fromkeys((
    "%", "个点", "趴", "巴仙", "百分之", "分之", "日息", "天息", "日利", "天利", "日费", "天费", "翻", "回本", "百分点", "赚一倍", "赚两倍", "赚1倍", "赚2倍", "赚三倍", *(how + digit + "成" for how in ("报", "益", "年", "月", "报达", "益达", "报有", "益有", "高达") for digit in "一二两三四五六七八九123456789"), "放一", "放半", "放三", "存一", "存半", "月变", "年变", "天变", "周变", "次日", "第二天", "明天变", "明早变", "变成", "变为", "赚成", "滚成", "翻成",
    *(sound + unit for sound in "化息利益报返红结" for unit in "千万"), *(_CN[at] + unit for at in range(len(_CN)) for unit in ("分", "厘", " 分", " 厘")),
    *(digit + unit for digit in "0123456789" for unit in ("分", "厘", " 分", " 厘")),
    *(unit + how + "变" for unit in "万元块钱千wku刀金t币" for how in ("", " ", "就", "能", "可以", "可", "轻松", "快速", "秒", "瞬间")),
    "u做到", "usdt做到", "刀做到", "美金做到", *(digit + "变" for digit in "0123456789"),
    *(unit + verb for unit in "日天月年化均" for verb in ("返", "赚", "收", "得", "可", "入", "领", "拿", "分", "回", "产", "到", "能", "固", "稳", "净")),
    *(put + first for put in ("投", "投资", "投入", "储值", "一份", "每份", "一单", "每单", "打款", "汇款", "转账", "投放", "存", "存入", "入金", "充", "充值", "交", "缴", "买", "买入", "转入", "本金", "套餐", "排单") for first in "0123456789一二两三四五六七八九十百千"),
)))
_PER_CENT = bounded(r" ?(?:[\d.]*%|个点|个百分点|趴|巴仙|成)")  # 投一万,每月分红3%: the sum is a rate after all
_FORM, _SAID_FORM = anchored(_RATE), anchored(_SAID)
_TERM = bounded(rf"(?:({_X})\s?(?:个)?|(半)(?:个(?=月))?)(天|日|周|月|星期|季度|年)")
_NUMBER = bounded(rf"{_MIXED}|{_X}")
_MONEY = bounded(rf"({_X})\s?(万|千|w|k)?([一二三四五六七八九](?:千|百)?)?")
_PER = bounded(rf"(?:{_EVERY})(?={_MAY}{_GAINS})")
_LUMP_TERM = bounded(rf"({TERM})(?:之?后|内|到期|以后)?{_BACK}")
_GROW_TERM = bounded(rf"({TERM})(?:之?后|内)?(?:就|能|可以?|轻松|快速|秒|瞬间)?[变赚滚翻给返拿得收]")
_PUT_IN = bounded(f"^{_PUT}")
_NOT_FEN = frozenset("钟期红类布割米时清定之店析段")  # 利息5分钟到账, 8厘米
_NOT_SHARE = frozenset("索落好于害用益器己市多空")  # 十分利好, 三分利索


@dataclass(frozen=True, slots=True)
class Rate:
    """``low`` and ``high`` in per cent of ``period``; ``period`` empty where the words around must tell; ``days`` the term of a total.

    ``parts``: the summands of 12%+1%; ``stake``: the sum of money put in, where one is named.
    """

    start: int
    end: int
    low: float
    high: float
    form: str
    period: str = ""
    days: float = 0.0
    parts: tuple[float, ...] = ()
    stake: float = 0.0


def rates(text: str) -> Iterator[Rate]:
    """All rates of ``text`` in order of place, those written side by side in a list (6%、8%、9%) joined into one. Linear."""
    last: Rate | None = None
    for match in _matches(text):
        rate = _read(match.lastgroup or "", match.group(0), match.start(), match.end())
        if rate is None or _runs_on(rate, text) or (rate.start and text[rate.start - 1] in ".0123456789" and rate.form in ("range", "plus", "percent")):
            continue
        if last is not None and rate.start < last.end:
            continue
        if text[max(0, rate.start - 2):rate.start] in ("为-", "是-", "约-", "达-"):  # a loss
            continue
        if last is not None and rate.form == last.form == "percent" and _listed(text, last, rate):
            last = replace(last, end=rate.end, low=min(last.low, rate.low), high=max(last.high, rate.high))
            continue
        if last is not None:
            yield last
        last = rate
    if last is not None:
        yield last


def _listed(text: str, last: Rate, rate: Rate) -> bool:
    """6%、8%、9%; but in 年化18%,100%本息保障 the second number is another matter."""
    between, after = text[last.end:rate.start], text[rate.end:rate.end + 1]
    return between in ("、", "或", "和", "/", " / ", "、 ") or (between == "," and rate.high != 100 and not "\u4e00" <= after <= "\u9fff")


def _matches(text: str) -> Iterator[re.Match[str]]:
    """What is written as a rate, and what is said with sums of money, in order of place."""
    written = (match for place in _places(_RATE).finditer(text) if (match := _FORM.match(text, place.start())))
    said = (match for place in _places(_BEGINNING).finditer(text) if (match := _SAID_FORM.match(text, place.start())) and not _PER_CENT.match(text[match.end():match.end() + 4]))
    return merge(written, said, key=lambda match: match.start())


@lru_cache(maxsize=2)
def _places(pattern: str) -> Any:
    """Where a rate begins. RE2 for the length of the text, without groups, which would cost it a second pass."""
    options = re2.Options()
    options.never_capture = True
    options.max_mem = 32 << 20
    return re2.compile(pattern, options)


def _runs_on(rate: Rate, text: str) -> bool:
    """Is what looks like a rate the head of another word?"""
    after = text[rate.end:rate.end + 1]
    if rate.form == "fen":
        return after in _NOT_FEN and text[rate.end - 1] in "分厘"
    if rate.form == "share":
        return after in _NOT_SHARE and text[rate.end - 1] == "利"
    return rate.form in ("wan", "mille") and after in ("元", "块", "万", "千", "百") and after != ""


def number(written: str) -> float | None:
    """12.5, 十二点五, 一百二, 两, 1八, 十8 -> a number; None where it is none."""
    written = written.strip()
    try:
        return float(written)
    except ValueError:
        pass
    whole, _, decimals = written.replace(".", "点").partition("点")
    if any(c.isdigit() and c.isascii() for c in whole):
        whole = whole.translate(_CHINESE if any(c in "十廿卅" for c in whole) else _ARABIC)
    value = float(whole) if whole.isascii() and whole.isdigit() else _whole(whole)
    decimals = decimals.translate(_CHINESE)
    if value is None or any(c not in _DIGITS for c in decimals):
        return None
    return value + (float("0." + "".join(str(_DIGITS[c]) for c in decimals)) if decimals else 0.0)


def annual(rate: float, period: str, days: float = 0.0) -> tuple[float, str]:
    """Simple, not compound: per cent a year, and the sum shown to the reader. A total without a term stays as it is."""
    if period == "total" and not days:
        return round(rate, 4), f"总收益 {rate:g}%，期限不明，未折年（单利）"
    if days:
        months = days * 12 / 365
        if abs(months - round(months)) < 1e-6:
            how, value = (f"÷ {months / 12:g} 年" if round(months) % 12 == 0 else f"× 12 ÷ {months:g} 个月"), rate * 12 / round(months)
        else:
            how, value = f"× 365 ÷ {days:g} 天", rate * 365 / days
        return round(value, 4), f"{rate:.6g}% {how} = 年化 {value:.6g}%（单利）"
    times = PER_YEAR.get(period, 1.0)
    if times == 1.0:
        return round(rate, 4), ""
    return round(rate * times, 4), f"{UNIT_ZH[period]} {rate:.6g}% × {times:g} = 年化 {rate * times:.6g}%（单利）"


def term_days(text: str) -> float:
    """30天, 3个月, 半年, 一年 -> days, a month a twelfth of a year; 0 where no term is written."""
    match = _TERM.search(text)
    if match is None:
        return 0.0
    value = 0.5 if match.group(2) else number(match.group(1)) or 0.0
    return value * DAYS[match.group(3)]


def amount(written: str) -> float:
    """一万八, 5千, 1w, 3000 -> money; 0 where none is written."""
    match = _MONEY.search(written)
    return _amount(match) if match else 0.0


def _amount(match: re.Match[str]) -> float:
    unit = {"万": 10_000.0, "w": 10_000.0, "千": 1_000.0, "k": 1_000.0}.get(match.group(2) or "", 1.0)
    rest = match.group(3) or ""
    more = (_whole(rest) or 0.0) * (1.0 if rest[1:] else unit / 10)
    return (number(match.group(1)) or 0.0) * unit + more


@lru_cache(maxsize=4_096)
def _whole(written: str) -> float | None:
    if not written:
        return None
    written = written.replace("廿", _TENS["廿"]).replace("卅", _TENS["卅"])
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
    if not numbers and form != "double":
        return None
    if form in ("range", "percent", "cnpct", "points", "of"):
        if form == "of" and len(numbers) > 1 and written.startswith("百分之") and numbers[0] == 100 and not written.startswith("百分之百"):
            numbers = numbers[1:]  # the 百 of 百分之
        numbers = _of(written) if form == "of" else numbers
        return Rate(start, end, min(numbers), max(numbers), form) if numbers else None
    if form == "plus":
        return Rate(start, end, numbers[0], sum(numbers), form, parts=tuple(numbers))
    if form == "tenths":
        value = numbers[0] * 10 + (5 if written.endswith("半") else 0)
        return Rate(start, end, value, value, form)
    if form == "mille":
        value = numbers[-1] / (100 if written.startswith("万") else 10)
        return Rate(start, end, value, value, form)
    if form == "wan":
        unit = "万" if "万" in written else "千"
        per_cent = (number(written.rpartition(unit)[2].removeprefix("分之")) or 0.0) / (100 if unit == "万" else 10)
        return Rate(start, end, per_cent, per_cent, form if unit == "万" else "mille", "day") if per_cent else None
    if form in ("fen", "share"):
        return _fen(form, written, numbers, start, end)
    return _growth(form, written, start, end)


def _of(written: str) -> list[float]:
    return [n for n in (number(part.strip("-~—– 至到")) for part in written.replace("百分之", "|").replace("至", "|").replace("到", "|").split("|") if part) if n is not None]


def _fen(form: str, written: str, numbers: list[float], start: int, end: int) -> Rate | None:
    """月息1分5 is 1.5% a month; 厘 a tenth of it. 年息1分 is 10% a year, as people say it. No period named: by the month, the custom."""
    value = numbers[0]
    if value > 36:
        return None
    if "分" in written:
        if len(numbers) > 1 and numbers[-1] < 10:
            value += numbers[-1] / 10
    else:
        value = (value + (numbers[-1] / 10 if len(numbers) > 1 and numbers[-1] < 10 else 0)) / 10
    period = {"日": "day", "年": "year"}.get(written[0], "month")
    if written[0] == "化":  # (年)化8厘
        period = "year"
    if period == "year":
        value *= 10
    return Rate(start, end, value, value, form, period)


def _growth(form: str, written: str, start: int, end: int) -> Rate | None:
    if form == "double":
        return _doubled(written, start, end)
    sums = list(_MONEY.finditer(_PUT_IN.sub("", written)))
    if form == "grow":
        before, after = _amount(sums[0]), _amount(sums[-1])
        gain = (after / before - 1) * 100 if before else 0.0
        term = _GROW_TERM.search(written)
        return Rate(start, end, gain, gain, form, "total", term_days(term.group(1)) if term else 0.0, stake=before) if 0 < gain < 1e6 else None
    after = _amount(sums[-1])
    if form in ("lump", "kept"):
        term = _LUMP_TERM.search(written)
        before = _amount(sums[0])
        gain = (after / before - 1) * 100 if before else 0.0
        if form == "kept":
            term, gain = _GROW_TERM.search(written), gain if gain > 0 else after / before * 100 if before else 0.0
        days = term_days(term.group(1)) if term else 1.0 if re.search("次日|隔[日天]|第二天|明[天早日]|当晚", written) else 0.0
        return Rate(start, end, round(gain, 4), round(gain, 4), form, "total", days, stake=before) if 0 < gain < 1e5 else None
    unit = next((value for word, value in (("万元", 1e4), ("千元", 1e3), ("百元", 1e2)) if written.lstrip("每一").startswith(word)), 0.0)
    before = unit or _amount(sums[0])
    if form == "reverse":
        before, after = after, _amount(sums[-2]) if len(sums) > 1 else 0.0
    if not before or (not unit and len(sums) < 2):
        return None
    every = _PER.search(written)
    said = every.group(0) if every else written
    period = next((name for mark, name in (("年", "year"), ("季", "quarter"), ("月", "month"), ("周", "week"), ("星期", "week")) if mark in said), "day")
    if "收入" in written and (period in ("month", "year") or written.startswith(("一单", "每单", "一份", "每份"))):
        return None  # a trade's takings
    gain = after / before * 100
    return Rate(start, end, round(gain, 4), round(gain, 4), form, period, stake=before) if 0 < gain < 1e4 else None


def _doubled(written: str, start: int, end: int) -> Rate | None:
    """翻番 doubles, 翻三番 doubles three times; 翻三倍 is three times as much, 翻一倍 twice."""
    days = term_days(written)
    if "回本" in written:
        gain = 100 / days if days else 0.0
        return Rate(start, end, gain, gain, "double", "day", days) if days and days <= 400 else None
    if "赚" in written:
        gain = (number(written[written.rfind("赚") + 1:-1]) or 0.0) * 100
        return Rate(start, end, gain, gain, "double", "total", days) if gain > 0 else None
    tail = written[written.rfind("翻") + 1:]
    times = number(tail[:-1]) if len(tail) > 1 else None
    fold = 2 ** min(times or 1.0, 12.0) if tail.endswith("番") else 2.0 if times is None or times == 1 else times
    gain = (fold - 1) * 100
    return Rate(start, end, gain, gain, "double", "total", days) if gain > 0 else None
