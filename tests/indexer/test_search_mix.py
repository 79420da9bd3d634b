"""The bench's printed mix of rare, middle and common phrases, small: every phrase finds what bare FTS5 finds (a faster wrong answer is void)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_phrase_of_the_mix_finds_what_bare_fts5_finds(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "benchmarks.search_query", "1200", str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True,
                          timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith(("  常见", "  一般", "  罕见"))]
    assert Counter(line[0] for line in lines) == {"常见": 10, "一般": 10, "罕见": 10}
    found = {line[1]: int(line[2]) for line in lines}
    assert found["的"] > 1_000 and 50 < found["保本保息"] < 600 and 0 < found["原始股认购"] < 50
    assert {line.split()[0] for line in done.stdout.splitlines() if line.startswith(("p95", "G8c"))} == {"p95", "G8c"}
