"""pywb in an environment of its own, made once and kept in a cache folder; a second process waits for the first."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("pywb-requirements.txt")
INSTALL_S, START_S = 300, 60


def cache() -> Path:
    """$XDG_CACHE_HOME/adpatrol-tests, else ~/.cache/adpatrol-tests."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "adpatrol-tests"


def tools() -> Path:
    """The folder with ``wb-manager`` and ``wayback``; installed where the pins are new."""
    name = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache() / f"pywb-{name}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (cache() / "pywb.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            for command in ([sys.executable, "-m", "venv", str(folder)],
                            [str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]):
                done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, env=environment, check=False)
                assert done.returncode == 0, f"{command}: {done.stderr[-3000:]}"
            (folder / "ready").touch()
    return folder / "bin"


@contextmanager
def replayed(archive: Path, folder: Path) -> Iterator[str]:
    """pywb's address of a collection ``evidence`` that holds the one WARC file ``archive``; its files under ``folder``."""
    found = tools()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for args in (["init", "evidence"], ["add", "evidence", str(archive)]):
        subprocess.run([str(found / "wb-manager"), *args], cwd=folder, env=environment, capture_output=True, timeout=60, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "pywb.log").open("wb") as log:
        server = subprocess.Popen([str(found / "wayback"), "-b", "127.0.0.1", "-p", str(port), "-t", "4"], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/", server, folder / "pywb.log")
        yield f"http://127.0.0.1:{port}/evidence"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"pywb did not answer: {log.read_text(errors='replace')[-3000:]}")
