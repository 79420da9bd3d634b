"""A whole package: what is in it, what leaves when an element lacks, and what a kill leaves behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import rfc8785

sys.path.insert(0, str(Path(__file__).resolve().parent))
from packing import NOW, annotate, graded, order, signer, stored

from evidence import keys, ledger, roots
from evidence.acts import acts
from evidence.errors import PackageRefused
from evidence.packages.export import export
from evidence.packages.model import ElementsMissing


@pytest.fixture
def made(tmp_path: Path) -> zipfile.ZipFile:
    captures = stored(tmp_path / "archive", [graded(n) for n in range(4)])
    found = export(tmp_path / "archive", order(captures[1:3], sealed=True), tmp_path / "out" / "a.zip", signer=signer(tmp_path), annotate=annotate,
                   papers=lambda facts: [("证据清单.docx", f"{len(facts.files)} 个文件".encode())])
    return zipfile.ZipFile(found.path)


def test_a_package_holds_what_the_decision_says_and_its_lists_agree(made: zipfile.ZipFile) -> None:
    names = made.namelist()
    assert names == sorted(names, key=str.encode)
    assert set(names) == {
        "SHA256SUMS", "SHA256SUMS.sig", "SM3SUMS", "custody.jsonl", "evidence.wacz", "ledger/entries.jsonl", "ledger/public-key.pem", "ledger/roots/00000001.json",
        "ledger/roots/00000001.json.sig", "ledger/roots/00000002.json", "ledger/roots/00000002.json.sig", "manifest.json", "papers/证据清单.docx",
        "screenshots/01-annotated.png", "screenshots/01-legend.json", "screenshots/01-original.png", "screenshots/02-annotated.png", "screenshots/02-legend.json",
        "screenshots/02-original.png", "verify.py", "核验说明.txt",
    }
    told = json.loads(made.read("manifest.json"))
    assert rfc8785.dumps(told) == made.read("manifest.json")
    listed = {name: hashlib.sha256(made.read(name)).hexdigest() for name in names}
    assert {name: one["sha256"] for name, one in told["files"].items()} == {
        name: digest for name, digest in listed.items() if name not in ("SHA256SUMS", "SHA256SUMS.sig", "SM3SUMS", "manifest.json")}
    sums = dict(reversed(line.split("  ", 1)) for line in made.read("SHA256SUMS").decode().splitlines())
    assert sums == {name: digest for name, digest in listed.items() if not name.startswith("SHA256SUMS")}
    assert [one["id"] for one in told["captures"]] == ["r1v0001", "r1v0002"]


def test_each_entry_leads_by_its_path_to_the_signed_root(made: zipfile.ZipFile) -> None:
    entries = [json.loads(line) for line in made.read("ledger/entries.jsonl").decode().splitlines()]
    assert [one["chain"] for one in entries] == ["members"] * 13 + ["captures"] * 2 + ["acts"]  # warcinfo, and two visits of six
    for one in entries:
        root = json.loads(made.read(f"ledger/roots/{one['root']:08d}.json"))
        fields = one["fields"] if one["chain"] != "captures" else [hashlib.sha256(text.encode()).hexdigest() for text in one["fields"]]
        value = hashlib.sha256(json.dumps([one["before"], *fields], ensure_ascii=True, separators=(",", ":")).encode()).digest()
        assert climbed(value, one["index"], one["size"], one["path"]) == root["merkle"]


def climbed(value: bytes, index: int, size: int, path: list[str]) -> str:
    """RFC 6962, 2.1.1, from the leaf up."""
    top, last = hashlib.sha256(b"\0" + value).digest(), size - 1
    for sister in map(bytes.fromhex, path):
        while not index & 1 and index == last:
            index, last = index >> 1, last >> 1
        top = hashlib.sha256(b"\1" + (sister + top if index & 1 else top + sister)).digest()
        index, last = index >> 1, last >> 1
    return top.hex()


def test_what_lacks_is_named_and_nothing_leaves_without_a_reason(tmp_path: Path) -> None:
    captures = stored(tmp_path / "archive", [graded(1, facts={})])
    with pytest.raises(ElementsMissing, match="负责人") as refused:
        export(tmp_path / "archive", order(captures), tmp_path / "out" / "a.zip", signer=signer(tmp_path))
    labels = [one.label for one in refused.value.missing]
    assert labels[:4] == ["授权书或公开标识", "标注副本", "取证起止时间", "时钟偏差"]
    assert labels[-1] == "可信时间戳"
    assert list((tmp_path / "out").iterdir()) == []
    assert list(acts(tmp_path / "archive")) == []


def test_sealing_without_an_element_shows_who_when_and_why_everywhere(made: zipfile.ZipFile, tmp_path: Path) -> None:
    told = json.loads(made.read("manifest.json"))
    assert told["missing"] == [{"element": "when.stamp", "label": "可信时间戳", "why": "没有设置时间戳机构，时间戳待补"}]
    assert told["sealed_without"] == {"who": "李四", "reason": "时间戳机构停机，证据可能灭失", "time": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}
    text = made.read("核验说明.txt").decode()
    assert all(words in text for words in ("时间戳待补", "李四", "时间戳机构停机，证据可能灭失"))
    custody = [json.loads(line) for line in made.read("custody.jsonl").decode().splitlines()]
    assert [(one["who"], one["act"], one["detail"]["missing"]) for one in custody] == [("李四", "seal_without", ["when.stamp"])]
    assert [(one.who, one.act) for one in acts(tmp_path / "archive")] == [
        ("李四", "seal_without"), ("张三", "export"), ("张三", "export"), ("张三", "export")]  # of the package, and of each capture


def test_an_export_is_an_act_with_the_digest_of_what_left_and_a_second_one_is_another_package(made: zipfile.ZipFile, tmp_path: Path) -> None:
    before = next(acts(tmp_path / "archive", act="export")).told
    path = tmp_path / "out" / "a.zip"
    assert before["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    again = order(list(ledger.captures(tmp_path / "archive"))[1:3], sealed=True, id="second")
    with pytest.raises(PackageRefused, match="从不覆盖"):
        export(tmp_path / "archive", again, path, signer=signer(tmp_path))
    found = export(tmp_path / "archive", again, tmp_path / "out" / "b.zip", signer=signer(tmp_path), annotate=annotate)
    with zipfile.ZipFile(found.path) as second:
        assert json.loads(second.read("manifest.json"))["id"] == "second"
        assert '"act":"export"' in second.read("custody.jsonl").decode()


def test_the_same_inputs_give_the_same_package_to_the_byte(tmp_path: Path) -> None:
    captures = stored(tmp_path / "a" / "archive", [graded(n) for n in range(2)])
    key = signer(tmp_path)
    subprocess.run(["cp", "-r", str(tmp_path / "a"), str(tmp_path / "b")], check=True)
    one, two = (export(tmp_path / name / "archive", order(captures, sealed=True), tmp_path / name / "x.zip", signer=key) for name in "ab")
    assert Path(one.path).read_bytes() == Path(two.path).read_bytes()


def test_signature_and_sums_stand_by_common_tools(made: zipfile.ZipFile, tmp_path: Path) -> None:
    made.extractall(tmp_path / "unpacked")
    text = (tmp_path / "unpacked" / "核验说明.txt").read_text(encoding="utf-8")
    typed = [line.removeprefix("    $ ") for line in text.splitlines() if line.startswith("    $ ")]
    assert len(typed) == 6  # sums, SM3, signature, fingerprint, two roots
    for command in typed:
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path / "unpacked", capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("at", range(1, 6))
def test_a_kill_leaves_no_half_package_and_no_package_without_its_act(at: int, tmp_path: Path) -> None:
    """Killed before the ``at``-th of the steps that matter: root, act, ZIP, act of export, name."""
    stored(tmp_path / "archive", [graded(n) for n in range(2)])
    signer(tmp_path)
    child = subprocess.run([sys.executable, str(Path(__file__).resolve().parent / "killed_export.py"), str(tmp_path), str(at)], capture_output=True, text=True,
                           timeout=120, check=False, env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])})
    assert child.returncode == -signal.SIGKILL, child.stderr
    there = [path for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")] if (tmp_path / "out").is_dir() else []
    assert there == []
    export(tmp_path / "archive", order(list(ledger.captures(tmp_path / "archive")), sealed=True, id="after"), tmp_path / "out" / "a.zip", signer=signer(tmp_path))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.zip"]


def test_a_package_of_nothing_or_of_too_much_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captures: Any = stored(tmp_path / "archive", [graded(1)])
    with pytest.raises(PackageRefused, match="没有要导出的快照"):
        export(tmp_path / "archive", order([]), tmp_path / "a.zip", signer=signer(tmp_path))
    monkeypatch.setattr("evidence.packages.export.MAX_CAPTURES", 0)
    with pytest.raises(PackageRefused, match="按快照分成几个包"):
        export(tmp_path / "archive", order(captures), tmp_path / "a.zip", signer=signer(tmp_path))


def test_a_screenshot_that_is_no_png_keeps_its_own_kind_of_name(tmp_path: Path) -> None:
    captures = stored(tmp_path / "archive", [graded(1, png=b"\xff\xd8\xff\xe0jpeg")])
    found = export(tmp_path / "archive", order(captures, sealed=True), tmp_path / "a.zip", signer=signer(tmp_path))
    with zipfile.ZipFile(found.path) as package:
        assert package.read("screenshots/01-original.jpg") == b"\xff\xd8\xff\xe0jpeg"


def test_roots_that_an_earlier_key_signed_come_with_that_key(tmp_path: Path) -> None:
    captures = stored(tmp_path / "archive", [graded(1)])
    roots.make(tmp_path / "archive", signer(tmp_path / "old"), now=NOW)
    found = export(tmp_path / "archive", order(captures, sealed=True), tmp_path / "a.zip", signer=signer(tmp_path / "new"), annotate=annotate)
    with zipfile.ZipFile(found.path) as package:
        first = json.loads(package.read("ledger/roots/00000001.json"))
        assert keys.fingerprint(keys.raw(package.read(f"ledger/roots/key-{first['key']}.pem"))) == first["key"]
        assert json.loads(package.read("manifest.json"))["key"] != first["key"]
        package.extractall(tmp_path / "unpacked")
    typed = [line.removeprefix("    $ ") for line in (tmp_path / "unpacked" / "核验说明.txt").read_text(encoding="utf-8").splitlines() if "root.sig" in line]
    assert len(typed) == len(list((tmp_path / "unpacked" / "ledger" / "roots").glob("0*.json")))
    for command in typed:
        subprocess.run(["bash", "-c", command], cwd=tmp_path / "unpacked", capture_output=True, timeout=60, check=True)
