"""A settings file with the line each value stands on, so that an error and `doctor --explain-settings` can name it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from classifiers.errors import ConfigError

MAX_BYTES = 4 << 20

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """``data``: plain values; ``lines``: path of keys and list numbers -> line (from 1)."""

    file: Path
    data: Any
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """The line of ``place``, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def where(self, place: Place) -> str:
        return f"{self.file}:{self.line(place)}"

    def error(self, message: str, place: Place) -> ConfigError:
        return ConfigError(str(self.file), message, line=self.line(place), field=".".join(str(part) for part in place))


def read_yaml(file: Path) -> YamlFile:
    """Raises ConfigError: not UTF-8, not YAML, too large, a key twice, anchors (they hide where a value comes from)."""
    try:
        body = file.read_bytes()
        if len(body) > MAX_BYTES:
            raise ConfigError(str(file), f"文件超过 {MAX_BYTES >> 20} MB")
        text = body.decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise ConfigError(str(file), "不使用锚点与别名；共同的设置请写在 defaults、地区或分组里")
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        if node is not None:
            _walk(file, node, (), lines)
        data = loader.construct_document(node) if node is not None else None
    except OSError as error:
        raise ConfigError(str(file), f"读不了：{error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(file), "不是 UTF-8 编码") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "嵌套过深或写法有误"
        raise ConfigError(str(file), f"不是有效的 YAML（{problem}）", line=(mark.line + 1) if mark else 0) from error
    return YamlFile(file, data, lines)


def _walk(file: Path, node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _walk(file, item, (*place, number), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            here = (*place, name)
            if here in lines:
                raise ConfigError(str(file), f"{name} 写了两次", line=key.start_mark.line + 1, field=".".join(str(part) for part in here))
            lines[here] = key.start_mark.line + 1
            _walk(file, value, here, lines)


_SAID = {
    "missing": "缺少这一项", "int_type": "应为整数", "int_parsing": "应为整数", "int_from_float": "应为整数", "float_type": "应为数字", "float_parsing": "应为数字",
    "bool_type": "应为 true 或 false", "bool_parsing": "应为 true 或 false", "string_type": "应为文字（纯数字请加引号）", "list_type": "应为列表", "tuple_type": "应为列表",
    "dict_type": "应为“键: 值”", "model_type": "应为“键: 值”", "date_type": "应为日期，如 2026-01-31", "date_from_datetime_parsing": "应为日期，如 2026-01-31",
    "date_from_datetime_inexact": "应为日期，如 2026-01-31", "finite_number": "应为有限的数字",
}


def validated(file: YamlFile, model: type[Model], data: Any, place: Place = ()) -> Model:
    """``data`` as ``model``; ConfigError names line and field, and the nearest known key for an unknown one."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        loc = tuple(part for part in first["loc"] if isinstance(part, str | int))
        raise file.error(_message(model, first, loc), place + loc) from error


def _message(model: type[BaseModel], error: Any, loc: Place) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _known(model, loc[:-1]), n=1, cutoff=0.5)
        return "没有这一项设置" + (f"，是否想写 {near[0]}" if near else "")
    if kind == "literal_error":
        return "应为 " + str(context.get("expected", "")).replace("'", "").replace(" or ", "、").replace(", ", "、")
    if kind in ("greater_than_equal", "greater_than", "less_than_equal", "less_than"):
        words = {"greater_than_equal": "不小于", "greater_than": "大于", "less_than_equal": "不大于", "less_than": "小于"}
        return f"应{words[kind]} {next(iter(context.values()))}"
    return _SAID.get(kind) or str(error["msg"]).removeprefix("Value error, ")


def _known(model: type[BaseModel], place: Place) -> list[str]:
    """The keys known at ``place`` of ``model``: walks into lists and models; of a union, the first model."""
    found: Any = model
    for part in place:
        if isinstance(part, str) and isinstance(found, type) and issubclass(found, BaseModel) and part in found.model_fields:
            found = _inner(found.model_fields[part].annotation)
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _inner(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for part in getattr(annotation, "__args__", ()) if (inner := _inner(part)) is not None), None)
