"""The figures of `adpatrol evaluate`, worked out by hand on four records."""

from __future__ import annotations

import hashlib

from classifiers.evaluation import NOTHING, UNLABELLED, Evaluation, part_of, source_of
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


def test_a_record_on_which_readers_differed_is_left_out() -> None:
    evaluation = Evaluation()
    evaluation.add(record("5", "a", unsure=True), verdict(("b", Level.RED)))
    assert (evaluation.records, evaluation.unsure) == (1, 1)
    assert evaluation.micro().to_json() == evaluation.pages.to_json()
    assert not evaluation.slips


def test_a_code_given_for_another_on_the_same_words_is_a_confusion() -> None:
    evaluation = Evaluation()
    evaluation.add(record("6", "a", source="s"), verdict(("b", Level.RED)))
    assert evaluation.confusions == {("a", "b"): 1}
    evaluation.add(record("7", "a", source="s"), verdict())
    evaluation.add(record("8", source="t"), verdict(("b", Level.RED)))
    assert evaluation.confusions == {("a", "b"): 1, ("a", NOTHING): 1, (UNLABELLED, "b"): 1}
    assert (evaluation.sources["s"].fn, evaluation.sources["s"].fp, evaluation.sources["t"].fp) == (2, 1, 1)


def test_what_turns_the_page_comes_first_and_sources_that_err_most() -> None:
    evaluation = Evaluation()
    evaluation.add(record("1", "a", "b", source="small"), verdict(("a", Level.RED)))
    evaluation.add(record("2", "a", source="page"), verdict())
    assert [slip.id for slip in evaluation.worst()] == ["2", "1"]
    assert evaluation.worst()[0].page and not evaluation.worst()[1].page


def test_micro_counts_decisions_and_macro_counts_codes() -> None:
    evaluation = Evaluation()
    for n in range(3):
        evaluation.add(record(str(n), "often"), verdict(("often", Level.RED)))
    evaluation.add(record("9", "rare"), verdict())
    assert evaluation.micro().recall == 0.75
    assert evaluation.macro()["recall"] == 0.5


def test_false_alarms_are_counted_by_kind_of_text_and_code() -> None:
    evaluation = Evaluation()
    evaluation.add(record("1", kind="news"), verdict(("a", Level.RED), ("b", Level.BLUE)))
    evaluation.add(record("2", "c", kind="ad"), verdict(("c", Level.RED), ("a", Level.YELLOW)))
    assert {kind: dict(codes) for kind, codes in evaluation.alarms_by_kind.items()} == {"news": {"a": 1}, "ad": {"a": 1}}
    assert evaluation.false_alarms_by_kind == {"news": 1}
    assert evaluation.kinds["ad"].to_json()["f1"] == 1.0


def test_all_texts_of_one_source_lie_in_one_part() -> None:
    assert part_of("public file 1") == part_of("public file 1")
    parts = [part_of(f"source {n}") for n in range(2_000)]
    assert 0.55 < parts.count("develop") / len(parts) < 0.65
    assert part_of("来源一") == ("develop" if int(hashlib.sha256("来源一".encode()).hexdigest()[:8], 16) % 10 < 6 else "held")
    assert source_of({"id": "x"}) == "x" and source_of({"id": "x", "source": "s"}) == "s"
