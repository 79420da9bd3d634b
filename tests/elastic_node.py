"""A real Elasticsearch node for the tests: one for all test processes of this machine, started by the first, stopped by the last.

ADPATROL_TEST_ELASTICSEARCH names one that runs already. Otherwise the distribution that Elastic publishes for integration tests is taken with
the Maven client (once: it stays in the cache folder) and started on loopback as a user without rights. It has no modules: what runs there
runs on every distribution.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

VERSION = "8.19.21"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
HEAP = "384m"
READY_S = 200.0  # 15 s on an idle machine, minutes on a busy one
NOBODY = 65_534


def cache() -> Path:
    """Shared between runs, and open to the node's user where that is not us."""
    named = os.environ.get("ADPATROL_TEST_CACHE")
    folder = Path(named) if named else Path("/var/cache/adpatrol-tests") if os.getuid() == 0 else Path.home() / ".cache" / "adpatrol-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "elasticsearch"


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, how)
        yield handle
    finally:
        os.close(handle)


def distribution() -> Path:
    """The unzipped distribution; taken where it is missing. RuntimeError says what to install."""
    place = cache()
    place.mkdir(parents=True, exist_ok=True)
    home = place / f"elasticsearch-{VERSION}"
    with locked(place / "taking.lock"):
        if not (home / "complete").exists():
            if not shutil.which("mvn") or not shutil.which("java"):
                raise RuntimeError("openjdk-17-jre-headless and maven are needed for the Elasticsearch node: make system")
            shutil.rmtree(home, ignore_errors=True)
            subprocess.run(
                ["mvn", "-B", "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={place}"],
                check=True, timeout=280, stdout=subprocess.DEVNULL, cwd=place)
            archive = place / f"elasticsearch-{VERSION}.zip"
            with zipfile.ZipFile(archive) as whole:
                whole.extractall(place)
            for tool in (home / "bin").iterdir():
                tool.chmod(0o755)
            archive.unlink()
            (home / "complete").touch()
    return home


@dataclass
class Node:
    """``folder`` holds its settings, data and logs; a node started again on it has its data."""

    folder: Path
    port: int
    pid: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        for name in ("config", "data", "logs", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        home = distribution()
        shutil.copytree(home / "config", self.folder / "config", dirs_exist_ok=True)
        user = NOBODY if os.getuid() == 0 else None
        if user is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, user, user)
        java = Path(os.path.realpath(str(shutil.which("java")))).parents[1]
        settings = {
            "discovery.type": "single-node", "xpack.security.enabled": "false", "network.host": "127.0.0.1", "http.port": self.port,
            "transport.port": free_port(), "path.data": self.folder / "data", "path.logs": self.folder / "logs",
            "cluster.routing.allocation.disk.threshold_enabled": "false", "node.processors": 2,
        }
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "tmp"), "ES_TMPDIR": str(self.folder / "tmp"), "ES_PATH_CONF": str(self.folder / "config"),
            "ES_JAVA_HOME": str(java), "ES_JAVA_OPTS": f"-Xms{HEAP} -Xmx{HEAP}", "CLI_JAVA_OPTS": "-Xmx64m -XX:+UseSerialGC",
        }
        with (self.folder / "out.txt").open("ab") as out:
            self.pid = subprocess.Popen(
                [str(home / "bin" / "elasticsearch"), *(part for name, value in settings.items() for part in ("-E", f"{name}={value}"))],
                env=environment, cwd=self.folder / "tmp", stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                user=user, group=user, extra_groups=[] if user is not None else None).pid
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + READY_S
        while not self.answers():
            if time.monotonic() > until or not psutil.pid_exists(self.pid) or psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE:
                said = (self.folder / "out.txt").read_text(encoding="utf-8", errors="replace")[-1500:]
                self.kill()
                raise RuntimeError(f"the Elasticsearch node did not start: {said}")
            time.sleep(0.3)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health", timeout=5) as answer:
                return json.load(answer)["status"] in ("green", "yellow")
        except (OSError, ValueError, urllib.error.URLError):
            return False

    def family(self) -> list[psutil.Process]:
        """The launcher and the node below it: those that this class started."""
        try:
            first = psutil.Process(self.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self, how: int = signal.SIGKILL) -> None:
        family = self.family()
        for one in reversed(family):
            try:
                one.send_signal(how)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=30)


@contextmanager
def shared_node() -> Iterator[str]:
    """The address of the node that all test processes share."""
    named = os.environ.get("ADPATROL_TEST_ELASTICSEARCH")
    if named:
        yield named.rstrip("/")
        return
    distribution()
    place = cache()
    with locked(place / "users.lock", fcntl.LOCK_SH) as using:
        with locked(place / "node.lock"):
            node = _running(place) or _started(place)
        try:
            yield node.url
        finally:
            with locked(place / "node.lock"):
                try:
                    fcntl.flock(using, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # others still use it
                else:
                    _stop(place, node)


def _running(place: Path) -> Node | None:
    """The node that another test process started, or one whose users were all killed. Its launcher must be the very process we noted."""
    try:
        noted = json.loads((place / "node.json").read_text(encoding="utf-8"))
        node = Node(Path(noted["folder"]), noted["port"], noted["pid"])
        same = abs(psutil.Process(node.pid).create_time() - noted["created"]) < 2
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return None
    if not same:
        return None
    if node.answers():
        return node
    _stop(place, node)
    return None


def _started(place: Path) -> Node:
    node = Node(place / f"run-{secrets.token_hex(4)}", free_port())
    node.start()
    noted = {"folder": str(node.folder), "port": node.port, "pid": node.pid, "created": psutil.Process(node.pid).create_time()}
    (place / "node.json").write_text(json.dumps(noted), encoding="utf-8")
    return node


def _stop(place: Path, node: Node) -> None:
    (place / "node.json").unlink(missing_ok=True)
    node.kill()
    shutil.rmtree(node.folder, ignore_errors=True)


@contextmanager
def own_node() -> Iterator[Node]:
    """A node for one test, which may kill it and start it again. Its folder lies where its user may go."""
    distribution()
    node = Node(cache() / f"own-{secrets.token_hex(4)}", free_port())
    try:
        node.start()
        yield node
    finally:
        node.kill()
        shutil.rmtree(node.folder, ignore_errors=True)


if __name__ == "__main__":  # `make system`: taken before the tests, so that none of them waits for it
    distribution()
