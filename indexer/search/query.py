"""Reads what a person types: 词、“短语”、或 OR |、且 AND、非 NOT -、括号、字段:值.

    保本 "年化收益" -新闻 (理财 或 投资) site:https://example.org level:red title:安全

Blanks mean "and". A field other than title, text and url is a filter; filters stand at the top level, joined by "and". What stands before
a colon and is no field (`QQ:`, `年化：`) is text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from indexer.search.protocol import FIELDS, LEVELS, MAX_LIMIT, And, Node, Not, Or, Phrase, QueryError, SearchQuery
from indexer.search.tokens import normalise
from indexer.times import read_time

MAX_CHARS = 1_000
MAX_PHRASES = 64
MAX_DEPTH = 20
WHERE = {"title": "title", "标题": "title", "text": "text", "正文": "text", "url": "url", "网址": "url"}
FIELD_NAMES = {
    "网站": "site", "平台": "domain", "域名": "domain", "备案号": "icp", "公司": "company", "主办者": "company", "类型": "code",
    "违法类型": "code", "等级": "level", "严重程度": "level", "风险等级": "level", "判别": "gate", "页面类型": "genre", "结果": "outcome",
    "巡查": "run", "访问方式": "client", "客户端": "client", "自": "since", "至": "until", "时间": "time", "日期": "time", "ICP号": "icp",
    "ICP备案号": "icp", "ICP": "icp", "time": "time", "platform": "domain",
}
LEVEL_WORDS = {"蓝": "blue", "黄": "yellow", "橙": "orange", "红": "red", "蓝色": "blue", "黄色": "yellow", "橙色": "orange", "红色": "red"}
CLIENT_WORDS = {"手机": "phone", "电脑": "desktop", "浏览器": "browser", "静态": "static"}
_OPEN, _CLOSE = "“\"「『", {"“": "”", "\"": "\"", "「": "」", "『": "』"}
_FIELD = re.compile(r"([A-Za-z_]{1,12}[\u4e00-\u9fff]{0,3}|[\u4e00-\u9fff]{1,4})[:：]")
_WORD = re.compile(r"[^\s\u3000()（）|｜“”\"「」『』]+")
_KNOWN = {*FIELDS, *FIELD_NAMES, *WHERE}
_AND, _OR, _NOT = {"AND", "且", "并且"}, {"OR", "或", "或者", "|", "｜"}, {"NOT", "非"}


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str  # word, phrase, filter, (, ), and, or, not
    at: int
    text: str = ""
    field: str = ""


def parse(
    text: str, *, filters: Iterable[tuple[str, str]] = (), without: Iterable[tuple[str, str]] = (), sort: str = "newest", limit: int = 20, cursor: str = "",
    facets: bool = False,
) -> SearchQuery:
    """A SearchQuery from what was typed and from filters given beside it (fields as in FIELDS; ``without``: what must not hold, no times).
    Raises QueryError."""
    if len(text) > MAX_CHARS:
        raise QueryError(f"检索式过长，最多 {MAX_CHARS} 个字符", MAX_CHARS)
    if sort not in ("newest", "oldest"):
        raise QueryError(f"排序方式只有 newest 与 oldest，没有“{sort}”", 0)
    if not 1 <= limit <= MAX_LIMIT:
        raise QueryError(f"条数须在 1 与 {MAX_LIMIT} 之间", 0)
    reader = _Reader(_lexemes(text), len(text))
    tree = reader.whole()
    chosen: dict[str, list[str]] = {}
    given = [*reader.filters, *((FIELD_NAMES.get(name, name), value, 0) for name, value in filters)]
    for name, value, at in (one for pair in given for one in _apart(*pair)):
        chosen.setdefault(name, []).append(_value(name, value, at))
    refused: dict[str, list[str]] = {}
    for name, value in without:
        if name in ("since", "until"):
            raise QueryError("起止时间不能排除，请改写起止", 0)
        refused.setdefault(name, []).append(_value(name, value, 0))
    return SearchQuery(
        tree=tree, filters={name: tuple(dict.fromkeys(values)) for name, values in chosen.items()},
        without={name: tuple(dict.fromkeys(values)) for name, values in refused.items()},
        sort=cast(Literal["newest", "oldest"], sort), limit=limit, cursor=cursor, facets=facets,
    )


def phrases(tree: Node | None) -> list[Phrase]:
    """The phrases that can be shown: those not under a "not"."""
    if isinstance(tree, Phrase):
        return [tree]
    if isinstance(tree, (And, Or)):
        return [phrase for part in tree.parts for phrase in phrases(part)]
    return []


def _apart(name: str, value: str, at: int) -> list[tuple[str, str, int]]:
    """``time`` is a day: from its beginning to its end."""
    return [("since", value, at), ("until", value, at)] if name == "time" else [(name, value, at)]


def _value(name: str, value: str, at: int) -> str:
    if name not in FIELDS:
        raise QueryError(f"没有字段“{name}”；可用：{'、'.join(FIELDS)}", at)
    if not value:
        raise QueryError(f"字段“{name}”后面缺少值", at)
    if name == "level":
        value = LEVEL_WORDS.get(value, value)
        if value not in LEVELS:
            raise QueryError(f"等级只有 {'、'.join(LEVELS)}（蓝、黄、橙、红），没有“{value}”", at)
    if name == "domain":
        return _host(value)
    if name == "client":
        return CLIENT_WORDS.get(value, value)
    if name in ("since", "until"):
        try:
            value = read_time(value, end=name == "until").isoformat()
        except ValueError as error:
            raise QueryError(str(error), at) from None
    return value


def _host(value: str) -> str:
    """The host of what may be an address or a name, as it stands in a page's site: lower case, with a port where one is given."""
    return value.partition("//")[2].partition("/")[0].lower() if "//" in value else value.strip("./").lower()


