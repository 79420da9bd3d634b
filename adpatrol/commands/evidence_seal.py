"""`adpatrol evidence seal`: a root now, stamps for what waits, and what waits still."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer


def register(group: Any) -> None:
    group.command("seal", epilog="例：adpatrol evidence seal")(seal)


def seal(as_json: Annotated[bool, typer.Option("--json", help="JSON Lines：一行")] = False) -> None:
    """立即签一个存证根，并为还没有时间戳的存证根取时间戳；说明还在等什么、等了多久。"""
    from adpatrol.home import config_folders, home
    from adpatrol.sealing import seal as sealed
    from alerts.evidence_settings import load_evidence
    from evidence import roots

    settings = load_evidence(config_folders())
    done = sealed(home(), at_once=True, settings=settings)
    if as_json:
        record = {"root": done.root.seq if done.root else None, "key": done.root.key if done.root else None, "stamped": done.stamps.stamped,
                  "silent": done.stamps.silent, "waiting": [{"root": w.root, "authority": w.authority, "since": w.since} for w in done.stamps.waiting]}
        print(json.dumps(record, ensure_ascii=False))
        return
    if done.root is None:
        last = roots.roots(home() / "archive")
        print(f"没有新的登记，最近一个存证根是第 {last[-1].seq} 个" if last else "这里还没有存档，没有可签的")
    else:
        print(f"已签第 {done.root.seq} 个存证根（密钥指纹 {done.root.key[:16]}…）")
    if not settings.authorities:
        print("没有设时间戳机构：时间只有本机自称，请在 evidence.yaml 里设 authorities")
    elif done.stamps.stamped:
        print(f"取得时间戳 {done.stamps.stamped} 个")
    for name, said in done.stamps.silent.items():
        print(f"时间戳机构 {name} 暂不可用：{said}；稍后自动再取，不会丢")
    for name, count in Counter(w.authority for w in done.stamps.waiting).items():
        since = min(w.since for w in done.stamps.waiting if w.authority == name)
        print(f"等候 {name} 的时间戳：{count} 个存证根，最早的签于 {local(since)}")


def local(time: str) -> str:
    """A moment of the ledger as people here write it."""
    return f"{datetime.fromisoformat(time).astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"
