"""Trains ``classifiers.weighing``: a logistic model that stays near the rules' own confidences until decisions say otherwise, then calibrated.

Why it is written here: the model starts from the rule's confidence and each weight is held to zero by a prior (maximum a posteriori), so that ten
decisions move a little and a thousand move much. scikit-learn's logistic regression has no such offset, and weighs 40 MB with its needs; this is
one convex problem of some hundred unknowns. Deterministic: no random numbers, folds by the digest of the source.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classifiers.evaluation import source_of
from classifiers.model import Level, Verdict
from classifiers.weighing import Weight, Weights, features_of, logit, sigmoid, surroundings

FOLDS = 5
RIDGE = 1.0  # of a feature's weight: variance 1 in log-odds before anything was seen
STIFF = 4.0  # of bias, and of scale, slope and shift around "change nothing"
LEAST_FINDINGS, LEAST_OF_EACH, LEAST_SOURCES = 30, 5, 5
BINS = 10
SWEEPS, ENOUGH = 400, 1e-4


@dataclass(frozen=True, slots=True)
class Example:
    """One finding and what people said of it. ``prior``: the rule's confidence; ``right``: confirmed."""

    source: str
    prior: float
    features: tuple[str, ...]
    right: bool


def examples_of(record: Mapping[str, Any], verdict: Verdict) -> list[Example]:
    """The decided findings of one labelled record: confirmed where the code is labelled, dismissed where not; optional codes, unsure records
    and blue findings teach nothing."""
    if record.get("unsure"):
        return []
    around = surroundings(verdict)
    labelled, optional = {f["code"] for f in record.get("findings") or ()}, set(record.get("optional") or ())
    return [
        Example(source_of(record), f.confidence, features_of(f, around), f.code in labelled)
        for f in verdict.findings if f.level > Level.BLUE and f.code not in optional
    ]


class TooFew(ValueError):
    """There is not enough to learn from; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well confidences tell. ``brier``: mean squared error; ``ece``: mean gap between confidence and share confirmed over 10 bins;
    ``table``: (from, to, findings, mean confidence, share confirmed) of each bin that is not empty."""

    brier: float
    ece: float
    table: tuple[tuple[float, float, int, float, float], ...]

    def to_json(self) -> dict[str, Any]:
        keys = ("from", "to", "findings", "confidence", "confirmed")
        return {"brier": round(self.brier, 4), "ece": round(self.ece, 4), "table": [dict(zip(keys, (round(x, 4) for x in row), strict=True)) for row in self.table]}


@dataclass(frozen=True, slots=True)
class Trained:
    """``before``, ``after``: of findings whose source was not learnt from (cross-validation grouped by source)."""

    weights: Weights
    before: Reliability
    after: Reliability
    findings: int
    confirmed: int
    sources: int


def train(examples: Sequence[Example]) -> Trained:
    """Raises TooFew."""
    confirmed, sources = sum(e.right for e in examples), {e.source for e in examples}
    if len(examples) < LEAST_FINDINGS or min(confirmed, len(examples) - confirmed) < LEAST_OF_EACH or len(sources) < LEAST_SOURCES:
        raise TooFew(
            f"样本太少：判断过的涉嫌违法点 {len(examples)} 处（至少 {LEAST_FINDINGS}），其中确认 {confirmed}、排除 {len(examples) - confirmed}"
            f"（各至少 {LEAST_OF_EACH}），来自 {len(sources)} 个来源（至少 {LEAST_SOURCES}）。在此之前，置信度就是规则所写"
        )
    fold = [int(hashlib.sha256(e.source.encode("utf-8", "surrogatepass")).hexdigest()[:8], 16) % FOLDS for e in examples]
    raw, after = [0.0] * len(examples), [0.0] * len(examples)
    for held in range(FOLDS):
        model = _fit([e for e, f in zip(examples, fold, strict=True) if f != held])
        for place, example in enumerate(examples):
            if fold[place] == held:
                raw[place] = _log_odds(model, example)
    for held in range(FOLDS):
        slope, shift = _platt([(raw[i], e.right) for i, e in enumerate(examples) if fold[i] != held])
        for place in range(len(examples)):
            if fold[place] == held:
                after[place] = sigmoid(slope * raw[place] + shift)
    slope, shift = _platt([(z, e.right) for e, z in zip(examples, raw, strict=True)])
    weights = replace(_fit(examples), slope=slope, shift=shift)
    labels = [e.right for e in examples]
    return Trained(weights, reliability([e.prior for e in examples], labels), reliability(after, labels), len(examples), confirmed, len(sources))


