"""The sample sites are served as the table says: one address each, their charset or none, phones, the wall, mail."""

from __future__ import annotations

import http.client
import json
import re
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.table import FOLDER, samples

ROOT = Path(__file__).resolve().parents[2]
PORT, MAIL_PORT = 8191, 8192


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-m", "demo.serve", "--port", str(PORT), "--log", str(folder / "log"), "--mail", str(folder / "mail"), "--mail-port", str(MAIL_PORT)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        yield folder
        process.terminate()
        assert process.wait(60) == 0


def ask(address: str, path: str, agent: str = "Mozilla/5.0", method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(address, PORT, timeout=30)
    connection.request(method, path, headers={"User-Agent": agent})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_start_page_is_served_as_the_table_says(served: Path, sample) -> None:
    answer, body = ask(sample.address, "/")
    assert answer.status == 200
    kind = answer.headers["Content-Type"]
    assert kind == f"text/html; charset={sample.charset}" if sample.charset else kind == "text/html"
    head, nothing = ask(sample.address, "/", method="HEAD")
    assert (int(head.headers["Content-Length"]), nothing) == (len(body), b"")


def test_expected_pages_exist() -> None:
    for sample in samples():
        for expected in sample.must_find:
            name = expected.page.lstrip("/") + ("index.html" if expected.page.endswith("/") else "")
            assert (FOLDER / sample.name / name).is_file(), (sample.name, expected.page)


def test_no_link_inside_a_site_is_dead() -> None:
    dead = []
    for sample in samples():
        root = FOLDER / sample.name
        for file in root.rglob("*.html"):
            for target in re.findall(rb'(?:href|src|action)="(/[^"/?][^"?]*|/)', file.read_bytes()):
                path = target.decode("ascii").lstrip("/")
                if not (root / (path + "index.html" if not path or path.endswith("/") else path)).is_file():
                    dead.append((sample.name, file.name, target))
    assert dead == []


def test_scripted_site_says_nothing_without_its_script(served: Path) -> None:
    _, body = ask("127.0.0.3", "/index.html")
    assert "保本" not in body.decode()


def test_phones_see_what_desktops_do_not(served: Path) -> None:
    _, desktop = ask("127.0.0.6", "/")
    _, phone = ask("127.0.0.6", "/", agent="Mozilla/5.0 (Linux; Android 14) Mobile")
    assert "稳赚不赔" not in desktop.decode()
    assert "稳赚不赔" in phone.decode()
    assert ask("127.0.0.6", "/_phone/index.html")[0].status == 404


def test_wall_answers_instead_of_the_page(served: Path) -> None:
    assert ask("127.0.0.13", "/about.html")[0].status == 403
    assert ask("127.0.0.13", "/")[0].status == 200


def test_nothing_outside_a_site_is_served(served: Path) -> None:
    assert ask("127.0.0.2", "/../../serve.py")[0].status == 404
    assert ask("127.0.0.2", "/%2e%2e/%2e%2e/serve.py")[0].status == 404


def test_requests_are_logged_and_mail_is_kept(served: Path) -> None:
    ask("127.0.0.2", "/about.html?logged=1")
    rows = [json.loads(line) for line in (served / "log").read_text(encoding="utf-8").splitlines()]
    assert any(row["path"] == "/about.html?logged=1" and row["status"] == 200 for row in rows)
    with smtplib.SMTP("127.0.0.1", MAIL_PORT, timeout=30) as sender:
        sender.sendmail("a@example.invalid", ["b@example.invalid"], "Subject: x\r\n\r\n.hidden dot\r\n")
    (letter,) = (served / "mail").glob("*.eml")
    assert b"\r\n.hidden dot" in letter.read_bytes()


def test_taken_port_is_one_line_and_exit_2(served: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "demo.serve", "--port", str(PORT)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_the_plan_visits_exactly_the_sites_of_the_table() -> None:
    written = (ROOT / "demo" / "config" / "patrols" / "demo.yaml").read_text(encoding="utf-8")
    starts = {line.split('start: "http://')[1].split(":")[0] for line in written.splitlines() if "start:" in line}
    assert starts == {sample.address for sample in samples() if sample.patrolled}
