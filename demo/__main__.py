"""`make demo`: our own sample sites on loopback, patrolled end to end, then the console. Ctrl-C ends all of it.

The steps are the product's own commands, run as a person would run them; this file only starts and ends them.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIND = os.environ.get("DEMO_BIND", "127.0.0.1:8000")
USER = "officer"


def main() -> int:
    home = Path(os.environ.setdefault("ADPATROL_HOME", str(HERE.parent / "var" / "demo"))).resolve()
    os.environ["ADPATROL_CONFIG"] = str(HERE / "config")
    again = bool(os.environ.get("AGAIN"))
    host, _, port = BIND.rpartition(":")
    if _taken(host, int(port)):
        print(f"端口 {port} 已被占用：请先关闭占用它的程序，或设 DEMO_BIND=127.0.0.1:其他端口", file=sys.stderr)
        return 2
    children: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        _run("init")
        password = _sign_in(home)
        children.append(subprocess.Popen([sys.executable, "-m", "demo.serve"]))
        if again or not _finished(home):
            _wait_for_sites()
            code = subprocess.call([sys.executable, "-m", "adpatrol", "patrol", "--plan", "demo"])
            if code:
                return code
            (home / "demo-finished.json").write_text(json.dumps({"finished": time.time()}), encoding="utf-8")
        else:
            print("上次巡查已完成，直接打开控制台（再次巡查：make demo AGAIN=1）")
        print(f"\n  控制台  http://{BIND}\n  用户名  {USER}\n  密  码  {password}\n  按 Ctrl-C 结束\n", flush=True)
        console = subprocess.Popen([sys.executable, "-m", "adpatrol", "serve", "--bind", BIND, "--no-schedule"])
        children.append(console)
        return console.wait()
    except KeyboardInterrupt:
        return 130
    finally:
        _end(children)


def _taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _run(*args: str, stdin: str | None = None) -> None:
    done = subprocess.run([sys.executable, "-m", "adpatrol", *args], input=stdin, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.strip() or done.stdout.strip() or f"adpatrol {args[0]} 失败")


def _sign_in(home: Path) -> str:
    """The demo officer, made once; the password lies in the home, readable by its owner only."""
    file = home / "sign-in.txt"
    if file.is_file():
        return file.read_text(encoding="ascii").strip()
    password = secrets.token_urlsafe(12)
    _run("user", "add", USER, "--role", "officer", "--password-stdin", stdin=password + "\n")
    file.touch(mode=0o600)
    file.write_text(password + "\n", encoding="ascii")
    return password


def _finished(home: Path) -> bool:
    return (home / "demo-finished.json").is_file()


def _wait_for_sites(deadline_s: float = 10.0) -> None:
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.2", 8100), 0.5).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("示例网站没有启动：请检查端口 8100 是否被占用")


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in reversed(children):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in reversed(children):
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()


if __name__ == "__main__":
    sys.exit(main())
