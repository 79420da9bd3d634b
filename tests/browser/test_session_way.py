"""Two officers hold a 取证会话 through the real console, in a real browser, over a real page: from the sign-in to the signed paper."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(280)
HERE = Path(__file__).resolve().parent
PASSWORD = "Xun-Cha-2026!"  # tests/console/seeding.py
Visit = Callable[..., tuple[Page, Any]]
SignIn = Callable[..., None]
PAGE = """<!doctype html><meta charset=utf-8><title>示例理财<script>alert(7)</script></title><body style="margin:40px;font-size:24px"><h1>示例理财平台</h1>
<p>平台承诺100%本息保障</p><a href="/more" style="position:absolute;left:40px;top:200px;font-size:32px">查看详情</a><div style="height:2000px"></div><p>页尾
<script>if (location.pathname === "/") alert("限时<b>抢购</b>")</script>"""


@pytest.fixture
def target() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.2:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def office(tmp_path: Path, target: str, serving: Callable[..., Any]) -> Any:
    """A home of its own: two officers with 执法证, and a plan that allows the page's address."""
    home, config = tmp_path / "home", tmp_path / "config"
    (config / "patrols").mkdir(parents=True)
    (config / "patrols" / "own.yaml").write_text(f"sites:\n  - start: {target}\n    allow: [127.0.0.2/32]\n", encoding="utf-8")
    script = (
        "import sys; from pathlib import Path; from datetime import date; from adpatrol.founding import found; found(Path(sys.argv[1]))\n"
        "from console.roles import add_user; from alerts.sessions.officers import set_certificate\n"
        f"for name, shown, number in (('zhang', '张三', '410100001'), ('li', '李四', '410100002')):\n"
        f"    set_certificate(add_user(name, {PASSWORD!r}, ['officer'], full_name=shown), name=shown, number=number, organ='示例市局',\n"
        "                    valid_from=date(2020, 1, 1), valid_until=date(2099, 1, 1), by='operator')\n"
    )
    env = dict(os.environ, ADPATROL_HOME=str(home))
    subprocess.run([sys.executable, "-c", script, str(home)], check=True, timeout=120, env=env, cwd=HERE.parents[1])
    return serving(home, ADPATROL_CONFIG=str(config), ADPATROL_CLOCK=target)


def rows(console: Any, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{console.home}/adpatrol.sqlite3?mode=ro", uri=True) as db:
        return list(db.execute(sql))


def signed_in(page: Page, console: Any, target: str, sign_in: SignIn) -> None:
    """As far as the checks: opened, signed into by both."""
    page.set_default_timeout(60_000)
    sign_in(page, console.origin, "zhang")
    page.goto(f"{console.origin}/sessions/")
    page.get_by_role("link", name="发起取证会话").click()
    for label, value in (("网址（必填）", target), ("案由", "涉嫌发布违法互联网金融广告"), ("地点", "取证室"), ("网络环境", "办公外网")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="发起，去签到").click()
    for role, name in (("操作人", "zhang"), ("记录人", "li")):
        form = page.locator("form.signing", has_text=f"{role}签到")
        form.get_by_label("用户名").fill(name)
        form.get_by_label("密码").fill(PASSWORD)
        form.get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text("已签到")


def test_two_officers_hold_a_session_from_the_sign_in_to_the_paper(office: Any, target: str, visit: Visit, sign_in: SignIn, tmp_path: Path) -> None:
    page, met = visit(height=1200)
    signed_in(page, office, target, sign_in)
    page.get_by_role("button", name="两人已核对").click(timeout=90_000)
    page.get_by_role("button", name="打开网址").click()
    expect(page.get_by_role("status")).to_contain_text("打开网址")
    expect(page.locator("#journal")).to_contain_text("限时<b>抢购</b>")
    live = page.locator("input[type=image]")
    expect(live).to_have_attribute("src", re.compile("poll=1"))  # it asks for itself again
    assert _size(page.request.get(f"{page.url.partition('?')[0]}live.jpg").body()) == (1200, 760)  # one to one: a click's place is the page's
    page.get_by_role("button", name="向下滚动").click()
    expect(page.get_by_role("status")).to_contain_text("第 600 像素")
    page.get_by_role("button", name="向上滚动").click()
    live.click(position={"x": 90, "y": 215})
    expect(page.get_by_role("status")).to_contain_text("〈a〉查看详情")
    page.get_by_role("button", name="截图").click()
    expect(page.get_by_role("status")).to_contain_text("截图 1")
    page.get_by_role("button", name="结束取证").click()
    page.get_by_role("button", name="已当场宣读").click(timeout=60_000)
    expect(page.locator(".files")).to_contain_text("shot:01-window.png")
    page.locator("#recording").scroll_into_view_if_needed()
    expect(page.locator("#recording img")).to_have_js_property("naturalWidth", 1200)
    with page.expect_download() as coming:
        page.get_by_role("button", name="制作笔录（DOCX）").click()
    coming.value.save_as(tmp_path / "record.docx")
    page.locator("input[type=file]").set_input_files({"name": "签名.png", "mimeType": "image/png", "buffer": _png()})
    page.get_by_role("button", name="上传并存证").click()
    expect(page.get_by_role("status")).to_contain_text("扫描件已存证")
    met.clean(office.origin)
    assert rows(office, "SELECT state, length(capture_id) > 0 FROM alerts_attendedsession") == [("finished", 1)]
    done = subprocess.run([sys.executable, "-m", "adpatrol", "evidence", "verify", "--all"], env=dict(os.environ, ADPATROL_HOME=str(office.home)),
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_session_ends_as_interrupted_when_an_officer_logs_out(office: Any, target: str, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit(height=1000, java_script_enabled=False)  # and all of it without a script
    signed_in(page, office, target, sign_in)
    page.get_by_role("button", name="两人已核对").click(timeout=90_000)
    page.get_by_role("button", name="打开网址").click()
    expect(page.get_by_role("status")).to_contain_text("打开网址")
    second, _ = visit(java_script_enabled=False)
    sign_in(second, office.origin, "li")
    second.locator("details.me summary").click()
    second.get_by_role("button", name="退出").click()
    page.get_by_role("link", name="刷新画面").click()
    expect(page.locator(".note-warning")).to_contain_text("李四退出登录", timeout=60_000)
    expect(page.get_by_role("button", name="制作笔录（DOCX）")).to_have_count(0)
    assert rows(office, "SELECT state FROM alerts_attendedsession") == [("interrupted",)]


def _size(picture: bytes) -> tuple[int, int]:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(picture)) as opened:
        return opened.size


def _png() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, "PNG")
    return out.getvalue()


