"""The quality floors, measured and made ready: `python tests/classifiers/pin_floors.py --gold FILE --reason 缘由` prints floors.yaml.

``--write`` puts it in place. The gold file is measured by part, as `adpatrol evaluate --part` does; our own sentences by code.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
FLOORS = HERE / "floors.yaml"
SENTENCES = HERE / "sentences"
HEAD = """# Floors of quality: what the judge must at least reach (tests/classifiers/test_quality_floors.py). A figure may only go up unless somebody says why:
# after any edit add a line to `changes` with the new seal (the test prints it) and the reason. All of it at once, from today's figures:
#   python tests/classifiers/pin_floors.py --gold ../shared/gold/dev.jsonl --reason 缘由 --write
"""


def sentences_digest() -> str:
    """SHA-256 over names and bytes of our own sentence files."""
    whole = hashlib.sha256()
    for file in sorted(SENTENCES.glob("*.yaml")):
        whole.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def sentences_right() -> dict[str, dict[str, int]]:
    """By code: how many of its sentences are found, and how many innocent ones are left alone (nothing of the code above blue)."""
    from classifiers.extract import extract
    from classifiers.judge import judge
    from classifiers.knowledge import load_knowledge
    from classifiers.model import Document, Level

    knowledge, right = load_knowledge([HERE.parents[1] / "config"]), {}
    for file in sorted(SENTENCES.glob("*.yaml")):
        code, cases = file.stem, yaml.safe_load(file.read_text(encoding="utf-8"))

        def levels(text: str, code: str = code) -> list[Level]:
            return [f.level for f in judge(extract(Document(body=text.encode(), plain=True)), knowledge).findings if f.code == code]

        right[code] = {
            "found": sum(bool(levels(case["text"])) for case in cases["found"]),
            "innocent": sum(not any(level > Level.BLUE for level in levels(case["text"])) for case in cases["innocent"]),
        }
    return right


def seal(floors: Any) -> str:
    """What a `changes` line must name: eight digits of the SHA-256 of the floors as written."""
    return hashlib.sha256(json.dumps(floors, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:8]


def cut(value: float) -> float:
    """Three digits, never rounded up."""
    return int(value * 1000 + 1e-9) / 1000


def gold_floors(file: Path, part: str) -> dict[str, Any]:
    from adpatrol.commands.evaluate import corpus_digest, measure

    done = measure(file, "" if part == "all" else part)
    return {
        "corpus": file.name, "sha256": corpus_digest(file), "part": part,
        "pages": {name: cut(getattr(done.pages, name)) for name in ("precision", "recall")},
        "micro": {name: cut(getattr(done.micro(), name)) for name in ("precision", "recall", "f1")},
        "codes": {code: cut(tally.f1) for code, tally in sorted(done.codes.items()) if tally.tp + tally.fn},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, help="标注文件；不给则保留原有的底线")
    parser.add_argument("--part", action="append", choices=("develop", "held", "all"), help="默认 develop 和 held")
    parser.add_argument("--reason", required=True, help="为什么改底线")
    parser.add_argument("--write", action="store_true", help="写入 floors.yaml；不给则只打印")
    asked = parser.parse_args()
    known = yaml.safe_load(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"floors": [], "changes": []}
    floors: list[dict[str, Any]] = [{"corpus": "sentences", "sha256": sentences_digest(), "codes": sentences_right()}]
    if asked.gold:
        floors += [gold_floors(asked.gold, part) for part in asked.part or ("develop", "held")]
    else:
        floors += [floor for floor in known["floors"] if floor["corpus"] != "sentences"]
    changes = [*known["changes"], {"on": datetime.date.today().isoformat(), "seal": seal(floors), "reason": asked.reason}]
    text = HEAD + yaml.safe_dump({"floors": floors, "changes": changes}, allow_unicode=True, sort_keys=False, width=140)
    if asked.write:
        FLOORS.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