def _lexemes(text: str) -> list[_Lexeme]:
    found: list[_Lexeme] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in "()（）":
            found.append(_Lexeme("(" if char in "(（" else ")", at))
            at += 1
        elif char in "|｜":
            found.append(_Lexeme("or", at))
            at += 1
        elif char in "-－" and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] not in ")）|｜":
            found.append(_Lexeme("not", at))
            at += 1
        elif char in "”」』":
            raise QueryError("多出的后引号", at)
        else:
            lexeme, at = _operand(text, at)
            found.append(lexeme)
    return found


def _operand(text: str, at: int) -> tuple[_Lexeme, int]:
    named = _FIELD.match(text, at)
    field = named.group(1) if named and named.group(1) in _KNOWN else ""
    start = named.end() if named and field else at
    if start < len(text) and text[start] in _OPEN:
        end = text.find(_CLOSE[text[start]], start + 1)
        if end < 0:
            raise QueryError("引号没有配对", start)
        return _Lexeme("phrase", at, text[start + 1 : end], field), end + 1
    word = _WORD.match(text, start)
    value = word.group() if word else ""
    end = word.end() if word else start
    if not field:
        for kind, names in (("and", _AND), ("or", _OR), ("not", _NOT)):
            if value in names:
                return _Lexeme(kind, at), end
    return _Lexeme("word", at, value, field), end


class _Reader:
    """Recursive descent: or < and < not < operand."""

    def __init__(self, lexemes: list[_Lexeme], length: int) -> None:
        self.lexemes, self.length = lexemes, length
        self.at = self.depth = self.count = 0
        self.filters: list[tuple[str, str, int]] = []
        self.alternative = False  # an "or" stands at the top level: filters would be ambiguous

    def whole(self) -> Node | None:
        if not self.lexemes:
            return None
        tree = self._or()
        left = self._peek()
        if left is not None:
            raise QueryError("多出的右括号" if left.kind == ")" else "此处不完整", left.at)
        if self.alternative and self.filters:
            raise QueryError("筛选字段不能与“或”并列，请把“或”放进括号", self.filters[0][2])
        return tree

    def _peek(self) -> _Lexeme | None:
        return self.lexemes[self.at] if self.at < len(self.lexemes) else None

    def _or(self) -> Node | None:
        parts = [self._and()]
        while (next_one := self._peek()) is not None and next_one.kind == "or":
            self.at += 1
            self.alternative = self.alternative or self.depth == 0
            parts.append(self._and())
        present = tuple(part for part in parts if part is not None)
        return present[0] if len(present) == 1 else Or(present) if present else None

    def _and(self) -> Node | None:
        parts: list[Node] = []
        first = self.at
        while (lexeme := self._peek()) is not None and lexeme.kind not in (")", "or"):
            if lexeme.kind == "and":
                following = self.lexemes[self.at + 1] if self.at + 1 < len(self.lexemes) else None
                if self.at == first or following is None or following.kind in ("and", "or", ")"):
                    raise QueryError("“且”的两边都要有检索词", lexeme.at)
                self.at += 1
                continue
            part = self._operand()
            if part is not None:
                parts.append(part)
        if self.at == first:
            at = self.lexemes[self.at].at if self.at < len(self.lexemes) else self.length
            raise QueryError("此处缺少检索词", at)
        return And(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None

    def _operand(self) -> Node | None:
        lexeme = self.lexemes[self.at]
        self.at += 1
        if lexeme.kind in ("(", "not"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise QueryError(f"括号与“非”最多 {MAX_DEPTH} 层", lexeme.at)
            inner = self._group(lexeme) if lexeme.kind == "(" else self._negated(lexeme)
            self.depth -= 1
            return inner
        return self._leaf(lexeme)

    def _group(self, opened: _Lexeme) -> Node | None:
        inner = self._or()
        closed = self._peek()
        if closed is None or closed.kind != ")":
            raise QueryError("括号没有配对", opened.at)
        self.at += 1
        return inner

    def _negated(self, lexeme: _Lexeme) -> Node:
        following = self._peek()
        if following is None or following.kind in (")", "and", "or"):
            raise QueryError("“非”后面缺少检索词", lexeme.at)
        inner = self._operand()
        if inner is None:
            raise QueryError("“非”后面缺少检索词", lexeme.at)
        return Not(inner)

    def _leaf(self, lexeme: _Lexeme) -> Node | None:
        if lexeme.field and lexeme.field not in WHERE:
            name = FIELD_NAMES.get(lexeme.field, lexeme.field)
            if self.depth:
                raise QueryError("筛选字段不能放在括号或“非”里", lexeme.at)
            for field, value, at in _apart(name, lexeme.text, lexeme.at):
                _value(field, value, at)
            self.filters.append((name, lexeme.text, lexeme.at))
            return None
        chars = normalise(lexeme.text)
        if not chars:
            raise QueryError(f"“{lexeme.text}”里没有可检索的文字", lexeme.at)
        self.count += 1
        if self.count > MAX_PHRASES:
            raise QueryError(f"检索词最多 {MAX_PHRASES} 个", lexeme.at)
        where = WHERE.get(lexeme.field, "")
        return Phrase(chars, cast(Literal["", "title", "text", "url"], where))
