"""Advice on what would mend an advertisement: every code has it, and a slip in the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.names import CODE_NAMES
from classifiers.advice import load_advice
from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document
from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "config"
LAW = ROOT / ".." / "shared" / "law" / "findings.yaml"


def test_every_code_has_advice() -> None:
    known = load_advice([SHIPPED])
    assert set(known) == set(CODE_NAMES)
    assert all(advice.mend and advice.not_enough for advice in known.values())


@pytest.mark.shared
@pytest.mark.skipif(not LAW.is_file(), reason="no legal catalogue beside the project")
def test_the_codes_are_those_of_the_legal_catalogue() -> None:
    catalogue = read_yaml(LAW)
    rows = catalogue if isinstance(catalogue, list) else next(value for key, value in catalogue.items() if key != "meta" and isinstance(value, list))
    assert set(load_advice([SHIPPED])) == {row.get("code") or row["id"] for row in rows}


def test_what_may_be_written_instead_is_itself_left_alone() -> None:
    knowledge = shipped()
    for advice in load_advice([SHIPPED]).values():
        verdict = judge(extract(Document(body=advice.instead.encode(), plain=True)), knowledge)
        assert not verdict.violating, (advice.code, [(f.code, f.claim.span) for f in verdict.findings])


def test_the_office_replaces_single_codes(tmp_path: Path) -> None:
    (tmp_path / "advice.yaml").write_text("- {code: superlative, mend: [本单位的说法]}\n", encoding="utf-8")
    known = load_advice([tmp_path, SHIPPED])
    assert known["superlative"].mend == ("本单位的说法",)
    assert known["inducement"] == load_advice([SHIPPED])["inducement"]


@pytest.mark.parametrize("text, says", [
    ("- {code: x, mend: [a], mended: [b]}\n", "mend"), ("- {code: x}\n", "mend：缺少这个字段"), ("- {code: x, mend: []}\n", "不能为空"),
    ("code: x\n", "应为列表"), ("- [\n", "YAML"), ("- {code: x, mend: [a]}\n- {code: x, mend: [b]}\n", "写了两次"),
])
def test_a_slip_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "advice.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        load_advice([tmp_path])
