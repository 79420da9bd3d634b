"""How sure: a rule's confidence moved by what officers decided of findings like it. Weights are data (weights.json); no weights, no change.

A logistic model over a few features that people can read, calibrated (``classifiers.weighing_training``). It never finds and never clears: codes,
levels and excuses stay as the rules gave them. Each change says why, in decisions counted: 置信度 0.93→0.71：同一规则被排除 12 次、确认 3 次.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from classifiers.claims import STANCE_ZH
from classifiers.errors import ConfigError
from classifiers.model import Finding, Genre, Level, Verdict
from classifiers.normalise import normalise

FILE = "weights.json"
FORMAT = 1
LEAST_CHANGE = 0.02  # a smaller one is not worth a reason, and so is not made
LEAST, MOST = 0.02, 0.99  # a confidence is never certainty
ANNUAL = ((6.0, "6%以下"), (15.0, "6%—15%"), (24.0, "15%—24%"), (50.0, "24%—50%"), (math.inf, "50%以上"))
GENRE_ZH = {
    "platform": "平台", "ad": "广告", "bank": "银行", "news": "新闻", "law": "法规", "regulator": "监管公告", "education": "教育宣传",
    "complaint": "投诉维权", "fiction": "文学", "job": "招聘", "technical": "技术", "other": "体裁不明的",
}
ROLE_ZH = {
    "main": "正文", "nav": "导航", "ad": "广告位", "button": "按钮", "form": "表单", "table": "表格", "footer": "页脚", "image_text": "图片文字", "script": "脚本文字",
    "alt": "图片说明", "meta": "页面描述", "hidden": "隐藏文字",
}
LEVEL_ZH = {"yellow": "黄级", "orange": "橙级", "red": "红级"}


@dataclass(frozen=True, slots=True)
class Weight:
    """What one feature adds to the log-odds, and the decisions it was learnt from."""

    weight: float
    confirmed: int
    dismissed: int


@dataclass(frozen=True, slots=True)
class Weights:
    """A trained model. log-odds = ``bias`` + ``scale`` × logit(the rule's confidence) + the features' weights; then ``slope`` × that + ``shift``."""

    features: Mapping[str, Weight]
    bias: float = 0.0
    scale: float = 1.0
    slope: float = 1.0
    shift: float = 0.0
    records: int = 0
    digest: str = field(default="")

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT, "bias": self.bias, "scale": self.scale, "slope": self.slope, "shift": self.shift, "records": self.records,
            "features": {key: [w.weight, w.confirmed, w.dismissed] for key, w in sorted(self.features.items())},
        }


def written(weights: Weights) -> bytes:
    """The file's bytes: the same weights give the same bytes."""
    return json.dumps(weights.to_json(), ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def load_weights(folders: Sequence[Path]) -> Weights | None:
    """The first folder's weights.json; None where none was trained. Raises ConfigError."""
    for folder in folders:
        file = folder / FILE
        if file.is_file():
            return _read(file)
    return None


def _read(file: Path) -> Weights:
    body = file.read_bytes()
    try:
        data = json.loads(body)
        if data["format"] != FORMAT:
            raise ValueError(f"格式 {data['format']}")
        numbers = {name: float(data[name]) for name in ("bias", "scale", "slope", "shift")}
        features = {str(key): Weight(float(w), int(c), int(d)) for key, (w, c, d) in data["features"].items()}
        if not all(math.isfinite(x) for x in (*numbers.values(), *(w.weight for w in features.values()))):
            raise ValueError("有不是数的值")
        return Weights(features, **numbers, records=int(data["records"]), digest="sha256:" + hashlib.sha256(body).hexdigest())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(str(file), f"不是可用的权重文件（{error}）；用 adpatrol learn 重新生成，或删去它") from error


# --- features ---------------------------------------------------------------------------------------------------------------------------


class Surroundings(NamedTuple):
    """What of the whole page matters to each finding. ``codes``: of findings above blue; ``excused``: codes of excused claims."""

    genre: Genre
    codes: frozenset[str]
    excused: frozenset[str]


def surroundings(verdict: Verdict) -> Surroundings:
    return Surroundings(
        verdict.genre, frozenset(f.code for f in verdict.findings if f.level > Level.BLUE), frozenset(e.finding.code for e in verdict.excused),
    )


def features_of(finding: Finding, around: Surroundings) -> tuple[str, ...]:
    """What is looked at, as readable keys; each is there or not."""
    claim = finding.claim
    others = len(around.codes) - (finding.code in around.codes)
    keys = [
        f"rule:{finding.rule}", f"level:{finding.level.key}", f"role:{claim.role}", f"genre:{around.genre}",
        f"others:{'0' if not others else '1' if others == 1 else '2-3' if others < 4 else '4+'}",
    ]
    if around.excused:
        keys.append("excused:same" if finding.code in around.excused else "excused:other")
    if claim.annual is not None:
        keys.append(f"annual:{next(name for least, name in ANNUAL if claim.annual < least or math.isinf(least))}")
    stance = next((key for key, word in STANCE_ZH.items() if any(reason.startswith(f"{word}收益率") for reason in finding.reasons)), "")
    if stance:
        keys.append(f"stance:{stance}")
    plain = normalise(claim.span)
    if plain.evasive(0, len(plain.text)):
        keys.append("evasive")
    keys.append(f"length:{'short' if len(claim.span) <= 4 else 'long' if len(claim.span) > 12 else 'middle'}")
    return tuple(keys)


def in_words(key: str) -> str:
    """A feature as a person would name it."""
    kind, _, value = key.partition(":")
    if kind == "rule":
        return f"同一规则（{value}）"
    if kind == "stance":
        return f"“{STANCE_ZH.get(value, value)}”口气的收益率"
    others = {"0": "同页没有其他类型的", "1": "同页另有一类的", "2-3": "同页另有两三类的", "4+": "同页另有四类以上的"}
    tables: dict[str, dict[str, str]] = {
        "level": LEVEL_ZH, "role": {k: f"在{v}里的" for k, v in ROLE_ZH.items()}, "genre": {k: f"{v}页面上的" for k, v in GENRE_ZH.items()}, "others": others,
        "excused": {"same": "同页有同类说法判为例外的", "other": "同页有其他说法判为例外的"}, "length": {"short": "很短的表述", "middle": "中等长度的表述", "long": "较长的表述"},
    }
    if kind == "annual":
        return f"折合年化{value}的"
    return "变形书写的" if kind == "evasive" else tables.get(kind, {}).get(value, key)


# --- weighing ---------------------------------------------------------------------------------------------------------------------------


def logit(p: float) -> float:
    p = min(max(p, 0.005), 0.995)
    return math.log(p / (1 - p))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def probability(prior: float, features: Sequence[str], weights: Weights) -> float:
    """Calibrated chance that an officer confirms a finding whose rule says ``prior``."""
    z = weights.bias + weights.scale * logit(prior) + sum(weights.features[key].weight for key in features if key in weights.features)
    return min(max(sigmoid(weights.slope * z + weights.shift), LEAST), MOST)


def weigh(finding: Finding, features: Sequence[str], weights: Weights) -> tuple[float, str]:
    """(confidence, reason in Chinese): the rule's own confidence and no reason where hardly anything changes."""
    old, new = finding.confidence, probability(finding.confidence, features, weights)
    if abs(new - old) < LEAST_CHANGE:
        return old, ""
    known = [(key, weights.features[key]) for key in features if key in weights.features and weights.features[key].confirmed + weights.features[key].dismissed]
    same_way = [(key, w) for key, w in known if w.weight * (new - old) > 0]
    told = sorted(same_way, key=lambda item: -abs(item[1].weight))[:2] or [(key, w) for key, w in known if key.startswith("rule:")]
    why = "；".join(f"{in_words(key)}被排除 {w.dismissed} 次、确认 {w.confirmed} 次" for key, w in told) or f"按 {weights.records} 次人工判断校准"
    return new, f"置信度 {old:.2f}→{new:.2f}：{why}（权重 {weights.digest.removeprefix('sha256:')[:8] or '未存'}）"


def weighed(verdict: Verdict, weights: Weights | None) -> Verdict:
    """The verdict with its findings' confidences moved and the reasons added. Blue findings, which nobody decides on, stay as they are."""
    if weights is None or not verdict.findings:
        return verdict
    findings, around = [], surroundings(verdict)
    for finding in verdict.findings:
        if finding.level > Level.BLUE:
            confidence, reason = weigh(finding, features_of(finding, around), weights)
            if reason:
                finding = replace(finding, confidence=confidence, reasons=(*finding.reasons, reason))
        findings.append(finding)
    return replace(verdict, findings=tuple(findings))
