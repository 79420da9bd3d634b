"""Reads what a person types: 词、“短语”、或 OR |、且 AND、非 NOT -、括号、字段:值.

    保本 "年化收益" -新闻 (理财 或 投资) site:https://example.org (level:red 或 地区:浙江) -状态:已排除 title:安全

Blanks mean "and". A field other than title, text and url is a fact of the page; of several values of one field, joined by "and", any will do.
Those at the outermost level are the query's ``filters`` and ``without``, so that a console can show them as pills; those within brackets or
beside an "or" stand in the tree. What stands before a colon and is no field (`QQ:`, `年化：`) is text like any other, unless it is a
field's name misspelt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from indexer.search.fields import KNOWN, WHERE, Names, field_of, nearest, no_names, values_of
from indexer.search.protocol import MAX_LIMIT, OUTERMOST, SORTS, And, Is, Node, Not, Or, Phrase, QueryError, SearchQuery
from indexer.search.tokens import normalise

MAX_CHARS = 1_000
MAX_PHRASES = 64
MAX_DEPTH = 20
_OPEN, _CLOSE = "“\"「『", {"“": "”", "\"": "\"", "「": "」", "『": "』"}
_FIELD = re.compile(r"([A-Za-z_]{1,12}[\u4e00-\u9fff]{0,3}|[\u4e00-\u9fff]{1,8})[:：]")
_WORD = re.compile(r"[^\s\u3000()（）|｜“”\"「」『』]+")
_AND, _OR, _NOT = {"AND", "且", "并且"}, {"OR", "或", "或者", "|", "｜"}, {"NOT", "非"}


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str  # word, phrase, filter, (, ), and, or, not
    at: int
    text: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class _Fact:
    """A field and the values of which any will do, where it stands."""

    field: str
    values: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class _Many:
    kind: str  # and, or, not
    parts: tuple[_Read, ...]


_Read = Phrase | _Fact | _Many


def parse(
    text: str, *, filters: Iterable[tuple[str, str]] = (), without: Iterable[tuple[str, str]] = (), sort: str = "newest", limit: int = 20, cursor: str = "",
    facets: bool = False, counted: bool = True, names: Names = no_names,
) -> SearchQuery:
    """A SearchQuery from what was typed and from filters given beside it (fields as in FIELDS; ``without``: what must not hold, no times).
    ``names``: the Chinese names of values. Raises QueryError."""
    if len(text) > MAX_CHARS:
        raise QueryError(f"检索式过长，最多 {MAX_CHARS} 个字符", MAX_CHARS)
    if sort not in SORTS:
        raise QueryError(f"排序方式只有 {'、'.join(SORTS)}，没有“{sort}”", 0)
    if not 1 <= limit <= MAX_LIMIT:
        raise QueryError(f"条数须在 1 与 {MAX_LIMIT} 之间", 0)
    read = _Reader(_lexemes(text), len(text), names).whole()
    outer = [] if read is None else list(read.parts) if isinstance(read, _Many) and read.kind == "and" else [read]
    chosen = _Chosen()
    rest = [part for part in outer if not chosen.take(part)]
    for name, value in filters:
        for fact in _facts(name, value, 0, names):
            chosen.take(fact)
    for name, value in without:
        for fact in _facts(name, value, 0, names):
            chosen.take(_Many("not", (fact,)))
    tree = _joined(rest) if rest else None
    return SearchQuery(
        tree=tree, filters=chosen.told(chosen.filters), without=chosen.told(chosen.without), sort=cast(Literal["newest", "oldest", "relevance"], sort),
        limit=limit, cursor=cursor, facets=facets, counted=counted,
    )


class _Chosen:
    """The facts of the outermost level."""

    def __init__(self) -> None:
        self.filters: dict[str, list[str]] = {}
        self.without: dict[str, list[str]] = {}

    def take(self, part: _Read) -> bool:
        """Whether it is one of them. Raises QueryError for a time that is refused."""
        if isinstance(part, _Fact):
            self.filters.setdefault(part.field, []).extend(part.values)
            return True
        refused = part.parts[0] if isinstance(part, _Many) and part.kind == "not" else None
        if not isinstance(refused, _Fact):
            return False
        if refused.field in ("since", "until"):
            raise QueryError("起止时间不能排除，请改写起止", refused.at)
        self.without.setdefault(refused.field, []).extend(refused.values)
        return True

    @staticmethod
    def told(found: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
        return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def _joined(parts: Sequence[_Read]) -> Node:
    """An "and" of the parts; the values of one field any of which will do become one "or"."""
    facts: dict[str, list[_Fact]] = {}
    for part in parts:
        if isinstance(part, _Fact):
            facts.setdefault(part.field, []).append(part)
    nodes: list[Node] = []
    for part in parts:
        if not isinstance(part, _Fact):
            nodes.append(_node(part))
        elif part.field in facts:
            many = tuple(dict.fromkeys(node for fact in facts.pop(part.field) for node in _values(fact)))
            nodes.append(many[0] if len(many) == 1 else Or(many))
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes))


def _node(read: _Read) -> Node:
    if isinstance(read, Phrase):
        return read
    if isinstance(read, _Fact):
        return _joined((read,))
    if read.kind == "not":
        return Not(_node(read.parts[0]))
    return _joined(read.parts) if read.kind == "and" else Or(tuple(_node(part) for part in read.parts))


def _values(fact: _Fact) -> list[Node]:
    """Raises QueryError for what holds for the whole query only."""
    if fact.field in OUTERMOST:
        raise QueryError("时间与状态要写在最外层，不能放在括号里或“或”的旁边", fact.at)
    return [Phrase(normalise(value), "company") if fact.field == "company" else Is(fact.field, value) for value in fact.values]


def phrases(tree: Node | None) -> list[Phrase]:
    """The phrases that can be shown: those not under a "not"."""
    if isinstance(tree, Phrase):
        return [tree]
    if isinstance(tree, (And, Or)):
        return [phrase for part in tree.parts for phrase in phrases(part)]
    return []


def _facts(name: str, value: str, at: int, names: Names) -> list[_Fact]:
    """``time`` is a day: from its beginning to its end. Raises QueryError."""
    field = field_of(name, at)
    return [_Fact(one, values_of(one, value, at, names), at) for one in (("since", "until") if field == "time" else (field,))]


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
    name = named.group(1) if named else ""
    field = name if name in KNOWN else ""
    if name and not field and (near := nearest(name)):
        raise QueryError(f"没有字段“{name}”，是不是“{near}”？要查这几个字本身，请加引号", at)
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

    def __init__(self, lexemes: list[_Lexeme], length: int, names: Names) -> None:
        self.lexemes, self.length, self.names = lexemes, length, names
        self.at = self.depth = self.count = 0

    def whole(self) -> _Read | None:
        if not self.lexemes:
            return None
        tree = self._or()
        left = self._peek()
        if left is not None:
            raise QueryError("多出的右括号" if left.kind == ")" else "此处不完整", left.at)
        return tree

    def _peek(self) -> _Lexeme | None:
        return self.lexemes[self.at] if self.at < len(self.lexemes) else None

    def _or(self) -> _Read:
        parts = [self._and()]
        while (next_one := self._peek()) is not None and next_one.kind == "or":
            self.at += 1
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else _Many("or", tuple(parts))

    def _and(self) -> _Read:
        parts: list[_Read] = []
        first = self.at
        while (lexeme := self._peek()) is not None and lexeme.kind not in (")", "or"):
            if lexeme.kind == "and":
                following = self.lexemes[self.at + 1] if self.at + 1 < len(self.lexemes) else None
                if self.at == first or following is None or following.kind in ("and", "or", ")"):
                    raise QueryError("“且”的两边都要有检索词", lexeme.at)
                self.at += 1
                continue
            parts += self._operand()
        if self.at == first:
            at = self.lexemes[self.at].at if self.at < len(self.lexemes) else self.length
            raise QueryError("此处缺少检索词", at)
        return parts[0] if len(parts) == 1 else _Many("and", tuple(parts))

    def _operand(self) -> list[_Read]:
        """Mostly one; a day is two: its beginning and its end."""
        lexeme = self.lexemes[self.at]
        self.at += 1
        if lexeme.kind in ("(", "not"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise QueryError(f"括号与“非”最多 {MAX_DEPTH} 层", lexeme.at)
            inner = self._group(lexeme) if lexeme.kind == "(" else self._negated(lexeme)
            self.depth -= 1
            return [inner]
        return self._leaf(lexeme)

    def _group(self, opened: _Lexeme) -> _Read:
        inner = self._or()
        closed = self._peek()
        if closed is None or closed.kind != ")":
            raise QueryError("括号没有配对", opened.at)
        self.at += 1
        return inner

    def _negated(self, lexeme: _Lexeme) -> _Read:
        following = self._peek()
        if following is None or following.kind in (")", "and", "or"):
            raise QueryError("“非”后面缺少检索词", lexeme.at)
        inner = self._operand()
        if len(inner) > 1:
            raise QueryError("起止时间不能排除，请改写起止", following.at)
        return _Many("not", (inner[0],))

    def _leaf(self, lexeme: _Lexeme) -> list[_Read]:
        self.count += 1
        if self.count > MAX_PHRASES:
            raise QueryError(f"检索词最多 {MAX_PHRASES} 个", lexeme.at)
        if lexeme.field and lexeme.field not in WHERE:
            return [*_facts(lexeme.field, lexeme.text, lexeme.at, self.names)]
        chars = normalise(lexeme.text)
        if not chars:
            raise QueryError(f"“{lexeme.text}”里没有可检索的文字", lexeme.at)
        where = WHERE.get(lexeme.field, "")
        return [Phrase(chars, cast(Literal["", "title", "text", "url"], where))]
