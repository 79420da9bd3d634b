"""The console's server as a process of its own: `python -m adpatrol.webserver FD` serves on a socket that `serve` has bound already.

gunicorn with threads. It ends with its parent: by a signal from it, or from the system when the parent was killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

WORKERS, THREADS = 2, 8
PR_SET_PDEATHSIG = 1


class Console(BaseApplication):
    """gunicorn without its own command line or settings files."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from adpatrol.django_setup import setup

        setup()
        from django.core.wsgi import get_wsgi_application

        return get_wsgi_application()


def options(fd: int) -> dict[str, Any]:
    """``fd``: the listening socket."""
    memory = Path("/dev/shm")  # noqa: S108 - the workers' heartbeat files, unlinked at once; never on a slow disk
    return {
        "bind": [f"fd://{fd}"], "workers": WORKERS, "threads": THREADS, "worker_class": "gthread", "preload_app": True, "timeout": 120,
        "graceful_timeout": 5, "keepalive": 15, "loglevel": "warning", "control_socket_disable": True, "max_requests": 20_000,
        "max_requests_jitter": 2_000, "worker_tmp_dir": str(memory) if memory.is_dir() else None, "limit_request_line": 8190, "proc_name": "adpatrol",
        "forwarded_allow_ips": "",
    }


def main() -> None:
    with contextlib.suppress(OSError, AttributeError):  # Linux only; elsewhere a killed parent leaves the server to be stopped by hand
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        return
    Console(options(int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
