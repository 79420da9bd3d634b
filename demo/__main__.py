"""`make demo`: our own sample sites on loopback, patrolled end to end, then the console. Ctrl-C ends all of it.

The steps are the product's own commands, run as a person would run them; this file only starts and ends them.
Environment: ADPATROL_HOME (default var/demo), AGAIN=1 patrols again, DEMO_BIND moves the console, DEMO_PORT the sample sites (default 8100;
the letter box stands 25 above).
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

from demo.children import Children
from demo.table import PORT, samples, settings

HERE = Path(__file__).resolve().parent
BIND = os.environ.get("DEMO_BIND") or "127.0.0.1:8000"
USER = "officer"
SITES_START_S = 20.0
CONSOLE_STARTS_S = 60.0
ADPATROL = (sys.executable, "-m", "adpatrol")


def main() -> int:
    home = Path(os.environ.get("ADPATROL_HOME") or HERE.parent / "var" / "demo").resolve()
    try:
        port, (host, console_port) = int(os.environ.get("DEMO_PORT") or PORT), _address(BIND)
    except ValueError:
        return _refuse(f"DEMO_BIND 须写成 地址:端口，DEMO_PORT 须是端口号；没有读懂 {BIND}、{os.environ.get('DEMO_PORT', PORT)}")
    if _taken(host, console_port):
        return _refuse(f"{host} 的端口 {console_port} 已被占用：请先关闭占用它的程序，或改用  make demo DEMO_BIND=127.0.0.1:{console_port + 1}")
    for address, number in (*((sample.address, port) for sample in samples()), ("127.0.0.1", port + 25)):
        if _taken(address, number):
            return _refuse(f"{address} 的端口 {number} 已被占用：请先关闭占用它的程序（也许是另一个 make demo），或改用  make demo DEMO_PORT={port + 100}")
    home.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "ADPATROL_HOME": str(home), "ADPATROL_CONFIG": str(settings(port, home)), "ADPATROL_CONSOLE_URL": f"http://{BIND}",
        "ADPATROL_DEMO_SMTP_HOST": "127.0.0.1", "ADPATROL_DEMO_SMTP_PORT": str(port + 25),
    }
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    with Children(HERE.parent) as children:
        try:
            return _steps(home, port, children)
        except KeyboardInterrupt:
            print("\n正在结束…" + ("再次运行 make demo 会接着巡查。" if _cut_off(home) else ""), file=sys.stderr, flush=True)
            return 130


def _steps(home: Path, port: int, children: Children) -> int:
    began = time.monotonic()
    finished, again = home / "demo-finished.json", bool(os.environ.get("AGAIN"))
    letters = ("--mail", str(home / "outgoing"), "--mail-port", str(port + 25))
    sites = children.start(sys.executable, "-m", "demo.serve", "--with-parent", "--port", str(port), *letters, quiet=True)
    if again or _cut_off(home) or not finished.is_file():
        _run("init")
        _sign_in(home)
        if not _answers("127.0.0.1", port + 25, SITES_START_S, sites):
            return _refuse("示例网站没有启动：请看上面的说明")
        code = _patrol(children, home, again=again)
        if code:
            return code
        _run("deliver", "--within", "30")
        finished.write_text(json.dumps({"finished": time.time()}), encoding="utf-8")
    else:
        print("上次巡查已完成，直接打开控制台（再次巡查：make demo AGAIN=1）", flush=True)
    console = children.start(*ADPATROL, "serve", "--bind", BIND, "--no-schedule", quiet=True)
    if not _answers(*_address(BIND), CONSOLE_STARTS_S, console, ask=b"GET /sign-in/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"):
        return _refuse("控制台没有启动：请看上面的说明")
    print(f"\n  控制台  http://{BIND}/\n  用户名  {USER}\n  密  码  {_sign_in(home)}\n\n  通知邮件存放在 {home / 'outgoing'}\n"
          f"  用时 {time.monotonic() - began:.0f} 秒。按 Ctrl-C 结束。\n", flush=True)
    return console.wait()


def _patrol(children: Children, home: Path, *, again: bool) -> int:
    """One patrol to its end; one that was cut off is gone on with."""
    resume = _cut_off(home) or (_patrolled(home) and not again)
    print(f"{'继续上次没有完成的巡查' if resume else f'开始巡查 {sum(s.patrolled for s in samples())} 个示例网站'}，约需一分钟。", flush=True)
    return children.start(*ADPATROL, "patrol", *(("--resume",) if resume else ("--plan", "demo"))).wait()


def _patrolled(home: Path) -> bool:
    from crawler.frontier import runs

    return bool(runs(home, limit=1))


def _cut_off(home: Path) -> bool:
    """Whether the newest patrol did not come to its end."""
    from crawler.frontier import runs

    return any(run.state != "finished" for run in runs(home, limit=1))


def _address(bind: str) -> tuple[str, int]:
    """ValueError where it is not HOST:PORT."""
    host, _, port = bind.rpartition(":")
    if not host:
        raise ValueError(bind)
    return host, int(port)


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
        sys.exit(_refuse(done.stderr.strip() or done.stdout.strip() or f"adpatrol {args[0]} 失败"))


def _refuse(why: str) -> int:
    print(why, file=sys.stderr, flush=True)
    return 2


def _sign_in(home: Path) -> str:
    """The demo officer, made once; the password lies in the home, readable by its owner only."""
    file = home / "sign-in.txt"
    if file.is_file() and (known := file.read_text(encoding="ascii").strip()):
        return known
    password = secrets.token_urlsafe(12)
    _run("user", "add", USER, "--role", "officer", "--replace", "--password-stdin", stdin=password + "\n")
    file.touch(mode=0o600)
    file.write_text(password + "\n", encoding="ascii")
    return password


def _answers(host: str, port: int, seconds: float, child: subprocess.Popen[bytes], ask: bytes = b"") -> bool:
    """Whether somebody speaks there (when asked so) within ``seconds``, and before ``child`` ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and child.poll() is None:
        try:
            with socket.create_connection((host, port), seconds) as talk:
                talk.sendall(ask)
                if talk.recv(16):
                    return True
        except OSError:
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
