"""A site that wears an institution's mark on a domain not its own: fetched with its pages, found by its look, told with both sides."""

from __future__ import annotations

import base64
import gzip
import io
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from running import captures, lines, run
from web import Answer, Site, html, served

BANK = "某城清河银行股份有限公司"
WORDS = "<h1>某城清河银行积分兑换</h1><p>清河银行老客户专享，登录后立即领取理财体验金，年化收益18%。</p><form><input type=password></form>"
SITES = ("worn", "rescaled", "iconed", "written", "own", "other", "partner", "kept_out", "hostile")


def logo(seed: int, size: int = 256, kind: str = "PNG", **options: int) -> bytes:
    """A mark of our own, drawn from ``seed``."""
    draw = random.Random(seed)
    picture = Image.new("RGB", (512, 512), "white")
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y = draw.randrange(40, 360), draw.randrange(40, 360)
        shape = draw.choice((pen.ellipse, pen.rectangle))
        box = (x, y, x + draw.randrange(60, 150), y + draw.randrange(60, 150))
        shape(box, fill=draw.choice([(200, 20, 30), (10, 40, 160), (20, 20, 20)]))
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(out, kind, **options)
    return out.getvalue()


def page(logo_at: str, *, around: str = "header", words: str = WORDS) -> Answer:
    top = f"<div class={around}><a class=logo href=/><img src='{logo_at}'></a></div>"
    return html(f"<title>积分兑换</title>{top}{words}<a href=/two.html>更多</a>")


def picture(body: bytes, kind: str = "image/png", **headers: str) -> Answer:
    return 200, {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}, body


def pages(name: str) -> dict[str, Answer]:
    own, plain = logo(5), html(f"<title>积分兑换</title>{WORDS}")
    two = "<img class=logo src=/large.png><div class=x><img class=logo src=/broken.png></div>"
    robots = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /img/\n")
    inline = "data:image/png;base64," + base64.b64encode(logo(5, 120)).decode()
    return {
        "worn": {"/": page("/img/l.png?v=3"), "/two.html": page("/img/l.png?v=3"), "/img/l.png?v=3": picture(own)},
        "rescaled": {"/": page("/l.jpg"), "/l.jpg": picture(logo(5, 90, "JPEG", quality=45), "image/jpeg")},
        "iconed": {"/": plain, "/favicon.ico": picture(gzip.compress(logo(5, 48, "ICO")), "image/x-icon", Content_Encoding="gzip")},
        "written": {"/": page(inline)},
        "own": {"/": page("/l.png"), "/l.png": picture(own), "/favicon.ico": picture(logo(5, 32, "ICO"))},
        "other": {"/": page("/l.png"), "/l.png": picture(logo(6))},
        "partner": {"/": page("/l.png", around="partners"), "/l.png": picture(own)},
        "kept_out": {"/": page("/img/l.png"), "/img/l.png": picture(own), "/robots.txt": robots},
        "hostile": {"/": html(f"<title>积分兑换</title>{two}{WORDS}"), "/large.png": picture(own + bytes(400_000)),
                    "/broken.png": picture(own[:200]), "/favicon.ico": html("<svg>没有</svg>")},
    }[name]


@dataclass(slots=True)
class Patrolled:
    home: Path
    settings: dict[str, str]
    sites: dict[str, Site]
    captures: list[dict[str, Any]]

    def findings(self) -> list[dict[str, Any]]:
        """Those that rest on a picture."""
        told = lines(run(self.home, "findings", "--code", "brand.impersonation", "--json", **self.settings).stdout)
        return [f for f in told if "标识一致" in "".join(f["reasons"])]

    def of(self, name: str) -> list[dict[str, Any]]:
        return [f for f in self.findings() if f["url"].startswith(self.sites[name].url)]


@pytest.fixture(scope="module")
def patrolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patrolled]:
    folder = tmp_path_factory.mktemp("office")
    home, settings = folder / "home", {"ADPATROL_CONFIG": str(folder / "settings")}
    (folder / "图样" / f"{BANK}@bank.example,127.0.0.6").mkdir(parents=True)
    (folder / "图样" / f"{BANK}@bank.example,127.0.0.6" / "标识.png").write_bytes(logo(5, 400))
    (folder / "settings" / "registers").mkdir(parents=True)
    run(home, "registers", "pictures", str(folder / "图样"), "-o", str(folder / "settings" / "registers" / "brand_pictures.csv"))
    run(home, "init", **settings)
    with ExitStack() as stack:
        sites = {name: stack.enter_context(served(pages(name).get, f"127.0.0.{number}")) for number, name in enumerate(SITES, 2)}
        args = [arg for site in sites.values() for arg in ("--site", site.url)]
        run(home, "patrol", *args, "--allow", "127.0.0.0/8", "--delay", "0", "--max-pages", "20", "--json", timeout=240, **settings)
        yield Patrolled(home, settings, sites, captures(home))


