"""Our own sentences as labelled texts, at half weight: `python -m tests.classifiers.own_texts > own.jsonl`, then
`adpatrol learn --manner own.jsonl TEXTS.jsonl…` makes the product's model anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifiers.yaml_files import read_yaml

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "config" / "rules"
WEIGHT = 0.5  # of a text that was met


def own_texts() -> Iterator[dict[str, Any]]:
    """Each text with what is said in it: of an innocent one, nothing above a hint."""
    for code, text, found in _all():
        span = [{"code": code, "span": text}] if found else []
        yield {"id": text[:12], "source": f"own {text[:6]}", "text": text, "findings": span, "violating": found, "weight": WEIGHT}


def _all() -> Iterator[tuple[str, str, bool]]:
    for file in sorted((HERE / "sentences").glob("*.yaml")):
        data = _read(file)
        yield from ((file.stem, _text(one), True) for one in data.get("found", ()))
        yield from ((file.stem, _text(one), False) for one in data.get("innocent", ()))
    for code, kinds in _read(HERE / "sentences.yaml").items():
        yield from ((code, _text(one), True) for one in kinds.get("flag", ()))
        yield from ((code, _text(one), False) for one in kinds.get("leave", ()))
    for name in ("lessons.yaml", "prose.yaml"):
        data = _read(HERE / name)
        yield from ((one["code"], one["text"], True) for one in data.get("found", ()))
        yield from ((code, text, True) for code, text in data.get("claims", ()))
        yield from (("", _text(one), False) for one in data.get("innocent", ()))
    for key, kinds in _read(HERE / "innocent.yaml").items():
        for line in "".join(kinds.values()).splitlines():
            code, _, text = line.partition(" | ")
            yield code, text.replace("⏎", "\n"), key == "claims"
    for file in sorted(RULES.glob("*.yaml")):
        rule = _read(file)
        yield from ((rule["code"], text, True) for text in rule.get("flag", ()))
        yield from ((rule["code"], case["text"], False) for case in rule.get("excuse", ()))


def _text(one: Any) -> str:
    return str(one["text"] if isinstance(one, dict) else str(one).split("|")[-1])


def _read(file: Path) -> Any:
    return read_yaml(file)


if __name__ == "__main__":
    for record in own_texts():
        print(json.dumps(record, ensure_ascii=False))
