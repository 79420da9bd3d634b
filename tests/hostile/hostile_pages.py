"""Pages that misbehave once a browser shows them: dialogs, endless scripts, downloads, and every way a page has to reach inside."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from hostile_sites import PLAIN, SPELLINGS
from hostile_web import Handler, Site, Talk, closed_port

from evidence.capture import Outcome
from evidence.ledger import captures

HEAD = "<!doctype html><html lang=zh><meta charset=utf-8><title>{0}</title><p>{0}：打开以后看得到的文字。</p>"


def page(title: str, script: str, more: str = "") -> Handler:
    async def answer(talk: Talk) -> None:
        await talk.answer(HEAD.format(title) + more + f"<script>{script}</script>")

    return answer


async def inward(talk: Talk) -> None:
    """Every kind of request a page can make, to the machine the patrol runs on, by number and by name."""
    port = talk.web.port("trap")
    hosts = [*SPELLINGS, "169.254.169.254", "10.1.2.3", "localhost"]
    tags = "".join(
        f"<img src=http://{h}:{port}/img{n}><script src=http://{h}:{port}/js{n}></script><iframe src=http://{h}:{port}/frame{n}></iframe>"
        f"<link rel=stylesheet href=http://{h}:{port}/css{n}><link rel=preconnect href=http://{h}:{port}/><link rel=prefetch href=http://{h}:{port}/pre{n}>"
        f"<video src=http://{h}:{port}/video{n}></video><object data=http://{h}:{port}/object{n}></object>" for n, h in enumerate(hosts))
    script = f"""
      const hosts = {hosts!r};
      for (const h of hosts) {{
        fetch(`http://${{h}}:{port}/fetch`, {{mode: 'no-cors'}}).catch(() => 0);
        try {{ new WebSocket(`ws://${{h}}:{port}/ws`) }} catch (e) {{}}
        try {{ new EventSource(`http://${{h}}:{port}/events`) }} catch (e) {{}}
        navigator.sendBeacon(`http://${{h}}:{port}/beacon`, 'x');
        const form = document.createElement('form');
        form.action = `http://${{h}}:{port}/form`; form.method = 'post'; form.target = '_blank'; document.body.append(form); form.submit();
      }}
      new Worker(URL.createObjectURL(new Blob([`fetch('http://127.0.0.1:{port}/worker', {{mode: 'no-cors'}})`])));
      const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});
      peer.createDataChannel('x'); peer.createOffer().then(o => peer.setLocalDescription(o));
    """
    await talk.answer(HEAD.format("向内") + f"<style>@import 'http://127.0.0.1:{port}/import'; body {{background: url(http://[::1]:{port}/background)}}</style>"
                      + tags + f"<script>{script}</script>")


async def moves_inward(talk: Talk) -> None:
    port = talk.web.port("trap")
    await talk.answer(HEAD.format("转向内网") + f"<script>location.href = 'http://inside.test:{port}/secret'</script>")


async def moves_inward_tls(talk: Talk) -> None:
    await talk.answer(HEAD.format("转向内网") + f"<script>location.href = 'https://inside.test:{talk.web.port('trap')}/secret'</script>")


async def moves_to_nobody(talk: Talk) -> None:
    await talk.answer(HEAD.format("转向无人处") + f"<script>location.href = 'http://127.0.10.1:{closed_port('127.0.10.1')}/'</script>")


async def moves_to_files(talk: Talk) -> None:
    more = "<iframe src='file:///etc/passwd'></iframe><a id=a href='file:///etc/passwd'>x</a>"
    await talk.answer(HEAD.format("本机文件") + more + "<script>a.click(); location.href = 'file:///etc/passwd'; location.href = 'chrome://crash'; "
                      "location.href = 'view-source:file:///etc/passwd'</script>")


async def downloads(talk: Talk) -> None:
    if talk.path == "/file.exe":
        await talk.answer(b"MZ" + bytes(5_000), kind="application/octet-stream", Content_Disposition="attachment; filename=\"../../../x.exe\"")
    else:
        await talk.answer(HEAD.format("自动下载") + "<a id=a href=/file.exe download>x</a><iframe src=/file.exe></iframe><script>a.click(); location.href='/file.exe'</script>")


async def opens_many(talk: Talk) -> None:
    if talk.path != "/":
        await talk.answer(PLAIN.format("弹出的页面") + "<script>window.open(location.href + 'x'); alert(1)</script>")
        return
    await talk.answer(HEAD.format("弹出许多窗口") + f"<script>for (let n = 0; n < 20; n++) window.open('/popup' + n); window.open('http://inside.test:{talk.web.port('trap')}/popup')</script>")


def for_browser(handler: Handler, title: str) -> Handler:
    """The static visit sees an ordinary page, the second visit (the browser's) the fault."""
    async def answer(talk: Talk) -> None:
        if talk.path == "/" and talk.count == 0:
            await talk.answer(HEAD.format(title))
        else:
            await handler(talk)

    return answer


async def hangs(talk: Talk) -> None:
    await asyncio.sleep(60)


async def cut_off(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 100000\r\n\r\n<p>x")
    await asyncio.sleep(0.3)
    talk.cut()


async def resets(talk: Talk) -> None:
    talk.cut()


async def circles(talk: Talk) -> None:
    await talk.answer("", status="302 Found", Location="/b" if talk.path == "/a" else "/a")


async def endless(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await talk.raw(b"10000\r\n" + b"<p>y" * (0x10000 // 4) + b"\r\n")


async def odd_packing(talk: Talk) -> None:
    await talk.answer(b"<p>not packed", Content_Encoding="gzip")


async def deep(talk: Talk) -> None:
    await talk.answer(HEAD.format("层层嵌套") + "<div>" * 100_000 + "深处")


async def gone(talk: Talk) -> None:
    await talk.answer(PLAIN.format("没有了"), status="404 Not Found")


PAGES: dict[str, tuple[Handler, str]] = {  # name -> what answers, TLS
    "quiet": (page("正常网站", ""), ""),
    "dialogs": (page("对话框", "alert(1); confirm(2); prompt(3); onbeforeunload = () => 'x'; document.body.append('对话框之后')"), ""),
    "loops": (for_browser(page("死循环", "while (true) {}"), "死循环"), ""),
    "timers": (page("不停增长", "setInterval(() => { for (let n = 0; n < 20; n++) document.body.append(document.createElement('i')) }, 50)"), ""),
    "prints": (page("打印", "print(); document.body.append('打印之后')"), ""),
    "asks": (page("索要权限", "navigator.geolocation.getCurrentPosition(() => 0); Notification.requestPermission(); navigator.mediaDevices?.getUserMedia({video: true});"
                  "navigator.serviceWorker?.register('/sw.js'); document.documentElement.requestFullscreen?.(); navigator.clipboard?.readText(); document.body.append('索要之后')"), ""),
    "closes_itself": (page("关闭自己", "window.close(); document.body.append('还在')"), ""),
    "downloads": (downloads, ""), "popups": (opens_many, ""), "inward": (inward, ""), "moves_inward": (moves_inward, ""), "moves_inward_tls": (moves_inward_tls, ""), "moves_to_nobody": (moves_to_nobody, ""), "files": (moves_to_files, ""),
    "hangs": (for_browser(hangs, "先好后坏"), ""), "cut_off": (for_browser(cut_off, "先好后坏"), ""), "resets": (for_browser(resets, "先好后坏"), ""),
    "circles": (for_browser(circles, "先好后坏"), ""), "endless": (for_browser(endless, "先好后坏"), ""),
    "odd_packing": (for_browser(odd_packing, "先好后坏"), ""), "deep": (for_browser(deep, "先好后坏"), ""), "gone": (for_browser(gone, "先好后坏"), ""),
    "self_signed": (page("自签名", ""), "self_signed"), "expired": (page("过期", ""), "expired"),
}


class Killing:
    """A page whose browser is killed while it loads: the static visit waits until the others have been shown, so that only this one is hit."""

    def __init__(self, before: list[str], folder: Path, sign: str) -> None:
        self._before, self._folder, self._sign = before, folder, folder / sign

    async def __call__(self, talk: Talk) -> None:
        if talk.path == "/hang":
            if talk.count == 0:
                self._sign.touch()
                await asyncio.sleep(20)
            await talk.answer("", kind="text/javascript")
            return
        if talk.path == "/" and talk.count == 0:
            while not await asyncio.to_thread(self._all_shown, talk.web.urls):
                await asyncio.sleep(0.5)
        await talk.answer(HEAD.format("浏览器崩溃") + "<script src=/hang></script>")

    def _all_shown(self, urls: dict[str, str]) -> bool:
        """Whether the browser is done with the others, second tries included."""
        shown = [capture for capture in captures(self._folder / "archive") if capture.client == "desktop-browser"]
        tries = Counter(capture.url for capture in shown)
        over = {capture.url for capture in shown if tries[capture.url] == 2 or capture.outcome not in (Outcome.TIMEOUT, Outcome.RESET, Outcome.BROWSER_CRASH, Outcome.CONNECT)}
        return {urls[name] for name in self._before} <= over


def sites(folder: Path) -> list[Site]:
    found = [Site(name, f"127.0.10.{n + 1}", handler, None, tls) for n, (name, (handler, tls)) in enumerate(PAGES.items())]
    renderer = Killing(list(PAGES), folder, "kill-renderer")
    browser = Killing([*PAGES, "kill_renderer"], folder, "kill-browser")
    return [Site("trap", "127.0.0.1", page("内部系统", "")), *found, Site("kill_renderer", "127.0.10.240", renderer), Site("kill_browser", "127.0.10.241", browser)]
