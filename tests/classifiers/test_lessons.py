"""What fresh texts taught (tests/classifiers/lessons.yaml): sentences of our own, of the kinds of wording that were missed or wrongly accused."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Level, Verdict
from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

KNOWLEDGE = shipped()
LESSONS = read_yaml(Path(__file__).parent / "lessons.yaml")


def judged(text: str) -> Verdict:
    return judge(extract(Document(body=text.encode(), plain=True)), KNOWLEDGE)


@pytest.mark.parametrize("case", LESSONS["found"], ids=lambda case: case["text"][:16])
def test_a_claim_worded_as_seen_lately_is_found(case: dict[str, str]) -> None:
    verdict = judged(case["text"])
    assert any(f.code == case["code"] for f in verdict.findings), (case["text"], [(f.code, f.claim.span) for f in verdict.findings], [(e.finding.code, e.because) for e in verdict.excused])


@pytest.mark.parametrize("case", LESSONS["innocent"], ids=lambda case: case["text"][:16])
def test_who_explains_or_tells_is_left_alone(case: dict[str, str]) -> None:
    verdict = judged(case["text"])
    assert [(f.code, f.claim.span) for f in verdict.findings if f.level > Level.BLUE] == [], case["text"]
