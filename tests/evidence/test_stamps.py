"""Stamps as a specification: a real authority (openssl), down and up again, lying, hanging, endless."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.stamping import post
from evidence import acts, keys, roots, stamps
from evidence.errors import StampRefused
from evidence.stamps import Authority, Unreachable
from tests.tsa import LocalAuthority


def named(local: LocalAuthority, **more: object) -> Authority:
    return Authority(**{"name": local.name, "url": local.url, "roots": local.root.read_bytes(), "allow": ("127.0.0.0/8",), "timeout_s": 10.0} | more)  # type: ignore[arg-type]


class Office:
    """A ledger with a key, and one more root at each ``step``."""

    def __init__(self, home: Path) -> None:
        self.folder, self.state = home / "archive", home / "stamping.json"
        keys.make(home / keys.FILE)
        self.signer = keys.FileSigner(home / keys.FILE)
        self.now = datetime(2026, 11, 21, 4, tzinfo=UTC)

    def step(self) -> None:
        acts.append(self.folder, "zhang", "step", "lead:1")
        assert roots.make(self.folder, self.signer)

    def stamp(self, *authorities: Authority, **more: bool) -> stamps.Passed:
        return stamps.stamp(self.folder, authorities, post, self.state, now=lambda: self.now, **more)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ecdsa384"])
def test_a_root_is_stamped_and_openssl_alone_verifies_it(office: Office, authorities: Callable[..., LocalAuthority], kind: str) -> None:
    local = authorities("tsa", kind)
    office.step()
    passed = office.stamp(named(local))
    assert passed == stamps.Passed(1), passed.silent
    (one,) = stamps.stamps(office.folder)
    place = office.folder / "roots"
    assert (place / "00000001.json.tsa.tsr").read_bytes() == one.response
    done = subprocess.run(["openssl", "ts", "-verify", "-data", str(place / "00000001.json"), "-in", str(place / "00000001.json.tsa.tsr"), "-CAfile", str(local.root)],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "OK" in done.stdout, done.stderr
    assert abs(datetime.fromisoformat(one.time) - datetime.now(UTC)) < timedelta(minutes=5)


def test_an_authority_that_is_down_loses_nothing(office: Office, authority: LocalAuthority) -> None:
    authority.stop()
    for _ in range(3):
        office.step()
    passed = office.stamp(named(authority))
    assert passed.stamped == 0 and "连不上" in passed.silent["tsa"] and [w.root for w in passed.waiting] == [3, 2, 1]
    authority.start()
    asked = authority.asked
    assert office.stamp(named(authority)).silent and authority.asked == asked  # it rests, and we say why
    office.now += timedelta(minutes=1)
    assert office.stamp(named(authority)) == stamps.Passed(3)
    assert [s.root for s in stamps.stamps(office.folder)] == [1, 2, 3]


def test_the_rests_grow_to_an_hour_and_end_with_success(office: Office, authority: LocalAuthority) -> None:
    authority.stop()
    office.step()
    waits = []
    for _ in range(9):
        begun = office.now
        office.stamp(named(authority))
        while (left := stamps._Rests(office.state).until("tsa")) and office.now < left:
            office.now = left
        waits.append((office.now - begun).total_seconds())
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    authority.start()
    assert office.stamp(named(authority)).stamped == 1 and stamps._Rests(office.state).until("tsa") is None


def test_a_person_who_asks_does_not_wait_for_the_rest(office: Office, authority: LocalAuthority) -> None:
    authority.stop()
    office.step()
    office.stamp(named(authority))
    authority.start()
    assert office.stamp(named(authority), at_once=True).stamped == 1


def test_one_authority_down_does_not_hold_up_the_other(office: Office, authorities: Callable[..., LocalAuthority]) -> None:
    first, second = authorities("first", "rsa"), authorities("second", "ecdsa")
    first.stop()
    for _ in range(2):
        office.step()
    passed = office.stamp(named(first), named(second))
    assert passed.stamped == 2 and list(passed.silent) == ["first"] and {(w.root, w.authority) for w in passed.waiting} == {(1, "first"), (2, "first")}
    first.start()
    office.now += timedelta(hours=1)
    assert office.stamp(named(first), named(second)).waiting == ()
    assert {(s.root, s.authority) for s in stamps.stamps(office.folder)} == {(1, "first"), (1, "second"), (2, "first"), (2, "second")}


def test_an_authority_added_later_stamps_what_was_before(office: Office, authorities: Callable[..., LocalAuthority]) -> None:
    first, second = authorities("first"), authorities("second", "ecdsa")
    office.step()
    office.stamp(named(first))
    assert office.stamp(named(first), named(second)).stamped == 1


def other(local: LocalAuthority, *, data: bytes = b"something else", nonce: bool = True) -> bytes:
    """A true answer of the authority to another question."""
    argv = ["openssl", "ts", "-query", "-data", "/dev/stdin", "-sha256", "-cert", *([] if nonce else ["-no_nonce"])]
    return local.reply(subprocess.run(argv, input=data, capture_output=True, timeout=30, check=True).stdout)


@pytest.mark.parametrize(("fault", "said"), [
    ("another text", "随机数不符"), ("garbage", "不是时间戳"), ("nothing", "不是时间戳"), ("a tail", "不是时间戳"), ("cut", "不是时间戳"), ("a page", "不是时间戳"),
    ("endless", "KiB"), ("refused", "拒绝"), ("503", "503"),
])
def test_an_answer_that_is_no_stamp_of_ours_is_refused_and_told(office: Office, authority: LocalAuthority, fault: str, said: str) -> None:
    authority.fault = {
        "another text": lambda q, a: other(authority), "garbage": lambda q, a: b"\x30\x03\x02\x01\x00", "nothing": lambda q, a: b"", "a tail": lambda q, a: a + b"\0",
        "cut": lambda q, a: a[:-1], "a page": lambda q, a: b"<html>ok</html>", "endless": lambda q, a: bytes(stamps.MAX_RESPONSE + 1),
        "refused": lambda q, a: bytes.fromhex("30053003020102"), "503": lambda q, a: a,
    }[fault]
    authority.status = 503 if fault == "503" else 200
    office.step()
    passed = office.stamp(named(authority))
    assert passed.stamped == 0 and said in passed.silent["tsa"] and len(passed.waiting) == 1 and stamps.stamps(office.folder) == []


def test_a_stamp_of_other_bytes_or_without_our_nonce_is_refused(authority: LocalAuthority) -> None:
    whole = other(authority, data=b"ours")
    assert stamps.checked(named(authority), b"ours", whole)
    with pytest.raises(StampRefused, match="不是所送的内容"):
        stamps.checked(named(authority), b"theirs", whole)
    with pytest.raises(StampRefused, match="随机数"):
        stamps.checked(named(authority), b"ours", other(authority, data=b"ours", nonce=False), nonce=7)


def test_a_stamp_under_another_root_is_refused(authorities: Callable[..., LocalAuthority]) -> None:
    one, two = authorities("one", "rsa"), authorities("two", "ecdsa")
    with pytest.raises(StampRefused, match="根证书"):
        stamps.checked(named(one, roots=two.root.read_bytes()), b"ours", other(one, data=b"ours"))
    with pytest.raises(StampRefused, match="没有证书"):
        stamps.checked(named(one, roots=b""), b"ours", other(one, data=b"ours"))


def test_a_certificate_of_no_known_version_is_refused_in_words(authority: LocalAuthority) -> None:
    whole = other(authority, data=b"ours", nonce=False)
    place = whole.index(bytes.fromhex("a003020102")) + 4  # its version: 3, written as 2
    with pytest.raises(StampRefused, match="时间戳"):
        stamps.checked(named(authority), b"ours", whole[:place] + b"\x03" + whole[place + 1 :])


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.prove)])
def test_no_flipped_byte_of_a_response_goes_through_unless_openssl_takes_it_too(authority: LocalAuthority, tmp_path: Path, step: int) -> None:
    """Bits outside what is signed (an unused certificate's, a status text) may differ; then openssl must say the same as we do."""
    whole = other(authority, data=b"ours", nonce=False)
    (tmp_path / "data").write_bytes(b"ours")
    taken = []
    for place in range(0, len(whole), step):
        flipped = whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :]
        try:
            stamps.checked(named(authority), b"ours", flipped)
        except StampRefused:
            continue
        taken.append(place)
        (tmp_path / "tsr").write_bytes(flipped)
        done = subprocess.run(["openssl", "ts", "-verify", "-data", str(tmp_path / "data"), "-in", str(tmp_path / "tsr"), "-CAfile", str(authority.root)],
                              capture_output=True, timeout=30, check=False)
        assert done.returncode == 0, place
    root = ssl.PEM_cert_to_DER_cert(authority.root.read_text())  # comes along and is not needed: who checks has his own
    begin = whole.index(root)
    assert len([place for place in taken if not begin <= place < begin + len(root)]) <= 16, taken


