"""Labelled texts as files hold them: JSON Lines with id, text or html, findings [{code, span}], violating; perhaps source, kind, optional, unsure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def labelled(file: Path, part: str = "", check: Callable[[dict[str, Any]], object] = lambda _: None) -> Iterator[dict[str, Any]]:
    """The records of ``part`` (empty: all). ``check`` looks a record over, and what it raises is told. Raises ValueError that names file and line."""
    from classifiers.evaluation import part_of, source_of

    if not file.is_file():
        raise ValueError(f"找不到文件 {file}")
    for number, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw)
            if part and part_of(source_of(record)) != part:
                continue
            if not isinstance(record["text" if "text" in record else "html"], str):
                raise TypeError("text 应为文字")
            for one in record.get("findings") or ():
                one["code"], one["span"]
            check(record)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{file} 第 {number} 行：缺少或写错 {error}") from error
        yield record
