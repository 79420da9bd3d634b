"""Real texts and pages (../shared), judged without a patrol: figures by code, exact offsets, and time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.evaluation import Evaluation, part_of
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Page
from tests.end_to_end.real_sites import SHARED, real_sites, score
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
GOLD = ROOT / ".." / "shared" / "gold" / "dev.jsonl"
KNOWLEDGE = shipped()
LEAST_F1 = 0.95
CODES = ("guarantee.principal", "guarantee.return", "yield.promise", "yield.excessive", "endorse.state", "p2p.self_guarantee", "brand.unlicensed")

pytestmark = pytest.mark.shared


@pytest.mark.skipif(not GOLD.is_file(), reason="../shared/gold is not here")
def test_labelled_texts_are_judged_as_labelled() -> None:
    evaluation = Evaluation()
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if part_of(record["source"]) == "held":  # nobody writes rules from it, nor reads it in a failure
            continue
        page = extract(Document(body=record["text"].encode("utf-8", "replace"), plain=True))
        verdict = judge(page, KNOWLEDGE)
        assert all(page.full_text[f.claim.start:f.claim.end] == f.claim.span for f in verdict.findings)
        evaluation.add(record, verdict)
    figures = {code: round(evaluation.codes[code].f1, 3) for code in CODES}
    assert min(figures.values()) >= LEAST_F1, (figures, evaluation.alarms)
    # Pages and all other codes are held to their floors in test_quality_floors.py.


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, str], Page]:
    if not SHARED.is_dir():
        pytest.skip("../shared/sites is not here")
    return {
        (site.name, name): extract(Document(body=(site.folder / name).read_bytes(), url=site.url(name, 80), content_type="text/html"))
        for site in real_sites() for name in site.pages() if not name.endswith(".xml")
    }


def test_real_pages_are_judged_as_labelled_and_every_span_is_exact(pages: dict[tuple[str, str], Page]) -> None:
    found = {}
    for key, page in pages.items():
        verdict = judge(page, KNOWLEDGE)
        for finding in (*verdict.findings, *(e.finding for e in verdict.excused)):
            assert page.full_text[finding.claim.start:finding.claim.end] == finding.claim.span
        found[key] = [{**f.to_json(), "text": page.full_text} for f in verdict.findings]
    result = score(real_sites(), found)
    assert sum(result.expected.values()) > 0
    assert result.recall >= 0.95, result.lines()
    assert (result.innocent_flagged, result.must_not) == ([], [])


