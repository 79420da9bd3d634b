"""`adpatrol learn --manner`: a model of how offers speak, written to the office's settings and used from then on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from adpatrol.commands import learn

OFFERS = ("加客服微信领取{}名额，马上参与，手慢无，我们为您安排。", "{}火热招募，扫码进群，立即注册，今天到账。")
TOLD = ("法院认为{}属于吸收公众存款，判令退赔，并处罚金。", "本章说明{}的会计处理，应当在附注中披露其计量方法。")


def _run(*args: str | Path) -> Result:
    app = Typer()
    app.callback()(lambda: None)
    learn.register(app)
    return CliRunner().invoke(app, ["learn", "--manner", *map(str, args)], catch_exceptions=False)


def _texts(file: Path, count: int) -> Path:
    rows = []
    for number in range(count):
        name = "".join(chr(0x4E00 + (number * 37 + n * 101) % 900) for n in range(4))
        for forms, offer in ((OFFERS, True), (TOLD, False)):
            text = "".join(form.format(name) for form in forms)
            rows.append({"id": f"{number}-{offer}", "source": f"s{number}", "text": text, "violating": offer, "findings": [{"code": "inducement", "span": text[:8]}] if offer else []})
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return file


def test_an_office_learns_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "settings"
    monkeypatch.setenv("ADPATROL_CONFIG", str(settings))
    texts = _texts(tmp_path / "texts.jsonl", 120)
    dry = _run("--dry-run", "--json", texts)
    assert dry.exit_code == 0, dry.output
    assert json.loads(dry.stdout)["voices"]["inducement"]["area"] > 0.9
    assert not settings.exists()
    done = _run(texts)
    assert done.exit_code == 0, done.output
    assert "不含原文" in done.stdout
    model = json.loads((settings / "manner.json").read_bytes())
    assert all(len(pair) <= 2 for pair in model["pairs"])


@pytest.mark.parametrize(("body", "says"), [('{"id": 1}', "第 1 行"), ('{"text": "短", "id": 1, "findings": []}', "样本太少")])
def test_bad_texts_are_told(tmp_path: Path, body: str, says: str) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text(body, encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        _run("--dry-run", file)
