"""What the papers of a package are filled from: the package's own facts, and what the casework knows of the same captures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.evidence_papers.sheet import said
from alerts.evidence_papers.thumbnails import Thumbnail
from alerts.papers.referral import BEIJING, LawText, may_print
from evidence.capture import Capture
from evidence.packages.model import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One 涉嫌违法点 of a capture, in the page's exact words; ``level`` in Chinese; ``provisions`` ids."""

    code: str
    name: str
    span: str
    level: str = ""
    provisions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """``found`` by capture id; ``laws`` by id; ``small`` by the picture's name in the package."""

    facts: Facts
    found: Mapping[str, Sequence[Found]] = field(default_factory=dict)
    laws: Mapping[str, LawText] = field(default_factory=dict)
    small: Mapping[str, Thumbnail] = field(default_factory=dict)


def beijing(when: datetime) -> str:
    local = when.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}"


def inner(capture: Capture, *path: str) -> Any:
    """A value deep in the facts of a capture; None where any part is not there or not as expected."""
    value: Any = capture.facts
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def rows_of(capture: Capture, name: str) -> list[dict[str, Any]]:
    value = capture.facts.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def laws(told: Told, ids: Sequence[str]) -> list[str]:
    """The provisions as papers print them: the text only where it may be printed, else the name and 待核."""
    lines = []
    for id in dict.fromkeys(ids):
        law = told.laws.get(id)
        name = said(f"{law.law}{law.article}{law.paragraph_item or ''}") if law else said(id)
        lines.append(f"{name}：“{said(law.text)}”" if law and may_print(law) else f"{name}（条文待核）")
    return lines
