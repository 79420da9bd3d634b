"""All papers of a package, each as DOCX and PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from alerts.evidence_papers.catalogue import catalogue
from alerts.evidence_papers.facts import Found, Told
from alerts.evidence_papers.print import pdf
from alerts.evidence_papers.record import record
from alerts.evidence_papers.sheet import Block, Heading, Sheet, Text, said
from alerts.evidence_papers.thumbnails import thumbnails
from alerts.evidence_papers.word import docx
from alerts.papers.referral import LawText
from evidence.packages import elements
from evidence.packages.model import Facts, Papers
from evidence.packages.notes import PROMPT, notes

MAX_PICTURES = 100  # shown small in the record; the others lie in the package
Further = Callable[[Facts], Sequence[tuple[str, bytes]]]
"""Papers made elsewhere (电子数据提取笔录): (name, bytes)."""


def papers(found: Mapping[str, Sequence[Found]], laws: Mapping[str, LawText], further: Sequence[Further] = ()) -> Papers:
    """What ``evidence.packages.export`` calls when it knows all facts. PaperError where a PDF cannot be made on this machine."""
    def made(facts: Facts) -> Iterator[tuple[str, bytes]]:
        principal = {one.id for one in elements.best(facts.captures)}
        names = [one.annotated or one.original for one in facts.pictures if one.capture in principal][:MAX_PICTURES]
        told = Told(facts=facts, found=found, laws=laws, small=thumbnails(names, facts.read))
        sheets = (catalogue(told), record(told), explanation(facts))
        with ThreadPoolExecutor(2) as pool:
            for sheet, printed in zip(sheets, pool.map(pdf, sheets), strict=True):
                yield f"{sheet.name}.docx", docx(sheet)
                yield f"{sheet.name}.pdf", printed
        for one in further:
            yield from one(facts)

    return made


def explanation(facts: Facts) -> Sheet:
    """核验说明 on paper."""
    blocks: list[Block] = []
    for line in notes(facts, None).splitlines()[2:]:
        if line.startswith((PROMPT, "  ")):
            blocks.append(Text(said(line.strip()), align="left", indent=False, small=True))
        elif line[1:2] == "、" and line[0] in "一二三四五六七八九":
            blocks.append(Heading(said(line)))
        elif line:
            blocks.append(Text(said(line), align="left", indent="：" not in line[:12]))
    return Sheet(name="核验说明", title="电子数据证据包核验说明", number=f"包号：{said(facts.id)}", blocks=blocks, foot=f"核验说明　{said(facts.subject.number)}")
