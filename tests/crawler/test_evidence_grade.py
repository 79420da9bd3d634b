"""A page with a finding is at once kept at evidence grade, at a desk and on a phone: a whole patrol against a real site, a real Chromium."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trustme
from PIL import Image

from crawler.environment import sbom
from crawler.rendering.chromium import chromium_path
from evidence.boxes import Cited, boxes, under
from evidence.capture import Capture
from evidence.ledger import captures
from evidence.read import record_payload

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "end_to_end"))
from running import lines, run
from web import Answer, html, served

pytestmark = [pytest.mark.timeout(400), pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine")]
STORY = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。"
PAGE = """<!doctype html><meta charset=utf-8><meta name=viewport content="width=device-width"><title>示例财富</title><link rel=stylesheet href=/s.css>
<h1>示例财富理财平台</h1><p>平台投资项目<b>100%</b>本息保障，保本保息，请放心出借。{story}</p><img src="https://127.0.0.3:{tls}/secure.png">
<div style="height:3000px"></div><img loading=lazy src=/lazy.png width=300 height=200><div class=pop>弹窗：预期年化收益率18%</div>
<iframe src=/frame.html></iframe><script src=/app.js></script>"""
SCRIPT = "console.log('页面说了一句'); fetch('/api.json'); document.title += '（' + document.querySelectorAll('[data-adpatrol],style').length + '）'"
SHELL = "<!doctype html><title>示例财富</title><noscript>请启用 JavaScript 后访问</noscript><div id=app></div><script src=/late.js></script>"
LATE = f"document.getElementById('app').innerHTML = '<h1>示例财富</h1><p>平台投资项目100%本息保障，保本保息。{STORY}</p>'"
CLIENTS = ("desktop-evidence", "phone-evidence")


def _png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(out, "PNG")
    return out.getvalue()


class _Secure(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _png("green")
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(slots=True)
class Kept:
    home: Path
    root: str
    agents: list[str]
    captures: list[Capture]
    leaf: str  # SHA-256 of the certificate of the https server

    def one(self, path: str, client: str) -> Capture:
        found, = [c for c in self.captures if c.url == self.root + path and c.client == client]
        return found

    def record(self, capture: Capture, name: str) -> bytes:
        ref, = [r for r in capture.records if r.uri.startswith(name)]
        return record_payload(self.home / "archive", ref)

    def told(self, capture: Capture, name: str) -> Any:
        return json.loads(self.record(capture, f"urn:x-adpatrol:{name}:"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    home = tmp_path_factory.mktemp("home")
    certificate = trustme.CA().issue_cert("127.0.0.3")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    secure = ThreadingHTTPServer(("127.0.0.3", 0), _Secure)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    Thread(target=secure.serve_forever, daemon=True).start()
    files: dict[str, Answer] = {
        "/": html(PAGE.format(story=STORY, tls=secure.server_port)), "/frame.html": html("<p>框架里：稳赚不赔，保本保息"), "/app": html(SHELL),
        "/s.css": (200, {"Content-Type": "text/css"}, b"body{background:url(/bg.png)} .pop{position:fixed;right:9px;bottom:9px}"),
        "/app.js": (200, {"Content-Type": "application/javascript; charset=utf-8"}, SCRIPT.encode()),
        "/late.js": (200, {"Content-Type": "application/javascript; charset=utf-8"}, LATE.encode()),
        "/api.json": (200, {"Content-Type": "application/json"}, b'{"a": 1}'),
        "/bg.png": (200, {"Content-Type": "image/png"}, _png("white")), "/lazy.png": (200, {"Content-Type": "image/png"}, _png("blue")),
    }
    pem = certificate.cert_chain_pems[0].bytes().decode()
    leaf = hashlib.sha256(base64.b64decode("".join(pem.split("-----")[2].split()))).hexdigest()
    with served(files.get) as site:
        run(home, "init")
        run(home, "patrol", "--site", site.url, "--site", site.url + "app", "--allow", "127.0.0.0/8", "--delay", "0", "--json", timeout=300,
            ADPATROL_PUBLIC_ADDRESS="203.0.113.7")
        yield Kept(home, site.url.rstrip("/"), site.agents, list(captures(home / "archive")), leaf)
    secure.shutdown()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("path", ["/", "/frame.html", "/app"])
def test_each_page_with_a_finding_is_kept_once_by_each_device(kept: Kept, path: str, client: str) -> None:
    capture = kept.one(path, client)
    assert capture.outcome == "ok" and capture.facts["grade"] == "evidence"


def test_visits_at_evidence_grade_ask_for_no_others(kept: Kept) -> None:
    evidence = [(c.url, c.client) for c in kept.captures if c.client in CLIENTS]
    assert len(evidence) == len(set(evidence)) == 6
    found = lines(run(kept.home, "findings", "--json").stdout)
    assert {f["capture"] for f in found} >= {c.id for c in kept.captures if c.client in CLIENTS}, "they are judged like any other"


@pytest.mark.parametrize("client", CLIENTS)
def test_every_sub_resource_is_in_the_archive_with_its_request(kept: Kept, client: str) -> None:
    capture = kept.one("/", client)
    answers = {r.uri.removeprefix(kept.root) for r in capture.records if r.type in ("response", "revisit")}
    assert {"/", "/s.css", "/app.js", "/api.json", "/bg.png", "/lazy.png", "/frame.html"} <= answers and any(u.endswith("/secure.png") for u in answers)
    assert answers == {r.uri.removeprefix(kept.root) for r in capture.records if r.type == "request"}
    lazy, = [r for r in capture.records if r.uri.endswith("/lazy.png") and r.type in ("response", "revisit")]
    assert record_payload(kept.home / "archive", lazy).partition(b"\r\n\r\n")[2] == _png("blue"), "what is scrolled to is loaded"
    assert capture.facts["dropped"] == []


@pytest.mark.parametrize(("client", "width"), [("desktop-evidence", 1366), ("phone-evidence", 786)])
def test_the_whole_page_is_pictured_with_the_place_of_every_word(kept: Kept, client: str, width: int) -> None:
    capture = kept.one("/", client)
    geometry = kept.record(capture, "urn:x-adpatrol:boxes:")
    told = json.loads(geometry)
    with Image.open(io.BytesIO(kept.record(capture, "urn:fullPage:"))) as picture:
        assert picture.width == width and picture.height > 3000
        assert picture.size == (round(told["width"] * told["scale"]), round(told["height"] * told["scale"]))
    dom = kept.record(capture, "urn:x-adpatrol:dom:").decode()
    for one in told["texts"]:
        assert dom[one["o"] : one["o"] + one["n"]].split() == one["t"].split(), "offsets are places in the DOM record"
    text = "平台投资项目100%本息保障，保本保息\n弹窗：预期年化收益率18%\n框架里：稳赚不赔"
    for span in ("100%本息保障", "年化收益率18%", "稳赚不赔"):
        box, = boxes(geometry, [Cited(number=1, span=span, start=text.index(span), end=text.index(span) + len(span))], text)
        assert box.rects and span in "".join(under(geometry, rect) for rect in box.rects)


def test_nothing_was_put_into_the_page(kept: Kept) -> None:
    assert "（0）" in json.loads(kept.record(kept.one("/", "desktop-evidence"), "urn:pageinfo:"))["title"]
    dom = kept.record(kept.one("/", "desktop-evidence"), "urn:x-adpatrol:dom:").decode()
    assert "<style" not in dom.partition("data-adpatrol")[0], "nor by the picture's taking"


def test_the_logs_say_what_the_page_asked_and_what_it_said(kept: Kept) -> None:
    capture = kept.one("/", "desktop-evidence")
    assert any(row["type"] == "log" and "页面说了一句" in row["text"] for row in kept.told(capture, "console"))
    network = {row["url"].removeprefix(kept.root): row for row in kept.told(capture, "network")}
    assert network["/api.json"]["type"] == "fetch" and network["/s.css"]["started"]


def test_the_certificate_chain_is_kept_as_the_server_sent_it(kept: Kept) -> None:
    capture = kept.one("/", "desktop-evidence")
    chain, = kept.told(capture, "evidence")["tls"]
    assert chain["origin"].startswith("https://127.0.0.3:") and chain["certificates"][0]["sha256"] == kept.leaf
    assert hashlib.sha256(base64.b64decode(chain["certificates"][0]["der"])).hexdigest() == kept.leaf
    assert capture.facts["certificates"] == [{"origin": chain["origin"], "sha256": [one["sha256"] for one in chain["certificates"]]}]


@pytest.mark.parametrize("client", CLIENTS)
def test_another_client_finds_the_cited_sentences_too(kept: Kept, client: str) -> None:
    second = kept.one("/", client).facts["second"]
    assert second["verdict"] == "agrees" and any("本息保障" in span for span in second["agrees"]) and second["differs"] == []
    assert second["user_agent"] in kept.agents and "Chrom" not in second["user_agent"]
    answer = kept.record(kept.one("/", client), "urn:x-adpatrol:second-answer:")
    assert hashlib.sha256(answer.partition(b"\r\n\r\n")[2]).hexdigest() == second["body_sha256"]
    assert all(one["shown"] for one in kept.one("/", client).facts["cited"])


def test_where_only_a_script_shows_the_sentence_the_second_fetch_says_so(kept: Kept) -> None:
    second = kept.one("/app", "desktop-evidence").facts["second"]
    assert second["verdict"] == "impossible" and second["agrees"] == [] and second["differs"] and "脚本" in second["why"]


def test_the_surroundings_are_checked_and_what_could_not_be_is_not_called_passed(kept: Kept) -> None:
    checks = {one["key"]: one for one in kept.one("/", "phone-evidence").facts["environment"]}
    assert {key: one["result"] for key, one in checks.items()} == {"profile": "通过", "hosts": "通过", "proxy": "通过", "resolvers": "通过", "address": "通过"}
    assert checks["profile"]["value"] == {"cookies": 0, "origins": 0, "pages": 1}
    assert checks["hosts"]["value"]["sha256"] == hashlib.sha256(Path("/etc/hosts").read_bytes()).hexdigest()
    assert checks["address"]["value"] == "203.0.113.7" and all(one["how"] for one in checks.values())


def test_the_clock_is_compared_with_the_servers_and_the_software_is_named(kept: Kept) -> None:
    facts = kept.one("/", "desktop-evidence").facts
    assert facts["clock"]["low"] <= 0 <= facts["clock"]["high"], "the server's clock is this machine's"
    assert facts["clock"]["source"].startswith("127.0.0.2") and "Date" in facts["clock"]["how"]
    assert facts["versions"]["browser"].startswith("Chromium ") and len(facts["sbom"]) == 64 and sbom()["count"] > 20
    record = kept.told(kept.one("/", "desktop-evidence"), "evidence")
    assert record["connections"] and record["attended"] is False and record["ordered"]["plan"] and "authority" in record["ordered"]
    assert datetime.fromisoformat(record["second"]["time"]).tzinfo == UTC