def test_an_authority_that_hangs_is_left_in_time(office: Office, authority: LocalAuthority) -> None:
    authority.hold.clear()
    office.step()
    passed = office.stamp(named(authority, timeout_s=1.0))
    assert passed.stamped == 0 and "没有答复" in passed.silent["tsa"]


def test_an_authority_that_drips_is_left_in_time(office: Office) -> None:
    """One byte of the header every 0.2 s never trips a time-out of the socket: the whole answer has one."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        client, _ = server.accept()
        with client:
            while not over.wait(0.2):
                try:
                    client.send(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    office.step()
    passed = office.stamp(Authority("tsa", f"http://127.0.0.1:{server.getsockname()[1]}/", b"", timeout_s=1.0, allow=("127.0.0.0/8",)))
    over.set()
    server.close()
    thread.join(10)
    assert "没有答复" in passed.silent["tsa"]


def test_an_inner_address_is_refused_unless_allowed(authority: LocalAuthority) -> None:
    with pytest.raises(Unreachable, match="不允许连接"):
        post(named(authority, allow=()), b"x")
    assert authority.asked == 0


def test_a_garbled_state_only_means_to_ask_sooner(office: Office, authority: LocalAuthority) -> None:
    office.step()
    office.state.write_text('{"tsa": {"until": 5}}')
    assert office.stamp(named(authority)).stamped == 1
