"""`adpatrol scan` and `explain` as people script against them (design/commands.md)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BAD = "<html><body><h1>稳赢宝理财</h1><p>新人专享，<b>保</b><i>本</i>保息，年化收益18%，到期兑付。</p></body></html>"
GOOD = "<html><body><h1>社区图书馆</h1><p>本周六上午开放借阅，欢迎居民前来。</p></body></html>"


def run(*args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adpatrol", *args], input=stdin, capture_output=True, text=True, cwd=ROOT, timeout=60, env=os.environ.copy(),
    )


def test_a_text_on_stdin_with_a_promise_exits_one_and_quotes_it_exactly() -> None:
    text = "本平台郑重承诺：保本保息，年化收益18%。"
    done = run("scan", "--json", stdin=text)
    assert done.returncode == 1, done.stderr
    record = json.loads(done.stdout)
    assert record["source"] == "-"
    assert record["violating"] is True
    codes = {finding["code"] for finding in record["findings"]}
    assert {"guarantee.principal", "guarantee.return", "yield.promise"} <= codes
    for finding in record["findings"]:
        assert text[finding["start"]:finding["end"]] == finding["span"]
        assert finding["ruleset"].startswith("sha256:")
        assert finding["provisions"]


def test_an_innocent_page_exits_zero(tmp_path: Path) -> None:
    page = tmp_path / "good.html"
    page.write_text(GOOD, encoding="utf-8")
    done = run("scan", str(page), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"] == []


def test_a_page_gives_the_text_its_offsets_point_into(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(BAD, encoding="utf-8")
    record = json.loads(run("scan", str(page), "--json", "--text").stdout)
    assert record["findings"]
    for finding in record["findings"]:
        assert record["text"][finding["start"]:finding["end"]] == finding["span"]
    assert any("保本保息" in finding["span"] for finding in record["findings"])


def test_an_unreadable_file_is_one_line_and_the_scan_goes_on(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(BAD, encoding="utf-8")
    done = run("scan", str(tmp_path / "missing.html"), str(page), "--json")
    assert done.returncode == 2
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["source"].endswith("missing.html") and first["error"]
    assert second["violating"] is True


def test_a_folder_names_files_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "page.html").write_text(GOOD, encoding="utf-8")
    record = json.loads(run("scan", str(tmp_path), "--json").stdout)
    assert record["source"] == "a/page.html"


def test_json_lines_go_in_and_come_out_by_id(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    rows = [{"id": "x1", "text": "稳健理财，保本保息，零风险"}, {"id": "x2", "html": GOOD, "url": "http://a.example.test/"}]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\nnot json\n", encoding="utf-8")
    done = run("scan", "--jsonl", str(file), "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in lines[:2]] == ["x1", "x2"]
    assert lines[0]["violating"] is True and lines[1]["violating"] is False
    assert lines[2]["error"]
    assert done.returncode == 2


def test_a_url_inside_the_office_network_is_refused_with_what_to_do() -> None:
    done = run("scan", "http://127.0.0.1:9/", "--json")
    assert done.returncode == 2
    assert "--allow" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize("args", [["scan", "--no-such-option"], ["explain"], ["evaluate", "no-such-file.jsonl"]])
def test_misuse_exits_two_with_a_line_on_stderr(args: list[str]) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert done.stderr.strip()


def test_explain_tells_reading_and_judging_in_order(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(BAD, encoding="utf-8")
    done = run("explain", str(page))
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("① 读取") < done.stdout.index("④ 体裁") < done.stdout.index("⑤ 研判") < done.stdout.index("⑥ 结论")
    assert "涉嫌" in done.stdout and "广告法" in done.stdout


def test_rules_check_finds_every_example_of_the_shipped_rules_right() -> None:
    done = run("rules", "check")
    assert done.returncode == 0, done.stdout