def reliability(said: Sequence[float], right: Sequence[bool]) -> Reliability:
    """``said``: confidences; ``right``: what came of them. Of nothing, all zeros."""
    count = len(said)
    if not count:
        return Reliability(0.0, 0.0, ())
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, y in zip(said, right, strict=True):
        bins.setdefault(min(int(p * BINS), BINS - 1), []).append((p, y))
    table = tuple(
        (n / BINS, (n + 1) / BINS, len(inside), sum(p for p, _ in inside) / len(inside), sum(y for _, y in inside) / len(inside)) for n, inside in sorted(bins.items())
    )
    ece = sum(size * abs(mean - share) for _, _, size, mean, share in table) / count
    return Reliability(sum((p - y) ** 2 for p, y in zip(said, right, strict=True)) / count, ece, table)


def _fit(examples: Sequence[Example]) -> Weights:
    """Without calibration. Of no examples: the rules' own confidences."""
    confirmed: Counter[str] = Counter()
    dismissed: Counter[str] = Counter()
    for example in examples:
        (confirmed if example.right else dismissed).update(example.features)
    names = sorted(confirmed.keys() | dismissed.keys())
    place = {name: n + 2 for n, name in enumerate(names)}
    rows = [[(0, 1.0), (1, logit(e.prior)), *((place[key], 1.0) for key in e.features)] for e in examples]
    found = descend(rows, [e.right for e in examples], [0.0, 1.0] + [0.0] * len(names), [STIFF, STIFF] + [RIDGE] * len(names))
    features = {name: Weight(round(found[n], 6), confirmed[name], dismissed[name]) for name, n in place.items()}
    return Weights(features, bias=round(found[0], 6), scale=round(found[1], 6), records=len(examples))


def _log_odds(model: Weights, example: Example) -> float:
    return model.bias + model.scale * logit(example.prior) + sum(model.features[key].weight for key in example.features if key in model.features)


def _platt(scored: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """(slope, shift) that make log-odds tell true shares."""
    slope, shift = descend([[(0, z), (1, 1.0)] for z, _ in scored], [y for _, y in scored], [1.0, 0.0], [STIFF, STIFF])
    return round(max(slope, 0.05), 6), round(shift, 6)  # never turned round: what is more likely stays more likely


def descend(rows: Sequence[Sequence[tuple[int, float]]], right: Sequence[bool], start: Sequence[float], ridge: Sequence[float]) -> list[float]:
    """The w that minimises Σ log-loss(Σ x·w, right) + ½ Σ ridge·(w − start)². ``rows``: (index, value) of what is not zero.

    Coordinate descent with the curvature's upper bound (¼ Σ x² + ridge): each step goes down, whatever the data."""
    columns: list[list[tuple[int, float]]] = [[] for _ in start]
    for number, row in enumerate(rows):
        for index, value in row:
            columns[index].append((number, value))
    found = list(start)
    margins = [sum(value * found[index] for index, value in row) for row in rows]
    bounds = [sum(value * value for _, value in column) / 4 + ridge[index] for index, column in enumerate(columns)]
    for _ in range(SWEEPS):
        most = 0.0
        for index, column in enumerate(columns):
            slope = sum((sigmoid(margins[number]) - right[number]) * value for number, value in column) + ridge[index] * (found[index] - start[index])
            step = slope / bounds[index]
            if step:
                found[index] -= step
                for number, value in column:
                    margins[number] -= step * value
                most = max(most, abs(step))
        if most < ENOUGH:
            break
    return found
