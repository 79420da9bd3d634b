"""A text judged for a person who asks, and made ready to be shown: nothing is stored.

The same call as the patrol's: what is said here of a text is what the patrol would say of it under today's rules.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from alerts.wording import wording
from classifiers.advice import GENERAL, Advice, load_advice
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import Knowledge, Provision, load_knowledge
from classifiers.model import Document, Finding, Genre, Page, Role, Verdict
from console.law import Cited, cited
from console.marking import Span, marked, unseen
from console.present import GENRES, PERIODS

MOST_CHARS = 200_000  # of a pasted text or page source
MOST_SHOWN = 200  # findings explained one by one; all are marked in the text
MOST_BYTES = 4 << 20  # of a stored page judged again; a larger one by its stored text
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|div|p|span|section|article|table|ul|ol|li|h[1-6]|a|b|br|img|meta|title|script|style|form|button)\b[^<>]{0,2000}>", re.I)
_NOT_SHOWN = frozenset({Role.ALT, Role.META, Role.SCRIPT, Role.HIDDEN})


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reader:
    """Rules, law texts and advice as they stand now."""

    knowledge: Knowledge
    advice: Mapping[str, Advice]

    def advise(self, code: str) -> Advice:
        return self.advice.get(code, GENERAL)


def reader() -> Reader:
    """Read anew only where a settings file changed. Raises ConfigError."""
    folders = tuple(Path(folder) for folder in settings.CONFIG_FOLDERS)
    return _reader(folders, _state(folders))


def _state(folders: Sequence[Path]) -> str:
    """Which files lie there, of what size and time: a rule that was just edited is tried at once."""
    known = hashlib.sha256()
    for folder in folders:
        for file in sorted([*folder.glob("*/*.yaml"), *folder.glob("registers/*.csv"), *folder.glob("registers/*.xlsx"), folder / "advice.yaml", folder / "weights.json"]):
            if file.is_file():
                stat = file.stat()
                known.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return known.hexdigest()


@lru_cache(maxsize=1)
def _reader(folders: tuple[Path, ...], state: str) -> Reader:
    return Reader(load_knowledge(folders), load_advice(folders))


def looks_like_html(text: str) -> bool:
    return _MARKUP.search(text[:20_000]) is not None


@dataclass(frozen=True, slots=True)
class Read:
    """One text read and judged."""

    page: Page
    verdict: Verdict
    html: bool


def read(known: Reader, text: str, *, html: bool | None = None) -> Read:
    """``html``: the text is a page's source (None: as it looks)."""
    html = looks_like_html(text) if html is None else html
    body = text.encode("utf-8", "replace")
    page = extract(Document(body=body, plain=not html, content_type="text/html; charset=utf-8" if html else ""))
    return Read(page, judge(page, known.knowledge), html)


def shown(known: Reader, done: Read) -> dict[str, Any]:
    """What console/reading_result.html needs. The same words judged alike are explained once, where they stand first."""
    page, verdict = done.page, done.verdict
    findings = _groups(verdict.findings, lambda f: (f.code, f.level, f.rule, wording(f.claim.span)))
    excused = _groups(verdict.excused, lambda e: (e.finding.code, e.because, wording(e.finding.claim.span)))
    spans = [Span(f.claim.start, f.claim.end, "" if k else str(n), f.level.key) for n, group in enumerate(findings, 1) for k, f in enumerate(group)]
    spans += [Span(e.finding.claim.start, e.finding.claim.end, "" if k else f"例{n}", "excused") for n, group in enumerate(excused, 1) for k, e in enumerate(group)]
    visible = len(page.text)
    aside = any(s.end > visible for s in spans)
    return {
        "violating": verdict.violating, "level": max((f.level for f in verdict.findings), default=None), "html": done.html, "title": page.title,
        "genre": GENRES.get(str(verdict.genre), str(verdict.genre)), "genre_reasons": verdict.genre_reasons, "refused": page.refused,
        "told_from": verdict.genre not in (Genre.PLATFORM, Genre.AD, Genre.OTHER),
        "count": len(verdict.findings), "excused_count": len(verdict.excused), "most": MOST_SHOWN, "more": len(findings) > MOST_SHOWN,
        "findings": [_finding(known, n, group[0]) | {"times": len(group)} for n, group in enumerate(findings[:MOST_SHOWN], 1)],
        "excused": [{"ref": f"例{n}", "f": _finding(known, n, group[0].finding), "because": group[0].because, "times": len(group)}
                    for n, group in enumerate(excused[:MOST_SHOWN], 1)],
        "text": marked(page.full_text, spans, last=visible), "chars": visible, "unseen": unseen(page.full_text),
        "asides": marked(page.full_text, spans, first=visible + 1) if aside else "", "ruleset": known.knowledge.digest,
        "identity": _identity(page),
    }


