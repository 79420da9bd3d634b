"""Each code's own sentences (tests/classifiers/sentences/<code>.yaml): what must be found, and what must be left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Level, Verdict
from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = shipped()
CASES: dict[str, dict[str, list[dict[str, Any]]]] = {
    file.stem: read_yaml(file) for file in sorted((Path(__file__).parent / "sentences").glob("*.yaml"))
}
# Why a sentence is innocent: each kind stands in each file.
CONTEXTS = {
    "news", "law", "education", "negation", "question", "quotation", "conditional", "complaint", "fiction", "job", "code", "contract", "licensed", "disclaimer", "other",
}


def judged(text: str) -> Verdict:
    return judge(extract(Document(body=text.encode(), plain=True)), KNOWLEDGE)


def entries(kind: str) -> list[Any]:
    return [pytest.param(code, case, id=f"{code}-{n}") for code, cases in CASES.items() for n, case in enumerate(cases[kind], 1)]


@pytest.mark.parametrize("code", CASES)
def test_a_code_has_enough_sentences_of_every_kind(code: str) -> None:
    found, innocent = CASES[code]["found"], CASES[code]["innocent"]
    assert len({case["text"] for case in found}) >= 40
    assert len({case["text"] for case in innocent}) >= 40
    assert {case["because"] for case in innocent} == CONTEXTS
    assert all(case["says"] in case["text"] for case in found)


@pytest.mark.parametrize(("code", "case"), entries("found"))
def test_a_claim_is_found(code: str, case: dict[str, str]) -> None:
    verdict = judged(case["text"])
    spans = [finding.claim.span for finding in verdict.findings if finding.code == code]
    excused = [(entry.finding.claim.span, entry.because) for entry in verdict.excused if entry.finding.code == code]
    assert any(case["says"] in span for span in spans), (case["text"], spans, excused)


@pytest.mark.parametrize(("code", "case"), entries("innocent"))
def test_an_innocent_sentence_is_left_alone(code: str, case: dict[str, str]) -> None:
    verdict = judged(case["text"])
    assert [f.claim.span for f in verdict.findings if f.code == code and f.level > Level.BLUE] == [], case["text"]
