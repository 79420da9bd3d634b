"""A letter box for the demo: takes any mail by SMTP on loopback and lays it down as .eml files. Nothing is sent on."""

from __future__ import annotations

import itertools
import socketserver
import time
from pathlib import Path

LINE_LIMIT = 4096
SIZE_LIMIT = 10_000_000


class Mailbox(socketserver.ThreadingTCPServer):
    """``Mailbox(("127.0.0.1", port), folder).serve_forever()``; raises OSError where the port is taken."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], folder: Path) -> None:
        self.folder = folder
        self.count = itertools.count(1)
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(address, _Talk)

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hung up is no news."""


class _Talk(socketserver.StreamRequestHandler):
    """One SMTP conversation (RFC 5321, the commands every sender uses)."""

    server: Mailbox
    timeout = 30

    def handle(self) -> None:
        self._say("220 demo mailbox")
        recipients = False
        while line := self.rfile.readline(LINE_LIMIT):
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                self._say("250 demo mailbox")
            elif verb == b"RCPT":
                recipients = True
                self._say("250 ok")
            elif verb in (b"MAIL", b"RSET", b"NOOP"):
                self._say("250 ok")
            elif verb == b"DATA" and recipients:
                self._say("354 go on")
                self._say("250 kept" if self._keep() else "552 too large")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("502 not here")

    def _keep(self) -> bool:
        parts: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(LINE_LIMIT)) not in (b".\r\n", b".\n", b""):
            size += len(line)
            parts.append(line[1:] if line.startswith(b"..") else line)
        if size > SIZE_LIMIT:
            return False
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{next(self.server.count):04d}.eml"
        (self.server.folder / name).write_bytes(b"".join(parts))
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode("ascii") + b"\r\n")
