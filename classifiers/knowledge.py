"""Rules and provisions: data of the office, validated on load (design: unknown keys are refused with the nearest known one)."""

from __future__ import annotations

import datetime
import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import re2
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from classifiers.errors import ConfigError
from classifiers.model import Level


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExcuseCase(_Strict):
    """A text that must be left alone, and the context that clears it."""

    text: str
    because: str


class Rule(_Strict):
    """One rule, one file. ``patterns`` are RE2 expressions over the displayed text in half width and simplified characters."""

    id: str
    code: str
    level: str
    suggestion: str
    provisions: tuple[str, ...] = Field(min_length=1)
    patterns: tuple[str, ...] = Field(min_length=1)
    number: bool = False  # the pattern carries a rate: low, high, period are read from it
    reason: str
    confidence: float = Field(ge=0, le=1)
    flag: tuple[str, ...] = Field(min_length=5)
    excuse: tuple[ExcuseCase, ...] = Field(min_length=5)

    @field_validator("level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in Level.__members__:
            raise ValueError("应为 blue、yellow、orange 或 red")
        return value

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re2.compile(pattern)
            except re2.error as error:
                raise ValueError(f"表达式写错：{pattern}（{error}）") from error
        return value


class Provision(_Strict):
    """条款: an article in a dated version. ``text`` is the exact text that was read in ``source``."""

    id: str
    law: str
    document_number: str | None = None
    effective: str | None = None  # as the source states it
    in_force_from: datetime.date | None = None  # first day this wording may be cited for a capture
    in_force_to: datetime.date | None = None  # last day, where it was superseded or repealed
    status: str
    article: str
    paragraph_item: str | None = None
    text: str
    competent_authority: str | None = None
    penalty_article: str | None = None
    verified: bool
    source_quality: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the judge knows. ``digest`` names the rule set: the same rules give the same digest on every machine."""

    rules: tuple[Rule, ...]
    provisions: Mapping[str, Provision]
    digest: str


Model = TypeVar("Model", bound=BaseModel)


def load_knowledge(folders: Sequence[Path]) -> Knowledge:
    """Rules and provisions of all folders; the first folder that names an id wins. Raises ConfigError."""
    rules: dict[str, tuple[Rule, bytes]] = {}
    provisions: dict[str, Provision] = {}
    for folder in folders:
        for file in sorted((folder / "rules").glob("*.yaml")):
            rule = _read(file, Rule)
            rules.setdefault(rule.id, (rule, file.read_bytes()))
        for file in sorted((folder / "provisions").glob("*.yaml")):
            for provision in _read_list(file, Provision):
                provisions.setdefault(provision.id, provision)
    for rule, _ in rules.values():
        for cited in rule.provisions:
            if cited not in provisions or not provisions[cited].verified:
                raise ConfigError(f"rules/{rule.id}", f"引用的条款 {cited} 不存在或未核对", field="provisions")
    ordered = sorted(rules)
    digest = hashlib.sha256(b"\0".join(hashlib.sha256(rules[key][1]).digest() for key in ordered)).hexdigest()
    return Knowledge(tuple(rules[key][0] for key in ordered), provisions, f"sha256:{digest}")


def _load(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise ConfigError(str(file), "不是有效的 YAML（UTF-8）", line=line) from error


def _read(file: Path, model: type[Model]) -> Model:
    return _validate(file, model, _load(file))


def _read_list(file: Path, model: type[Model]) -> list[Model]:
    data = _load(file)
    if not isinstance(data, list):
        raise ConfigError(str(file), "应为列表")
    return [_validate(file, model, row) for row in data]


def _validate(file: Path, model: type[Model], data: Any) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(first["loc"][-1]), model.model_fields, n=1)
            message = "没有这个字段" + (f"，是否想写 {near[0]}" if near else "")
        raise ConfigError(str(file), message, line=_line(file, str(first["loc"][0]) if first["loc"] else ""), field=field) from error


def _line(file: Path, key: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if key and line.lstrip("- ").startswith(f"{key}:")), 1)
