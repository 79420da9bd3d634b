"""The figures of `adpatrol evaluate`, worked out by hand on four records."""

from __future__ import annotations

from classifiers.evaluation import Evaluation
from classifiers.model import Claim, Finding, Genre, Level, Role, Verdict


def verdict(*found: tuple[str, Level]) -> Verdict:
    claim = Claim(kind="test", span="字", start=0, end=1, role=Role.MAIN)
    return Verdict(genre=Genre.OTHER, findings=tuple(
        Finding(code=code, claim=claim, rule="r", ruleset="sha256:0", provisions=(), level=level, suggestion="", confidence=1.0, reasons=())
        for code, level in found
    ))


def record(key: str, *codes: str, **more: object) -> dict[str, object]:
    return {"id": key, "violating": bool(codes), "findings": [{"code": c, "span": "字"} for c in codes], **more}


def test_a_labelled_code_counts_at_any_level_and_a_blue_extra_is_no_alarm() -> None:
    evaluation = Evaluation()
    evaluation.add(record("1", "a"), verdict(("a", Level.BLUE), ("b", Level.BLUE)))
    assert evaluation.codes["a"].tp == 1
    assert evaluation.micro().fp == 0
    assert evaluation.pages.fn == 1  # the page verdict needs a finding above blue


def test_an_unlabelled_code_above_blue_is_a_false_alarm_of_its_kind_of_text() -> None:
    evaluation = Evaluation()
    evaluation.add(record("2", kind="news"), verdict(("a", Level.RED)))
    assert evaluation.codes["a"].fp == 1
    assert evaluation.pages.fp == 1
    assert evaluation.false_alarms_by_kind == {"news": 1}


def test_optional_codes_and_unsure_pages_count_neither_way() -> None:
    evaluation = Evaluation()
    evaluation.add(record("3", "a", optional=["a", "b"], unsure=True), verdict(("b", Level.RED)))
    assert evaluation.micro().to_json()["f1"] == 1.0
    assert (evaluation.pages.tp, evaluation.pages.fp, evaluation.pages.fn) == (0, 0, 0)


def test_precision_and_recall_over_codes() -> None:
    evaluation = Evaluation()
    evaluation.add(record("4", "a", "b"), verdict(("a", Level.RED), ("c", Level.RED)))
    micro = evaluation.micro()
    assert (micro.precision, micro.recall, micro.f1) == (0.5, 0.5, 0.5)
    assert evaluation.micro({"a"}).f1 == 1.0
    assert evaluation.misses == [("4", "b", "字")]
    assert evaluation.alarms == [("4", "c", "字")]
