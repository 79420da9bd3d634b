"""取证会话 in a real Chromium: what officers do is done and written down, and a page that fights back changes neither."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from attended_site import HEAD, NUMBER, ask, order, session, site

from crawler.attended import journal, keep
from crawler.attended.session import FINISHED, INTERRUPTED
from crawler.rendering.chromium import chromium_path
from evidence import ledger, read
from evidence.capture import Capture
from evidence.chained import unbroken
from evidence.verify import verify

pytestmark = [pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine"), pytest.mark.timeout(120)]

PAGES = {
    "/": f"{HEAD}<title>示例理财</title><h1>100%本息保障</h1><a href=/more style='position:absolute;left:20px;top:100px;font-size:40px'>查看详情</a>"
         "<div style='height:3000px;background:linear-gradient(#fff,#469)'></div>页尾",
    "/more": f"{HEAD}<title>详情</title><p>年化收益18%",
    "/hostile": f"""{HEAD}<title><script>alert(1)</script></title><p>正文<input type=file id=f><script>
alert('对话框一'); confirm('<img src=x onerror=alert(2)>'); window.open('/more'); window.open('http://127.0.0.9:81/inside');
fetch('http://127.0.0.1:22/').catch(() => 0); location.href = '/some.zip'; onbeforeunload = () => 'x';
document.onclick = () => document.getElementById('f').click();</script>""",
    "/some.zip": "PK",
    "/busy": f"{HEAD}<title>忙</title><p>死循环<script>setTimeout(() => {{ while (true) {{}} }}, 1500)</script>",
    "/huge": f"{HEAD}<title>{'长' * 5000}</title><div style='height:300000px;width:30000px;background:#eee'>很大</div>" + "<b>字</b>" * 5_000,
}


@pytest.fixture
def origin() -> Iterator[str]:
    with site(PAGES, {"/inside": "http://127.0.0.9:8080/secret"}) as found:
        yield found


def events(folder: Path, kind: str) -> list[dict[str, object]]:
    return [row for row in journal.read(folder / journal.JOURNAL) if row["kind"] == kind]


async def _whole_way(origin: str, folder: Path) -> list[dict[str, object]]:
    said = []
    async with session(order(f"{origin}/"), folder) as task:
        for act in ({"act": "open", "url": f"{origin}/"}, {"act": "down"}, {"act": "up"}, {"act": "shot"}, {"act": "click", "x": 60, "y": 125}, {"act": "back"},
                    {"act": "back"}, {"act": "open", "url": f"{origin}/inside"}, {"act": "open", "url": "file:///etc/passwd"}, {"act": "type", "text": "密码"},
                    {"act": "click", "x": 5000, "y": 1}, {"act": "finish"}):
            said.append(await ask(folder, **act))
        ended = await asyncio.wait_for(task, 30)
        assert (ended.how, ended.why) == (FINISHED, "执法人员结束取证")
    return said


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Capture, list[dict[str, object]], str]]:
    """One session from its start to the archive: (home, capture, answers, origin)."""
    home = tmp_path_factory.mktemp("held")
    with site(PAGES, {"/inside": "http://127.0.0.9:8080/secret"}) as origin:
        said = asyncio.run(_whole_way(origin, home / NUMBER))
        yield home, keep.keep(home / NUMBER, home / "archive", NUMBER, f"{origin}/"), said, origin


def test_officers_open_scroll_click_go_back_and_take_pictures(held: tuple[Path, Capture, list[dict[str, object]], str]) -> None:
    home, _, said, origin = held
    words = [str(answer["said"]) for answer in said]
    assert [answer["ok"] for answer in said] == [True, True, True, True, True, True, False, False, False, False, False, True]
    assert words[0] == f"打开网址 {origin}/" and "第 600 像素" in words[1] and "第 0 像素" in words[2]
    assert "〈a〉查看详情" in words[4] and words[5] == f"后退，现为 {origin}/"
    assert [event["url"] for event in events(home / NUMBER, "arrived")][:2] == [f"{origin}/", f"{origin}/more"]


def test_what_is_no_act_of_a_session_is_not_done(held: tuple[Path, Capture, list[dict[str, object]], str]) -> None:
    words = [str(answer["said"]) for answer in held[2]]
    assert words[6] == "没有更早的页面可以后退"
    assert "出口闸门拒绝访问" in words[7] and "本机地址" in words[7]
    assert "网址不对" in words[8] and "只能打开网址、滚动、点击、后退、截图和结束" in words[9] and "不在画面内" in words[10]


def test_every_act_is_written_down_with_its_time_and_who_did_it(held: tuple[Path, Capture, list[dict[str, object]], str]) -> None:
    rows = journal.read(held[0] / NUMBER / journal.JOURNAL)
    acts = [row for row in rows if row["kind"] == "act"]
    assert [row["act"] for row in acts] == ["start", "open", "down", "up", "shot", "click", "back", "back", "open", "open", "type", "click", "finish"]
    assert all(row["time"] and row["name"] == "张三" for row in acts) and rows[-1]["kind"] == "end"
    assert unbroken(rows)
    for number in (0, 5, len(rows) - 2):
        bent = [dict(row) for row in rows]
        bent[number]["said"] = "改过的话"
        assert not unbroken(bent)
        assert not unbroken(rows[:number] + rows[number + 1:])


def test_the_checks_stand_before_the_first_page(held: tuple[Path, Capture, list[dict[str, object]], str]) -> None:
    rows = journal.read(held[0] / NUMBER / journal.JOURNAL)
    kinds = [row["kind"] for row in rows]
    names = [row["check"]["name"] for row in rows if row["kind"] == "check"]
    assert {"系统时间", "设备和软件", "浏览器环境", "hosts 文件", "代理", "两个域名解析器", "公网地址"} <= set(names)
    assert kinds.index("checked") < kinds.index("arrived")


def test_the_recording_is_numbered_dated_and_chained_and_lies_in_the_archive(held: tuple[Path, Capture, list[dict[str, object]], str]) -> None:
    home, capture, _, _ = held
    frames = journal.read(home / NUMBER / journal.FRAMES)
    assert len(frames) >= 6 and unbroken(frames)
    stored = {ref.uri: ref for ref in capture.records}
    for row in frames:
        name = str(row["file"]).removesuffix(".jpg").replace("-", ":")
        data = read.record_payload(home / "archive", stored[f"urn:x-adpatrol:session:{NUMBER}:{name}"])
        assert data[:2] == b"\xff\xd8" and hashlib.sha256(data).hexdigest() == row["sha256"]
    assert capture.facts["session"]["frames_head"] == frames[-1]["chain"]


def test_the_archive_holds_the_session_as_one_visit_of_client_attended_that_verifies(held: tuple[Path, Capture, list[dict[str, object]], str]) -> None:
    home, capture, _, origin = held
    assert (capture.client, str(capture.outcome), capture.id, capture.url) == ("attended", "ok", f"attended-{NUMBER}", f"{origin}/")
    assert capture.facts["session"]["how"] == FINISHED and capture.facts["session"]["stated"]["signers"][1]["name"] == "李四"
    manifest = json.loads(read.record_payload(home / "archive", next(r for r in capture.records if r.uri.endswith(":manifest"))))
    assert {row["name"] for row in manifest} >= {"journal", "frames", "frame:000001", "shot:01-window.png", "shot:01-page.png", "shot:01-dom.html", "answer:001"}
    assert all(len(row["sha256"]) == 64 and len(row["sm3"]) == 64 for row in manifest)
    assert all(ref.uri.startswith((f"urn:x-adpatrol:session:{NUMBER}:", "urn:x-adpatrol:visit:")) for ref in capture.records)
    assert read.page_body(home / "archive", capture) is None  # nothing for the judge: a session makes no automatic record
    assert verify(home / "archive", capture=capture.id).failures == ()
    assert keep.keep(home / NUMBER, home / "archive", NUMBER, f"{origin}/") == ledger.capture(home / "archive", capture.id)


def test_a_file_changed_between_the_session_and_the_archive_makes_it_an_interrupted_one(held: tuple[Path, Capture, list[dict[str, object]], str], tmp_path: Path) -> None:
    home, _, _, origin = held
    import shutil

    for change in ("change", "add", "remove"):
        folder = tmp_path / change
        shutil.copytree(home / NUMBER, folder)
        file = folder / "files" / "frame-000002.jpg"
        if change == "change":
            file.write_bytes(file.read_bytes()[:-1] + b"x")
        elif change == "add":
            (folder / "files" / "frame-999999.jpg").write_bytes(b"\xff\xd8")
        else:
            file.unlink()
        facts = keep.visit_of(folder, NUMBER, f"{origin}/").facts["session"]
        assert (facts["how"], facts["why"]) == (INTERRUPTED, keep.ALTERED), change


def test_a_hostile_page_is_written_down_and_does_nothing_else(origin: str, tmp_path: Path) -> None:
    async def way() -> None:
        async with session(order(f"{origin}/hostile"), tmp_path / "s") as task:
            await ask(tmp_path / "s", "open", url=f"{origin}/hostile")
            await ask(tmp_path / "s", "click", x=300, y=300)
            shot = await ask(tmp_path / "s", "shot")
            assert shot["ok"], shot
            assert (await ask(tmp_path / "s", "open", url=f"{origin}/huge"))["ok"]
            big = await ask(tmp_path / "s", "shot")
            assert big["ok"], big
            assert (await ask(tmp_path / "s", "finish"))["ok"]
            await asyncio.wait_for(task, 30)

    asyncio.run(way())
    said = " ".join(str(row["said"]) for row in events(tmp_path / "s", "notice"))
    for words in ("对话框一", "<img src=x onerror=alert(2)>", "新窗口已关闭", "127.0.0.9:81/inside", "要求下载文件", "选择本机文件，未提供"):
        assert words in said, words
    titles = [row["title"] for row in events(tmp_path / "s", "shot")]
    assert titles[0] == "<script>alert(1)</script>" and len(str(titles[1])) == 500
    assert max(file.stat().st_size for file in (tmp_path / "s" / "files").iterdir()) < 32 * 2**20
    passages = events(tmp_path / "s", "gate")[0]["passages"]
    assert all(row["outcome"] in ("refused", "own") for row in passages if row["host"] != "127.0.0.2")  # type: ignore[attr-defined, index]


def test_a_page_that_never_rests_can_still_be_left_and_the_session_finished(origin: str, tmp_path: Path) -> None:
    async def way() -> None:
        async with session(order(f"{origin}/busy"), tmp_path / "s") as task:
            await ask(tmp_path / "s", "open", url=f"{origin}/busy")
            await asyncio.sleep(1.5)
            stuck = await ask(tmp_path / "s", "down")
            assert not stuck["ok"] and "没有反应" in stuck["said"]
            assert (await ask(tmp_path / "s", "finish"))["ok"]
            assert (await asyncio.wait_for(task, 40)).how == FINISHED

    asyncio.run(way())


@pytest.mark.parametrize("what", ["page", "browser"])
def test_a_crash_ends_the_session_as_interrupted(origin: str, tmp_path: Path, what: str) -> None:
    async def way() -> None:
        async with session(order(f"{origin}/"), tmp_path / "s") as task:
            await ask(tmp_path / "s", "open", url=f"{origin}/")
            for child in psutil.Process().children(recursive=True):
                line = " ".join(child.cmdline()) if child.status() != psutil.STATUS_ZOMBIE else ""
                if "chrom" in line and ("--type=renderer" in line if what == "page" else "--type=" not in line and "--headless" in line):
                    child.kill()
            ended = await asyncio.wait_for(task, 30)
            assert (ended.how, ended.why) == (INTERRUPTED, "浏览器或页面进程崩溃")

    asyncio.run(way())
    kept = keep.keep(tmp_path / "s", tmp_path / "archive", NUMBER, f"{origin}/")
    assert kept.facts["session"]["how"] == INTERRUPTED and str(kept.outcome) == "reset"


def test_a_session_without_acts_ends_as_interrupted(origin: str, tmp_path: Path) -> None:
    async def way() -> None:
        async with session(order(f"{origin}/", idle_s=0.5), tmp_path / "s") as task:
            ended = await asyncio.wait_for(task, 30)
            assert ended.how == INTERRUPTED and "没有操作" in ended.why

    asyncio.run(way())


def test_what_a_session_leaves_is_bounded_and_the_bound_ends_it(origin: str, tmp_path: Path) -> None:
    async def way() -> None:
        async with session(order(f"{origin}/", max_frames=2), tmp_path / "s") as task:
            await ask(tmp_path / "s", "open", url=f"{origin}/")
            for act in ("down", "up", "down"):
                if not task.done():
                    await ask(tmp_path / "s", act)
            ended = await asyncio.wait_for(task, 30)
            assert ended.how == INTERRUPTED and "上限" in ended.why

    asyncio.run(way())


def test_nothing_is_done_before_the_officers_have_seen_the_checks(origin: str, tmp_path: Path) -> None:
    async def way() -> None:
        async with session(order(f"{origin}/"), tmp_path / "s", start=False):
            answer = await ask(tmp_path / "s", "open", url=f"{origin}/")
            assert not answer["ok"] and ("自检" in answer["said"])

    asyncio.run(way())
    assert events(tmp_path / "s", "arrived") == [] and not list((tmp_path / "s" / "files").iterdir())


def test_a_number_is_used_once(tmp_path: Path) -> None:
    first = journal.Journal(tmp_path / "s", max_frames=1, max_bytes=1)
    first.close()
    with pytest.raises(FileExistsError):
        journal.Journal(tmp_path / "s", max_frames=1, max_bytes=1)


def test_the_line_that_a_kill_cut_is_no_line(tmp_path: Path) -> None:
    made = journal.Journal(tmp_path / "s", max_frames=1, max_bytes=1)
    made.event("act", "一")
    made.event("act", "二")
    made.close()
    file = tmp_path / "s" / journal.JOURNAL
    file.write_bytes(file.read_bytes()[:-5])
    rows = journal.read(file)
    assert [row["said"] for row in rows] == ["一"] and unbroken(rows)
    assert keep.visit_of(tmp_path / "s", NUMBER, "http://a.example/").facts["session"]["why"] == keep.DIED
