"""How the words around a claim speak: do they hold something out to the reader, and what kind of thing? A linear model over pairs of characters.

It reads what no list of cues can name: the thousand turns of a lesson, a report, a manual, a notice; and the thousand turns of a promise. It has
a voice for every offer, and one for each kind of claim that enough labelled texts taught it. It never finds by itself and never clears:

- a claim in words that speak as those who tell do, or that speak of quite another matter, is shown as a hint (blue) instead of a lead;
- on a page with hints alone, one in words that speak as offers do is shown as a lead of the lowest level;
- words too common to say anything by themselves (a rule with ``manner``) count only where its voice for their kind agrees.

All of it is said in the reasons. Weights are data (``config/manner.json``, made by ``adpatrol learn --manner``): pairs of characters with weights,
no text of anyone.
"""

from __future__ import annotations

import hashlib
import json
import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from operator import mul
from pathlib import Path

from classifiers.bounded import bounded
from classifiers.errors import ConfigError
from classifiers.model import Finding, Level

FILE = "manner.json"
FORMAT = 2
OFFER = "*"  # the voice of all offers
SIZE, STEP = 300, 150  # characters of a window; windows begin at multiples of STEP, so that neighbours share them
LEAST = 24  # characters of a window: of a shorter one nothing can be said
GUARANTEE = "guarantee."  # codes of what needs no voice of its own
NUMBERS = ("yield.", "risk.")  # codes of hints that rest on a number, or on what is missing
NEAR = 30  # characters either side in which a call to the reader settles it
# Whoever is told to scan, join or write in the same breath is offered something, whatever is told around it.
_CALLS = bounded("扫码|扫一扫|进群|入群|(?:加|添加)[^,。\n]{0,4}(?:微信|vx|v信|qq|客服|老师|好友)|立即(?:注册|投资|加入|参与|购买|领取|开户|下载|咨询)|马上(?:注册|投资|加入|参与|领取)|诚招|招募中|热线|咨询电话|邀请码"
                 "|关注我|(?:进|看|点)(?:我)?主页|主页(?:领|进|见)|评论区(?:扣|打|留)|(?:的|想[^,。\\n]{0,4})扣\\d|私信(?:我|助理|领)|小风车|左下角|要的私|名额(?:有限|不多|紧张|仅)|限招|(?:最后|仅剩|只剩|只放|还剩)[^,。\\n]{0,4}(?:名额|席|个位置)|(?:资料|股票|代码|方案)发(?:给我|你)|找我(?:办|做|咨询)|先到先得|额满即止|不成功不收费|不收一分钱")
FIRM, FIRM_OWN = 0.6, 0.5  # chances of an offer and of a claim of its kind that make a page's hint a lead
HELD_OUT = 0.5  # chance of an offer from which the voice of one kind alone moves nothing
SHOWN = 4  # pairs of characters named in a reason


@dataclass(frozen=True, slots=True)
class Voice:
    """``bias``; ``least``: the chance below which a finding is a hint; ``maybe`` and ``sure``: those from which words that need it are a hint, and
    count in full."""

    bias: float
    least: float
    maybe: float
    sure: float


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """A trained model. ``voices``: code (or ``OFFER``) -> Voice; ``pairs``: one or two characters -> place; ``rarity``: by place; ``weights``: code ->
    weight by place; ``texts``: how many windows of labelled text it was learnt from."""

    voices: Mapping[str, Voice]
    pairs: Mapping[str, int]
    rarity: Sequence[float]
    weights: Mapping[str, Sequence[float]]
    texts: int = 0
    digest: str = ""


def load_manner(folders: Sequence[Path]) -> Manner | None:
    """The first folder's manner.json; None where there is none. Raises ConfigError."""
    for folder in folders:
        file = folder / FILE
        if file.is_file():
            return _read(file)
    return None


def _read(file: Path) -> Manner:
    body = file.read_bytes()
    try:
        data = json.loads(body)
        if data["format"] != FORMAT:
            raise ValueError(f"格式 {data['format']}")
        voices = {str(code): Voice(*map(float, row)) for code, row in data["voices"].items()}
        rows = list(data["pairs"].values())
        if OFFER not in voices or any(len(row) != len(voices) + 1 for row in rows):
            raise ValueError("各行的权重个数与 voices 不符")
        rarity, *weights = (array("f", column) for column in zip(*rows, strict=True))
        if not all(map(math.isfinite, chain(rarity, *weights, *((v.bias, v.least, v.maybe, v.sure) for v in voices.values())))):
            raise ValueError("有不是数的值")
        pairs = {str(key): place for place, key in enumerate(data["pairs"])}
        return Manner(voices, pairs, rarity, dict(zip(voices, weights, strict=True)), int(data["texts"]), "sha256:" + hashlib.sha256(body).hexdigest())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(str(file), f"不是可用的语气模型（{error}）；用 adpatrol learn --manner 重新生成，或删去它") from error


def written(manner: Manner) -> bytes:
    """The file's bytes: the same model gives the same bytes. One pair a line, so that a change can be read."""
    head = {"format": FORMAT, "texts": manner.texts, "voices": {code: [v.bias, v.least, v.maybe, v.sure] for code, v in manner.voices.items()}}
    columns = (manner.rarity, *(manner.weights[code] for code in manner.voices))
    rows = ",\n".join(f"{json.dumps(key, ensure_ascii=False)}: {json.dumps([round(column[place], 2) for column in columns])}" for key, place in sorted(manner.pairs.items()))
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "pairs": {{\n{rows}\n}}}}\n'.encode()


def features(text: str) -> Counter[str]:
    """Single characters and pairs, digits as one: what a sum is says nothing of how one speaks."""
    plain = text.translate(_DIGITS)
    counts = Counter(plain)
    counts.update(map(str.__add__, plain, plain[1:]))
    return counts


