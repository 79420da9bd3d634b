"""What would mend an advertisement, by finding code: data of the office (advice.yaml), validated on load."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifiers.errors import ConfigError
from classifiers.yaml_files import read_yaml


class Advice(BaseModel):
    """``mend``: what to do, in order; ``not_enough``: changes that cure nothing; ``instead``: wording that may stand, to be filled truly;
    ``stop``: without the licence no wording is lawful."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    mend: tuple[str, ...] = Field(min_length=1)
    not_enough: tuple[str, ...] = ()
    instead: str = ""
    stop: bool = False


# For a code of an office's own rule that has no advice yet.
GENERAL = Advice(code="", mend=("删去或改写标出的文字，使其真实、有依据、不误导", "拿不准的，发布前向当地市场监管部门或持牌机构的合规人员咨询"))


def load_advice(folders: Sequence[Path]) -> Mapping[str, Advice]:
    """Advice by code from each folder's advice.yaml; the first folder that names a code wins. Raises ConfigError that says where."""
    known: dict[str, Advice] = {}
    for folder in folders:
        file = folder / "advice.yaml"
        if not file.is_file():
            continue
        seen: set[str] = set()
        for number, row in enumerate(_rows(file), 1):
            advice = _read(file, number, row)
            if advice.code in seen:
                raise ConfigError(str(file), f"第 {number} 条：{advice.code} 写了两次")
            seen.add(advice.code)
            known.setdefault(advice.code, advice)
    return known


def _rows(file: Path) -> list[object]:
    data = read_yaml(file)
    if not isinstance(data, list):
        raise ConfigError(str(file), "应为列表")
    return data


def _read(file: Path, number: int, row: object) -> Advice:
    try:
        return Advice.model_validate(row)
    except ValidationError as error:
        first = next((e for e in error.errors() if e["type"] == "extra_forbidden"), error.errors()[0])
        name = ".".join(str(part) for part in first["loc"])
        message = {"missing": "缺少这个字段", "too_short": "不能为空"}.get(first["type"], first["msg"])
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(first["loc"][-1]), Advice.model_fields, n=1)
            message = "没有这个字段" + (f"，是否想写 {near[0]}" if near else "")
        raise ConfigError(str(file), f"第 {number} 条 {name}：{message}", field=name) from error
