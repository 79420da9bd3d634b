"""`adpatrol evaluate`, `adpatrol learn`: the figures by part, the floors ready to paste, and weights that are written only where they help."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from adpatrol.commands import evaluate, learn
from classifiers.evaluation import part_of
from classifiers.weighing import load_weights

CLAIM = "投资理财，100%本息保障，立即投资"


def records() -> list[dict[str, Any]]:
    """Our own words. On every third source officers say that the same claim is none (as of a bank's deposits, say)."""
    made: list[dict[str, Any]] = []
    for number in range(60):
        right = number % 3 != 0
        text = f"第{number}款产品：{CLAIM if right else '稳赚不赔的理财，立即投资'}"
        labels = ("guarantee.principal", "guarantee.return") if right else ()
        made.append({
            "id": f"t{number}", "text": text, "source": f"来源{number % 20}-{number % 3}", "kind": "ad", "violating": right,
            "findings": [{"code": code, "span": "100%本息保障"} for code in labels], "optional": ["inducement", "risk.no_warning"],
        })
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    target = tmp_path / "labelled.jsonl"
    target.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records()), encoding="utf-8")
    return target


def run(*args: Any) -> Any:
    app = Typer()
    app.callback()(lambda: None)
    evaluate.register(app)
    learn.register(app)
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def test_a_part_is_chosen_by_source(file: Path) -> None:
    both = {part: json.loads(run("evaluate", file, "--part", part, "--json").stdout) for part in ("develop", "held")}
    assert sum(done["records"] for done in both.values()) == 60
    assert both["held"]["records"] == sum(part_of(r["source"]) == "held" for r in records())
    assert json.loads(run("evaluate", file, "--held-out", "--json").stdout) == both["held"]
    assert both["held"]["corpus"].startswith("sha256:")
    assert "slips" in both["develop"] and "slips" not in both["held"]  # nobody writes rules from what they are measured on
    assert "最差的" not in run("evaluate", file, "--held-out").stdout


def test_people_are_told_where_it_errs(file: Path) -> None:
    said = run("evaluate", file).stdout
    for words in ("按页", "微平均", "宏平均", "误报，按文体", "混淆（应为 → 判为）", "按来源", "稳赚不赔"):
        assert words in said


def test_the_floors_can_be_pasted(file: Path) -> None:
    (floor,) = yaml.safe_load(run("evaluate", file, "--part", "held", "--floors").stdout)
    assert floor["part"] == "held" and len(floor["sha256"]) == 64 and floor["codes"]["guarantee.principal"] == 1.0
    assert set(floor["micro"]) == {"precision", "recall", "f1"}


@pytest.mark.parametrize("args, says", [(("--part", "other"), "--part 只能是"), (("--held-out", "--part", "develop"), "不能与")])
def test_a_wrong_part_is_refused(file: Path, args: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        run("evaluate", file, *args)


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', '{"id": 1, "text": "x"}', '{"id":1,"text":"x","violating":true,"findings":[{"code":"a"}]}'])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(f'{{"id": 0, "text": "x", "violating": false}}\n{line}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="第 2 行"):
        run("evaluate", bad)


def test_weights_are_learnt_written_and_used(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = tmp_path / "office"
    monkeypatch.setenv("ADPATROL_CONFIG", str(office))
    done = run("learn", file, "--json")
    told = json.loads(done.stdout)
    assert told["after"]["brier"] < told["before"]["brier"] and told["written"] == str(office / "weights.json")
    weights = load_weights([office])
    assert weights is not None and weights.records == told["findings"]
    said = run("learn", file, "--dry-run").stdout
    assert "校准前（规则所写）" in said and "ECE" in said and "影响最大的" in said


def test_nothing_is_written_where_it_does_not_help_or_nobody_said_where(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADPATROL_CONFIG", raising=False)
    with pytest.raises(ValueError, match="ADPATROL_CONFIG"):
        run("learn", file)
    few = tmp_path / "few.jsonl"
    few.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records()[:6]), encoding="utf-8")
    with pytest.raises(ValueError, match="样本太少"):
        run("learn", few, "--output", tmp_path / "w.json")
    assert not (tmp_path / "w.json").exists()


def test_what_was_learnt_moves_the_confidence_of_the_judge_and_is_told(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adpatrol.judging import Judge
    from classifiers.model import Document

    office = tmp_path / "office"
    office.mkdir()
    monkeypatch.setenv("ADPATROL_CONFIG", str(office))
    document = Document(body="稳赚不赔的理财，立即投资".encode(), plain=True)
    before = Judge()
    (plain,) = [f for f in before(document).verdict.findings if f.code == "guarantee.return"]
    run("learn", file, "--output", office / "weights.json")
    after = Judge()
    (moved,) = [f for f in after(document).verdict.findings if f.code == "guarantee.return"]
    assert moved.confidence < plain.confidence
    assert moved.reasons[-1].startswith(f"置信度 {plain.confidence:.2f}→{moved.confidence:.2f}：") and "被排除" in moved.reasons[-1]
    assert (moved.code, moved.level, moved.suggestion, moved.claim, moved.rule) == (plain.code, plain.level, plain.suggestion, plain.claim, plain.rule)
    assert after.knowledge.digest != before.knowledge.digest
    assert after(document).verdict.violating
