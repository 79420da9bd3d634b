"""`kill -9` of a patrol at any moment, then --resume: judged by the test's own ledger, the acknowledged lines and the server's log."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from urllib.parse import urljoin

import pytest
from running import captures, lines, run, started
from web import Answer, html, served

PAGES = 120


def tree(path: str) -> Answer | None:
    """A tree of pages, three links each; slow enough that a kill falls among them."""
    if path == "/robots.txt":
        return 404, {}, b""
    number = 0 if path == "/" else int(path.strip("/p.html") or 0)
    time.sleep(0.004)
    links = "".join(f'<a href="/p{n}.html">第 {n} 页</a>' for n in range(number * 3 + 1, number * 3 + 4) if n < PAGES)
    return html(f"<title>{number}</title><h1>第 {number} 页</h1>{links}")


ALL = {"/", *(f"/p{n}.html" for n in range(1, PAGES))}


def killed_and_resumed(home: Path, after_s: float) -> tuple[int, int]:
    """One patrol killed ``after_s`` seconds after its first acknowledged line, then resumed. Answers (acknowledged before, captures)."""
    with served(tree) as site:
        args = ["--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--depth", "20", "--no-ingest", "--json"]
        process = started(home, "patrol", *args)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
        process.kill()
        rest, _ = process.communicate(timeout=90)
        told = [first, *rest.splitlines()]
        acknowledged = [json.loads(line) for line in told if line.strip().endswith("}") and '"acknowledged"' in line]
        done = lines(run(home, "patrol", "--resume", "--no-ingest", "--json").stdout)
        kept = captures(home)
        ids = [c["id"] for c in kept]
        assert len(set(ids)) == len(ids), "no capture twice"
        assert {a["capture"] for a in acknowledged} <= set(ids), "every acknowledged line is in the archive"
        assert {a["capture"] for a in done if a.get("event") == "acknowledged"} <= set(ids)
        assert {urljoin(site.url, path) for path in ALL} <= {c["url"] for c in kept}, "every page in scope at least once"
        assert set(site.asked) >= ALL
        verified = run(home, "evidence", "verify", "--all", "--json")
        assert lines(verified.stdout)[-1]["failures"] == 0, "no half record is visible"
        again = lines(run(home, "patrol", "--resume", "--no-ingest", "--json").stdout)
        assert again[-1]["run"] == kept[-1]["run"], "with nothing unfinished, the newest summary"
        return len(acknowledged), len(ids)


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_patrol_goes_on_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    killed_and_resumed(tmp_path, random.Random(seed).uniform(0, 0.7))


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(100, 120))
def test_a_killed_patrol_goes_on_twenty_times(tmp_path: Path, seed: int) -> None:
    acknowledged, kept = killed_and_resumed(tmp_path, random.Random(seed).uniform(0, 1.0))
    print(f"kill {seed}: {acknowledged} acknowledged before, {kept} captures after")


def test_ctrl_c_ends_cleanly_and_can_be_resumed(tmp_path: Path) -> None:
    import signal

    with served(tree) as site:
        process = started(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--depth", "20", "--no-ingest", "--json")
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=90)
        assert process.returncode == 130
        summary = lines(run(tmp_path, "patrol", "--resume", "--no-ingest", "--json").stdout)[-1]
        assert summary["outcomes"]["ok"] >= len(ALL)
