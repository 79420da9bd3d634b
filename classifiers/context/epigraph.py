"""Sayings that stand in quotes at the head of a story, a line each, before the writer begins to tell: “黑户也能洗白！” 近期，一种生意在网上兴起……

Each line is one quotation and nothing else; the first line after them that is not tells of others. A platform's own slogans stand in quotes too,
but what follows them is the platform speaking of itself.
"""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.grammar import SELF
from classifiers.context.kinds import Excuse

LINES, REACH = 8, 700  # lines looked at after the hit, and characters
_QUOTED = bounded("^[\\s>*·•-]*[“\"「『][^“”\"「」『』]{4,80}[”\"」』][\\s。!?.…*]*$|^[\\s>]*[.…]{2,6}\\s*$")
_TELLS = bounded(
    "近期|近日|最近|近年|生意|套路|骗|兴起|中介|宣传称|声称|自称|号称|打着|记者|网友|市民|不少|许多|很多人|你是否|是不是经常|是否曾|有没有收到|类似|这样的|这些|此类|诸如|广告语|话术|诱|"
    "接到|收到|刷到|看到|听到|随处可见|铺天盖地|充斥|背后|警方|陷阱|乱象|小心|警惕|当心|真的吗|靠谱吗"
)


def opening_quote(text: str, start: int, end: int) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` stand in a quotation of their own line, before a line that tells of others."""
    begin = max(text.rfind("\n", max(0, start - 100), start) + 1, start - 100, 0)
    stop = text.find("\n", end, end + 100)
    if stop < 0 or not _QUOTED.search(text[begin:stop]):
        return None
    for line in text[stop + 1:stop + REACH].split("\n")[:LINES]:
        if not line.strip() or _QUOTED.search(line):
            continue
        return Excuse("quotation", "文首引述的广告语") if _TELLS.search(line[:120]) and not SELF.search(line[:40]) else None
    return None
