"""Words in their context: our own innocent texts over all codes and kinds of context, and claims that hide in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.context import kind_of
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Level, Verdict
from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = shipped()
CODES = {rule.code for rule in KNOWLEDGE.rules}
TEXTS = read_yaml(Path(__file__).parent / "innocent.yaml")


def rows(part: str) -> Iterator[tuple[str, str, str]]:
    """(kind, code, text)"""
    for kind, block in TEXTS[part].items():
        for line in block.splitlines():
            code, _, text = line.partition(" | ")
            yield kind, code, text.replace("⏎", "\n")


INNOCENT, CLAIMS = list(rows("innocent")), list(rows("claims"))
FLOOR = 0.94  # of the claims whose code has rules; what is missing then is a word of a rule, never the context


def judged(text: str) -> Verdict:
    return judge(extract(Document(body=text.encode(), plain=True)), KNOWLEDGE)


def test_the_texts_are_many_and_touch_every_code() -> None:
    assert len(INNOCENT) >= 250 and len(CLAIMS) >= 250
    assert len({text for _, _, text in INNOCENT + CLAIMS}) == len(INNOCENT) + len(CLAIMS)
    assert len({code for _, code, _ in INNOCENT}) == 28
    assert len({kind for kind, _, _ in INNOCENT}) >= 18


@pytest.mark.parametrize(("kind", "code", "text"), INNOCENT)
def test_an_innocent_context_yields_nothing(kind: str, code: str, text: str) -> None:
    assert [(f.code, f.claim.span) for f in judged(text).findings if f.level > Level.BLUE] == []


@pytest.mark.parametrize(("kind", "code", "text"), CLAIMS)
def test_no_disguise_excuses_a_claim(kind: str, code: str, text: str) -> None:
    verdict = judged(text)
    found = {f.code for f in verdict.findings}
    excused = [(e.finding.claim.span, e.because) for e in verdict.excused if e.finding.code == code]
    assert code in found or not excused, excused


def test_nearly_all_disguised_claims_are_found_with_their_code() -> None:
    tried = [(code, text) for _, code, text in CLAIMS if code in CODES]
    missed = [(code, text) for code, text in tried if code not in {f.code for f in judged(text).findings}]
    assert len(missed) <= (1 - FLOOR) * len(tried), missed


def test_every_excuse_names_its_kind() -> None:
    seen = {kind_of(e.because) for _, _, text in INNOCENT for e in judged(text).excused}
    assert seen - {"other"} >= {"negation", "question", "quotation", "report", "law", "warning", "court", "complaint", "education", "fiction", "code"}
