"""The static fetch reaches only what the policy allows, however an address is spelled. The crawl runs in a process of its own: a reactor starts once."""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawler.guards.egress import EgressPolicy
from crawler.guards.resolver import check_url_literal

SPELLINGS = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "127.0.0.1.", "１２７.0.0.1", "0"]

CRAWL = '''
import ipaddress, json, socket, sys
import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from crawler.guards.egress import EgressPolicy
from crawler.guards.resolver import GatedResolver

urls, allow, fake = json.loads(sys.argv[1])
real = socket.getaddrinfo
asked = []
def answer(host, *args, **kwargs):
    if host in fake:
        asked.append(host)
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 0)) for a in fake[host]]
    return real(host, *args, **kwargs)
socket.getaddrinfo = answer
GatedResolver.policy = EgressPolicy(allow=tuple(ipaddress.ip_network(a) for a in allow))
out = []

class Spider(scrapy.Spider):
    name = "s"
    async def start(self):
        for url in urls:
            yield scrapy.Request(url, callback=self.came, errback=self.failed, dont_filter=True, meta={"url": url})
    def came(self, response):
        out.append([response.meta["url"], response.status, ""])
    def failed(self, failure):
        out.append([failure.request.meta["url"], type(failure.value).__name__, str(failure.value)])

process = AsyncCrawlerProcess({"TWISTED_DNS_RESOLVER": "crawler.guards.resolver.GatedResolver", "LOG_ENABLED": False, "RETRY_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "DOWNLOAD_TIMEOUT": 10, "DOWNLOAD_DELAY": 0, "ROBOTSTXT_OBEY": False})
process.crawl(Spider)
process.start()
print(json.dumps({"out": out, "asked": asked, "answers": {h: GatedResolver.answers(h) for h in fake}}))
'''


class _Page(BaseHTTPRequestHandler):
    hits: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        type(self).hits.append(self.path)
        self.send_response(302 if self.path.startswith("/to?") else 200)
        if self.path.startswith("/to?"):
            self.send_header("Location", self.path[4:])
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[int]:
    _Page.hits = []
    httpd = ThreadingHTTPServer(("0.0.0.0", 0), _Page)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd.server_port
    httpd.shutdown()
    httpd.server_close()


def _crawl(urls: list[str], allow: list[str], fake: dict[str, list[str]] | None = None) -> tuple[dict[str, tuple[object, str]], dict[str, object]]:
    done = subprocess.run([sys.executable, "-c", CRAWL, json.dumps([urls, allow, fake or {}])], capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(done.stdout)
    return {url: (what, why) for url, what, why in told["out"]}, told


def test_no_spelling_of_an_inside_address_is_connected_to(server: int) -> None:
    urls = [f"http://{spelled}:{server}/" for spelled in SPELLINGS]
    out, _ = _crawl(urls, [])
    assert _Page.hits == []
    no_name = out.pop(f"http://127.0.0.1.:{server}/")  # neither a number nor a name of the DNS
    assert no_name[0] == "CannotResolveHostError"
    assert {what for what, _ in out.values()} == {"AddressRefused"}, out
    assert all("地址" in why for _, why in out.values())


def test_names_are_resolved_once_checked_and_connected_to_what_was_checked(server: int) -> None:
    fake = {"mixed.example": ["127.0.0.2", "127.0.0.9"], "inside.example": ["10.0.0.1"], "gone.example": []}
    urls = [f"http://mixed.example:{server}/a", f"http://mixed.example:{server}/b", "http://inside.example/", "http://gone.example/"]
    out, told = _crawl(urls, ["127.0.0.9/32"], fake)
    assert out[urls[0]] == out[urls[1]] == (200, "")
    assert out[urls[2]] == ("AddressRefused", "10.0.0.1 是内网地址")
    assert out[urls[3]][0] == "CannotResolveHostError"
    assert told["asked"].count("mixed.example") == 1
    assert told["answers"] == {"mixed.example": ["127.0.0.2", "127.0.0.9"], "inside.example": ["10.0.0.1"], "gone.example": []}


def test_a_redirect_to_an_inside_address_is_refused(server: int) -> None:
    url = f"http://127.0.0.9:{server}/to?http://127.0.0.1:{server}/secret"
    out, _ = _crawl([url], ["127.0.0.9/32"])
    assert out[url][0] == "AddressRefused"
    assert _Page.hits == [f"/to?http://127.0.0.1:{server}/secret"]


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_number_in_a_url_is_refused_before_anything_is_asked(spelled: str) -> None:
    assert check_url_literal(f"http://{spelled}/", EgressPolicy())
    allowed = EgressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"), ipaddress.ip_network("0.0.0.0")))
    assert check_url_literal(f"http://{spelled}/", allowed) == ""


def test_names_and_public_numbers_are_not_refused_by_spelling() -> None:
    assert [check_url_literal(url, EgressPolicy()) for url in ("http://example.org/", "http://8.8.8.8/", "http://[bad", "")] == [""] * 4


def test_names_that_are_never_answered_hold_up_no_other(server: int) -> None:
    """Thirty name servers that do not answer, more than any shared pool has threads; the site behind an ordinary name is visited meanwhile."""
    hanging = CRAWL.replace("    if host in fake:\n", '    if host.startswith("hangs"):\n        time.sleep(30)\n    if host in fake:\n')
    hanging = hanging.replace("import ipaddress, json, socket, sys", "import ipaddress, json, socket, sys, time\nbegan = time.monotonic()")
    hanging = hanging.replace("str(failure.value)])", 'str(failure.value)])\n        if len(out) > 30: print(json.dumps({"out": out, "seconds": time.monotonic() - began}))')
    hanging = hanging.replace('"DOWNLOAD_DELAY": 0,', '"DOWNLOAD_DELAY": 0, "DNS_TIMEOUT": 6, "CONCURRENT_REQUESTS": 40,').replace("out.append([response.meta[\"url\"], response.status, \"\"])",
                                                                                                           "out.append([response.meta[\"url\"], response.status, time.monotonic() - began])")
    urls = [*(f"http://hangs{n}.example/" for n in range(30)), f"http://good.example:{server}/"]
    done = subprocess.run([sys.executable, "-c", hanging, json.dumps([urls, ["127.0.0.9/32"], {"good.example": ["127.0.0.9"]}])], capture_output=True, text=True,
                          timeout=60, check=True)
    told = {url: (what, why) for url, what, why in json.loads(done.stdout.splitlines()[0])["out"]}
    what, when = told.pop(urls[-1])
    assert what == 200 and when < 5, (what, when)
    assert {what for what, _ in told.values()} == {"CannotResolveHostError"}
