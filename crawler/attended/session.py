"""One session from its first line to its last. Officers drive it over a Unix socket in its folder: one JSON object a line each way.

``{"act": "check|start|open|down|up|click|back|shot|finish|interrupt", "who": user, "name": person, …}`` → ``{"ok": bool, "said": Chinese}``. Nothing is accepted
before the checks are over; only start and interrupt before the start; nothing after the end. A session whose process dies stays as it is: the
folder is taken once (journal.Journal).
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Error, async_playwright

from crawler.attended.acts import ActRefused, Acts
from crawler.attended.checks import environment
from crawler.attended.journal import LIVE, Full, Journal
from crawler.attended.order import Order
from crawler.attended.screen import Screen
from crawler.guards.egress import EgressPolicy
from crawler.guards.proxy import running_proxy
from crawler.identity import VERSION, user_agent
from crawler.rendering.errors import RenderError

SOCKET = "control.sock"
TICK_S = 0.2
FRAME_S, CALM_S = 0.4, 1.0  # between two pictures of the recording: after an act, and while nobody acts
LIVELY_S = 4.0
ACT_S = 75.0  # of one act, whatever it waits for
MAX_LINE = 16_384
FINISHED, INTERRUPTED = "finished", "interrupted"


@dataclass(frozen=True, slots=True)
class Ended:
    """``how``: finished (by the officers) or interrupted, with the reason in Chinese."""

    how: str
    why: str


async def hold(order: Order, folder: Path, *, stop: asyncio.Event | None = None) -> Ended:
    """The session, to its end. Its folder then holds all it left; nothing is archived here. ``stop``: set where the whole system ends. Raises
    FileExistsError for a number used before."""
    journal = Journal(folder, max_frames=order.max_frames, max_bytes=order.max_bytes)
    try:
        ended = await _Session(order, folder, journal, stop or asyncio.Event()).run()
        frames = journal.frames
        journal.event("end", f"会话{'结束' if ended.how == FINISHED else '中断'}：{ended.why}", how=ended.how, why=ended.why, frames=frames,
                      frames_head=journal.heads["frames"], left_out=journal.left_out)
    finally:
        journal.close()
        (folder / SOCKET).unlink(missing_ok=True)
    return ended


class _Session:
    def __init__(self, order: Order, folder: Path, journal: Journal, stop: asyncio.Event) -> None:
        self._order, self._folder, self._journal, self._stop = order, folder, journal, stop
        self._screen: Screen
        self._acts: Acts
        self._over: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._one = asyncio.Lock()
        self._ready = self._started = False
        self._began = self._last_act = time.monotonic()
        self._last_frame = 0.0
        self._shown = b""

    async def run(self) -> Ended:
        self._journal.event("begin", "取证进程启动", number=self._order.number, url=self._order.url, stated=self._order.stated, tool=f"adpatrol/{VERSION}",
                            user_agent=user_agent("desktop-browser", self._order.identity, self._order.contact), identity=self._order.identity)
        policy = EgressPolicy(allow=self._order.allow)
        try:
            async with running_proxy(policy) as proxy, async_playwright() as playwright:
                self._screen = Screen(proxy, self._journal.event, self._arrived)
                self._acts = Acts(self._screen, self._journal)
                try:
                    await self._screen.start(playwright, identity=self._order.identity, contact=self._order.contact)
                    return await self._serve(policy)
                finally:
                    await self._screen.close()
                    self._journal.event("gate", "出口闸门的连接记录", passages=[row.to_json() for row in list(proxy.log)[-40:]])
        except (Error, RenderError, OSError) as error:
            return Ended(INTERRUPTED, f"浏览器无法启动或已退出：{' '.join(str(error).split())[:200]}")

    async def _serve(self, policy: EgressPolicy) -> Ended:
        server = await asyncio.start_unix_server(self._asked, path=_short(self._folder, SOCKET), limit=MAX_LINE)
        (self._folder / SOCKET).chmod(0o600)
        ticking = asyncio.create_task(self._tick())
        try:
            clean = await self._screen.clean()
            for found in await environment(self._order.url, browser=self._screen.version, time_sources=self._order.time_sources, policy=policy,
                                           gate=self._screen.proxy, clean=clean):
                self._journal.event("check", f"{found.name}：{found.said}", check=found.to_json())
            self._journal.event("checked", "自检完毕，等待两名执法人员核对")
            self._ready = True
            return await self._over
        finally:
            server.close()
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    def _end(self, how: str, why: str) -> None:
        if not self._over.done():
            self._over.set_result(Ended(how, why))

    def _arrived(self, body: bytes, facts: dict[str, Any]) -> None:
        if not self._over.done():
            try:
                self._acts.arrived(body, facts)
            except Full as error:
                self._end(INTERRUPTED, str(error))

    # Time

    async def _tick(self) -> None:
        """Recording, live picture, and the bounds."""
        while not self._over.done():
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if self._stop.is_set():
                self._end(INTERRUPTED, "系统停止运行")
            elif self._screen.gone.is_set():
                self._end(INTERRUPTED, "浏览器或页面进程崩溃")
            elif now - self._last_act > self._order.idle_s:
                self._end(INTERRUPTED, f"超过 {self._order.idle_s:g} 秒没有操作")
            elif now - self._began > self._order.longest_s:
                self._end(INTERRUPTED, f"会话超过 {self._order.longest_s:g} 秒")
            else:
                await self._record(self._screen.newest, now)

    async def _record(self, picture: bytes, now: float, why: str = "") -> None:
        rest = FRAME_S if now - self._last_act < LIVELY_S else CALM_S
        if not picture or (not why and (picture == self._shown or now - self._last_frame < rest)):
            return
        self._shown, self._last_frame = picture, now
        if self._started:
            try:
                self._journal.frame(picture, why)
            except Full as error:
                self._end(INTERRUPTED, str(error))
        await asyncio.to_thread(_show, self._folder / LIVE, picture)

    # Acts

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ACT_S):
                line = await reader.readline()
                asked = json.loads(line) if line else {}
                answer = await self._answer(asked) if isinstance(asked, dict) else {"ok": False, "said": "指令格式不对"}
                writer.write((json.dumps(answer, ensure_ascii=False) + "\n").encode())
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked is gone, or asked nothing readable: nothing was done, or the journal has it
        finally:
            writer.close()

    async def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        name, who = str(asked.get("act", "")), {"who": str(asked.get("who", ""))[:150], "name": str(asked.get("name", ""))[:150]}
        if self._over.done():
            return {"ok": False, "said": "会话已经结束"}
        if name == "interrupt":
            why = str(asked.get("why", "") or "执法人员中断")[:300]
            self._journal.event("act", f"中断会话：{why}", act=name, **who)
            self._end(INTERRUPTED, why)
            return {"ok": True, "said": "会话已中断"}
        if not self._ready:
            return {"ok": False, "said": "自检还没有完成，请稍候"}
        if name != "start" and not self._started:
            return {"ok": False, "said": "请先核对自检结果，再开始取证"}
        if self._one.locked():
            return {"ok": False, "said": "上一步还没有做完，请稍候"}
        async with self._one:
            return await self._act(name, who, asked)

    async def _act(self, name: str, who: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
        self._last_act = time.monotonic()
        facts = {key: asked[key] for key in ("url", "x", "y") if key in asked}
        try:
            if name == "start":
                said = self._start()
            elif name == "finish":
                said = "结束取证"
            else:
                said = await self._acts.do(asked)
            ok = True
        except ActRefused as error:
            said, ok = str(error), False
        except Full as error:
            self._end(INTERRUPTED, str(error))
            return {"ok": False, "said": str(error)}
        except (Error, TimeoutError):
            said, ok = "没有做成：页面没有反应", False
        if self._over.done():
            return {"ok": False, "said": "会话已经结束"}
        await self._record(await self._screen.picture() if name not in ("start",) else self._screen.newest, time.monotonic(), name)
        self._journal.event("act", said, act=name, ok=ok, frame=self._journal.frames, page=self._screen.page.url[:2_000], **who, **facts)
        self._last_act = time.monotonic()
        if name == "finish":
            self._end(FINISHED, "执法人员结束取证")
        return {"ok": ok, "said": said}

    def _start(self) -> str:
        if self._started:
            raise ActRefused("取证已经开始")
        self._started = True
        return "核对系统时间和清洁性检查结果，开始取证并录像"


def _short(folder: Path, name: str) -> str:
    """A path to a socket that is short enough for the system (108 bytes), however deep the home lies."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)  # closed with the process
    return f"/proc/self/fd/{handle}/{name}"


def _show(file: Path, picture: bytes) -> None:
    """The live picture, decoded and encoded anew: no byte of what the page made reaches the console."""
    from PIL import Image

    with suppress(OSError, ValueError, SyntaxError):
        with Image.open(io.BytesIO(picture), formats=("JPEG",)) as opened:
            if opened.width * opened.height > 8_000_000:
                return
            flat = opened.convert("RGB")
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=80)
        beside = file.with_suffix(".new")
        beside.write_bytes(out.getvalue())
        beside.replace(file)
