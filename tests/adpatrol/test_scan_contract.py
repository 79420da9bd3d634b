"""Every sentence of design/commands.md on `scan` and `explain`, held against the commands as people run them."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

ROOT = Path(__file__).resolve().parents[2]
PROMISE = "示例财富理财平台承诺：保本保息，预期年化收益率18%，立即投资。"
STORY = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。"
BAD = f"<html><head><title>示例财富</title></head><body><h1>{PROMISE}</h1><p>{STORY}</p></body></html>"
GOOD = f"<html><head><title>图书馆</title></head><body><h1>周六开放借阅</h1><p>{STORY}</p></body></html>"
FIELDS = {"code", "span", "start", "end", "role", "level", "confidence", "suggestion", "reasons", "provisions", "claim", "rule", "ruleset"}
PAGE = {"url", "title", "genre", "violating", "findings", "excused", "seconds"}


def run(*args: str, stdin: bytes = b"", code: int | None = None) -> subprocess.CompletedProcess[bytes]:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "adpatrol", *args], input=stdin, capture_output=True, cwd=ROOT, timeout=90, env=env, check=False)
    assert code is None or done.returncode == code, done.stderr.decode()
    return done


def records(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


class _Web(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, tuple[int, str, str]]] = {
        "/": (200, "text/html; charset=utf-8", BAD), "/good": (200, "text/html; charset=utf-8", GOOD), "/gone": (404, "text/html", BAD),
        "/wall": (200, "text/html; charset=utf-8", f"<title>访问被拦截</title><p>您的访问被拦截。{PROMISE}</p>"),
        "/app": (200, "text/html; charset=utf-8", "<div id=app></div><script src=/app.js></script>"), "/file": (200, "application/pdf", "%PDF-1.4"),
        "/moved": (302, "/good", ""),
    }

    def do_GET(self) -> None:
        status, kind, body = self.pages.get(self.path, (404, "text/html", ""))
        self.send_response(status)
        self.send_header("Location" if status == 302 else "Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_scanned_page_has_the_fields_of_the_contract_and_offsets_into_its_text() -> None:
    done = run("scan", "--json", "--text", stdin=PROMISE.encode(), code=1)
    (record,) = records(done)
    assert set(record) == PAGE | {"source", "text"} and record["source"] == "-" and record["text"] == PROMISE
    assert done.stderr == b"" and isinstance(record["seconds"], float)
    for finding in record["findings"] + record["excused"]:
        assert set(finding) >= FIELDS and PROMISE[finding["start"]:finding["end"]] == finding["span"]
        assert finding["level"] in ("blue", "yellow", "orange", "red")
    assert record["violating"] == any(f["level"] != "blue" for f in record["findings"]) is True


def test_a_folder_is_read_with_its_archives_and_pages_and_what_is_unreadable_is_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "bad.html").write_text(BAD, encoding="gbk")
    (tmp_path / "good.HTM").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.warc.gz").write_bytes(b"this is no archive")
    (tmp_path / "c.html").write_bytes(b"%PDF-1.4 nonsense")
    (tmp_path / "saved.mht").write_text(
        "From: <Saved by a browser>\nSnapshot-Content-Location: http://a.example/\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n"
        f"--x\nContent-Type: text/html; charset=utf-8\nContent-Location: http://a.example/p\n\n{BAD}\n--x--\n", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    seen = {r["source"]: r for r in records(run("scan", str(tmp_path), "--json", code=2))}
    assert set(seen) == {"a/bad.html", "good.HTM", "b.warc.gz", "c.html", "saved.mht"}
    assert seen["a/bad.html"]["violating"] and seen["saved.mht"]["violating"] and not seen["good.HTM"]["violating"]
    assert seen["saved.mht"]["url"] == "http://a.example/p"
    for name in ("b.warc.gz", "c.html"):
        assert set(seen[name]) == {"source", "error"} and any("\u4e00" <= c <= "\u9fff" for c in seen[name]["error"])


@pytest.mark.parametrize(("name", "says"), [("none.html", "没有"), ("x.pdf", "PDF"), ("x.bin", "二进制")])
def test_a_file_that_is_no_page_says_what_it_is_and_the_scan_goes_on(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 ...")
    (tmp_path / "x.bin").write_bytes(bytes(200) + b"x")
    (tmp_path / "good.html").write_text(GOOD, encoding="utf-8")
    first, second = records(run("scan", str(tmp_path / name), str(tmp_path / "good.html"), "--json", code=2))
    assert says in first["error"] and first["source"] == str(tmp_path / name) and second["violating"] is False
    assert says in run("scan", str(tmp_path / name), code=2).stderr.decode()
    explained = run("explain", str(tmp_path / name), code=2)
    assert says in explained.stderr.decode() and len(explained.stderr.decode().strip().splitlines()) == 1


def test_a_warc_names_file_and_offset_and_what_the_browser_showed_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        for url, status, body in (("http://a.example/", "200 OK", BAD), ("http://a.example/gone", "404 Not Found", BAD), ("http://a.example/good", "200 OK", GOOD)):
            head = StatusAndHeaders(status, [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body.encode()), http_headers=head))
        writer.write_record(writer.create_warc_record("urn:x-adpatrol:dom:http://a.example/app", "resource", payload=io.BytesIO(BAD.encode()),
                                                      warc_content_type="text/html; charset=utf-8"))
        writer.write_record(writer.create_warc_record("http://a.example/x.png", "resource", payload=io.BytesIO(b"\x89PNG"), warc_content_type="image/png"))
    seen = records(run("scan", str(path), "--json", code=1))
    assert [r["url"].removeprefix("http://a.example/") for r in seen] == ["", "gone", "good", "app"]
    assert [r["violating"] for r in seen] == [True, False, False, True] and seen[1]["status"] == 404 and not seen[1]["findings"]
    offsets = [int(r["source"].removeprefix(f"{path}#")) for r in seen]
    assert offsets[0] == 0 and offsets == sorted(set(offsets))
    broken = tmp_path / "cut.warc.gz"
    broken.write_bytes(path.read_bytes()[:-60])
    *whole, last = records(run("scan", str(broken), "--json", code=None))
    assert len(whole) >= 3 and last["source"].startswith(str(broken))


def test_addresses_are_fetched_and_an_answer_that_is_no_page_carries_no_finding(web: str) -> None:
    names = ["/", "/good", "/moved", "/gone", "/wall", "/app", "/file"]
    seen = dict(zip(names, records(run("scan", *(web + name for name in names), "--json", "--allow", "127.0.0.0/8", code=2)), strict=True))
    assert seen["/"]["violating"] and seen["/"]["source"] == seen["/"]["url"] == web + "/"
    assert (seen["/moved"]["source"], seen["/moved"]["url"]) == (web + "/moved", web + "/good")
    assert "404" in seen["/gone"]["error"] and "pdf" in seen["/file"]["error"].lower()
    assert seen["/wall"]["gate"]["kind"] == "block" and not seen["/wall"]["findings"] and not seen["/wall"]["violating"]
    assert seen["/app"]["gate"]["kind"] == "near_empty" and "#app" in seen["/app"]["needs_browser"]
    told = run("scan", web + "/wall", web + "/app", "--allow", "127.0.0.0/8", code=0).stdout.decode()
    assert "拦截页" in told and "--render" in told


def test_an_inside_address_is_refused_and_a_wrong_network_is_misuse(web: str) -> None:
    assert "--allow" in records(run("scan", web, "--json", code=2))[0]["error"]
    wrong = run("scan", web, "--allow", "10.0.0.0/99", code=2).stderr.decode()
    assert "网段" in wrong and len(wrong.strip().splitlines()) == 1


def test_json_lines_keep_their_ids_and_say_file_and_line_of_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    rows: list[Any] = [{"id": "a", "text": PROMISE}, {"id": 7, "html": BAD, "url": "http://a.example/"}, {"id": "c"}, {"text": "无"}, ["x"], {"id": "d", "text": None},
                       {"id": "e", "text": "半个\ud83d字 " + PROMISE}]
    file.write_bytes(b"\n".join(json.dumps(row).encode() for row in rows) + "\n坏行\n\n".encode() + "国标码".encode("gbk") + b"\n")
    seen = records(run("scan", "--jsonl", str(file), "--json", "--text", code=2))
    assert [r.get("id") for r in seen] == ["a", 7, "c", None, None, "d", "e", None, None]
    assert all(PAGE | {"id", "text"} <= set(seen[i]) and "source" not in seen[i] for i in (0, 1, 6))
    for i, line in ((2, 3), (3, 4), (4, 5), (5, 6), (7, 8), (8, 10)):
        assert seen[i]["source"] == f"{file}:{line}" and f"第 {line} 行" in seen[i]["error"] and str(file) in seen[i]["error"]
    assert "UTF-8" in seen[8]["error"] and "JSON" in seen[7]["error"]
    assert seen[1]["url"] == "http://a.example/"
    assert "第 3 行" in run("scan", "--jsonl", str(file), code=2).stderr.decode()
    missing = run("scan", "--jsonl", str(tmp_path / "none.jsonl"), "--json", code=2)
    assert missing.stdout == b"" and "没有这个文件" in missing.stderr.decode()


def test_json_lines_and_targets_together(tmp_path: Path) -> None:
    page = tmp_path / "good.html"
    page.write_text(GOOD, encoding="utf-8")
    seen = records(run("scan", "--jsonl", "-", str(page), "--json", stdin=json.dumps({"id": 1, "text": PROMISE}).encode(), code=1))
    assert [r.get("id") or r["source"] for r in seen] == [1, str(page)]


def test_thousands_of_records_stream_through_in_little_memory() -> None:
    """The first answer comes while the input is still open; 20,000 records take no more memory than a few."""
    row = (json.dumps({"id": 1, "text": STORY}, ensure_ascii=False) + "\n").encode()
    process = subprocess.Popen([sys.executable, "-m", "adpatrol", "scan", "--jsonl", "-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(row * 200)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    count, peak = 0, 0

    def read() -> None:
        nonlocal count, peak
        for count, _ in enumerate(process.stdout or (), 1):
            if count % 500 == 0:
                peak = max(peak, _peak(process.pid))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(200):
        process.stdin.write(row * 100)
    process.stdin.write(row * 1_000)
    process.stdin.close()
    reader.join(80)
    assert process.wait(80) == 0 and count == 200 + 20_000 + 1_000 - 1
    assert 0 < peak < 600 * 2**20, peak


def _peak(pid: int) -> int:
    """The most bytes a running process has held. Not the ru_maxrss of wait4: that counts what its parent held when it was forked."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def test_explain_goes_step_by_step_for_people_and_programs(tmp_path: Path, web: str) -> None:
    page = tmp_path / "bad.html"
    page.write_text(BAD, encoding="utf-8")
    told = run("explain", str(page), code=0).stdout.decode()
    steps = ["① 读取", "② 主体", "③ 是否网页本身", "④ 体裁", "⑤ 研判", "⑥ 结论"]
    assert [told.index(step) for step in steps] == sorted(told.index(step) for step in steps) and "涉嫌" in told and "广告法" in told
    (said,) = records(run("explain", str(page), "--json", code=0))
    assert {"source", "read", "identity", "gate", "genre", "findings", "excused", "violating"} <= set(said)
    assert "保本保息" in run("explain", "-", stdin=PROMISE.encode(), code=0).stdout.decode()
    assert records(run("explain", "-", "--json", stdin=b'\xed\xa0\xbd ' + PROMISE.encode(), code=0))[0]["violating"]
    wall = run("explain", web + "/wall", "--allow", "127.0.0.0/8", code=0).stdout.decode()
    assert "否：拦截页" in wall and "未发现" in wall


def test_a_saved_shell_says_that_a_browser_would_see_more(tmp_path: Path) -> None:
    page = tmp_path / "app.html"
    page.write_text("<div id=app></div><script src=/app.js></script>", encoding="utf-8")
    assert "#app" in records(run("scan", str(page), "--json", code=0))[0]["needs_browser"]
    assert "#app" in run("explain", str(page), code=0).stdout.decode()


def test_a_reader_that_hangs_up_ends_the_scan(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text(f'{{"id": 1, "text": "{STORY}"}}\n' * 3_000, encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-m", "adpatrol", "scan", "--jsonl", str(file), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(60) == 2 and len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["scan", "explain"])
def test_help_has_an_example(command: str) -> None:
    assert f"例：adpatrol {command}" in run(command, "--help", code=0).stdout.decode()
