"""Rules, provisions and registers: data of the office, validated on load (unknown keys are refused with the nearest known one)."""

from __future__ import annotations

import csv
import datetime
import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import re2
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from classifiers.errors import ConfigError

_FULL_WIDTH = {"，": ",", "：": ":", "；": ";", "！": "!", "？": r"\?", "（": r"\(", "）": r"\)", "％": "%", "～": "~", "＋": r"\+", "．": r"\."}
LevelName = Literal["blue", "yellow", "orange", "red"]
StanceName = Literal["promised", "advertised", "listed", "expected", "historical", "benchmark"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExcuseCase(_Strict):
    """A text that must be left alone, and the context that clears it."""

    text: str
    because: str


class YieldTest(_Strict):
    """Which rates of return the rule takes, and how grave they are; the highest level that applies counts."""

    stances: Mapping[StanceName, LevelName] = Field(default_factory=dict)  # by how the rate is held out
    annual: Mapping[LevelName, float] = Field(default_factory=dict)  # level -> per cent a year from which it applies (blue: above)
    daily: LevelName | None = None  # any rate by the day


class NameTest(_Strict):
    """Financial words in the site's own name without a licence in the registers that are loaded."""

    words: tuple[str, ...] = Field(min_length=1)
    lookalike: LevelName = "orange"  # the name of a licensed institution on a domain not its own


class Rule(_Strict):
    """One rule, one file. ``patterns`` are RE2 expressions over normalised text (half width, simplified, lower case; README of config/rules)."""

    id: str
    code: str
    level: LevelName
    suggestion: str
    provisions: tuple[str, ...] = Field(min_length=1)
    heads: tuple[str, ...] = ()  # literals: expressions run only around them
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()  # another meaning of the same words: an expression that overlaps the match
    topic: Literal["", "money", "lending", "trading", "platform"] = ""  # what the words around must be about
    yields: YieldTest | None = None
    names: NameTest | None = None
    reason: str
    confidence: float = Field(ge=0, le=1)
    flag: tuple[str, ...] = Field(default=(), validate_default=True)
    excuse: tuple[ExcuseCase, ...] = Field(default=(), validate_default=True)

    @field_validator("patterns", "unless")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        folded = tuple("".join(_FULL_WIDTH.get(c, c) for c in pattern) for pattern in value)
        for pattern in folded:
            try:
                re2.compile(pattern)
            except re2.error as error:
                raise ValueError(f"表达式写错：{pattern}（{error}）") from error
        return folded

    @field_validator("flag", "excuse")
    @classmethod
    def _has_examples(cls, value: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
        # What a rule of names finds depends on the registers of the office: no sentence can show it.
        if len(value) < 5 and info.data.get("names") is None:
            raise ValueError("至少要写 5 条")
        return value

    @model_validator(mode="after")
    def _looks_for_something(self) -> Rule:
        if not (self.patterns or self.yields or self.names):
            raise ValueError("patterns、yields、names 至少写一项")
        if self.patterns and not self.heads:
            raise ValueError("写了 patterns 就要写 heads：表达式只在这些字样附近运行")
        return self


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

    def applies(self, on: datetime.date | None) -> bool:
        """Was this wording in force on the day of the capture? An unknown day excludes nothing."""
        return on is None or ((self.in_force_from is None or self.in_force_from <= on) and (self.in_force_to is None or on <= self.in_force_to))


@dataclass(frozen=True, slots=True)
class Licensed:
    """An institution of a register. ``domains`` its own, without www; empty where the register does not say."""

    name: str
    short_names: tuple[str, ...]
    kind: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What the judge knows. ``digest`` names rules and registers: the same data give the same digest on every machine."""

    rules: tuple[Rule, ...]
    provisions: Mapping[str, Provision]
    digest: str
    licensed: Mapping[str, Licensed] = field(default_factory=dict)  # by full name and by each short name


Model = TypeVar("Model", bound=BaseModel)


def load_knowledge(folders: Sequence[Path]) -> Knowledge:
    """Rules, provisions and registers of all folders; the first folder that names an id wins. Raises ConfigError."""
    rules: dict[str, tuple[Rule, Path]] = {}
    provisions: dict[str, Provision] = {}
    licensed: dict[str, Licensed] = {}
    digests: list[bytes] = []
    for folder in folders:
        for file in sorted((folder / "rules").glob("*.yaml")):
            rule = _read(file, Rule)
            rules.setdefault(rule.id, (rule, file))
        for file in sorted((folder / "provisions").glob("*.yaml")):
            for provision in _read_list(file, Provision):
                provisions.setdefault(provision.id, provision)
        for file in sorted((folder / "registers").glob("*.csv")):
            digests.append(hashlib.sha256(file.read_bytes()).digest())
            for row in _register(file):
                for name in (row.name, *row.short_names):
                    licensed.setdefault(name, row)
    for rule, file in rules.values():
        for cited in rule.provisions:
            if cited not in provisions or not provisions[cited].verified:
                near = difflib.get_close_matches(cited, provisions, n=1)
                message = f"引用的条款 {cited} 不存在或未核对" + (f"，是否想写 {near[0]}" if near else "")
                raise ConfigError(str(file), message, line=_line(file, ("provisions",), None), field="provisions")
    ordered = sorted(rules)
    digests = [hashlib.sha256(rules[key][1].read_bytes()).digest() for key in ordered] + digests
    digest = hashlib.sha256(b"\0".join(digests)).hexdigest()
    return Knowledge(tuple(rules[key][0] for key in ordered), provisions, f"sha256:{digest}", licensed)


def _register(file: Path) -> list[Licensed]:
    """Columns name, kind, and optionally short_names, domains (joined by |) and status. Rows whose status is doubtful are left out."""
    rows = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            if not {"name", "kind"} <= set(reader.fieldnames or ()):
                raise ConfigError(str(file), "名录须有 name 和 kind 两列", line=1)
            for row in reader:
                status = (row.get("status") or "listed").strip()
                name = (row.get("name") or "").strip()
                if name and (status == "listed" or status.startswith("renewed")):
                    rows.append(Licensed(name, _split(row.get("short_names")), (row.get("kind") or "").strip(), _split(row.get("domains"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(str(file), "不是有效的 CSV（UTF-8）") from error
    return rows


def _split(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in (cell or "").split("|") if part.strip())


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
        first = next((e for e in error.errors() if e["type"] == "extra_forbidden"), error.errors()[0])
        field_name = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            known = YieldTest.model_fields if first["loc"][0] == "yields" else NameTest.model_fields if first["loc"][0] == "names" else model.model_fields
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
