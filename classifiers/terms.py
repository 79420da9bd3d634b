"""The conditions named beside a promised return: least stake, term, lock-up, sum to be raised. 1000元起投, 封闭期3个月, 期限：90天, 锁仓 180 天.

Works on normalised text, on a fixed stretch around a claim; money in yuan (or the unit written: USDT, 美元), time in days, a month a twelfth of a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from classifiers.bounded import bounded
from classifiers.numbers import CURRENCY, MONEY, TERM, amount, number, term_days

REACH = 80  # characters read to either side of the claim
_SAY = r"(?: ?(?:金额|额度|期限|时间|为|是|仅需|只需|低至|最低|至少|约|:|\n)){0,3} ?"
_SUM = rf"(?:{MONEY}\s?(?:万|亿)?\s?{CURRENCY}|\d{{1,9}}(?:\.\d{{1,2}})?\s?(?:万|亿)?\s?{CURRENCY}?)"
_LEAST = bounded(
    rf"(?:起投|起购|起存|起售|起点|最低(?:投资|认购|投|购买|充值|入金)|门槛|首投|首充|单笔最低){_SAY}({_SUM})"
    rf"|({_SUM})\s?(?:起投|起购|起存|起售|起步|起充|起(?![诉源初义])|即可(?:投资?|参与|加入|开户|入场)|就能(?:投|参与|开户)|门槛|可投)"
)
_LOCK = bounded(rf"(?:封闭期?|锁定期?|锁仓期?|冻结期?|锁币){_SAY}({TERM})|({TERM})\s?(?:的)?(?:封闭|锁定|锁仓|冻结)")
_TERM = bounded(
    rf"(?:(?:投资|产品|项目|借款|持有|理财|合约|标的|质押|投放)?(?:期限|周期)|持有期|投资期|存期){_SAY}({TERM})|({TERM})\s?(?:期|标|短标|长标|周期)(?![权货望待间])"
)
_RAISE = bounded(rf"(?:募集|融资|借款|项目|发行|标的)(?:总)?(?:金额|规模|总额|额度|额){_SAY}({_SUM})")
_BIG = bounded(rf"(\d{{1,9}}(?:\.\d{{1,2}})?)\s?(万|亿)?|({MONEY})")


@dataclass(frozen=True, slots=True)
class Term:
    """``said`` as normalised; ``value`` in yuan or days; start and end in the normalised text given."""

    kind: str
    said: str
    value: float
    start: int
    end: int


KIND_ZH = {"stake": "起投金额", "lock": "封闭（锁定）期", "term": "期限", "raise": "募集金额"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What stands beside one claim; 0 where nothing is said. The nearest of each kind counts."""

    stake: float = 0.0
    lock_days: float = 0.0
    term_days: float = 0.0
    raised: float = 0.0
    said: tuple[Term, ...] = ()

    def in_chinese(self) -> tuple[str, ...]:
        """起投金额：1000元 and the like, in order of place."""
        return tuple(f"{KIND_ZH[term.kind]}：{term.said}" for term in self.said)


def terms_near(text: str, start: int, end: int) -> Terms:
    """The terms beside the claim at [start, end). Reads ``REACH`` characters to either side: cost does not grow with the text."""
    low = max(0, start - REACH)
    nearest: dict[str, Term] = {}
    for term in _terms(text[low:end + REACH], low):
        best = nearest.get(term.kind)
        if best is None or _distance(term, start, end) < _distance(best, start, end):
            nearest[term.kind] = term
    lock, whole = nearest.get("lock"), nearest.get("term")
    if lock is not None and whole is not None and whole.start < lock.end and lock.start < whole.end:
        del nearest["term"]
    value = {kind: term.value for kind, term in nearest.items()}
    said = tuple(sorted(nearest.values(), key=lambda term: term.start))
    return Terms(value.get("stake", 0.0), value.get("lock", 0.0), value.get("term", 0.0), value.get("raise", 0.0), said)


def _distance(term: Term, start: int, end: int) -> int:
    return start - term.end if term.end <= start else max(0, term.start - end)


def _terms(window: str, low: int) -> Iterator[Term]:
    for kind, pattern in (("stake", _LEAST), ("lock", _LOCK), ("term", _TERM), ("raise", _RAISE)):
        for match in pattern.finditer(window):
            said = (match.group(1) or match.group(2)) if pattern.groups > 1 else match.group(1)
            value = term_days(said) if kind in ("lock", "term") else money(said)
            if value > 0:
                yield Term(kind, said.strip(), value, low + match.start(), low + match.end())


def money(written: str) -> float:
    """5万元, 1000元, 3亿, 一万八 -> yuan; 0 where no sum is written."""
    match = _BIG.match(written.strip())
    if match is None:
        return 0.0
    if match.group(3) is not None:
        return amount(written) * (1e8 if "亿" in written else 1.0)
    return (number(match.group(1)) or 0.0) * {"万": 1e4, "亿": 1e8}.get(match.group(2) or "", 1.0)
