"""Our own sentences: what must be found, and what must be left alone, with the code that each is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Level, Verdict
from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
CASES = read_yaml(Path(__file__).parent / "sentences.yaml")
KNOWLEDGE = shipped()


def judged(text: str) -> Verdict:
    return judge(extract(Document(body=text.encode(), plain=True)), KNOWLEDGE)


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, cases in CASES.items() for text in cases["flag"]])
def test_a_claim_is_found_and_its_span_is_exact(code: str, text: str) -> None:
    verdict = judged(text)
    assert code in {finding.code for finding in verdict.findings}, [(e.finding.claim.span, e.because) for e in verdict.excused]
    for finding in verdict.findings:
        assert text[finding.claim.start:finding.claim.end] == finding.claim.span
        assert finding.reasons
        assert all(KNOWLEDGE.provisions[p].verified for p in finding.provisions)


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, cases in CASES.items() for text in cases["leave"]])
def test_an_innocent_sentence_is_left_alone(code: str, text: str) -> None:
    verdict = judged(text)
    assert [(f.code, f.claim.span) for f in verdict.findings if f.level > Level.BLUE] == []
    assert all(excused.because for excused in verdict.excused)


def test_a_disclaimer_in_the_footer_excuses_no_promise_in_the_banner() -> None:
    verdict = judged("新手专享，保本保息，立即投资\n产品列表\n关于我们\n投资有风险，理财需谨慎，本平台不承诺保本")
    assert {f.claim.span for f in verdict.findings if f.code == "guarantee.principal"} == {"保本保息"}
    assert any(e.finding.claim.span == "承诺保本" or e.finding.claim.span == "保本" for e in verdict.excused)


def test_an_expected_rate_is_worth_a_look_and_no_more() -> None:
    verdict = judged("预期年化收益率 5.5%，一百元起投")
    assert {(f.code, f.level) for f in verdict.findings} == {("yield.promise", Level.BLUE)}
    assert not verdict.violating


def test_a_number_alone_is_never_red() -> None:
    for rate in ("年化收益率48%", "每天收益5%", "投一万每天返500元", "年化收益率高达300%，立即加入"):
        assert max(f.level for f in judged(rate).findings) <= Level.ORANGE


def test_a_finding_says_the_sum_it_did() -> None:
    claim = next(f for f in judged("投资理财，月收益率3%，满月提现").findings if f.code == "yield.excessive").claim
    assert (claim.low, claim.high, claim.period, claim.annual) == (3.0, 3.0, "month", 36.0)
    assert claim.formula == "月 3% × 12 = 年化 36%（单利）"
