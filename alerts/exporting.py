"""证据包 of a lead, or of captures: which captures belong to it, what casework knows of them, and the one call that makes it.

The console and the command line call this; ``evidence.packages`` does the packing, and leaves the acts in the ledger.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction

from alerts import audit, leads
from alerts.annotated import Marker
from alerts.custody import record_steps
from alerts.evidence_papers.facts import Found
from alerts.evidence_papers.papers import Further, papers
from alerts.evidence_papers.print import pdf
from alerts.evidence_papers.word import docx
from alerts.evidence_settings import EvidenceSettings
from alerts.models import LEVEL_NAMES, AttendedSession, Lead, LeadFinding
from alerts.names import code_name
from alerts.papers.referral import LawText, plain
from alerts.sessions.record import sheet
from alerts.stamping import post
from evidence import ledger, read, stamps
from evidence.capture import Capture
from evidence.errors import PackageRefused, StampRefused
from evidence.keys import FILE, make
from evidence.packages.export import export
from evidence.packages.model import Authority, Exported, Facts, Order, Sealed, Shown, Subject
from evidence.roots import roots
from evidence.verifier.bundle import bundle
from indexer.models import Finding, Page

FOLDER = "exports"
GRADED = ("desktop-evidence", "phone-evidence")
STATE = "stamping.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporting:
    """Who exports (``who``), and what the office set. ``target``: the file to write; None: in the home's own folder, under a name of its own."""

    home: Path
    who: str
    settings: EvidenceSettings
    laws: Mapping[str, LawText]
    target: Path | None = None
    further: Sequence[Further] = ()


def export_lead(how: Exporting, number: str, *, sealed: Sealed | None = None) -> Exported:
    """The package of a lead. Raises NoSuchLead, ElementsMissing and whatever ``evidence.packages.export`` raises."""
    lead = leads.by_number(number)
    title = f"{lead.platform}涉嫌{code_name(lead.code)}"
    how = replace(how, further=(*how.further, session_papers(how.home / "archive", lead, how.laws)))
    return _export(how, Subject("lead", lead.number, plain(title)), captures_of(how.home / "archive", lead), sealed, list(lead.findings.all()))


def export_captures(how: Exporting, ids: Sequence[str], *, sealed: Sealed | None = None) -> Exported:
    """The package of one capture or several. Raises PackageRefused where one is not in the archive."""
    found = _captures(how.home / "archive", ids)
    absent = [id for id in ids if id not in {one.id for one in found}]
    if absent or not found:
        raise PackageRefused(f"本机存档中没有快照 {'、'.join(absent[:5]) or '（未指明）'}")
    number = found[0].id if len(found) == 1 else hashlib.sha256("\n".join(sorted(one.id for one in found)).encode()).hexdigest()[:16]
    title = f"{found[0].site}的网页快照" + (f"等 {len(found)} 个" if len(found) > 1 else "")
    return _export(how, Subject("capture" if len(found) == 1 else "captures", number, plain(title)), found, sealed, [])


def captures_of(archive: Path, lead: Lead) -> list[Capture]:
    """What the lead rests on: the captures first and last met, and the newest of each kind at evidence grade, of each of its pages."""
    ids: dict[str, None] = {}
    keys = set()
    for copy in lead.findings.order_by("seq", "start"):
        ids |= {copy.capture_id: None, copy.last_capture: None}
        keys.add(copy.url_key)
    newest: dict[tuple[str, str], str] = {}
    for key, client, id in Page.objects.filter(url_key__in=keys, client__in=GRADED, outcome="ok").order_by("seq").values_list("url_key", "client", "capture_id"):
        newest[key, client] = id
    return _captures(archive, [*ids, *newest.values(), *_attended(lead)])


def _attended(lead: Lead) -> list[str]:
    """What its attended sessions left: their own visit, and the scans of the signed 笔录."""
    found: list[str] = []
    for session in lead.sessions.filter(state=AttendedSession.State.FINISHED).prefetch_related("papers"):
        found += [session.capture_id, *(paper.capture_id for paper in session.papers.all())]
    return [id for id in found if id]


def session_papers(archive: Path, lead: Lead, laws: Mapping[str, LawText]) -> Further:
    """《电子数据提取笔录》 of each finished session of the lead, from the session alone, and the scans of the signed ones."""
    def made(facts: Facts) -> list[tuple[str, bytes]]:
        papers: list[tuple[str, bytes]] = []
        for session in lead.sessions.filter(state=AttendedSession.State.FINISHED).order_by("id"):
            root = facts.roots.get(session.capture_id)
            told = [f"{one.authority}，{one.time}（UTC），第 {one.root} 个存证根" for one in facts.stamps if root is not None and one.root == root.seq]
            filled = sheet(session, archive, provisions=laws, office=facts.office, stamps=told)
            papers += [(f"电子数据提取笔录-{session.number}.docx", docx(filled)), (f"电子数据提取笔录-{session.number}.pdf", pdf(filled))]
            for number, scan in enumerate(session.papers.order_by("id"), 1):
                capture = ledger.capture(archive, scan.capture_id)
                ref = next((one for one in capture.records if ":signed:" in one.uri), None) if capture else None
                if ref is not None:
                    ending = ref.uri.rpartition(".")[2][:4]
                    papers.append((f"电子数据提取笔录-{session.number}-签名{number}.{ending}", read.record_payload(archive, ref)))
        return papers

    return made


