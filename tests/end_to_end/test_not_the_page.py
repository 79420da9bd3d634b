"""Pages that are none, seen by a whole patrol: no finding rests on them, what "not found" looks like is learned from the site itself, and a
run that met hardly a page tells people so."""

from __future__ import annotations

import email
import email.policy
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import captures, lines, run
from web import Answer, Site, html, served

from demo.mailbox import Mailbox

pytestmark = pytest.mark.timeout(300)
MENU = '<div class=top><a href="/">首页</a><a href="/a.html">产品</a><a href="/b.html">安全</a><a href="/c.html">关于</a><a href="/gone.html">活动</a></div>'
SLOGAN = "<p>示例财富理财平台，100%本息保障，保本保息，年化收益18%，立即投资。</p>"
FILLER = "<p>" + "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。" * 3 + "</p>"
CHANNEL = """name: office
kind: smtp
private: true
digest_s: 0
host_env: TEST_SMTP_HOST
port_env: TEST_SMTP_PORT
security: none
sender: adpatrol@demo.invalid
to: [office@demo.invalid]
allow: [127.0.0.0/8]
"""


def catch_all(path: str) -> Answer | None:
    """A site that answers every address, and says on each page what it promises."""
    pages = {
        "/": f"<title>示例财富</title>{MENU}{SLOGAN}{FILLER}", "/a.html": f"<title>产品</title>{MENU}<p>新手标</p>{FILLER}",
        "/b.html": f"<title>安全</title>{MENU}<p>安全措施</p>{FILLER}", "/c.html": "<title>示例财富</title><h1>保本保息 年化18%</h1>",
    }
    if path == "/robots.txt":
        return None
    return html(pages.get(path, f"<title>示例财富</title>{MENU}<p>这里曾有您要的，现在搬走啦，从别处看看吧（{path}）</p>{SLOGAN}"))


def walled(path: str) -> Answer | None:
    if path == "/robots.txt":
        return None
    links = "".join(f'<a href="/p{i}.html">{i}</a>' for i in range(12)) if path == "/" else ""
    return html(f"<title>提示</title><h1>您的访问被拦截</h1><p>保本保息</p>{links}")


@dataclass(slots=True)
class Seen:
    home: Path
    site: Site
    mail: Path
    captures: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    bad_run: str

    def of(self, path: str) -> dict[str, Any]:
        return next(c for c in self.captures if c["url"] == self.site.url.rstrip("/") + path and c["client"] == "desktop-static")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    home, mail, office = (tmp_path_factory.mktemp(name) for name in ("home", "mail", "office"))
    with served(catch_all) as site, served(walled, "127.0.0.3") as wall, Mailbox(("127.0.0.1", 0), mail) as box:
        threading.Thread(target=box.serve_forever, daemon=True).start()
        (office / "channels").mkdir()
        (office / "channels" / "office.yaml").write_text(CHANNEL, encoding="utf-8")
        settings = {"ADPATROL_CONFIG": str(office), "TEST_SMTP_HOST": "127.0.0.1", "TEST_SMTP_PORT": str(box.server_address[1])}
        run(home, "init", **settings)
        options = ("--allow", "127.0.0.0/8", "--delay", "0", "--json")
        run(home, "patrol", "--site", site.url, *options, timeout=240, **settings)
        bad = run(home, "patrol", "--site", wall.url, *options, timeout=240, **settings)
        run(home, "deliver", "--within", "30", **settings)
        yield Seen(home, site, mail, captures(home), lines(run(home, "findings", "--json").stdout), lines(bad.stdout)[-1]["run"])
        box.shutdown()


def test_one_made_up_address_a_client_is_asked_and_its_answer_known_again(seen: Seen) -> None:
    made_up = [path for path in seen.site.asked if path not in ("/", "/robots.txt", "/a.html", "/b.html", "/c.html", "/gone.html", "/favicon.ico")]
    assert len(made_up) == len(set(made_up)) == 1
    assert seen.of(made_up[0])["time"] < seen.of("/gone.html")["time"], "begun before the pages it is to be held against"
    assert {seen.of(made_up[0])["gate"], seen.of("/gone.html")["gate"]} == {"soft_404"}
    assert [seen.of(path)["gate"] for path in ("/", "/a.html", "/b.html", "/c.html")] == ["page"] * 4


def test_no_finding_rests_on_what_is_no_page_and_the_short_promise_is_found(seen: Seen) -> None:
    pages = {f["url"] for f in seen.findings}
    root = seen.site.url.rstrip("/")
    assert {root + "/", root + "/c.html"} == pages


def test_a_run_that_met_only_walls_is_told_to_people(seen: Seen) -> None:
    walls = [c for c in seen.captures if c["run"] == seen.bad_run and c["status"] == 200]
    assert len(walls) >= 10 and {c["gate"] for c in walls} == {"block"}
    letters = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted(seen.mail.glob("*.eml"))]
    texts = [str(letter["Subject"]) + letter.get_body(("plain",)).get_content() for letter in letters]  # type: ignore[union-attr]
    told = [text for text in texts if "巡查" in text and "拦截页" in text]
    assert len(told) == 1, texts
