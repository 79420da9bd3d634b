"""The fields an officer may name, in Chinese or by their short names, and what their values mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from indexer.search.protocol import FIELDS, LEVELS, STATES, QueryError
from indexer.search.tokens import normalise
from indexer.times import read_time

FIELD_NAMES = {
    "网站": "site", "平台": "domain", "域名": "domain", "备案号": "icp", "公司": "company", "公司名称": "company", "企业": "company", "主办者": "company",
    "信用代码": "uscc", "统一社会信用代码": "uscc", "社会信用代码": "uscc", "类型": "code", "违法类型": "code", "涉嫌类型": "code",
    "等级": "level", "严重程度": "level", "风险等级": "level", "条款": "provision", "法条": "provision", "地区": "region", "属地": "region", "辖区": "region",
    "状态": "state", "线索状态": "state", "判别": "gate", "页面判别": "gate", "页面类型": "genre", "结果": "outcome", "访问结果": "outcome", "巡查": "run",
    "访问方式": "client", "客户端": "client", "自": "since", "起": "since", "至": "until", "止": "until", "时间": "time", "日期": "time", "ICP号": "icp",
    "ICP备案号": "icp", "ICP": "icp", "time": "time", "platform": "domain",
}
WHERE = {"title": "title", "标题": "title", "text": "text", "正文": "text", "url": "url", "网址": "url"}
KNOWN = {*FIELDS, *FIELD_NAMES, *WHERE}
LEVEL_WORDS = {"蓝": "blue", "黄": "yellow", "橙": "orange", "红": "red", "蓝色": "blue", "黄色": "yellow", "橙色": "orange", "红色": "red"}
CLIENT_WORDS = {"手机": "phone", "电脑": "desktop", "浏览器": "browser", "静态": "static"}
STATE_WORDS = {"待核查": "waiting", "未核查": "waiting", "已确认": "confirmed", "确认": "confirmed", "已排除": "dismissed", "排除": "dismissed"}
NAMED = ("code", "provision", "gate", "genre", "outcome")  # fields whose values have Chinese names, known to those above
NEAR = 0.7  # of difflib: one letter wrong or missing, not another word
Names = Callable[[str], Mapping[str, str]]  # field of NAMED -> value -> its Chinese name
_DIGITS = "零一二三四五六七八九"
_ARTICLE = re.compile(r"第?(\d{1,3})(条|款|项)")
_BRACKETS = re.compile(r"（[^）]*）|\([^)]*\)")
_CJK = re.compile("[\u4e00-\u9fff]")


def no_names(field: str) -> Mapping[str, str]:
    return {}


def nearest(name: str) -> str:
    """The known field that ``name`` was meant for; empty where none is near."""
    found = get_close_matches(name, sorted(KNOWN | {"时间", "日期"}), n=1, cutoff=NEAR)
    return found[0] if found else ""


def field_of(name: str, at: int) -> str:
    """The field by any of its names. Raises QueryError, naming the nearest."""
    field = FIELD_NAMES.get(name, name)
    if field in FIELDS or field == "time":
        return field
    near = nearest(name)
    hint = f"，是不是“{near}”？" if near else f"；可用：{'、'.join(FIELDS)}"
    raise QueryError(f"没有字段“{name}”{hint}", at)


def values_of(field: str, value: str, at: int, names: Names = no_names) -> tuple[str, ...]:
    """What is to be looked for; any of the values will do. Raises QueryError."""
    value = value.strip()
    if not value:
        raise QueryError(f"字段“{field}”后面缺少值", at)
    if field == "level":
        return (_of("等级", value, LEVEL_WORDS, tuple(LEVELS), "（蓝、黄、橙、红）", at),)
    if field == "state":
        return (_of("状态", value, STATE_WORDS, STATES, "（待核查、已确认、已排除）", at),)
    if field == "domain":
        return (_host(value),)
    if field == "client":
        return (CLIENT_WORDS.get(value, value),)
    if field in ("since", "until"):
        try:
            return (read_time(value, end=field == "until").isoformat(),)
        except (ValueError, OverflowError) as error:
            raise QueryError(str(error) if isinstance(error, ValueError) else f"“{value}”超出了年代的范围", at) from None
    if field in ("company", "region", "uscc") and not normalise(value):
        raise QueryError(f"“{value}”里没有可检索的文字", at)
    return _named(field, value, at, names) if field in NAMED else (value,)


def _of(what: str, value: str, words: Mapping[str, str], known: tuple[str, ...], shown: str, at: int) -> str:
    key = words.get(value, value)
    if key not in known:
        raise QueryError(f"{what}只有 {'、'.join(known)}{shown}，没有“{value}”", at)
    return key


def _named(field: str, value: str, at: int, names: Names) -> tuple[str, ...]:
    """A value by its id, by the beginning of its id up to a dash, or by its Chinese name or a part of it."""
    known = names(field)
    if value in known:
        return (value,)
    if not _CJK.search(value):
        return tuple(sorted(id for id in known if id.startswith((f"{value}-", f"{value}.")))) or (value,)
    asked = folded(value)
    folds = {id: folded(name) for id, name in known.items()}
    found = [id for id, name in folds.items() if name == asked] or [id for id, name in folds.items() if asked and asked in name]
    if found:
        return tuple(sorted(found))
    near = get_close_matches(asked, sorted(set(folds.values())), n=1, cutoff=0.4)
    hint = next((f"，是不是“{known[id]}”？" for id, name in folds.items() if near and name == near[0]), "")
    raise QueryError(f"没有名为“{value}”的{TITLES[field]}{hint}", at)


TITLES = {"code": "违法类型", "provision": "条款", "gate": "页面判别", "genre": "页面类型", "outcome": "访问结果"}


def folded(name: str) -> str:
    """A name comparable: 《中华人民共和国广告法》（2021修正）第二十五条 and 广告法第25条 end alike."""
    return normalise(_ARTICLE.sub(lambda found: f"第{numeral(int(found[1]))}{found[2]}", _BRACKETS.sub("", name)))


def numeral(number: int) -> str:
    """1 to 999 in Chinese, as articles are numbered: 25 is 二十五, 110 is 一百一十."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += f"{'' if tens == 1 and not hundreds else _DIGITS[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def _host(value: str) -> str:
    """The host of what may be an address or a name, as it stands in a page's site: lower case, with a port where one is given."""
    return value.partition("//")[2].partition("/")[0].lower() if "//" in value else value.strip("./").lower()
