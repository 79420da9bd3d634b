"""Roots as a specification: signed, chained, over everything, and each entry can be shown to lie under one."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import acts, keys, ledger, merkle, roots, tables
from evidence.archive import ArchiveWriter
from evidence.errors import CannotSign
from tests.evidence.killing import killed_at, lines_of
from tests.evidence.visits import visit


@pytest.fixture
def signer(tmp_path: Path) -> keys.FileSigner:
    keys.make(tmp_path / "keys" / keys.FILE)
    return keys.FileSigner(tmp_path / "keys" / keys.FILE)


def filled(folder: Path, numbers: range, run: str = "r1") -> None:
    with ArchiveWriter(folder, run=run) as writer:
        for number in numbers:
            writer.write(visit(number, run=run))
        writer.commit()


# --- the tree -------------------------------------------------------------------------------------------------------------------------


def mth(entries: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if len(entries) <= 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest() if entries else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33, 100])
def test_the_tree_is_that_of_the_rfc_and_every_path_leads_to_its_root(size: int) -> None:
    entries = [hashlib.sha256(bytes([n])).digest() for n in range(size)]
    top = mth(entries)
    assert merkle.root(iter(entries)) == top
    if entries:
        made = merkle.levels(entries)
        assert made[-1] == top
        for index, entry in enumerate(entries):
            assert merkle.climbed(entry, index, size, merkle.path(made, index)) == top


@settings(max_examples=200)
@given(st.integers(1, 40), st.data())
def test_no_other_entry_place_or_path_leads_there(size: int, data: st.DataObject) -> None:
    entries = [hashlib.sha256(bytes([n])).digest() for n in range(size)]
    made = merkle.levels(entries)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    path = merkle.path(made, index)
    if other != index:
        assert merkle.climbed(entries[index], other, size, path) != made[-1]
        assert merkle.climbed(entries[other], index, size, path) != made[-1]
    assert merkle.climbed(entries[index], index, size, [*path, entries[0]]) != made[-1]
    if path:
        assert merkle.climbed(entries[index], index, size, path[:-1]) != made[-1]
    assert merkle.climbed(entries[index], size, size, path) is None


# --- roots ----------------------------------------------------------------------------------------------------------------------------


def test_a_root_says_what_the_contract_says(tmp_path: Path, signer: keys.FileSigner) -> None:
    filled(tmp_path, range(2))
    acts.append(tmp_path, "zhang", "view", "capture:r1v0000")
    root = roots.make(tmp_path, signer, now=datetime(2026, 11, 21, 4, tzinfo=UTC))
    assert root is not None and root == roots.roots(tmp_path)[0]
    told = json.loads(root.statement)
    assert root.statement.encode() == rfc8785.dumps(told)
    members = list(ledger.members(tmp_path))
    captures = list(ledger.sealed(tmp_path))
    (act,) = acts.acts(tmp_path)
    assert told == {
        "format": "adpatrol-root/1", "seq": 1, "previous": "0" * 64, "ledger": roots.ledger_id(tmp_path), "time": "2026-11-21T04:00:00.000000Z",
        "key": hashlib.sha256(signer.public).hexdigest(),
        "members": {"after": 0, "upto": len(members), "head": members[-1].chain}, "captures": {"after": 0, "upto": 2, "head": captures[-1][3]},
        "acts": {"after": 0, "upto": 1, "head": act.chain},
        "merkle": mth([bytes.fromhex(c) for c in [*(m.chain for m in members), *(c[3] for c in captures), act.chain]]).hex(),
    }
    assert keys.signed(signer.public, base64.b64decode(root.signature), root.statement.encode())


def test_the_next_root_goes_on_where_the_last_ended(tmp_path: Path, signer: keys.FileSigner) -> None:
    assert roots.make(tmp_path, signer) is None
    filled(tmp_path, range(1))
    first = roots.make(tmp_path, signer)
    assert first is not None and roots.make(tmp_path, signer) is None
    filled(tmp_path, range(1, 3), run="r2")
    second = roots.make(tmp_path, signer)
    assert second is not None and second.told["previous"] == first.sha256
    assert second.told["members"]["after"] == first.told["members"]["upto"] and second.told["acts"] == {"after": 0, "upto": 0, "head": "0" * 64}


def test_every_entry_can_be_shown_to_lie_under_its_root(tmp_path: Path, signer: keys.FileSigner) -> None:
    filled(tmp_path, range(3))
    acts.append(tmp_path, "zhang", "view", "capture:a")
    roots.make(tmp_path, signer)
    filled(tmp_path, range(2), run="r2")
    roots.make(tmp_path, signer)
    acts.append(tmp_path, "zhang", "view", "capture:b")
    values = {("members", m.seq): m.chain for m in ledger.members(tmp_path)} | {("captures", c[0].seq): c[3] for c in ledger.sealed(tmp_path)}
    values |= {("acts", a.seq): a.chain for a in acts.acts(tmp_path)}
    found = roots.inclusions(tmp_path, values)
    tops = {r.seq: bytes.fromhex(r.told["merkle"]) for r in roots.roots(tmp_path)}
    assert set(values) - set(found) == {("acts", 2)} and roots.inclusion(tmp_path, "acts", 2) is None
    for entry, shown in found.items():
        path = [bytes.fromhex(one) for one in shown.path]
        assert merkle.climbed(bytes.fromhex(values[entry]), shown.index, shown.size, path) == tops[shown.root]
    assert roots.inclusion(tmp_path, "members", 1) == found["members", 1]


def test_statement_signature_and_key_lie_beside_the_archive_and_with_the_witness(tmp_path: Path, signer: keys.FileSigner) -> None:
    home, witness = tmp_path / "archive", tmp_path / "witness"
    filled(home, range(1))
    root = roots.make(home, signer, witness=witness)
    assert root is not None
    for place in (home / "roots", witness):
        assert (place / "00000001.json").read_text() == root.statement and (place / "00000001.json.sig").read_text() == root.signature + "\n"
        assert {p.name for p in place.iterdir()} == {"00000001.json", "00000001.json.sig", f"key-{root.key}.pem"}


def test_openssl_alone_verifies_a_root(tmp_path: Path, signer: keys.FileSigner) -> None:
    filled(tmp_path, range(1))
    root = roots.make(tmp_path, signer)
    assert root is not None
    place = tmp_path / "roots"
    (tmp_path / "sig").write_bytes(base64.b64decode((place / "00000001.json.sig").read_text()))
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(place / f"key-{root.key}.pem"), "-rawin", "-in", str(place / "00000001.json"),
                           "-sigfile", str(tmp_path / "sig")], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "Successfully" in done.stdout, done.stderr


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.prove)])
def test_a_kill_at_any_line_leaves_whole_roots_and_doing_it_again_mends_the_files(tmp_path: Path, signer: keys.FileSigner, step: int) -> None:
    home, witness = tmp_path / "archive", tmp_path / "witness"
    filled(home, range(1))
    twin = tmp_path / "twin"
    filled(twin, range(1))
    for number in range(0, lines_of(lambda: roots.make(twin, signer, witness=tmp_path / "w")) + 5, step):
        acts.append(home, "zhang", "view", "capture:a")
        killed_at(number, lambda: roots.make(home, signer, witness=witness))
        told = [r.told for r in roots.roots(home)]
        assert [t["seq"] for t in told] == list(range(1, len(told) + 1))
        for before, after in itertools.pairwise(told):
            assert all(before[chain]["upto"] == after[chain]["after"] for chain in tables.CHAINS)
    roots.make(home, signer, witness=witness)
    made = roots.roots(home)
    for place in (home / "roots", witness):
        assert {p.name for p in place.iterdir()} == {n for r in made for n in (r.file, r.file + ".sig")} | {f"key-{made[0].key}.pem"}
        assert all((place / r.file).read_text() == r.statement for r in made)
    assert roots.inclusion(home, "members", 1) is not None


# --- signers --------------------------------------------------------------------------------------------------------------------------


def test_the_key_is_for_this_account_alone_and_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "keys" / keys.FILE
    assert keys.make(file) and not keys.make(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys.raw(keys.pem(keys.FileSigner(file).public)) == keys.FileSigner(file).public


@pytest.mark.parametrize(("content", "said"), [(None, "adpatrol init"), (b"", "损坏"), (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "损坏")])
def test_an_unusable_key_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "k.pem").write_bytes(content)
    with pytest.raises(CannotSign, match=said):
        keys.FileSigner(tmp_path / "k.pem")


PROGRAM = """
import base64, sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key
key = load_pem_private_key(open(sys.argv[1], 'rb').read(), None)
print(base64.b64encode(key.sign(sys.stdin.buffer.read())).decode())
"""


def test_a_device_signs_through_a_program_of_the_offices(tmp_path: Path, signer: keys.FileSigner) -> None:
    filled(tmp_path / "archive", range(1))
    program = keys.ProgramSigner([sys.executable, "-c", PROGRAM, str(tmp_path / "keys" / keys.FILE)], signer.public)
    root = roots.make(tmp_path / "archive", program)
    assert root is not None and keys.signed(signer.public, base64.b64decode(root.signature), root.statement.encode())


@pytest.mark.parametrize(("argv", "said"), [
    (["/nowhere/ukey"], "不能运行"), ([sys.executable, "-c", "import sys; sys.exit('请插入 UKey')"], "请插入 UKey"),
    ([sys.executable, "-c", "import time; time.sleep(60)"], "没有答复"), ([sys.executable, "-c", "print('!!')"], "base64"),
    ([sys.executable, "-c", f"print({base64.b64encode(bytes(64)).decode()!r})"], "公钥不符"),
], ids=["absent", "failing", "hanging", "garbage", "another key"])
def test_a_device_that_does_not_sign_is_named_and_no_root_is_made(tmp_path: Path, signer: keys.FileSigner, argv: list[str], said: str) -> None:
    filled(tmp_path / "archive", range(1))
    with pytest.raises(CannotSign, match=said):
        roots.make(tmp_path / "archive", keys.ProgramSigner(argv, signer.public, timeout_s=2))
    assert roots.roots(tmp_path / "archive") == []


def test_two_at_once_make_one_chain_of_roots(tmp_path: Path, signer: keys.FileSigner) -> None:
    """While one signs, another root is made: the first is drawn up again over what is left, which is nothing."""
    filled(tmp_path, range(1))

    class Slow:
        public = signer.public

        def sign(self, data: bytes) -> bytes:
            roots.make(tmp_path, signer)
            return signer.sign(data)

    assert roots.make(tmp_path, Slow()) is None
    assert len(roots.roots(tmp_path)) == 1 and (tmp_path / "roots" / "00000001.json").exists()
