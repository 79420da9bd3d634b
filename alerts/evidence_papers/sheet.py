"""A paper as a value: what it says, block by block, before it is DOCX or PDF. Every text has passed ``plain`` when a sheet is made of it by ``said``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.papers.referral import plain


def said(text: object, most: int = 2_000) -> str:
    """One line that XML and Word can hold, of bounded length: what a site wrote is data."""
    line = plain(str(text))
    return line if len(line) <= most else line[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 1  # 1: 黑体, 2: 楷体


@dataclass(frozen=True, slots=True)
class Text:
    """``align``: both, left, center, right; ``indent``: first line in by two characters; ``small``: a note."""

    text: str
    align: str = "both"
    indent: bool = True
    small: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Label and value, a row each."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` in mm; ``code``: digests and addresses, in the narrow letter, broken anywhere."""

    head: str
    width: float
    code: bool = False
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """A cell's lines are parted by line feeds."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """JPEG of ``width`` by ``height`` pixels, shown ``mm`` wide."""

    jpeg: bytes
    width: int
    height: int
    mm: float
    caption: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places for signatures, two a row."""

    places: Sequence[str]


Block = Heading | Text | Pairs | Table | Picture | Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """``name``: of the file, without its ending; ``number`` stands at the top right; ``foot`` before the page number."""

    name: str
    title: str
    number: str
    blocks: Sequence[Block]
    foot: str = ""
    landscape: bool = False

    @property
    def width(self) -> float:
        """Of the text block, mm."""
        return 247.0 if self.landscape else 156.0
