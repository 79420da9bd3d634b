"""The same page gives the same findings, excuses and reasons, word for word, in every process: a rebuild must not differ by the order of a set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import hashlib, json, sys
from pathlib import Path
import yaml
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import load_knowledge
from classifiers.model import Document

root = Path(sys.argv[1])
knowledge, texts = load_knowledge([root / "config"]), []
for file in sorted((root / "tests" / "classifiers" / "sentences").glob("*.yaml")):
    texts += [row["text"] for key in ("found", "innocent") for row in yaml.safe_load(file.read_text(encoding="utf-8"))[key]][::12]
texts.append("\\n".join(texts))
said = [judge(extract(Document(body=text.encode(), plain=True)), knowledge).to_json() for text in texts]
print(len(said), sum(len(one["findings"]) for one in said), hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest())
"""


def _said(seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT)], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_reasons_do_not_hang_on_the_order_of_sets() -> None:
    first, second = _said("1"), _said("2")
    assert int(first.split()[0]) > 100 and int(first.split()[1]) > 100
    assert first == second
