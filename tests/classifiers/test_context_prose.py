"""Running prose: who explains or narrates offers nothing; who sells in the form of an article does."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Level
from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = shipped()
TEXTS = read_yaml(Path(__file__).parent / "prose.yaml")


def found(text: str) -> list[tuple[str, str]]:
    """(code, span) of what is found above blue."""
    verdict = judge(extract(Document(body=text.replace("⏎", "\n").encode(), plain=True)), KNOWLEDGE)
    return [(f.code, f.claim.span) for f in verdict.findings if f.level > Level.BLUE]


@pytest.mark.parametrize("text", TEXTS["innocent"])
def test_prose_that_explains_or_narrates_yields_nothing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(("code", "text"), TEXTS["claims"])
def test_an_offer_written_as_an_article_is_found(code: str, text: str) -> None:
    assert code in {one for one, _ in found(text)}