@pytest.mark.parametrize(("name", "seen_as"), [("worn", "标识图片"), ("rescaled", "标识图片"), ("iconed", "图标"), ("written", "标识图片")])
def test_a_borrowed_mark_is_found_and_both_sides_are_named(patrolled: Patrolled, name: str, seen_as: str) -> None:
    (told, *_) = patrolled.of(name)
    reason = "".join(told["reasons"])
    address = patrolled.sites[name].url.split("/")[2].partition(":")[0]
    assert all(words in reason for words in (BANK, address, "bank.example", f"页面{seen_as}")), reason


@pytest.mark.parametrize("name", ["own", "other", "partner", "kept_out", "hostile"])
def test_ones_own_mark_another_one_and_a_partners_are_left_alone(patrolled: Patrolled, name: str) -> None:
    assert patrolled.of(name) == []


def test_a_picture_is_fetched_once_with_its_page_and_is_no_visit_of_its_own(patrolled: Patrolled) -> None:
    site = patrolled.sites["worn"]
    statics = [c for c in patrolled.captures if c["url"].startswith(site.url) and c["client"] == "desktop-static"]
    assert {c["url"].removeprefix(site.url) for c in statics} == {"", "two.html"}
    holding = [c["url"] for c in statics for r in c["records"] if r["type"] in ("response", "revisit") and r["uri"].endswith("/l.png?v=3")]
    assert holding == [site.url], "it goes on record with the first page that wears it"
    assert not any(c["url"].endswith((".png", ".jpg", ".ico")) for c in patrolled.captures)


def test_the_visit_for_evidence_brings_its_own(patrolled: Patrolled) -> None:
    shown = {c["id"] for c in patrolled.captures if c["url"] == patrolled.sites["worn"].url and c["client"] == "desktop-evidence"}
    if not shown:
        pytest.skip("本机没有 Chromium")
    assert shown <= {f["capture"] for f in patrolled.of("worn")}


def test_robots_hold_for_pictures_and_what_was_not_kept_says_why(patrolled: Patrolled) -> None:
    own = [c for c in patrolled.captures if c["url"].startswith(patrolled.sites["kept_out"].url) and not c["client"].endswith("-evidence")]
    kept = [r["uri"] for c in own for r in c["records"]]  # a page kept as evidence holds all that the browser loaded for it
    assert not any(uri.endswith("/img/l.png") for uri in kept)
    told = _facts(patrolled, "kept_out")
    assert [one["refused"] for one in told] == ["网站的 robots.txt 不允许访问，按计划遵守"]
    hostile = {one["uri"].rpartition("/")[2]: one.get("refused", "") for one in _facts(patrolled, "hostile")}
    assert "256 KB" in hostile["large.png"] and hostile["favicon.ico"] == "不是图片" and hostile["broken.png"] == ""
    assert "已损坏" in _detail(patrolled, "hostile")


def test_a_rebuild_comes_to_the_same(patrolled: Patrolled) -> None:
    def told() -> list[tuple[Any, ...]]:
        return sorted((f["capture"], f["code"], f["start"], f["end"], f["rule"], tuple(f["reasons"])) for f in patrolled.findings())

    before = told()
    run(patrolled.home, "rebuild", **patrolled.settings)
    assert told() == before != []


def test_every_record_stands(patrolled: Patrolled) -> None:
    assert lines(run(patrolled.home, "evidence", "verify", "--all", "--json").stdout)[-1]["failures"] == 0


def test_without_marks_to_compare_with_no_picture_is_fetched(tmp_path: Path) -> None:
    with served(pages("worn").get) as site:
        run(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest")
    assert set(site.asked) == {"/robots.txt", "/", "/two.html"}


def _facts(patrolled: Patrolled, name: str) -> list[dict[str, Any]]:
    from evidence.ledger import captures as kept

    first = (patrolled.sites[name].url, "desktop-static")
    return next(list(c.facts["pictures"]) for c in kept(patrolled.home / "archive") if (c.url, c.client) == first)


def _detail(patrolled: Patrolled, name: str) -> str:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(patrolled.home / "adpatrol.sqlite3")) as db:
        first = (patrolled.sites[name].url,)
        (said,) = db.execute("SELECT detail FROM indexer_page WHERE url = ? AND client = 'desktop-static'", first).fetchone()
    return str(said)
