"""线索移送函: a draft for an officer, filled from a lead. It says 涉嫌 everywhere and quotes the page's exact words.

Only law texts read whole, verified and plainly in force are printed; every other provision is named with 待核 (design/casework.md).
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import jinja2
from docxtpl import DocxTemplate
from jinja2.sandbox import SandboxedEnvironment

from alerts.errors import WrongState
from alerts.models import Lead, LeadFinding
from alerts.names import code_name
from classifiers.errors import AdPatrolError

BEIJING = ZoneInfo("Asia/Shanghai")
MAX_ITEMS = 10  # pages quoted in the letter; the rest is counted and stands in the monitoring record
IN_FORCE = re.compile(r"in_force(?:（(?:截至所见源(?:；未见\d{4}年修订)?|未见废止)）)?")
ORDINALS = "一二三四五六七八九十"


class PaperError(AdPatrolError):
    """The template cannot be filled; the message says which tag."""


class LawText(Protocol):
    """What a paper needs of a provision (``classifiers.knowledge.Provision`` has it)."""

    @property
    def law(self) -> str: ...
    @property
    def article(self) -> str: ...
    @property
    def paragraph_item(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def verified(self) -> bool: ...
    @property
    def source_quality(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What the office fills in; blanks are left open for the officer. The number comes from OA or the office's sequence at 签发."""

    office: str = "（发文机关全称）"
    word: str = "　　　函"  # 发文机关代字
    recipient: str = "（受函机关全称）"
    contact: str = "　　　　联系电话：　　　　　　"


def referral(
    lead: Lead, *, template: Path, provisions: Mapping[str, LawText], digests: Mapping[str, str], today: datetime,
    letterhead: Letterhead | None = None, gaps: Sequence[str] = (),
) -> bytes:
    """The draft as DOCX. ``provisions`` by id; ``digests``: SHA-256 by capture id (``evidence_digests``); ``today`` gives the year;
    ``gaps``: what the evidence still lacks (alerts.papers.gaps), told to the drafter below the letter.

    Raises WrongState for a lead that was dismissed, PaperError for a template with an unknown tag."""
    if lead.state == Lead.State.DISMISSED:
        raise WrongState(lead.number, str(Lead.State.DISMISSED.label), "待核查或已确认")
    document = DocxTemplate(str(template))
    # site text is data: escaped, never a template; the office's template itself runs in the sandbox
    environment = SandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
    try:
        facts = context(lead, provisions, digests, today, letterhead or Letterhead()) | {"gaps": [plain(gap) for gap in gaps]}
        document.render(facts, environment, autoescape=True)
    except jinja2.TemplateError as error:
        raise PaperError(f"模板 {template.name} 无法填写：{' '.join(str(error).split())}") from error
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def context(
    lead: Lead, provisions: Mapping[str, LawText], digests: Mapping[str, str], today: datetime, letterhead: Letterhead
) -> dict[str, Any]:
    """What the tags of the template stand for; every value from a site has passed ``plain``."""
    platform = lead.platform
    copies = list(lead.findings.order_by("-level", "seq", "start"))
    quoted: dict[str, LeadFinding] = {}
    for copy in copies:
        quoted.setdefault(copy.url_key, copy)
    shown = list(quoted.values())[:MAX_ITEMS]
    wanted = list(dict.fromkeys(provision for copy in copies for provision in copy.provisions))
    printed = [_law(provisions[p]) for p in wanted if p in provisions and may_print(provisions[p])]
    named = [_law(provisions[p]) if p in provisions else {"name": plain(p), "text": ""} for p in wanted
             if p not in provisions or not may_print(provisions[p])]
    year = today.astimezone(BEIJING).year
    return {
        "office": letterhead.office, "document_number": f"{letterhead.word}〔{year}〕　　号", "recipient": letterhead.recipient,
        "contact": letterhead.contact, "date": f"{year}年　　月　　日", "number": lead.number,
        "platform": plain(f"{platform.name}（{platform.key}）" if platform.name else platform.key),
        "sites": plain("、".join(platform.sites)) or "未见", "companies": plain("、".join(platform.companies)) or "页面未显示",
        "icp": plain("、".join(platform.icp)) or "页面未显示", "code": plain(lead.code), "code_name": code_name(lead.code), "pages": lead.pages,
        "items": [_item(n, copy, digests) for n, copy in enumerate(shown)], "more_pages": max(len(quoted) - len(shown), 0),
        "printed": printed, "named": named,
    }


def may_print(provision: LawText) -> bool:
    """Whether the text may stand in a paper unattended: read whole in a law text, verified, plainly in force, no revision pending."""
    whole = provision.verified and provision.source_quality == "law_text_mirror" and bool(provision.text)
    return whole and IN_FORCE.fullmatch(provision.status) is not None


def plain(text: str) -> str:
    """One line of text that XML and Word can hold: control, format and unassigned characters out, white space collapsed. Left alone
    otherwise: quotations stay exact."""
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())


def evidence_digests(archive: Path, lead: Lead) -> dict[str, str]:
    """SHA-256 of the stored record each copy was read from, by capture id: the response as received, else the first record.
    Captures the ledger does not know (another office's archive) are left out."""
    from evidence.ledger import capture as in_ledger

    found: dict[str, str] = {}
    for capture_id in lead.findings.values_list("capture_id", flat=True).distinct():
        capture = in_ledger(archive, capture_id)
        if capture and capture.records:
            pages = [r for r in capture.records if r.type in ("response", "revisit") and r.uri in (capture.final_url, capture.url)]
            found[capture_id] = (pages or list(capture.records))[-1 if pages else 0].sha256
    return found


def _law(provision: LawText) -> dict[str, str]:
    name = f"{provision.law}{provision.article}{provision.paragraph_item or ''}"
    return {"name": plain(name), "text": "".join(plain(line) for line in provision.text.splitlines()) if provision.text else ""}


def _item(index: int, copy: LeadFinding, digests: Mapping[str, str]) -> dict[str, str]:
    return {
        "ordinal": ORDINALS[index], "span": plain(copy.span), "url": plain(copy.url), "captured": _beijing(copy.captured_at),
        "last_seen": _beijing(copy.last_seen), "capture": plain(copy.capture_id),
        "sha256": digests.get(copy.capture_id, "") or "（未在本机存档中找到，须补）",
    }


def _beijing(time: datetime) -> str:
    local = time.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M:%S}"
