"""The calibrated model: it moves confidence only, says why in decisions counted, and learns nothing from nothing."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear import linear

from classifiers.errors import ConfigError
from classifiers.model import Claim, Excused, Finding, Genre, Level, Role, Verdict
from classifiers.weighing import (
    FILE,
    Weight,
    Weights,
    features_of,
    load_weights,
    logit,
    probability,
    sigmoid,
    surroundings,
    weigh,
    weighed,
    written,
)
from classifiers.weighing_training import Example, TooFew, descend, examples_of, reliability, train


def finding(code: str = "a", *, level: Level = Level.RED, confidence: float = 0.93, span: str = "保本保息", rule: str = "r", annual: float | None = None) -> Finding:
    claim = Claim(kind=code, span=span, start=0, end=len(span), role=Role.MAIN, annual=annual)
    return Finding(code=code, claim=claim, rule=rule, ruleset="sha256:0", provisions=("p",), level=level, suggestion="立案", confidence=confidence, reasons=("理由",))


def examples(seed: int = 1, n: int = 400) -> list[Example]:
    """Rules that all say 0.9; rule ``noisy`` is right a third of the time, the other nine times in ten."""
    chance = random.Random(seed)
    made = []
    for number in range(n):
        rule = "noisy" if number % 3 == 0 else "good"
        made.append(Example(f"s{number % 40}", 0.9, (f"rule:{rule}", "level:red"), chance.random() < (0.33 if rule == "noisy" else 0.9)))
    return made


def test_training_makes_confidence_tell_the_truth_on_sources_it_did_not_see() -> None:
    done = train(examples())
    assert done.after.brier < done.before.brier - 0.02 and done.after.ece < done.before.ece / 2
    assert probability(0.9, ("rule:noisy", "level:red"), done.weights) == pytest.approx(0.33, abs=0.1)
    assert probability(0.9, ("rule:good", "level:red"), done.weights) == pytest.approx(0.9, abs=0.06)


def test_the_reason_counts_the_decisions() -> None:
    weights = Weights({"rule:r": Weight(-1.6, 3, 12), "level:red": Weight(0.1, 50, 40)}, digest="sha256:0123456789")
    verdict = Verdict(genre=Genre.PLATFORM, findings=(finding(),))
    new, reason = weigh(finding(), features_of(finding(), surroundings(verdict)), weights)
    assert reason == f"置信度 0.93→{new:.2f}：同一规则（r）被排除 12 次、确认 3 次（权重 01234567）"
    assert new < 0.8
    (changed,) = weighed(verdict, weights).findings
    assert changed.confidence == new and changed.reasons == ("理由", reason)
    assert (changed.code, changed.level, changed.suggestion, changed.claim) == (finding().code, finding().level, finding().suggestion, finding().claim)


def test_without_weights_the_rules_confidence_stands() -> None:
    verdict = Verdict(genre=Genre.AD, findings=(finding(), finding(level=Level.BLUE)))
    assert weighed(verdict, None) is verdict
    assert weighed(verdict, Weights({})).findings == verdict.findings
    assert weigh(finding(), ("rule:r",), Weights({"rule:r": Weight(0.05, 1, 1)})) == (0.93, "")


def test_blue_findings_and_what_was_excused_are_left_alone() -> None:
    weights = Weights({"level:blue": Weight(-3.0, 0, 9), "rule:r": Weight(-3.0, 0, 9)})
    verdict = Verdict(genre=Genre.AD, findings=(finding(level=Level.BLUE),), excused=(Excused(finding=finding(), because="否定"),))
    assert weighed(verdict, weights) == verdict


def test_the_features_are_readable_and_of_the_whole_page() -> None:
    one, two = finding(annual=18.0, span="保·本·保·息年化18%超高收益"), finding("b")
    verdict = Verdict(genre=Genre.NEWS, findings=(one, two), excused=(Excused(finding=finding(), because="否定"),))
    keys = features_of(one, surroundings(verdict))
    assert {"rule:r", "level:red", "role:main", "genre:news", "others:1", "excused:same", "annual:15%—24%", "evasive", "length:long"} == set(keys)
    assert "evasive" not in features_of(two, surroundings(verdict))


def test_unknown_features_change_nothing() -> None:
    weights = train(examples()).weights
    assert probability(0.9, ("rule:new", "genre:new"), weights) == pytest.approx(probability(0.9, (), weights))


def test_written_weights_are_read_back_with_their_digest(tmp_path: Path) -> None:
    weights = train(examples()).weights
    (tmp_path / FILE).write_bytes(written(weights))
    read = load_weights([tmp_path / "absent", tmp_path])
    assert read is not None and read.digest.startswith("sha256:") and written(read) == written(weights)
    assert load_weights([tmp_path / "absent"]) is None


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"format": 9}', '{"format":1,"bias":NaN,"scale":1,"slope":1,"shift":0,"records":1,"features":{}}',
                                  '{"format":1,"bias":0,"scale":1,"slope":1,"shift":0,"records":1,"features":{"a":[1]}}'])
def test_a_broken_file_is_named_with_the_way_out(tmp_path: Path, body: str) -> None:
    (tmp_path / FILE).write_text(body, encoding="utf-8")
    with pytest.raises(ConfigError, match="adpatrol learn"):
        load_weights([tmp_path])


def test_labelled_records_teach_by_their_codes() -> None:
    verdict = Verdict(genre=Genre.AD, findings=(finding("a"), finding("b"), finding("c"), finding("d", level=Level.BLUE)))
    record = {"id": "1", "source": "s", "findings": [{"code": "a", "span": "x"}], "optional": ["c"]}
    assert [(e.features[0], e.right) for e in examples_of(record, verdict)] == [("rule:r", True), ("rule:r", False)]
    assert examples_of(record | {"unsure": True}, verdict) == []


def test_too_little_is_not_learnt_from() -> None:
    with pytest.raises(TooFew, match="样本太少"):
        train(examples(n=20))
    with pytest.raises(TooFew, match="排除 0"):
        train([Example(f"s{n % 9}", 0.9, (), True) for n in range(100)])
    with pytest.raises(TooFew, match="1 个来源"):
        train([Example("s", 0.9, (), n % 2 == 0) for n in range(100)])


def test_the_same_examples_give_the_same_bytes() -> None:
    assert written(train(examples()).weights) == written(train(examples()).weights)
    json.loads(written(train(examples()).weights))


def test_the_minimum_is_a_minimum() -> None:
    chance = random.Random(3)
    rows = [[(0, 1.0), (1, chance.gauss(0, 2)), (2, 1.0)] if chance.random() < 0.5 else [(0, 1.0), (1, chance.gauss(0, 2))] for _ in range(200)]
    right = [chance.random() < sigmoid(row[1][1]) for row in rows]
    start, ridge = [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]

    def loss(w: list[float]) -> float:
        total = sum(r * (a - b) ** 2 / 2 for r, a, b in zip(ridge, w, start, strict=True))
        for row, y in zip(rows, right, strict=True):
            z = sum(value * w[index] for index, value in row)
            total += math.log1p(math.exp(-z if y else z))
        return total

    found = descend(rows, right, start, ridge)
    for index in range(3):
        for nudge in (-0.02, 0.02):
            moved = [w + nudge * (n == index) for n, w in enumerate(found)]
            assert loss(found) < loss(moved)


def test_reliability_worked_out_by_hand() -> None:
    told = reliability([0.95, 0.95, 0.15], [True, False, False])
    assert told.brier == pytest.approx((0.05**2 + 0.95**2 + 0.15**2) / 3)
    assert told.ece == pytest.approx((2 * abs(0.95 - 0.5) + abs(0.15 - 0)) / 3)
    assert [row[2] for row in told.table] == [1, 2]


@settings(max_examples=60)
@given(st.floats(0, 1), st.lists(st.sampled_from(["rule:r", "genre:news", "evasive"]), unique=True), st.floats(-50, 50), st.floats(-50, 50))
def test_confidence_stays_between_its_bounds(prior: float, features: list[str], weight: float, bias: float) -> None:
    weights = Weights({key: Weight(weight, 1, 1) for key in ("rule:r", "genre:news", "evasive")}, bias=bias)
    assert 0.02 <= probability(prior, features, weights) <= 0.99
    assert sigmoid(logit(min(max(prior, 0.005), 0.995))) == pytest.approx(min(max(prior, 0.005), 0.995))


@linear
def test_a_page_of_any_number_of_findings_is_weighed_in_time() -> None:
    verdict = Verdict(genre=Genre.AD, findings=tuple(finding(f"c{n % 28}", rule="good") for n in range(100_000)))
    assert len(weighed(verdict, train(examples()).weights).findings) == 100_000
