"""The same elsewhere, from real archives: who runs what is told with reasons, and no weak or common sign makes a link."""

from __future__ import annotations

import io
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from archived import visit, write
from PIL import Image, ImageDraw

from adpatrol.home import config_folders
from classifiers.knowledge import load_knowledge
from evidence.capture import VisitRecord
from indexer.ingest import catch_up as ingest
from indexer.models import Page
from indexer.sameness import follow
from indexer.sameness.links import elsewhere, graph
from indexer.sameness.tables import Band, SamenessPosition, Signal, Sketch
from tests.end_to_end.running import ROOT, environment, run

pytestmark = pytest.mark.django_db(transaction=True)
BAIDU = "hm.baidu.com/hm.js?0123456789abcdef0123456789abcde"


def page(name: str, *, foot: str = "", head: str = "", words: str = "") -> bytes:
    """A platform's page; its words are its own unless they are given."""
    dice = random.Random(name)
    own = words or "".join(chr(0x4E00 + dice.randrange(2_000)) for _ in range(500))
    return (f"<html><head><meta charset=utf-8><title>{name}</title>{head}</head><body><h1>{name}</h1><p>注册即送红包，立即投资，预期年化收益8%。</p><p>{own}</p>"
            f"<footer>{foot}</footer></body></html>").encode()


def stored(home: Path, pages: dict[str, bytes], *, facts: dict[str, Any] | None = None, more: dict[str, list[VisitRecord]] | None = None, start: int = 1) -> None:
    write(home, [visit(n, body, url=f"https://{host}/", site=f"https://{host}", facts=facts or {}, extra=(more or {}).get(host, ()))
                 for n, (host, body) in enumerate(pages.items(), start)])
    ingest(home / "archive", load_knowledge(config_folders()), ask=False)


@pytest.fixture(autouse=True)
def _clean(no_documents: None) -> None:
    """Django empties the tables."""


def linked(platform: str) -> dict[str, tuple[str, str, set[str]]]:
    return {link.platform: (link.strength, link.about, {reason.kind for reason in link.reasons}) for link in elsewhere(platform).links}


def test_one_operator_is_known_by_accounts_filing_and_telephone(tmp_path: Path) -> None:
    foot, head = "客服电话：400-820-1234 京ICP备18045672号-{n}", f"<script src='https://{BAIDU}f'></script>"
    stored(tmp_path, {f"a{n}.example": page(f"甲{n}理财", foot=foot.format(n=n), head=head) for n in range(3)} | {"b.example": page("乙理财", foot="电话：400-820-9999 沪ICP备19012345号")})
    follow.catch_up(tmp_path / "archive")
    assert linked("a0.example") == {name: ("强", "疑为同一主办者", {"analytics", "icp", "phone"}) for name in ("a1.example", "a2.example")}
    assert linked("b.example") == {}
    (reason,) = [r for r in elsewhere("a0.example").links[0].reasons if r.kind == "icp"]
    assert "京ICP备18045672号" in reason.said and "未核实" in reason.said
    assert (reason.mine, reason.theirs) == ("run-1-000001", "run-1-000002")
    drawn = graph("a0.example")
    assert drawn.nodes == ("a0.example", "a1.example", "a2.example")
    assert [(one, other) for one, other, _ in drawn.edges] == [(0, 1), (0, 2), (1, 2)]


def test_one_sign_that_says_little_makes_no_link(tmp_path: Path) -> None:
    stored(tmp_path, {"a.example": page("甲理财", foot="电话：400-820-1234"), "b.example": page("乙理财", foot="电话：400-820-1234")})
    follow.catch_up(tmp_path / "archive")
    found = elsewhere("a.example")
    assert found.links == ()
    assert [(link.platform, link.strength, [r.kind for r in link.reasons]) for link in found.weak] == [("b.example", "弱", ["phone"])]


def test_the_same_server_and_icon_make_no_link_either(tmp_path: Path) -> None:
    facts = {"dns": ["203.0.113.7"], "pictures": []}
    icon = "<link rel=icon href='data:image/png;base64,iVBORw0KGgo='>"
    stored(tmp_path, {"a.example": page("甲理财", head=icon), "b.example": page("乙理财", head=icon)}, facts=facts)
    follow.catch_up(tmp_path / "archive")
    found = elsewhere("a.example")
    assert found.links == ()
    assert {reason.kind for link in found.weak for reason in link.reasons} == {"address", "favicon"}


def test_what_everybody_shows_is_no_proof_and_is_told(tmp_path: Path) -> None:
    head = f"<script src='https://{BAIDU}0'></script>"
    stored(tmp_path, {f"p{n}.example": page(f"平台{n}", head=head, foot="投诉热线电话12378") for n in range(22)})
    follow.catch_up(tmp_path / "archive")
    found = elsewhere("p0.example")
    assert found.links == found.weak == ()
    (common,) = found.common
    assert (common.kind, common.platforms) == ("analytics", 22)
    assert "不作为依据" in common.said
    assert not Signal.objects.filter(kind="phone").exists()