def _groups(items: Iterable[T], same: Callable[[T], Hashable]) -> list[list[T]]:
    """Items alike by ``same``, in the order of the first of each."""
    found: dict[Hashable, list[T]] = {}
    for item in items:
        found.setdefault(same(item), []).append(item)
    return list(found.values())


def _finding(known: Reader, n: int, finding: Finding) -> dict[str, Any]:
    claim = finding.claim
    told = "".join(finding.reasons)
    numbers = [] if claim.formula and claim.formula in told else facts(claim.to_json())  # the rule's own reason may have done the sum
    return {
        "n": n, "code": finding.code, "level": int(finding.level), "key": finding.level.key, "span": claim.span, "start": claim.start, "role": str(claim.role),
        "unshown": claim.role in _NOT_SHOWN, "reasons": finding.reasons, "facts": numbers, "suggestion": finding.suggestion,
        "confidence": finding.confidence, "rule": finding.rule, "why_not": finding.excusable_by, "laws": laws(known, finding.provisions),
        "advice": known.advise(finding.code),
    }


def laws(known: Reader, ids: Sequence[str]) -> list[Cited]:
    provisions: Mapping[str, Provision] = known.knowledge.provisions
    return [cited(provisions[id]) for id in dict.fromkeys(ids) if id in provisions]


def facts(claim: Mapping[str, Any]) -> list[str]:
    """The numbers of a claim in words, with the sum that was done."""
    parts = []
    if claim.get("high") is not None:
        low, high = claim.get("low"), claim["high"]
        rate = f"{high:g}%" if low in (None, high) else f"{low:g}%—{high:g}%"
        parts.append(f"读出数值：{rate}（{PERIODS.get(str(claim.get('period')), '期间未明')}）")
    if claim.get("annual") is not None:
        formula = f"，算法：{claim['formula']}" if claim.get("formula") else ""
        parts.append(f"折合年化：{claim['annual']:g}%{formula}")
    for key, words in (("amounts", "金额"), ("terms", "期限")):
        if claim.get(key):
            parts.append(f"{words}：{'、'.join(str(v) for v in claim[key])}")
    if claim.get("guarantor"):
        parts.append(f"保证人：{claim['guarantor']}")
    return parts


def _identity(page: Page) -> list[tuple[str, str]]:
    who = page.identity
    rows = (("备案号", who.icp), ("公司", who.companies), ("信用代码", who.uscc), ("许可证", who.licences))
    return [(name, "、".join(values)) for name, values in rows if values]


def read_captured(known: Reader, row: Any) -> Read:
    """A stored page (indexer.models.Page) judged again under today's rules: from the archive's bytes, else from its stored text."""
    from evidence import ledger
    from evidence.errors import EvidenceError
    from evidence.read import page_body

    archive, body = settings.HOME / "archive", None
    try:
        found = ledger.capture(archive, row.capture_id) if row.gate != "unreadable" else None
        body = page_body(archive, found) if found is not None else None
    except (OSError, ValueError, LookupError, EvidenceError):
        body = None
    if body is None or len(body.body) > MOST_BYTES:
        return read(known, row.text[:MOST_CHARS], html=False)
    page = extract(Document(body=body.body, url=body.url, content_type=body.content_type, plain=body.kind == "text"))
    on = (row.time + timedelta(hours=8)).date()  # the day in China, which knows no summer time
    return Read(page, judge(page, known.knowledge, on=on), body.kind != "text")
