"""What clears words that look like a promise: negation, question, and pages that speak about others' promises."""

from __future__ import annotations

import re2

from classifiers.model import Block, Genre, Page

BEFORE, AFTER = 14, 10  # characters read around a claim, within its sentence
_STOPS = "。！？!?；;\n"
_NEGATION = re2.compile(r"(?:不|非|未|无法|并未|不得|不能|不可|不会|禁止|严禁|不予|不再|没有|并不|从不|绝不|切勿|不要|拒绝)[^，,]{0,8}$|(?:不构成|不代表|不等于|不意味)[^，,]{0,14}$")
_WARNING = re2.compile(r"(?:警惕|谨防|当心|小心|勿信|以|宣称|声称|号称|打着|所谓|谎称|涉嫌|虚假|骗局|远离|防范|识别)[^。]{0,10}$")
_AFTER = re2.compile(r"^[”\"』」》]{0,1}(?:等)?[^。，,]{0,6}(?:骗局|陷阱|为诱饵|为由|的幌子|诈骗|等虚假|字样|等用语|等承诺|是违法|都是假的|不可信)")
_QUESTION = re2.compile(r"^[^。！；\n]{0,8}(?:吗|么|呢)?[？?]")
_GENRES = (
    (Genre.LAW, "含法条体例", re2.compile(r"第[一二三四五六七八九十百]{1,5}条\s"), 3),
    (Genre.REGULATOR, "监管机关发布", re2.compile(r"(?:风险提示|监管局|人民银行|公安机关|处置非法集资)"), 4),
    (Genre.EDUCATION, "防非反诈或教学用语", re2.compile(r"反诈|防范非法集资|非法集资(?:的)?(?:特征|危害|手段)|骗局|谨防|警惕|诈骗"), 2),
    (Genre.NEWS, "新闻体例", re2.compile(r"记者|据报道|本报讯|通讯员|新华社|责任编辑|法院(?:审理|判决)|检察院"), 2),
)
_OFFER = re2.compile(r"立即(?:投资|加入|抢购|注册|购买)|马上(?:投资|赚钱|注册)|我要投资|起投|注册送|加入计划|下载(?:APP|客户端)")


def genre_of(page: Page) -> tuple[Genre, tuple[str, ...]]:
    """The kind of page and why. Words that offer something to buy outweigh those that report."""
    offers = len(_OFFER.findall(page.text))
    if offers < 2:
        for genre, reason, pattern, least in _GENRES:
            found = pattern.findall(page.text)
            if len(found) >= least:
                return genre, (f"{reason}（{len(found)} 处，如“{found[0].strip()}”）",)
    if offers:
        return Genre.PLATFORM, (f"有购买或注册的引导 {offers} 处",)
    return Genre.OTHER, ()


def excuse_for(text: str, start: int, end: int, genre: Genre, block: Block | None) -> str:
    """Why the words at [start, end) are no promise of the page itself; empty where nothing clears them."""
    low, high = (block.start, block.end) if block else (0, len(text))
    before, after = text[max(low, start - BEFORE):start], text[end:min(high, end + AFTER)]
    for stop in _STOPS:
        before, after = before.rpartition(stop)[2], after
    if _NEGATION.search(before):
        return "否定"
    if _WARNING.search(before) or _AFTER.search(after):
        return "转述或警示他人的说法"
    if _QUESTION.search(after):
        return "疑问"
    names = {Genre.LAW: "法律法规", Genre.REGULATOR: "监管公告", Genre.EDUCATION: "反诈或教育宣传", Genre.NEWS: "新闻报道"}
    return names.get(genre, "")
