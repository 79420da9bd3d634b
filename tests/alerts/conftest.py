"""Sightings in our own words, a real SMTP server and a real webhook receiver, all on loopback."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts.channels.webhook import sign
from alerts.leads import Sighting

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def sighting(**changes: Any) -> Sighting:
    """A red guarantee on a made-up platform; ``seq`` sets the capture and its minute."""
    seq = int(changes.get("seq", 1))
    values: dict[str, Any] = {
        "capture_id": f"cap-{seq}", "seq": seq, "site": "https://www.shili-licai.example", "url": "https://www.shili-licai.example/",
        "time": START + timedelta(minutes=seq), "code": "guarantee.principal", "span": "100%本息保障", "start": 10, "level": 4,
        "rule": "guarantee.principal.promise", "ruleset": "sha256:0", "run": "run-1", "client": "desktop-static", "title": "示例理财",
        "role": "main", "confidence": 0.97, "suggestion": "立案", "reasons": ("“本息保障”明示保本",), "provisions": ("adlaw-2021-art25-1",),
        "claim": {"kind": "guarantee"}, "companies": ("示例理财信息服务有限公司",), "icp": ("京ICP备00000000号",),
    }
    values |= changes
    values.setdefault("end", values["start"] + len(values["span"]))
    values.setdefault("key", f"{values['capture_id']}:{values['code']}:{values['start']}:{values['end']}:{values['rule']}")
    return Sighting(**values)


class Mailbox:
    """A real SMTP server that keeps what it took, and can be told to refuse."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.answer = "250 OK"
        self.refuse: dict[str, str] = {}
        self.cut = False

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        if self.cut:  # taken, but the answer never arrives
            assert server.transport is not None
            server.transport.abort()
        return self.answer


class AnyPort(Controller):
    """On a port the system picks."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Controller]]:
    box = Mailbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    yield box, controller
    controller.stop()


class Receiver:
    """A webhook receiver: verifies the signature, drops keys it has seen, answers as told."""

    secret = "receiver-secret"

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.kept: dict[str, dict[str, Any]] = {}
        self.statuses: list[int] = []
        self.drop_answers = 0


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, str]]:
    box = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(body) < int(self.headers["Content-Length"]):  # the sender was killed in the middle of it
                self.close_connection = True
                return
            stamp = self.headers["X-Adpatrol-Timestamp"]
            genuine = self.headers["X-Adpatrol-Signature"] == sign(box.secret, stamp, body)
            box.requests.append({"headers": dict(self.headers), "body": body, "genuine": genuine})
            status = box.statuses.pop(0) if box.statuses else (204 if genuine else 401)
            if status < 300 and genuine:
                box.kept.setdefault(self.headers["Idempotency-Key"], json.loads(body))
            if box.drop_answers:
                box.drop_answers -= 1
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if status in (301, 302, 307):
                self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield box, f"http://127.0.0.1:{server.server_port}/hook?x=1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def make_sighting() -> Callable[..., Sighting]:
    return sighting
