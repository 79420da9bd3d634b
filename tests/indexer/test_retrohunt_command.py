"""`adpatrol rules try` and `rules apply`: killed on the way they come to the same end; new findings become leads; nothing is done unasked."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from archived import PLAIN, visit, write
from test_retrohunt import DENIED, STEADY, text_of

from tests.end_to_end.running import ROOT, environment, lines, run

PAGES = 160


def asked(home: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(home / "adpatrol.sqlite3")) as db:
        return db.execute(sql).fetchall()


def cut_off(home: Path, office: Path, args: list[str], reached: str) -> int:
    """The command killed once ``reached`` (an SQL count) is above zero; what it was then."""
    process = subprocess.Popen([sys.executable, "-m", "adpatrol", *args], cwd=ROOT, env=environment(home, ADPATROL_CONFIG=str(office)),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    began = time.monotonic()
    while process.poll() is None and not (asked(home, reached) or [[0]])[0][0] and time.monotonic() - began < 120:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=90)
    return int(asked(home, reached)[0][0])


@pytest.mark.timeout(560)
def test_tried_and_applied_across_kills(tmp_path: Path) -> None:
    home, office, rule = tmp_path / "home", tmp_path / "office", tmp_path / "rule.yaml"
    office.mkdir()
    rule.write_text(text_of(), encoding="utf-8")
    write(home, [visit(n, (STEADY, PLAIN, DENIED, PLAIN)[n % 4], site=f"https://p{n % 5}.test") for n in range(PAGES)])
    settings = {"ADPATROL_CONFIG": str(office)}
    run(home, "ingest", **settings)
    leads = asked(home, "SELECT count(*) FROM alerts_lead")[0][0]
    assert 0 < cut_off(home, office, ["rules", "try", "--rule", str(rule)], "SELECT looked FROM indexer_hunt") <= PAGES
    *_, total = lines(run(home, "rules", "try", "--on", "1", "--json", **settings).stdout)
    assert (total["state"], total["looked"], total["new"], total["excused"], total["pages"]) == ("done", PAGES, 40, 40, 80)
    refused = run(home, "rules", "apply", "1", code=2, **settings)
    assert "--yes" in refused.stderr and not (office / "rules").exists()
    assert cut_off(home, office, ["rules", "apply", "1", "--yes"], "SELECT applied_seq FROM indexer_hunt") >= 0
    assert asked(home, "SELECT count(*) FROM alerts_auditentry WHERE act = '启用规则'") == [(1,)]
    run(home, "rules", "try", "--pending", **settings)
    assert asked(home, "SELECT state FROM indexer_hunt") == [("applied",)]
    assert asked(home, "SELECT count(*) FROM indexer_finding WHERE rule = 'local-steady'") == [(40,)]
    assert asked(home, "SELECT count(*) FROM alerts_auditentry WHERE act = '启用规则'") == [(1,)]
    assert asked(home, "SELECT count(*) FROM alerts_lead")[0][0] == leads + 5, "one lead a platform, by the ordinary way"
    facts = asked(home, "SELECT key, level FROM indexer_finding ORDER BY key")
    run(home, "rebuild", **settings)
    assert asked(home, "SELECT key, level FROM indexer_finding ORDER BY key") == facts


def test_what_cannot_be_tried_or_applied_is_told_in_one_line(tmp_path: Path) -> None:
    write(tmp_path, [visit(1, STEADY)])
    run(tmp_path, "ingest")
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: x\nlevle: red\n", encoding="utf-8")
    said = run(tmp_path, "rules", "try", "--rule", str(broken), code=2).stderr
    assert f"{broken} 第 2 行 字段 levle：没有这个字段，是否想写 level" in said and said.count("\n") == 1
    assert "没有 7 号试运行" in run(tmp_path, "rules", "apply", "7", "--yes", code=2).stderr
    rule = tmp_path / "rule.yaml"
    rule.write_text(text_of(), encoding="utf-8")
    out = run(tmp_path, "rules", "try", "--rule", str(rule)).stdout
    assert "【稳稳当当赚钱】" in out and "启用：adpatrol rules apply 1" in out
    assert "ADPATROL_CONFIG" in run(tmp_path, "rules", "apply", "1", "--yes", code=2).stderr
    assert json.loads(run(tmp_path, "rules", "try", "--on", "1", "--json").stdout.splitlines()[-1])["state"] == "done"
