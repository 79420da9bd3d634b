"""Trains ``classifiers.manner``: logistic regression over characters and pairs of them, one voice for each kind of claim (scikit-learn).

Chances are told of texts whose source was not learnt from, and the bounds of each voice are set on those.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from classifiers.evaluation import source_of
from classifiers.manner import LEAST, OFFER, SIZE, STEP, Manner, Voice, features
from classifiers.normalise import normalise

FOLDS, STRENGTH = 10, 8.0
MOST_PAIRS, LEAST_TEXTS_OF_PAIR = 12_000, 3
MOST_LEAST = 0.3
LOST = 0.1  # of the windows with a claim: what may become hints
WORTH, HALF = 0.9, 0.6  # the share of texts rightly told from which words that need a voice count in full, and as a hint
LEAST_SURE = 0.7  # however well a voice does on the texts there are
LEAST_TEXTS, LEAST_OF_EACH = 200, 50
LEAST_OF_VOICE = 12  # texts that were met (not made up) with a claim of that kind


@dataclass(frozen=True, slots=True)
class Example:
    """One window of a labelled text. ``codes``: of the labelled claims it holds; ``weight``: what it counts."""

    source: str
    record: str
    text: str
    codes: frozenset[str]
    spared: frozenset[str] = frozenset()  # codes that are arguable for the text: it teaches nothing of them
    weight: float = 1.0


class TooFew(ValueError):
    """There is not enough to learn from; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How well a voice tells texts of sources it was not learnt from. ``texts``: with such a claim; ``area``: under the curve, over windows;
    ``right`` and ``found``: precision and recall of texts from ``Voice.sure`` on."""

    texts: int
    area: float
    right: float
    found: float


@dataclass(frozen=True, slots=True)
class Trained:
    manner: Manner
    windows: int
    sources: int
    heard: Mapping[str, Heard]


def examples_of(record: Mapping[str, Any]) -> list[Example]:
    """The windows of a text, one after the other. A record may say by ``weight`` what it counts: sentences made up for a test less than a text
    that was met."""
    if record.get("unsure") or "text" not in record:
        return []
    text, source = str(record["text"]), source_of(record)
    normal = normalise(text)
    spans = [(one["code"], normal.at(at), normal.at(at + len(one["span"]) - 1) + 1) for one in record.get("findings") or () if (at := text.find(one["span"])) >= 0]
    weight, name = float(record.get("weight", 1)), f"{source}\n{record.get('id', '')}"
    made = []
    for begin in range(0, max(1, len(normal.text) - LEAST), STEP):
        end = begin + SIZE
        held = frozenset(code for code, low, high in spans if begin <= (low + high) // 2 < end)
        made.append(Example(source, name, normal.text[begin:end], held, frozenset(record.get("optional") or ()), weight))
    return [one for one in made if len(one.text) >= LEAST]


def train(examples: Sequence[Example]) -> Trained:
    """Raises TooFew."""
    examples = sorted(examples, key=lambda one: (_digest(one.source), one.record, one.text))
    offers = sum(bool(one.codes) for one in examples)
    if len(examples) < LEAST_TEXTS or min(offers, len(examples) - offers) < LEAST_OF_EACH:
        raise TooFew(f"样本太少：{len(examples)} 段（至少 {LEAST_TEXTS}），其中招揽 {offers} 段、讲述 {len(examples) - offers} 段（各至少 {LEAST_OF_EACH}）")
    codes = [OFFER, *_voices(examples)]
    fold = np.array([int(_digest(one.source)[:8], 16) % FOLDS for one in examples])
    unheard = np.zeros((len(examples), len(codes)))
    for held in range(FOLDS):
        learnt, asked = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        if len(asked):
            reader, models = _fit([examples[n] for n in learnt], codes)
            seen = reader.transform([examples[n].text for n in asked])
            unheard[asked] = np.column_stack([model.predict_proba(seen)[:, 1] for model in models])
    reader, models = _fit(examples, codes)
    heard, voices = {}, {}
    for place, (code, model) in enumerate(zip(codes, models, strict=True)):
        heard[code], voices[code] = _heard(examples, code, unheard[:, place], round(float(model.intercept_[0]), 3))
    names = [key for key in reader.get_feature_names_out() if not key.isspace()]
    places = [reader.vocabulary_[key] for key in names]
    weights = {code: [round(float(model.coef_[0][place]), 2) for place in places] for code, model in zip(codes, models, strict=True)}
    manner = Manner(voices, {key: n for n, key in enumerate(names)}, [round(float(reader.idf_[place]), 2) for place in places], weights, len(examples))
    return Trained(manner, len(examples), len({one.source for one in examples}), heard)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _voices(examples: Sequence[Example]) -> list[str]:
    """The codes that enough texts speak of."""
    texts: dict[str, set[str]] = defaultdict(set)
    for one in examples:
        for code in one.codes:
            if one.weight >= 1:
                texts[code].add(one.record)
    return sorted(code for code, seen in texts.items() if len(seen) >= LEAST_OF_VOICE)


def _is(example: Example, code: str) -> bool:
    return bool(example.codes) if code == OFFER else code in example.codes


def _fit(examples: Sequence[Example], codes: Sequence[str]) -> tuple[Any, list[Any]]:
    reader = TfidfVectorizer(analyzer=lambda text: list(features(text).elements()), min_df=LEAST_TEXTS_OF_PAIR, max_features=MOST_PAIRS, sublinear_tf=True)
    rows = reader.fit_transform([one.text for one in examples])
    models = []
    for code in codes:
        weights = [0.0 if code in one.spared and code not in one.codes else one.weight for one in examples]
        model = LogisticRegression(C=STRENGTH, class_weight="balanced", solver="liblinear", max_iter=300, random_state=0)
        models.append(model.fit(rows, [_is(one, code) for one in examples], sample_weight=weights))
    return reader, models


def _heard(examples: Sequence[Example], code: str, chances: Any, bias: float) -> tuple[Heard, Voice]:
    truth = np.array([_is(one, code) for one in examples])
    met: dict[str, list[float | bool]] = {}  # the best window of each text that was met
    for one, chance, is_one in zip(examples, chances, truth, strict=True):
        if one.weight >= 1 and (is_one or code not in one.spared):
            best = met.setdefault(one.record, [0.0, False])
            best[0], best[1] = max(best[0], float(chance)), bool(best[1] or is_one)
    claims = sorted(float(chance) for chance, is_one, one in zip(chances, truth, examples, strict=True) if is_one and one.weight >= 1)
    least = claims[int(LOST * len(claims))] if claims else 0.0
    ranked = sorted(met.values(), reverse=True)
    sure, maybe = max(_bound(ranked, WORTH), LEAST_SURE), _bound(ranked, HALF)
    told = [is_one for chance, is_one in ranked if chance >= sure]
    texts = sum(bool(is_one) for _, is_one in ranked)
    heard = Heard(texts, float(roc_auc_score(truth, chances)), sum(map(bool, told)) / max(1, len(told)), sum(map(bool, told)) / max(1, texts))
    return heard, Voice(bias, round(min(least, MOST_LEAST), 3), round(min(maybe, sure), 3), round(sure, 3))


def _bound(ranked: Sequence[Sequence[float | bool]], worth: float) -> float:
    """The lowest chance from which on the share of texts rightly told is ``worth``, with one wrong one more than was seen."""
    bound, right = 0.99, 0
    for count, (chance, is_one) in enumerate(ranked, 1):
        right += bool(is_one)
        if right / (count + 1) >= worth:
            bound = float(chance)
    return bound
