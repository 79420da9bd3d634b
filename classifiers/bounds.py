"""What parsing a page would cost, estimated before it is parsed. Some markup costs the parser the square of its length: minutes for one page.

Measured on lexbor: elements nested 100,000 deep 23 s; one tag with 1,000,000 attributes more than 10 minutes; one list of 100,000 options 36 s;
closing tags that match nothing, each walks the stack of open elements. Pages under both ``SAFE`` limits cost less than 0.2 s at their worst and are not
looked at. Larger ones are read once by an expression that knows tags, quotes, comments and raw text as the HTML standard does: linear.
"""

from __future__ import annotations

import re

SAFE_TAGS = 6_000  # the worst of them take 0.1 s
MAX_TAGS = 500_000  # each also costs us about 1 µs
SAFE_SEPARATORS = 10_000  # of attributes
MAX_DEPTH = 4_000
BUDGET = 100_000_000  # steps of the parser, about 0.3 s
_MISMATCH = 20  # a closing tag that is not the innermost element's costs so much more: elements are moved about
_S = r"[ \t\n\r\f]"
_ATTRIBUTE = rf"[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+(?:{_S}*+={_S}*+(?:\"[^\"]*+\"|'[^']*+'|[^ \t\n\r\f\"'>][^ \t\n\r\f>]*+))?+"
_TOKEN = re.compile(
    rf"<(?:!--(?:-?>|.*?(?:--!?>|\Z))|[!?][^>]*+|/(?![a-zA-Z])[^>]*+|(/?)([a-zA-Z][^ \t\n\r\f/>]*+)((?:[ \t\n\r\f/]++|{_ATTRIBUTE})*+))", re.DOTALL,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_RAW = frozenset(("script", "style", "xmp", "iframe", "noembed", "noframes", "title", "textarea", "plaintext"))
_ENDS = {name: re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE) for name in _RAW}
_FLAT = frozenset((  # empty elements, and those that their like closes
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "basefont", "frame",
    "p", "li", "option", "td", "th", "tr", "dt", "dd", "tbody", "thead", "tfoot", "optgroup",
))


def too_costly(text: str) -> str:
    """Why the page should not be given to the parser, in Chinese; empty where it may."""
    tags = text.count("<")
    if tags <= SAFE_TAGS and (len(text) <= 2 * SAFE_SEPARATORS or _separators(text) <= SAFE_SEPARATORS):
        return ""
    if tags > MAX_TAGS:
        return f"标签超过 {MAX_TAGS} 个，按标签顺序粗读开头部分"
    return _Estimate().of(text)


def _separators(text: str) -> int:
    """At least as many as one tag can have attributes: a run of blanks, as indented pages are full of, separates once."""
    others = sum(map(text.count, "/\"'"))
    blanks = sum(map(text.count, " \n\t\r\f"))
    return others + (blanks if others + blanks <= SAFE_SEPARATORS else len(text.split()))


class _Estimate:
    """One pass over the tags: how deep elements nest, at most, and what the parser does for each tag at that depth."""

    def __init__(self) -> None:
        self.open: dict[str, int] = {}
        self.depth = 0
        self.innermost = ""
        self.options = 0

    def of(self, text: str) -> str:
        at = steps = 0
        while True:
            token = _TOKEN.search(text, at)
            if token is None:
                return ""
            at = token.end()
            closing, name, attributes = token.groups()
            if not name:
                continue
            name = name.lower()
            if len(attributes) > 2_000:
                steps += len(_ATTRIBUTES.findall(attributes)) ** 2
            if closing:
                steps += self._close(name)
            else:
                foreign = self.open.get("svg") or self.open.get("math")
                if foreign and attributes[-1:] == "/":
                    continue
                steps += self._begin(name)
                if name in _RAW and not foreign:
                    end = _ENDS[name].search(text, at) if name != "plaintext" else None
                    if end is None:
                        return ""  # the rest is text
                    at = end.start()
                    self.depth, self.open[name] = self.depth - 1, self.open[name] - 1
                    at = end.end()
            if self.depth > MAX_DEPTH:
                return f"标签嵌套超过 {MAX_DEPTH} 层，按标签顺序粗读，版面位置不准"
            if steps > BUDGET:
                return "标签或属性的写法会使解析耗时过长，按标签顺序粗读，版面位置不准"

    def _begin(self, name: str) -> int:
        if name == "option":
            self.options += 1
            return self.depth + 3 * self.options
        if name == "select":
            self.options = 0
        if name not in _FLAT:
            self.depth += 1
            self.open[name] = self.open.get(name, 0) + 1
            self.innermost = name
        return self.depth

    def _close(self, name: str) -> int:
        """An end tag closes an element of its own name, never more of them: an upper bound of the depth."""
        if name in _FLAT:
            return self.depth
        count = self.open.get(name, 0)
        steps = self.depth if name == self.innermost else _MISMATCH * self.depth
        self.innermost = ""
        if count:
            self.open[name] = count - 1
            self.depth -= 1
        return steps
