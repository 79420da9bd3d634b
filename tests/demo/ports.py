"""Ports nobody listens on, for a demo of the test's own."""

from __future__ import annotations

import contextlib
import socket

from demo.table import samples


def free_ports() -> tuple[int, int]:
    """A port free on every address of the sample sites with the letter box 25 above it, and another one on 127.0.0.1."""
    while True:
        with contextlib.ExitStack() as held, contextlib.suppress(OSError, OverflowError):
            first = held.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            for address, number in (*((sample.address, port) for sample in samples()), ("127.0.0.1", port + 25)):
                held.enter_context(socket.socket()).bind((address, number))
            other = held.enter_context(socket.socket())
            other.bind(("127.0.0.1", 0))
            return port, int(other.getsockname()[1])
