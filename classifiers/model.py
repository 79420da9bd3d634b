"""The values of the judge: what a page is, what it claims, what was found. Plain, frozen, framework-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple


class Role(StrEnum):
    """Where on the page a block of text stands (design/commands.md)."""

    MAIN = "main"
    NAV = "nav"
    AD = "ad"
    BUTTON = "button"
    FORM = "form"
    TABLE = "table"
    FOOTER = "footer"
    IMAGE_TEXT = "image_text"
    SCRIPT = "script"
    ALT = "alt"
    META = "meta"
    HIDDEN = "hidden"


class Genre(StrEnum):
    """What kind of page this is; the context in which words are judged."""

    PLATFORM = "platform"
    AD = "ad"
    BANK = "bank"
    NEWS = "news"
    LAW = "law"
    REGULATOR = "regulator"
    EDUCATION = "education"
    COMPLAINT = "complaint"
    FICTION = "fiction"
    JOB = "job"
    TECHNICAL = "technical"
    OTHER = "other"


class Level(IntEnum):
    """风险等级, ordered: 蓝 关注 < 黄 < 橙 < 红 (design/casework.md)."""

    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the extractor is given: bytes as received (content-encoding undone) or text already read."""

    body: bytes
    url: str = ""
    content_type: str = ""
    plain: bool = False  # True: the body is plain text in UTF-8, judged as it stands


class Block(NamedTuple):
    """A run of text of one role; ``Page.full_text[start:end] == text``. A tuple, because a page has hundreds and they must be cheap."""

    text: str
    role: Role
    start: int
    end: int
    path: str = ""  # place in the DOM where it is known; ``extract.locate`` finds it for the few blocks that need it
    hidden: bool = False


class Link(NamedTuple):
    url: str  # absolute
    text: str = ""
    kind: str = "a"  # a, frame, refresh, canonical, image, sitemap


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the page says of its operator: displayed, not checked."""

    icp: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    uscc: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    operator: str = ""  # of ``companies``, the one that says it runs the site; empty where none does
    bad_uscc: tuple[str, ...] = ()  # given out as credit codes, but impossible (classifiers.uscc.fault says why)
    bad_icp: tuple[str, ...] = ()  # shown as filing numbers, but impossible (classifiers.registers_filings.fault says why)
    police: tuple[str, ...] = ()  # 公网安备 numbers
    licence_numbers: tuple[tuple[str, str], ...] = ()  # (kind of licence as named, number)
    capital: tuple[str, ...] = ()  # registered or paid-in capital as claimed
    wechat: tuple[str, ...] = ()
    qq: tuple[str, ...] = ()


class Picture(NamedTuple):
    """A picture of the page by its hash, for the comparison with brands (classifiers.pictures)."""

    role: str  # favicon, logo, image
    phash: str  # 16 hexadecimal digits
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a person sees and what the page says of itself.

    ``text`` is the visible blocks in DOM order joined by a newline, white space collapsed, inline tags joined. Blocks that are not
    displayed (alt, meta, script, hidden) are in ``asides``; their offsets run on from the end of ``text`` within ``full_text``.
    """

    url: str = ""
    title: str = ""
    text: str = ""
    full_text: str = ""  # text + "\n" + asides joined by "\n"; findings' offsets point here, and for visible text equal those in ``text``
    blocks: tuple[Block, ...] = ()
    asides: tuple[Block, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[str, ...] = ()
    identity: Identity = field(default_factory=Identity)
    pictures: tuple[Picture, ...] = ()  # filled by who has the bytes; nothing is fetched here
    language: str = ""
    encoding_declared: str = ""
    encoding: str = ""
    script_bytes: int = 0
    shell: tuple[str, ...] = ()  # what in the markup says that scripts write the page, in Chinese (classifiers.needs)
    has_password_field: bool = False
    markup: str = field(default="", repr=False, compare=False)  # as decoded, for the second view (classifiers.article); empty for plain text
    refused: str = ""  # why the page could not be read whole (too deep, too large), in Chinese; empty when it could


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the page asserts. ``full_text[start:end] == span``: code points, exactly as displayed."""

    kind: str
    span: str
    start: int
    end: int
    role: Role
    low: float | None = None  # per cent per period
    high: float | None = None
    period: str = ""  # year, month, day, total
    annual: float | None = None  # per cent a year, of ``high``
    formula: str = ""
    amounts: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    guarantor: str = ""

    def to_json(self) -> dict[str, Any]:
        keys = ("kind", "low", "high", "period", "annual", "formula", "amounts", "terms", "guarantor")
        values = {key: getattr(self, key) for key in keys}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items() if v not in (None, "", ())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A claim judged 涉嫌: a suggestion for a person, not a fact."""

    code: str
    claim: Claim
    rule: str
    ruleset: str  # "sha256:…" of the rule set that judged
    provisions: tuple[str, ...]
    level: Level
    suggestion: str
    confidence: float
    reasons: tuple[str, ...]
    excusable_by: tuple[str, ...] = ()  # exemptions that were tried and did not hold

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code, "span": self.claim.span, "start": self.claim.start, "end": self.claim.end, "role": str(self.claim.role),
            "level": self.level.key, "confidence": round(self.confidence, 3), "suggestion": self.suggestion, "reasons": list(self.reasons),
            "provisions": list(self.provisions), "claim": self.claim.to_json(), "rule": self.rule, "ruleset": self.ruleset,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Excused:
    """The words were there; the context clears them, and says why."""

    finding: Finding
    because: str

    def to_json(self) -> dict[str, Any]:
        return {**self.finding.to_json(), "because": self.because}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One page judged."""

    genre: Genre
    genre_reasons: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    excused: tuple[Excused, ...] = ()

    @property
    def violating(self) -> bool:
        """At least one finding above blue that is not excused (design/commands.md)."""
        return any(finding.level > Level.BLUE for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        return {
            "genre": str(self.genre), "violating": self.violating,
            "findings": [finding.to_json() for finding in self.findings], "excused": [excused.to_json() for excused in self.excused],
        }


JsonObject = Mapping[str, Any]
