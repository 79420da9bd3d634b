"""What one session is to do: written by the console, read once by the process that holds the browser."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.guards.egress import Network

NUMBER = re.compile(r"^QZ\d{4}\d{6}$")
IDLE_S = 300.0  # without an act of an officer
LONGEST_S = 1_800.0
MAX_FRAMES = 1_500
MAX_BYTES = 96 * 1024 * 1024  # of everything a session may leave


class SessionError(Exception):
    """What stops a session or refuses an act of it; the message is one Chinese line."""


class BadOrder(SessionError):
    """The order cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """``stated``: what the officers stated (案由, 案件编号, 地点, 网络环境, who signed in …), kept as it is. ``allow``: networks of the office's own
    that may be visited; ``identity``: public or browser, as the 授权书 has it; ``time_sources``: addresses whose answers tell the time."""

    number: str
    url: str
    stated: dict[str, Any]
    allow: tuple[Network, ...] = ()
    identity: str = "public"
    contact: str = ""
    time_sources: tuple[str, ...] = ()
    idle_s: float = IDLE_S
    longest_s: float = LONGEST_S
    max_frames: int = MAX_FRAMES
    max_bytes: int = MAX_BYTES


def read(file: Path, *, allow: Sequence[Network] = (), identity: str = "public", contact: str = "", time_sources: Sequence[str] = ()) -> Order:
    """The console's part of an order ({number, url, stated, limits}) with what only adpatrol/ knows. Raises BadOrder."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        number, url, stated, limits = data["number"], data["url"], data["stated"], data.get("limits") or {}
        if not NUMBER.match(number) or not str(url).startswith(("http://", "https://")) or not isinstance(stated, dict):
            raise ValueError("number or url")
        return Order(
            number=number, url=url, stated=stated, allow=tuple(ipaddress.ip_network(str(network)) for network in allow), identity=identity,
            contact=contact, time_sources=tuple(time_sources), idle_s=float(limits.get("idle_s", IDLE_S)),
            longest_s=float(limits.get("longest_s", LONGEST_S)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadOrder(f"取证会话的指令无法读取（{file.name}）：{' '.join(str(error).split())}") from error
