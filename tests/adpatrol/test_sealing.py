"""When roots are made, what `adpatrol evidence seal` says, and what the doctor says of keys, roots and authorities."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adpatrol import sealing
from adpatrol.checkup import State
from adpatrol.sealing_check import sealing_findings
from alerts.evidence_settings import load_evidence
from classifiers.errors import ConfigError
from evidence import acts, keys, roots
from tests.tsa import LocalAuthority

ROOT = Path(__file__).resolve().parents[2]


def configured(folder: Path, *authorities: LocalAuthority, more: str = "") -> Path:
    """An overlay whose evidence.yaml names these authorities."""
    folder.mkdir(exist_ok=True)
    lines = ["authorities:" if authorities else "authorities: []"]
    for one in authorities:
        (folder / f"{one.name}.pem").write_bytes(one.root.read_bytes())
        lines += [f"  - name: {one.name}", f"    url: {one.url}", f"    roots: {one.name}.pem", "    allow: [127.0.0.0/8]"]
    (folder / "evidence.yaml").write_text("\n".join(lines) + "\n" + more)
    return folder


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADPATROL_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def home_with(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    acts.append(home / "archive", "zhang", "view", "capture:a")
    return home


def test_a_root_is_due_after_an_hour_or_at_once_after_a_step(tmp_path: Path, overlay: Path) -> None:
    configured(overlay)
    home = tmp_path / "home"
    assert not sealing.due(home) and sealing.seal(home).root is None
    acts.append(home / "archive", "zhang", "view", "capture:a")
    assert sealing.due(home)  # the first
    now = datetime.now(UTC)
    assert sealing.seal(home).root is not None and not sealing.due(home)
    acts.append(home / "archive", "zhang", "view", "capture:b")
    assert not sealing.due(home, now + timedelta(minutes=30)) and sealing.due(home, now + timedelta(hours=1, minutes=1))
    acts.append(home / "archive", "zhang", "step", "lead:1")
    assert sealing.due(home) and sealing.check(home) == "" and not sealing.due(home)
    assert [r.seq for r in roots.roots(home / "archive")] == [1, 2]


def test_a_home_from_before_gets_its_key_but_never_a_second_one(tmp_path: Path, overlay: Path) -> None:
    configured(overlay)
    home = home_with(tmp_path)
    assert sealing.seal(home).root is not None
    (home / "keys" / keys.FILE).unlink()
    acts.append(home / "archive", "zhang", "view", "capture:b")
    assert "ledger.pem" in sealing.seal_quietly(home) and not (home / "keys" / keys.FILE).exists()


def run(home: Path, config: Path, *args: str, code: int = 0) -> str:
    env = os.environ | {"ADPATROL_HOME": str(home), "ADPATROL_CONFIG": str(config), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "adpatrol", *args], capture_output=True, text=True, env=env, cwd=ROOT, timeout=90, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_command_says_what_it_did_and_what_waits_since_when(tmp_path: Path, authorities: Callable[..., LocalAuthority]) -> None:
    up, down = authorities("up"), authorities("down", "ecdsa")
    down.stop()
    home, config = home_with(tmp_path), configured(tmp_path / "config", up, down)
    said = run(home, config, "evidence", "seal")
    assert "已签第 1 个存证根" in said and "取得时间戳 1 个" in said and "down 暂不可用" in said and "等候 down 的时间戳：1 个存证根，最早的签于 20" in said
    down.start()
    told = json.loads(run(home, config, "evidence", "seal", "--json"))
    assert told["root"] is None and told["stamped"] == 1 and told["waiting"] == []
    assert "没有设时间戳机构" in run(home, configured(tmp_path / "none"), "evidence", "seal")


def test_the_doctor_tells_of_keys_roots_and_authorities(tmp_path: Path, overlay: Path, authority: LocalAuthority) -> None:
    configured(overlay, authority, more=f"witness: {tmp_path / 'witness'}\n")
    home = home_with(tmp_path)
    assert next((f.check, f.state) for f in sealing_findings(home)) == ("存证签名密钥", State.BAD)
    authority.stop()
    sealing.seal(home)
    found = {f.check: f for f in sealing_findings(home)}
    assert found["存证签名密钥"].state is State.OK and found["存证根"].state is State.OK and found["时间戳"].state is State.NOTE
    authority.start()
    sealing.seal(home, at_once=True)
    assert all(f.state is State.OK for f in sealing_findings(home))
    (home / "keys" / keys.FILE).chmod(0o644)
    assert any(f.state is State.BAD and "chmod 600" in f.mend for f in sealing_findings(home))
    (tmp_path / "witness" / "00000009.json").write_text("{}")
    assert any("退回" in f.detail for f in sealing_findings(home))


@pytest.mark.parametrize(("text", "line", "field", "said"), [
    ("authorities:\n  - name: tsa\n    url: ftp://a\n    roots: a.pem\n", 3, "authorities.0.url", "http"),
    ("authorities:\n  - name: tsa\n    url: http://a/\n    roots: absent.pem\n", 4, "authorities.0.roots", "读不了"),
    ("authorities:\n  - name: tsa\n    url: http://a/\n    roots: evidence.yaml\n", 4, "authorities.0.roots", "证书"),
    ("witnes: /mnt\n", 1, "witnes", "witness"), ("witness: mnt\n", 1, "witness", "完整路径"),
    ("signer:\n  argv: [a]\n  public_key: evidence.yaml\n", 3, "signer.public_key", "公钥"),
    ("retention:\n  - class: none\n    basis: x\n", 2, "retention.0", "三者写一个"),
    ("retention:\n  - class: none\n    days: 0\n    basis: x\n", 3, "retention.0.days", "不小于"),
    ("retention:\n  - class: all\n    days: 9\n    basis: x\n", 2, "retention.0.class", "应为"),
], ids=["url", "roots absent", "no certificate", "unknown", "relative", "key", "no term", "no days", "class"])
def test_wrong_settings_are_told_by_file_line_and_field(tmp_path: Path, text: str, line: int, field: str, said: str) -> None:
    (tmp_path / "evidence.yaml").write_text(text)
    with pytest.raises(ConfigError) as told:
        load_evidence([tmp_path])
    assert (told.value.line, told.value.field) == (line, field) and said in told.value.message


def test_the_shipped_settings_are_valid_and_the_overlay_wins(tmp_path: Path) -> None:
    shipped = load_evidence([ROOT / "config"])
    assert shipped.authorities == () and {term.name for term in shipped.terms} == {"none", "dismissed", "waiting", "confirmed"}
    (tmp_path / "evidence.yaml").write_text("witness: /mnt/w\n")
    assert load_evidence([tmp_path, ROOT / "config"]).witness == Path("/mnt/w")
    assert load_evidence([tmp_path / "nowhere"]).terms == ()
