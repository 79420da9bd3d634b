"""Each code that has rules has a page in docs/analyst: its levels, the laws it rests on and every kind of innocent context that its sentences test."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = shipped()
SENTENCES = ROOT / "tests" / "classifiers" / "sentences"
LEVELS = {"blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"}
CODES = sorted({rule.code for rule in KNOWLEDGE.rules} & {file.stem for file in SENTENCES.glob("*.yaml")})


@pytest.mark.parametrize("code", CODES)
def test_a_code_s_page_says_what_its_rules_do(code: str) -> None:
    page = (ROOT / "docs" / "analyst" / f"{code}.md").read_text(encoding="utf-8")
    rules = [rule for rule in KNOWLEDGE.rules if rule.code == code]
    for heading in ("是什么", "哪些话会触发", "哪些情形不算", "等级与建议", "法律依据", "已知的不足"):
        assert f"## {heading}" in page, heading
    for rule in rules:
        assert f"{LEVELS[rule.level]}（{rule.level}）" in page, (rule.id, rule.level)
        assert rule.suggestion in page, (rule.id, rule.suggestion)
        for cited in rule.provisions:
            assert cited in page, (rule.id, cited)
            law = KNOWLEDGE.provisions[cited].law
            assert law[:law.find("》") + 1] in page, (rule.id, law)
    innocent = read_yaml(SENTENCES / f"{code}.yaml")["innocent"]
    for context in sorted({case["because"] for case in innocent}):
        assert f"（{context}）" in page, context


def test_the_analyst_s_manual_leads_to_every_page() -> None:
    manual = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8")
    missing = [code for code in sorted({rule.code for rule in KNOWLEDGE.rules}) if f"[{code}](analyst/{code}.md)" not in manual]
    assert missing == []
    assert len({rule.code for rule in KNOWLEDGE.rules}) == 28
