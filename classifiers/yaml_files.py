"""YAML as the office writes it, read by the safe loader: in C where the library has it, which is five times as fast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from classifiers.errors import ConfigError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(file: Path) -> Any:
    """What the file holds. Raises ConfigError, with the line, where it is no YAML in UTF-8."""
    try:
        loader = _LOADER(file.read_text(encoding="utf-8"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise ConfigError(str(file), "不是有效的 YAML（UTF-8）", line=line) from error
