"""Rules, topics, provisions and registers: data of the office, validated on load (unknown keys are refused with the nearest known one)."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from classifiers.errors import ConfigError
from classifiers.manner import Manner, load_manner
from classifiers.registers import NoRegister, Register, load_registers
from classifiers.rules import AbsenceTest, MannerTest, NameTest, Provision, Rule, Topic, YieldTest
from classifiers.weighing import Weights, load_weights
from classifiers.yaml_files import read_yaml


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What the judge knows. ``digest`` names rules, topics, registers, weights and manner: the same data give the same digest on every machine."""

    rules: tuple[Rule, ...]
    provisions: Mapping[str, Provision]
    digest: str
    registers: Register = field(default_factory=NoRegister)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    weights: Weights | None = None  # what officers' decisions say of the rules' confidences, where the office has learnt it
    manner: Manner | None = None  # how offers speak, and how those who tell of them do


Model = TypeVar("Model", bound=BaseModel)
_PARTS: Mapping[str, type[BaseModel]] = {"yields": YieldTest, "names": NameTest, "absence": AbsenceTest, "manner": MannerTest}


def load_knowledge(folders: Sequence[Path]) -> Knowledge:
    """Rules, topics, provisions and registers of all folders; the first folder that names an id wins. Raises ConfigError."""
    rules: dict[str, tuple[Rule, Path]] = {}
    topics: dict[str, tuple[Topic, Path]] = {}
    provisions: dict[str, Provision] = {}
    for folder in folders:
        for file in sorted((folder / "rules").glob("*.yaml")):
            rule = _read(file, Rule)
            rules.setdefault(rule.id, (rule, file))
        for file in sorted((folder / "topics").glob("*.yaml")):
            topic = _read(file, Topic)
            topics.setdefault(topic.id, (topic, file))
        for file in sorted((folder / "provisions").glob("*.yaml")):
            for provision in _read_list(file, Provision):
                provisions.setdefault(provision.id, provision)
    for rule, file in rules.values():
        _check_names(rule, file, provisions, {key: topic for key, (topic, _) in topics.items()})
    files = [rules[key][1] for key in sorted(rules)] + [topics[key][1] for key in sorted(topics)]
    registers, weights, manner = load_registers(folders), load_weights(folders), load_manner(folders)
    digests = [hashlib.sha256(file.read_bytes()).digest() for file in files] + [registers.digest.encode()]
    digests += [model.digest.encode() for model in (weights, manner) if model is not None]
    digest = hashlib.sha256(b"\0".join(digests)).hexdigest()
    known = {key: topic for key, (topic, _) in topics.items()}
    return Knowledge(tuple(rules[key][0] for key in sorted(rules)), provisions, f"sha256:{digest}", registers, known, weights, manner)


def _check_names(rule: Rule, file: Path, provisions: Mapping[str, Provision], topics: Mapping[str, Topic]) -> None:
    """What the rule names must be there, and an article read in its source. Raises ConfigError."""
    for cited in rule.provisions:
        if cited not in provisions or not provisions[cited].verified:
            raise _unknown(file, "provisions", f"引用的条款 {cited} 不存在或未核对", cited, provisions)
    if rule.topic and rule.topic not in topics:
        raise _unknown(file, "topic", f"没有主题 {rule.topic}", rule.topic, topics)


def _unknown(file: Path, field_name: str, message: str, word: str, known: Mapping[str, Any]) -> ConfigError:
    near = difflib.get_close_matches(word, known, n=1)
    return ConfigError(str(file), message + (f"，是否想写 {near[0]}" if near else ""), line=_line(file, (field_name,), None), field=field_name)


def _read(file: Path, model: type[Model]) -> Model:
    return _validate(file, model, read_yaml(file))


def _read_list(file: Path, model: type[Model]) -> list[Model]:
    data = read_yaml(file)
    if not isinstance(data, list):
        raise ConfigError(str(file), "应为列表")
    return [_validate(file, model, row) for row in data]


def _validate(file: Path, model: type[Model], data: Any) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = next((e for e in error.errors() if e["type"] == "extra_forbidden"), error.errors()[0])
        field_name = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            known = _PARTS.get(str(first["loc"][0]), model).model_fields
            near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
            message = "没有这个字段" + (f"，是否想写 {near[0]}" if near else "")
        elif first["type"] == "missing":
            message = "缺少这个字段"
        elif first["type"] == "literal_error":
            message = f"只能写 {first['ctx']['expected'].replace(' or ', ', ')}" if "ctx" in first else message
        elif first["type"] == "too_short":
            message = "不能为空"
        raise ConfigError(str(file), message, line=_line(file, first["loc"], data), field=field_name) from error


def _line(file: Path, where: tuple[int | str, ...], data: Any) -> int:
    """The line of the deepest key of ``where`` that can be found; in a list of provisions, within the entry of that id."""
    keys = [str(part) for part in where if isinstance(part, str)]
    lines = file.read_text(encoding="utf-8").splitlines()
    entry = str(data.get("id", "")) if isinstance(data, dict) else ""
    first = next((n for n, line in enumerate(lines) if entry and re.match(rf"(?:- )?id: *['\"]?{re.escape(entry)}['\"]?\s*$", line.strip())), 0)
    for key in reversed(keys):
        for number, line in enumerate(lines[first:], first + 1):
            if line.strip().lstrip("- {").startswith(f"{key}:"):
                return number
    return first + 1