def test_a_template_is_told_apart_from_an_operator(tmp_path: Path) -> None:
    dice = random.Random(1)
    words = "".join(chr(0x4E00 + dice.randrange(2_000)) for _ in range(900))
    stored(tmp_path, {"a.example": page("甲理财", words=words), "b.example": page("乙金服", words=words), "c.example": page("丙")})
    follow.catch_up(tmp_path / "archive")
    assert linked("a.example") == {"b.example": ("中", "疑为同一模板", {"text"})}


def test_pages_that_speak_of_others_link_nothing(tmp_path: Path) -> None:
    number = "电话：400-820-1234 微信号：licai_kefu"
    stored(tmp_path, {"a.example": page("甲理财", foot=number), "news.example": page("新闻", foot=number)})
    Page.objects.filter(host="news.example").update(genre="news")
    Page.objects.filter(host="a.example").update(genre="platform")
    follow.catch_up(tmp_path / "archive")
    assert elsewhere("a.example").weak == elsewhere("a.example").links == ()


def picture(size: int) -> bytes:
    image = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 240, 240), fill="navy")
    draw.rectangle((250, 60, 380, 280), fill="black")
    out = io.BytesIO()
    image.resize((size, size * 3 // 4)).save(out, "PNG")
    return out.getvalue()


def test_a_picture_at_another_size_confirms(tmp_path: Path) -> None:
    def record(host: str, size: int) -> list[VisitRecord]:
        data = picture(size)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        return [VisitRecord(type="response", uri=f"https://{host}/banner.png", payload=head + data, content_type="application/http; msgtype=response")]

    foot = "微信号：licai_kefu"
    stored(tmp_path, {"a.example": page("甲理财", foot=foot), "b.example": page("乙理财", foot=foot)}, more={"a.example": record("a.example", 400), "b.example": record("b.example", 333)})
    follow.catch_up(tmp_path / "archive")
    assert linked("a.example") == {"b.example": ("中", "疑为同一主办者", {"wechat", "picture"})}


def rows() -> list[Any]:
    return [sorted(Signal.objects.values_list("kind", "value", "site", "capture_id", "seq", "first_seen", "last_seen"), key=repr),
            sorted(Sketch.objects.values_list("url_key", "capture_id", "seq", "signature")), Band.objects.count()]


def test_it_follows_from_its_own_position_and_is_made_again_the_same(tmp_path: Path) -> None:
    stored(tmp_path, {f"a{n}.example": page(f"甲{n}", foot="电话：400-820-1234") for n in range(5)})
    assert follow.behind() == 5
    assert follow.catch_up(tmp_path / "archive", limit=2) == 2
    assert follow.behind() == 3
    assert follow.catch_up(tmp_path / "archive") == 3
    assert follow.catch_up(tmp_path / "archive") == 0
    before = rows()
    follow.clear()
    assert follow.catch_up(tmp_path / "archive") == 5
    assert rows() == before
    SamenessPosition.objects.update(version=0)
    assert follow.behind() == 5
    assert follow.catch_up(tmp_path / "archive") == 5
    SamenessPosition.objects.update(mark="another capture")
    assert follow.catch_up(tmp_path / "archive") == 5
    assert rows() == before


def test_a_newer_text_of_an_address_takes_the_place_of_the_older(tmp_path: Path) -> None:
    stored(tmp_path, {"a.example": page("甲")})
    stored(tmp_path, {"a.example": page("乙")}, start=2)
    follow.catch_up(tmp_path / "archive")
    assert (Sketch.objects.get().capture_id, Band.objects.count()) == ("run-1-000002", 16)


@pytest.mark.timeout(200)
def test_killed_on_its_way_it_comes_to_the_same_end(tmp_path: Path) -> None:
    write(tmp_path, [visit(n, page(f"甲{n}", foot="电话：400-820-1234 微信号：licai_kefu"), url=f"https://s{n}.example/", site=f"https://s{n}.example") for n in range(150)])
    run(tmp_path, "ingest")

    def derived() -> list[Any]:
        with sqlite3.connect(tmp_path / "adpatrol.sqlite3") as db:
            return [sorted(db.execute("SELECT kind, value, site, capture_id, seq FROM indexer_signal")), sorted(db.execute("SELECT url_key, seq, signature FROM indexer_sketch")),
                    db.execute("SELECT count(*) FROM indexer_band").fetchone()]

    def reached() -> int:
        with sqlite3.connect(tmp_path / "adpatrol.sqlite3") as db:
            row = db.execute("SELECT seq FROM indexer_samenessposition").fetchone()
            return int(row[0]) if row else 0

    process = subprocess.Popen([sys.executable, "-m", "adpatrol", "same", "s1.example"], cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    began = time.monotonic()
    while not reached() and process.poll() is None and time.monotonic() - began < 100:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=90)
    assert 0 < reached() <= 150
    run(tmp_path, "same", "s1.example")
    assert reached() == 150
    rough = derived()
    with sqlite3.connect(tmp_path / "adpatrol.sqlite3") as db:
        for table in ("band", "sketch", "signal", "samenessposition"):
            db.execute(f"DELETE FROM indexer_{table}")
    run(tmp_path, "same", "s1.example")
    assert derived() == rough
