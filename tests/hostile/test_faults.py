"""Everything that may go wrong on the other side, at once: one patrol over all of it, and what it says of each in words people read."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from hostile_sites import HEALTHY, SITES, SPELLINGS, WAITS_S, sites
from hostile_web import Web, closed_port, never_accepting, served

from evidence.capture import RecordRef
from evidence.ledger import captures

ROOT = Path(__file__).resolve().parents[2]
PLAN = """name: hostile
defaults: {{allow: [127.0.9.0/24], crawl_delay_s: 0.01, autothrottle: false, depth: 2, max_pages: 20, max_seconds: 90, render: never, contact: office@demo.invalid}}
regions:
  - name: 全部
    groups:
      - name: 各种故障
        sites:
{sites}
"""


@dataclass(slots=True)
class Patrolled:
    home: Path
    web: Web
    code: int
    out: str
    errors: str
    peaks: dict[str, float]
    captures: list[dict[str, Any]] = field(default_factory=list)

    def of(self, name: str, path: str = "/") -> dict[str, Any]:
        """The newest capture of a page: what the patrol holds of it in the end."""
        return self.all(name, path)[-1]

    def all(self, name: str, path: str = "/") -> list[dict[str, Any]]:
        return [c for c in self.captures if c["url"] == self.web.urls[name].rstrip("/") + path]

    def refs(self, name: str, path: str = "/") -> list[RecordRef]:
        return [RecordRef(**record) for record in self.of(name, path)["records"]]


def run(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "adpatrol", *args], cwd=ROOT, env=os.environ | {"ADPATROL_HOME": str(home), "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, timeout=60, check=False)


INSIDE = {"inside": "127.0.0.1", "metadata": "169.254.169.254", "ten": "10.1.2.3", "home_net": "192.168.1.1", "v6": "::1", "mapped": "::ffff:127.0.0.1",
          "nat64": "64:ff9b::7f00:1", "six_to_four": "2002:7f00:1::", "carrier": "100.64.1.1"}


def _written(name: str, url: str, port: str) -> str:
    hosts = "" if name != "door" else ", hosts: [" + ", ".join(f'"{spelled}"' for spelled in [url.split("/")[2], *(f"{spelled}:{port}" for spelled in SPELLINGS)]) + "]"
    return f'          - {{name: {name}, start: "{url}"{hosts}}}'


def _watch(process: subprocess.Popen[str], peaks: dict[str, float]) -> None:
    """Resident memory of the patrol and of the ingest beside it (MiB), as often as the machine allows."""
    patrol = psutil.Process(process.pid)
    seen: dict[str, psutil.Process] = {"patrol": patrol}
    looked = 0.0
    while process.poll() is None:
        if time.monotonic() - looked > 1:
            looked = time.monotonic()
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in patrol.children():
                    seen["ingest"] = child
        for name, one in list(seen.items()):
            try:
                peaks[name] = max(peaks.get(name, 0.0), one.memory_info().rss / 2**20)
            except psutil.NoSuchProcess:
                del seen[name]
        time.sleep(0.02)


@pytest.fixture(scope="module")
def patrolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patrolled]:
    home = tmp_path_factory.mktemp("home")
    with ExitStack() as stack:
        web = stack.enter_context(served(sites()))
        web.urls["unknown"] = "http://no-such-host.example/"
        web.urls["refused"] = f"http://127.0.9.240:{closed_port('127.0.9.240')}/"
        web.urls["never"] = stack.enter_context(never_accepting("127.0.9.241"))
        trap = web.urls.pop("trap")
        web.rebound = home / "rebound"
        port = trap.rstrip("/").rpartition(":")[2]
        real = {name: url.split("/")[2].partition(":")[0] for name, url in web.urls.items()}
        web.urls["rebinding"] = web.urls["rebinding"].replace(real["rebinding"], "rebinding.test")
        web.urls["mixed"] = web.urls["healthy"].replace(real["healthy"], "mixed.test")
        names = {"rebinding.test": [real["rebinding"]], "mixed.test": ["127.0.0.1", real["healthy"]]}
        for name, address in INSIDE.items():
            web.urls[name] = f"http://{name}.test:{port}/"
            names[f"{name}.test"] = [address]
        plan = home / "plan.yaml"
        plan.write_text(PLAN.format(sites="\n".join(_written(name, url, port) for name, url in web.urls.items())), "utf-8")
        web.urls["trap"] = trap
        order = {"names": names, "rebind": [str(web.rebound), {"rebinding.test": ["127.0.0.1"]}],
                 "set": {"crawler.limits.TIMEOUT_S": 6.0, "crawler.guards.resolver.CACHE_S": 0.3}}
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("patrol_with_faults.py")), json.dumps(order), "patrol", "--plan", str(plan), "--json"],
            cwd=ROOT, env=os.environ | {"ADPATROL_HOME": str(home), "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        peaks: dict[str, float] = {}
        watching = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
        watching.start()
        out, errors = process.communicate(timeout=150)
        done = Patrolled(home, web, process.returncode, out, errors, peaks)
        done.captures = [c.to_json() | {"detail": c.detail, "facts": c.facts} for c in captures(home / "archive")]
        yield done


ENDS: dict[str, tuple[str, str]] = {  # name -> (outcome of the newest capture, what its detail says)
    "healthy": ("ok", ""), "unknown": ("dns", "域名无法解析"), "refused": ("connect", "拒绝连接"), "never": ("timeout", "限定时间"), "silent": ("timeout", "限定时间"),
    "reset_middle": ("reset", "只收到一部分"), "reset_before": ("reset", "断开"), "closes": ("reset", "没有给出回答就断开"),
    "tls_good": ("ok", ""), "tls_expired": ("ok", "过期"), "tls_wrong_name": ("ok", "不是为该网址签发"), "tls_self_signed": ("ok", "自签名"),
    "tls_garbage": ("tls", "加密连接"), "tls_closes": ("reset", "断开"),
    "loop": ("redirect_loop", "反复跳转"), "loop_itself": ("redirect_loop", "反复跳转"), "loop_new": ("redirect_loop", "反复跳转 11 次"),
    "elsewhere": ("redirect_out", "elsewhere.example"), "no_address": ("http_error", "跳转目标不是网页地址"), "long_address": ("too_large", "头部"),
    "s404": ("not_found", "HTTP 404"), "s410": ("not_found", "HTTP 410"), "s403": ("http_error", "拒绝访问"), "s500": ("http_error", "HTTP 500"),
    "s503": ("ok", ""), "s999": ("http_error", "HTTP 999"), "s429_seconds": ("ok", ""), "s429_date": ("ok", ""), "s429_always": ("rate_limited", "放慢"),
    "s429_hour": ("rate_limited", "60 分钟后再来"),
    "empty": ("empty", "空白"), "no_content": ("empty", "空白"), "two_hundred_mb": ("too_large", "16 MiB"), "endless": ("too_large", "16 MiB"),
    "drip_body": ("timeout", "只收到一部分"), "drip_head": ("timeout", "限定时间"),
    "bomb_gzip": ("bomb", "超过上限"), "bomb_twice": ("bomb", "超过上限"), "bomb_br": ("bomb", "超过上限"), "bomb_zstd": ("bomb", "超过上限"),
    "bomb_deflate": ("bomb", "超过上限"), "no_gzip": ("http_error", "压缩格式有误"), "torn_gzip": ("ok", ""),
    "binary": ("not_html", "二进制"), "picture": ("not_html", "image/png"), "nested": ("ok", ""), "broken_encoding": ("ok", ""),
    "huge_header": ("too_large", "头部"), "endless_headers": ("too_large", "头部"), "injection": ("ok", ""),
    "bad_status": ("http_error", "不符合 HTTP 格式"), "no_http": ("http_error", "不符合 HTTP 格式"), "ssh": ("http_error", "不符合 HTTP 格式"),
    "too_short": ("reset", "只收到一部分"), "too_long": ("ok", ""), "bad_length": ("http_error", "不符合 HTTP 格式"),
    "two_lengths": ("http_error", "不符合 HTTP 格式"), "bad_chunk": ("reset", "只收到一部分"),
    "xml_bomb": ("ok", ""), "endless_robots": ("ok", ""), "packed_robots": ("ok", ""), "silent_robots": ("ok", ""), "s500_robots": ("ok", ""),
    "cookies": ("ok", ""), "door": ("ok", ""), "rebinding": ("ok", ""), "mixed": ("ok", ""),
    "inside": ("refused_address", "127.0.0.1 是本机地址"), "metadata": ("refused_address", "元数据地址"), "ten": ("refused_address", "10.1.2.3 是内网地址"),
    "home_net": ("refused_address", "内网地址"), "v6": ("refused_address", "::1 是本机地址"), "mapped": ("refused_address", "127.0.0.1 是本机地址"),
    "nat64": ("refused_address", "127.0.0.1 是本机地址"), "six_to_four": ("refused_address", "127.0.0.1 是本机地址"), "carrier": ("refused_address", "运营商内网"),
}
OURS = re.compile(r"Error|Exception|Traceback|[Tt]wisted|OpenSSL|Failure|errno|<[a-z]|None")


def test_every_fault_is_in_the_table() -> None:
    assert set(SITES) < set(ENDS)


@pytest.mark.parametrize("name", list(ENDS))
def test_each_fault_becomes_an_outcome_that_people_can_read(patrolled: Patrolled, name: str) -> None:
    outcome, says = ENDS[name]
    found = patrolled.of(name)
    assert (found["outcome"], says in found["detail"]) == (outcome, True), found
    for one in patrolled.all(name):
        assert one["detail"].isprintable() and not OURS.search(one["detail"])
        assert one["outcome"] == "ok" or re.search("[一-鿿]", one["detail"])


def test_the_run_ends_in_time_and_a_healthy_site_beside_it_is_captured_and_judged(patrolled: Patrolled) -> None:
    assert (patrolled.code, patrolled.errors) == (0, "")
    assert [patrolled.of("healthy", path)["outcome"] for path in ["/", *HEALTHY]] == ["ok"] * 6
    summary = json.loads(patrolled.out.splitlines()[-1])
    assert summary["sites"] == len(ENDS) and summary["captures"] == len(patrolled.captures) and summary["findings"] >= 1
    acknowledged = {json.loads(line)["capture"] for line in patrolled.out.splitlines()[:-1]}
    assert acknowledged == {c["id"] for c in patrolled.captures}


def test_no_spelling_redirect_or_change_of_a_name_leads_inside(patrolled: Patrolled) -> None:
    for n, spelled in enumerate(SPELLINGS):
        found = patrolled.of("door", f"/to{n}")
        assert found["outcome"] == "refused_address" and "出口闸门拒绝访问" in found["detail"], (spelled, found["outcome"], found["detail"])
    assert patrolled.of("rebinding", "/second")["outcome"] == "refused_address"
    assert [host for _, host, _ in patrolled.web.asked if host == "trap"] == []
    assert {one["facts"]["dns"][0] for one in patrolled.all("mixed")} == {"127.0.0.1"}, "what was not connected to is on record too"


def test_a_site_cannot_fill_the_cookie_jar(patrolled: Patrolled) -> None:
    assert len(patrolled.web.cookies) == 16 and max(patrolled.web.cookies) == 180
    assert len([1 for name, _ in captured_headers(patrolled, "cookies") if name == "Set-Cookie"]) == 3_001, "on record as they came"


def captured_headers(patrolled: Patrolled, name: str) -> list[tuple[str, str]]:
    return next(list(c.headers) for c in captures(patrolled.home / "archive") if c.url == patrolled.web.urls[name])


def test_memory_stays_bounded(patrolled: Patrolled) -> None:
    """200 MB, endless chunks, endless headers and five bombs at once; 80 MiB is what the patrol takes when nothing is wrong."""
    assert patrolled.peaks["patrol"] < 500 and patrolled.peaks["ingest"] < 500, patrolled.peaks


def test_what_came_of_a_cut_body_is_kept_and_marked(patrolled: Patrolled) -> None:
    from evidence.read import record_payload

    for name, least, most in (("reset_middle", 100, 10_000), ("drip_body", 10, 10_000), ("two_hundred_mb", 16 << 20, 17 << 20), ("endless", 16 << 20, 17 << 20)):
        (record,) = [r for r in patrolled.refs(name) if r.type in ("response", "revisit") and not r.uri.endswith("robots.txt")]
        assert least <= len(record_payload(patrolled.home / "archive", record)) <= most, name


@pytest.mark.parametrize(("name", "least"), [("s429_seconds", WAITS_S), ("s429_date", WAITS_S - 1), ("s429_always", 1.0)])
def test_a_site_that_asks_to_wait_is_left_alone_so_long(patrolled: Patrolled, name: str, least: float) -> None:
    first, second = patrolled.web.times(name)
    assert second - first >= least


def test_a_site_that_asks_to_wait_for_an_hour_is_not_asked_again(patrolled: Patrolled) -> None:
    assert len(patrolled.web.times("s429_hour")) == 1


def test_certificates_are_facts_of_the_capture(patrolled: Patrolled) -> None:
    assert "problems" not in patrolled.of("tls_good")["facts"]["tls"]
    facts = patrolled.of("tls_expired")["facts"]["tls"]
    assert facts["sha256"] and facts["not_after"] and "过期" in facts["problems"][0]


def test_what_could_not_be_read_whole_says_so(patrolled: Patrolled) -> None:
    assert "嵌套" in patrolled.of("nested")["facts"]["unread"]
    assert "超过上限" in patrolled.of("xml_bomb", "/packed.xml.gz")["facts"]["unread"]
    assert patrolled.of("xml_bomb", "/map.xml")["outcome"] == "ok"
    assert {path: patrolled.of("broken_encoding", path)["outcome"] for path in ("/utf16", "/bogus", "/torn")} == {"/utf16": "ok", "/bogus": "ok", "/torn": "ok"}


def test_control_characters_of_a_site_reach_neither_terminal_nor_log(patrolled: Patrolled) -> None:
    assert patrolled.of("injection", "/kind")["detail"].isprintable()
    shown = run(patrolled.home, "captures").stdout + run(patrolled.home, "findings").stdout + run(patrolled.home, "search", "红字").stdout
    assert all(line.isprintable() for line in shown.split("\n")), [line for line in shown.split("\n") if not line.isprintable()][:3]
    log = (patrolled.home / "logs" / "patrol.log").read_text("utf-8")
    assert all(line.isprintable() and re.match(r"\d{4}-\d\d-\d\d ", line) for line in log.split("\n")[:-1])


def test_nothing_was_asked_beside_the_gate(patrolled: Patrolled) -> None:
    """Libraries that would fetch something for themselves (lists of suffixes) find no name here, and say so in the log."""
    assert "publicsuffix" not in (patrolled.home / "logs" / "patrol.log").read_text("utf-8")


def test_every_record_stands(patrolled: Patrolled) -> None:
    assert json.loads(run(patrolled.home, "evidence", "verify", "--all", "--json").stdout.splitlines()[-1])["failures"] == 0