_OFTEN = (0.0, *(1 + math.log(count) for count in range(1, SIZE + 1)))  # by how often a feature stands in a window
_DIGITS = {ord(digit): "0" for digit in "123456789"}


def windows(text: str, start: int, end: int) -> Iterator[str]:
    """The two windows that hold the middle of a claim at [start, end); at the ends of a text the one there is."""
    low = max(0, (start + end) // 2 - STEP) // STEP * STEP
    for begin in (low, low + STEP):
        if len(around := text[begin:begin + SIZE]) >= LEAST or not begin:
            yield around


@lru_cache(maxsize=128)
def _values(text: str, manner: Manner) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Places of the known features, and (1 + ln count) × rarity of each, scaled to length one. Windows of one page, and of the pages of one site,
    repeat."""
    counts = features(text)
    keys = list(filter(manner.pairs.__contains__, counts))
    places = tuple(map(manner.pairs.__getitem__, keys))
    values = list(map(mul, map(manner.rarity.__getitem__, places), map(_OFTEN.__getitem__, map(counts.__getitem__, keys))))
    length = math.sqrt(sum(map(mul, values, values))) or 1.0
    return places, tuple(value / length for value in values)


@lru_cache(maxsize=512)
def _chance(text: str, manner: Manner, code: str) -> float:
    places, values = _values(text, manner)
    z = manner.voices[code].bias + sum(map(mul, map(manner.weights[code].__getitem__, places), values))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def chance(text: str, start: int, end: int, manner: Manner, code: str = OFFER) -> float | None:
    """That the words around [start, end) hold out what ``code`` says; None where the model has no voice for it, or there are too few words."""
    if code not in manner.voices:
        return None
    return max((_chance(around, manner, code) for around in windows(text, start, end) if len(around) >= LEAST), default=None)


@lru_cache(maxsize=4)
def _chinese(manner: Manner) -> frozenset[str]:
    """The pairs that say something to a reader."""
    return frozenset(key for key in manner.pairs if len(key) == 2 and key.isalnum() and not key.isascii())


def telling(text: str, start: int, end: int, manner: Manner, code: str, sign: int) -> str:
    """The pairs of Chinese characters around [start, end) that speak most for (1) or against (-1) it, the strongest first."""
    weights = manner.weights[code]
    plain = "".join(windows(text, start, end)).translate(_DIGITS)
    places = ((key, manner.pairs[key]) for key in _chinese(manner).intersection(map(str.__add__, plain, plain[1:])))
    said = ((-weights[place] * manner.rarity[place] * sign, key) for key, place in places)
    parts = sorted(part for part in said if part[0] < 0)
    return "”“".join(key for _, key in parts[:SHOWN])


def softened(finding: Finding, text: str, start: int, end: int, manner: Manner | None) -> Finding:
    """The finding as it is, or as a hint that says why. ``text``: normalised; [start, end): the claim in it."""
    if manner is None or finding.level <= Level.BLUE or _CALLS.search(text[max(0, start - NEAR):end + NEAR]):
        return finding
    for code, says in ((OFFER, "更像讲述、说明而不是招揽"), (finding.code, "不像这一类宣传")):
        read, voice = chance(text, start, end, manner, code), manner.voices.get(code)
        if read is None or voice is None:
            continue
        if read < voice.least:
            reason = f"前后文的语气{says}（可能 {read:.0%}；如“{telling(text, start, end, manner, code, -1)}”），降为提示，请人工判断"
            return replace(finding, level=Level.BLUE, confidence=min(finding.confidence, round(max(read, 0.02), 2)), reasons=(*finding.reasons, reason))
        if code == OFFER and (read >= HELD_OUT or finding.code.startswith(GUARANTEE)):
            break  # among several things held out the voice of each is weak; and a guarantee needs none
    return finding


def firmed(finding: Finding, text: str, start: int, end: int, manner: Manner | None) -> Finding:
    """A hint on a page with nothing but hints, in words that hold something out: a lead of the lowest level, which says why. Hints that rest on a
    number, and those softened above, stay hints."""
    if manner is None or finding.level is not Level.BLUE or finding.code.startswith(NUMBERS) or finding.confidence <= manner.voices[OFFER].least:
        return finding
    read, own = chance(text, start, end, manner), chance(text, start, end, manner, finding.code)
    both = read is not None and own is not None and read >= FIRM and own >= FIRM_OWN
    if read is None or not (both or read >= manner.voices[OFFER].sure):
        return finding
    return replace(finding, level=Level.YELLOW, reasons=(*finding.reasons, f"用语本身只是提示；前后文是招揽的语气（可能 {read:.0%}），列为线索"))


def may_confirm(code: str, text: str, start: int, end: int, manner: Manner) -> bool:
    """Does ``confirmed`` give a finding of ``code`` there, in full or as a hint?"""
    read, voice = chance(text, start, end, manner, code), manner.voices.get(code)
    return read is not None and voice is not None and read >= voice.maybe


def confirmed(finding: Finding, text: str, start: int, end: int, manner: Manner) -> Finding | None:
    """A finding of words too common to count by themselves, as far as the voice of its kind agrees: in full, as a hint, or not at all."""
    read, voice = chance(text, start, end, manner, finding.code), manner.voices.get(finding.code)
    if read is None or voice is None or read < voice.maybe:
        return None
    reason = f"所用字样常见，前后文的语气与这一类宣传相近（可能 {read:.0%}；如“{telling(text, start, end, manner, finding.code, 1)}”）"
    level = finding.level if read >= voice.sure else Level.BLUE
    return replace(finding, level=level, confidence=round(min(finding.confidence, read), 2), reasons=(*finding.reasons, reason))
