"""`make demo`: our own sample sites on loopback, patrolled end to end, then the console. Ctrl-C ends all of it.

The steps are the product's own commands, run as a person would run them; this file only starts and ends them.
Environment: ADPATROL_HOME (default var/demo), AGAIN=1 patrols again, DEMO_BIND moves the console.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from demo.table import PORT, samples

HERE = Path(__file__).resolve().parent
BIND = os.environ.get("DEMO_BIND") or "127.0.0.1:8000"
MAIL_PORT = 8125
USER = "officer"
CONSOLE_STARTS_S = 60.0
ADPATROL = (sys.executable, "-m", "adpatrol")


def main() -> int:
    home = Path(os.environ.get("ADPATROL_HOME") or HERE.parent / "var" / "demo").resolve()
    host, _, port = BIND.rpartition(":")
    os.environ |= {
        "ADPATROL_HOME": str(home), "ADPATROL_CONFIG": str(HERE / "config"), "ADPATROL_CONSOLE_URL": f"http://{BIND}",
        "ADPATROL_DEMO_SMTP_HOST": "127.0.0.1", "ADPATROL_DEMO_SMTP_PORT": str(MAIL_PORT),
    }
    wanted = [(host, int(port)), *((sample.address, PORT) for sample in samples()), ("127.0.0.1", MAIL_PORT)]
    for address in wanted:
        if _taken(*address):
            print(f"{address[0]} 的端口 {address[1]} 已被占用：请先关闭占用它的程序（控制台可改用 DEMO_BIND=127.0.0.1:其他端口 make demo）", file=sys.stderr)
            return 2
    children: list[subprocess.Popen[bytes]] = []
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        return _steps(home, children)
    except KeyboardInterrupt:
        print("\n正在结束…", file=sys.stderr)
        return 130
    finally:
        _end(children)


def _steps(home: Path, children: list[subprocess.Popen[bytes]]) -> int:
    finished = home / "demo-finished.json"
    _run("init")
    password = _sign_in(home)
    _start(children, sys.executable, "-m", "demo.serve", "--mail", str(home / "outgoing"), "--mail-port", str(MAIL_PORT), quiet=True)
    _wait_for("127.0.0.1", MAIL_PORT, 10.0, "示例网站没有启动")
    if os.environ.get("AGAIN") or not finished.is_file():
        code = _patrol(children, home, again=finished.is_file())
        if code:
            return code
        _run("deliver", "--within", "30")
        finished.write_text(json.dumps({"finished": time.time()}), encoding="utf-8")
    else:
        print("上次巡查已完成，直接打开控制台（再次巡查：make demo AGAIN=1）", flush=True)
    console = _start(children, *ADPATROL, "serve", "--bind", BIND, "--no-schedule", quiet=True)
    host, _, port = BIND.rpartition(":")
    _wait_for(host, int(port), CONSOLE_STARTS_S, "控制台没有启动", console)
    print(f"\n  控制台  http://{BIND}\n  用户名  {USER}\n  密  码  {password}\n  通  知  {home / 'outgoing'}\n  按 Ctrl-C 结束\n", flush=True)
    return console.wait()


def _patrol(children: list[subprocess.Popen[bytes]], home: Path, *, again: bool) -> int:
    """One patrol to its end; one that was cut off is gone on with."""
    from crawler.frontier import runs

    cut_off = not again and bool(runs(home, limit=1))
    print(f"{'继续上次没有完成的巡查' if cut_off else '开始巡查示例网站'}，请稍候…", flush=True)
    return _start(children, *ADPATROL, "patrol", *(("--resume",) if cut_off else ("--plan", "demo"))).wait()


def _start(children: list[subprocess.Popen[bytes]], *command: str, quiet: bool = False) -> subprocess.Popen[bytes]:
    """A child in a process group of its own: the terminal's Ctrl-C reaches this process only, which ends them in order."""
    child = subprocess.Popen(command, cwd=HERE.parent, process_group=0, stdout=subprocess.DEVNULL if quiet else None)
    children.append(child)
    return child


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Newest first; as a person would with Ctrl-C, then harder, with all that they started."""
    for child in reversed(children):
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _run(*args: str, stdin: str | None = None) -> None:
    done = subprocess.run([*ADPATROL, *args], cwd=HERE.parent, input=stdin, text=True, capture_output=True, check=False)
    if done.returncode:
        print(done.stderr.strip() or done.stdout.strip() or f"adpatrol {args[0]} 失败", file=sys.stderr)
        sys.exit(2)


def _sign_in(home: Path) -> str:
    """The demo officer, made once; the password lies in the home, readable by its owner only."""
    file = home / "sign-in.txt"
    if file.is_file():
        return file.read_text(encoding="ascii").strip()
    password = secrets.token_urlsafe(12)
    _run("user", "add", USER, "--role", "officer", "--replace", "--password-stdin", stdin=password + "\n")
    file.touch(mode=0o600)
    file.write_text(password + "\n", encoding="ascii")
    return password


def _wait_for(host: str, port: int, seconds: float, otherwise: str, child: subprocess.Popen[bytes] | None = None) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and (child is None or child.poll() is None):
        try:
            socket.create_connection((host, port), 0.5).close()
            return
        except OSError:
            time.sleep(0.1)
    print(f"{otherwise}：请看上面的说明", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())
