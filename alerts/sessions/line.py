"""The console's end of the wire: one act to the process that holds the browser, one answer. The other end: crawler.attended.session."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOCKET = "control.sock"
ANSWER_S = 80.0  # one act may wait for a slow page
MAX_ANSWER = 65_536
ACTS = {"start": "开始取证", "open": "打开网址", "down": "向下滚动", "up": "向上滚动", "click": "点击", "back": "后退", "shot": "截图", "finish": "结束取证",
        "interrupt": "中断"}


@dataclass(frozen=True, slots=True)
class Answer:
    ok: bool
    said: str


def ask(folder: Path, act: str, *, who: str, name: str, **more: Any) -> Answer:
    """``folder``: of the session. Never raises: a process that does not answer is an answer too."""
    try:
        got = _exchange(folder, json.dumps({"act": act, "who": who, "name": name, **more}, ensure_ascii=False).encode() + b"\n")
        told = json.loads(got)
        return Answer(bool(told["ok"]), str(told["said"])[:500])
    except (OSError, ValueError, KeyError, TypeError):
        return Answer(False, "取证进程没有应答")


def _exchange(folder: Path, line: bytes) -> bytes:
    """By way of the folder's descriptor: a socket's path may have 107 bytes at most, a home lies where it lies."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            wire.settimeout(ANSWER_S)
            wire.connect(f"/proc/self/fd/{handle}/{SOCKET}")
            wire.sendall(line)
            got = b""
            while not got.endswith(b"\n") and len(got) < MAX_ANSWER:
                piece = wire.recv(8192)
                if not piece:
                    break
                got += piece
            return got
    finally:
        os.close(handle)