def _captures(archive: Path, ids: Iterable[str]) -> list[Capture]:
    found = [ledger.capture(archive, id) for id in dict.fromkeys(ids)]
    return [one for one in found if one is not None]


def _export(how: Exporting, subject: Subject, captures: list[Capture], sealed: Sealed | None, copies: Sequence[LeadFinding]) -> Exported:
    home, made, id = how.home, datetime.now(UTC).replace(microsecond=0), str(uuid.uuid4())
    archive = home / "archive"
    record_steps(archive)
    if how.settings.program is None and not (home / "keys" / FILE).is_file() and not roots(archive):
        make(home / "keys" / FILE)  # a home from before there were roots
    found = _found(captures, copies)
    order = Order(
        id=id, made=made, office=how.settings.office, who=how.who, subject=subject, captures=captures, shown=_shown(captures, found), sealed=sealed,
        authorities=tuple(map(_authority, how.settings.authorities)), verifier=bundle(), review=how.settings.review, software=f"adpatrol/{_version()}",
    )
    stem = subject.number if subject.kind == "lead" else subject.kind  # ids of foreign archives never name a file
    target = how.target or home / FOLDER / f"{stem}-{made:%Y%m%d-%H%M%S}-{id[:8]}.zip"
    asked = _Stamping(home, how.settings)
    done = export(
        archive, order, target, signer=how.settings.signer(home), papers=papers(found, how.laws, how.further), annotate=Marker(archive, home, how.laws, captures), stamp=asked.data,
        stamp_roots=asked.roots, witness=how.settings.witness,
    )
    with transaction.atomic():
        audit.record(how.who, "导出证据包", subject.act if subject.kind in ("lead", "capture") else f"package:{id}", package=id, sha256=done.sha256, captures=len(captures),
                     missing=[one.element for one in done.missing], sealed_by=sealed.who if sealed and done.missing else "")
    return done


class _Stamping:
    """Asks the authorities of the office; one that was silent is not asked again for the same package."""

    def __init__(self, home: Path, settings: EvidenceSettings) -> None:
        self._home, self._settings = home, settings
        self._silent: set[str] = set()

    def _awake(self) -> list[stamps.Authority]:
        return [one for one in self._settings.authorities if one.name not in self._silent]

    def roots(self) -> None:
        passed = stamps.stamp(self._home / "archive", self._awake(), post, self._home / STATE, at_once=True, witness=self._settings.witness)
        self._silent |= set(passed.silent)

    def data(self, content: bytes) -> Iterable[tuple[str, bytes]]:
        for authority in self._awake():
            try:
                yield authority.name, stamps.stamped(authority, content, post)[0]
            except (stamps.Unreachable, StampRefused):
                self._silent.add(authority.name)


def _authority(one: stamps.Authority) -> Authority:
    """With the fingerprint of its first certificate, which is the root that papers print."""
    certificates = stamps.certificates(one)
    return Authority(one.name, one.roots, hashlib.sha256(certificates[0].public_bytes(Encoding.DER)).hexdigest())


def _found(captures: Sequence[Capture], copies: Sequence[LeadFinding]) -> dict[str, list[Found]]:
    """By capture: what the index has, else the lead's own copies."""
    found: dict[str, list[Found]] = {}
    for row in Finding.objects.filter(page__capture_id__in=[one.id for one in captures]).select_related("page").defer("page__text").order_by("-level", "start"):
        found.setdefault(row.page.capture_id, []).append(_one(row))
    for copy in copies:
        if copy.capture_id not in found:
            found[copy.capture_id] = [_one(other) for other in copies if other.capture_id == copy.capture_id]
    return found


def _one(row: Finding | LeadFinding) -> Found:
    return Found(code=row.code, name=code_name(row.code), span=row.span, level=f"{LEVEL_NAMES.get(row.level, '')}色", provisions=tuple(row.provisions), reasons=tuple(row.reasons))


def _shown(captures: Sequence[Capture], found: Mapping[str, Sequence[Found]]) -> dict[str, Shown]:
    pages = Page.objects.filter(capture_id__in=[one.id for one in captures]).exclude(gate="").iterator(chunk_size=50)
    return {page.capture_id: Shown(judged=not page.error, claims=len(found.get(page.capture_id, ())), title=page.title, text=page.text[:200_000],
                                   companies=tuple(page.company), icp=tuple(page.icp)) for page in pages}


def _version() -> str:
    try:
        return version("adpatrol")
    except PackageNotFoundError:
        return "0"

