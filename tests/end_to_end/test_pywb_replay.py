"""A capture at evidence grade is replayed by somebody else's tool, pywb, from its WARC records alone: the claim is seen, with its styles, pictures and
frame, and nothing is asked of anybody outside the archive."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Frame, Page, sync_playwright
from pywb_environment import replayed
from running import run
from web import Answer, html, served

from crawler.rendering.chromium import chromium_path
from evidence import referred
from evidence.capture import Capture
from evidence.ledger import captures
from evidence.read import stored_member

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(chromium_path() is None, reason="no Chromium here")]
STORY = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。"
CLAIM = "平台投资项目100%本息保障"
PAGE = f"""<!doctype html><meta charset=utf-8><meta name=viewport content="width=device-width"><title>示例财富</title><link rel=stylesheet href=/s.css>
<h1>示例财富理财平台</h1><p id=claim>{CLAIM}，保本保息，请放心出借。{STORY}</p><p id=late></p><img id=seal src=/seal.png><iframe src=/frame.html></iframe>
<script src=/app.js></script>"""
SCRIPT = "".join(f"// 示例程序第{n}行，{n * n}\n" for n in range(200)) + "fetch('/api.json').then(r => r.json()).then(d => document.getElementById('late').textContent = d.words)"


def _png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 80), colour).save(out, "PNG")
    return out.getvalue()


FILES: dict[str, Answer] = {
    "/": html(PAGE), "/frame.html": html("<meta charset=utf-8><p>框架里：稳赚不赔"), "/seal.png": (200, {"Content-Type": "image/png"}, _png("red")),
    "/s.css": (200, {"Content-Type": "text/css"}, b"#claim { color: rgb(1, 2, 3); background: url(/bg.png) }"),
    "/bg.png": (200, {"Content-Type": "image/png"}, _png("white")), "/app.js": (200, {"Content-Type": "application/javascript"}, SCRIPT.encode()),
    "/api.json": (200, {"Content-Type": "application/json; charset=utf-8"}, '{"words": "由脚本取来：预期年化收益率18%"}'.encode()),
}


@dataclass(slots=True)
class Replay:
    archive: str  # pywb's address
    capture: Capture
    index: str  # what pywb found in the archive

    @property
    def address(self) -> str:
        return f"{self.archive}/{self.capture.time:%Y%m%d%H%M%S}/{self.capture.url}"


@pytest.fixture(scope="module", params=["desktop-evidence", "phone-evidence", "phone-evidence packed"])
def replay(request: pytest.FixtureRequest, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """From the capture's stored records, and from the package that leaves the house."""
    client, _, packed = request.param.partition(" ")
    capture, = [c for c in captures(home / "archive") if c.client == client and c.url.endswith("/")]
    folder = tmp_path_factory.mktemp(client)
    archive = folder / "capture.warc.gz"
    archive.write_bytes(_packed(home, capture, folder / "package.zip") if packed else _stored(home, capture))
    with replayed(archive, folder) as address:
        index = "".join(path.read_text() for path in (folder / "collections" / "evidence" / "indexes").glob("*.cdxj"))
        yield Replay(address, capture, index)


def _stored(home: Path, capture: Capture) -> bytes:
    originals = referred.originals(home / "archive", capture.records)
    return b"".join(stored_member(home / "archive", ref) for ref in [*originals, *capture.records])


def _packed(home: Path, capture: Capture, package: Path) -> bytes:
    """The WARC in the WACZ in the package of this capture, as somebody unpacks it."""
    run(home, "evidence", "export", "--capture", capture.id, "--output", str(package), "--without-reason", "试验", "--officer", "李四", timeout=300)
    with zipfile.ZipFile(package) as outer, zipfile.ZipFile(io.BytesIO(outer.read("evidence.wacz"))) as wacz:
        return b"".join(wacz.read(name) for name in wacz.namelist() if name.endswith(".warc.gz"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A patrol of a site that is gone when the replay begins."""
    home = tmp_path_factory.mktemp("home")
    with served(FILES.get) as site:
        run(home, "init")
        run(home, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--json", timeout=300)
    yield home
    shutil.rmtree(home, ignore_errors=True)


def _shown(replay: Replay, asked: list[str], page: Page) -> Frame:
    """The replayed page: pywb shows it in a frame of its own page."""
    page.on("request", lambda request: asked.append(request.url))
    page.goto(replay.address, wait_until="load", timeout=60_000)
    page.frame_locator("#replay_iframe").locator("#late", has_text="由脚本取来").wait_for(timeout=60_000)
    return next(frame for frame in page.frames if frame.url.endswith(f"mp_/{replay.capture.url}"))


def test_the_claim_is_seen_in_the_replay_with_all_that_belongs_to_it_and_nothing_comes_from_outside(replay: Replay) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium_path()), args=["--no-sandbox"])
        try:
            page = _shown(replay, asked, browser.new_page())
            assert CLAIM in page.inner_text("#claim") and page.locator("#claim").is_visible()
            assert page.inner_text("#late") == "由脚本取来：预期年化收益率18%", "what the script fetched comes from the archive too"
            assert page.evaluate("getComputedStyle(document.getElementById('claim')).color") == "rgb(1, 2, 3)"
            assert page.evaluate("document.getElementById('seal').naturalWidth") == 120
            assert any("稳赚不赔" in frame.inner_text("body") for frame in page.child_frames)
        finally:
            browser.close()
    host = replay.archive.removesuffix("/evidence")
    assert [url for url in asked if not url.startswith((host, "data:", "blob:"))] == []
    assert any("bg.png" in url for url in asked) and any("api.json" in url for url in asked)


def test_every_record_of_the_capture_is_in_pywbs_index(replay: Replay) -> None:
    indexed = {json.loads(line.split(" ", 2)[2])["url"] for line in replay.index.splitlines() if " {" in line}
    wanted = {ref.uri for ref in replay.capture.records if ref.type in ("response", "revisit", "resource")}
    assert wanted <= indexed
    assert {uri.rpartition("/")[2] for uri in wanted if uri.startswith("http")} == {"", "s.css", "bg.png", "seal.png", "app.js", "api.json", "frame.html"}


def test_what_desktop_and_phone_share_is_stored_once_and_replayed_in_both(replay: Replay, home: Path) -> None:
    kinds = [ref.type for c in captures(home / "archive") if c.client.endswith("-evidence") for ref in c.records if ref.uri.endswith("/app.js") and ref.type != "request"]
    assert sorted(kinds) == ["response", "revisit"], "the script that fetches the last words of the page, replayed above"
    revisits = sum(ref.type == "revisit" for ref in replay.capture.records)
    assert replay.index.count('"mime": "warc/revisit"') == revisits
