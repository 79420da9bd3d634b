"""What somebody could do to a package who has another valid one, or even the office's signing key: found all the same."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.keys import FileSigner
from evidence.verifier import bundle
from evidence.verifier.package import Printed
from tests.evidence.tampering import Home, make_home, package_faults, packed, relisted, resealed, unpacked

COUNTS: Counter[str] = Counter()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("one") / "home", number=1)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Another office's valid package of another visit."""
    return make_home(tmp_path_factory.mktemp("other") / "home", number=2, kind="rsa")


@pytest.fixture(scope="module", autouse=True)
def counts() -> Iterator[None]:
    yield
    print("\n改动次数：" + "，".join(f"{name} {count}" for name, count in sorted(COUNTS.items())) + "；全部发现并指明")


def signer(home: Home) -> FileSigner:
    return FileSigner(home.folder / "key.pem")


def told(data: bytes, printed: Printed | None = None) -> str:
    return "\n".join(f"{item.where} {item.why}" for item in package_faults(data, printed=printed))


def test_both_packages_stand(one: Home, other: Home) -> None:
    assert package_faults(one.package) == package_faults(other.package) == []
    assert package_faults(one.package, printed=Printed(one.key, [])) == []


def test_every_file_replaced_left_out_or_swapped_is_found_and_named(one: Home, other: Home) -> None:
    parts, strange = unpacked(one.package.read_bytes()), unpacked(other.package.read_bytes())
    names = sorted(parts)
    for name in names:
        without = {key: data for key, data in parts.items() if key != name}
        assert name in told(packed(without)), name
        COUNTS["缺少的文件"] += 1
        if strange.get(name, parts[name]) != parts[name]:
            assert name in told(packed({**parts, name: strange[name]})), name
            COUNTS["另一个包的文件"] += 1
        if name not in ("SHA256SUMS", "SHA256SUMS.sig"):  # the list follows: then its signature does not stand
            assert ("SHA256SUMS" if name != "ledger/public-key.pem" else name) in told(packed(relisted(without))), name
            assert "SHA256SUMS" in told(packed(relisted({**parts, name: strange.get(name, b"x")}))) or strange.get(name) == parts[name], name
            COUNTS["清单随之改写"] += 2
    for place, name in enumerate(names):
        second = names[(place + 1) % len(names)]
        found = told(packed({**parts, name: parts[second], second: parts[name]}))
        assert name in found and second in found
        COUNTS["对调的文件"] += 1
    for name in [*(name for name in strange if name not in parts), "extra.txt", "authorities/mine.pem", "ledger/roots/00000099.json", "papers/x.docx"]:
        assert name in told(packed({**parts, name: b"x"})) and told(packed(relisted({**parts, name: b"x"}))), name
        COUNTS["多出的文件"] += 2
    assert "指纹" in told(packed(strange), Printed(one.key))  # a whole other package: the paper tells


def test_who_holds_the_signing_key_still_cannot_change_what_was_stamped(one: Home, other: Home) -> None:
    """All lists made anew and signed by the true key: what is left are the ledger's roots, which an authority has stamped."""
    parts, strange, key = unpacked(one.package.read_bytes()), unpacked(other.package.read_bytes()), signer(one)
    assert told(packed(resealed(parts, key))) == ""
    free = ("verify.py", "核验说明.txt")  # no evidence
    for name in parts:
        if name.startswith(("manifest.json", "SHA256SUMS", "SM3SUMS")) or name in free:
            continue
        changed = strange[name] if name in strange and strange[name] != parts[name] else parts[name][:-1] + bytes([parts[name][-1] ^ 1])
        assert told(packed(resealed({**parts, name: changed}, key))), name
        if not name.startswith("ledger/roots/") or not name.endswith(".tsr"):  # a stamp left out is 未核验, or another's is there
            assert told(packed(resealed({other: data for other, data in parts.items() if other != name}, key))), name
        COUNTS["持有签名密钥者"] += 2


def members(wacz: dict[str, bytes]) -> tuple[str, list[bytes]]:
    """(file, its gzip members)."""
    (name,) = [name for name in wacz if name.startswith("archive/")]
    data, found = wacz[name], []
    places = [place for place in range(len(data)) if data[place : place + 4] == b"\x1f\x8b\x08\x00"]
    for start, end in zip(places, [*places[1:], len(data)], strict=True):
        found.append(data[start:end])
    return name, found


def rewaczed(parts: dict[str, bytes], changed: list[bytes], key: FileSigner, index: bytes | None = None) -> bytes:
    """The package with these members in its WACZ, every digest of it made anew, signed by the true key."""
    wacz = unpacked(parts["evidence.wacz"])
    name, _ = members(wacz)
    wacz[name] = b"".join(changed)
    if index is not None:
        wacz["indexes/index.cdx"] = index
    data = json.loads(wacz["datapackage.json"])
    for one in data["resources"]:
        one["hash"], one["bytes"] = "sha256:" + hashlib.sha256(wacz[one["path"]]).hexdigest(), len(wacz[one["path"]])
    wacz["datapackage.json"] = json.dumps(data).encode()
    wacz["datapackage-digest.json"] = json.dumps({"path": "datapackage.json", "hash": "sha256:" + hashlib.sha256(wacz["datapackage.json"]).hexdigest()}).encode()
    return packed(resealed({**parts, "evidence.wacz": packed(wacz)}, key))


def test_members_swapped_doubled_left_out_or_replaced_inside_the_wacz_are_found(one: Home, other: Home) -> None:
    parts, strange, key = unpacked(one.package.read_bytes()), unpacked(other.package.read_bytes()), signer(one)
    own, foreign = members(unpacked(parts["evidence.wacz"]))[1], members(unpacked(strange["evidence.wacz"]))[1]
    assert len(own) == len(foreign) == 4 and told(rewaczed(parts, own, key)) == ""
    for n in range(len(own)):
        unpacked_member = gzip.decompress(own[n])
        cases = {
            "left out": own[:n] + own[n + 1 :], "doubled": [*own[: n + 1], own[n], *own[n + 1 :]], "another package's": [*own[:n], foreign[n], *own[n + 1 :]],
            "added": [*own[:n], foreign[n], *own[n:]], "packed otherwise": [*own[:n], gzip.compress(unpacked_member, 1, mtime=0), *own[n + 1 :]],
            "changed": [*own[:n], gzip.compress(unpacked_member.replace(b"100%", b"900%").replace(b"11-21", b"11-20"), mtime=0), *own[n + 1 :]],
        }
        for name, changed in cases.items():
            found = told(rewaczed(parts, changed, key))
            assert "evidence.wacz" in found, (n, name)
            COUNTS["WACZ 里的记录"] += 1
    swapped = told(rewaczed(parts, [own[0], own[2], own[1], own[3]], key))
    assert "索引" in swapped  # the same members in another order: the index leads astray
    index = unpacked(parts["evidence.wacz"])["indexes/index.cdx"]
    for wrong in (b"", index.replace(b'"offset": "', b'"offset": "1'), index.replace(b"page-", b"pagf-"), b"\n".join(reversed(index.split(b"\n")))):
        assert "index.cdx" in told(rewaczed(parts, own, key, index=wrong)) or "索引" in told(rewaczed(parts, own, key, index=wrong))
        COUNTS["WACZ 里的索引"] += 1


def test_entries_forged_with_the_signing_key_do_not_lead_to_a_stamped_root(one: Home) -> None:
    parts, key = unpacked(one.package.read_bytes()), signer(one)
    lines = [json.loads(line) for line in parts["ledger/entries.jsonl"].splitlines()]
    for n, line in enumerate(lines):
        edits = [("before", "0" * 63 + "1"), ("seq", line["seq"] + 1), ("root", 99), ("index", line["index"] + 1), ("size", line["size"] + 1), ("path", line["path"][1:]),
                 ("path", [*line["path"], "0" * 64]), ("chain", "acts" if line["chain"] != "acts" else "members")]
        edits += [("fields", [*line["fields"][:at], value + 1 if isinstance(value, int) else value + "x", *line["fields"][at + 1 :]]) for at, value in enumerate(line["fields"])]
        for name, value in edits:
            if line[name] == value:
                continue
            forged = [*lines[:n], {**line, name: value}, *lines[n + 1 :]]
            text = b"".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for one in forged)
            assert f"第 {n + 1} 行" in told(packed(resealed({**parts, "ledger/entries.jsonl": text}, key))), (n, name, value)
            COUNTS["存证登记"] += 1
    for forged in ([*lines, lines[0]], lines[1:], lines[:-1]):
        text = b"".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for one in forged)
        assert told(packed(resealed({**parts, "ledger/entries.jsonl": text}, key)))


def test_a_root_made_anew_with_the_signing_key_has_no_stamp(one: Home) -> None:
    parts, key = unpacked(one.package.read_bytes()), signer(one)
    name = next(name for name in parts if name.startswith("ledger/roots/") and name.endswith(".json"))
    import base64

    text = parts[name].replace(b"T04:00:00", b"T03:00:00")
    forged = {**parts, name: text, name + ".sig": base64.b64encode(key.sign(text)) + b"\n"}
    found = told(packed(resealed(forged, key)))
    assert f"{name}.tsa.tsr 时间戳盖的不是这份内容" in found


def test_the_single_file_tells_a_stranger_what_it_checked(one: Home, tmp_path: Path) -> None:
    script = tmp_path / "verify.py"
    script.write_text(bundle.bundle(), encoding="utf-8")

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-I", str(script), *argv], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)

    done = run(str(one.package), "--key-fingerprint", one.key.upper())
    assert done.returncode == 0 and "结论：没有发现不符" in done.stdout and "未核验不等于通过" in done.stdout and "缺少的要素" in done.stdout, done
    assert run(str(one.package), "--key-fingerprint", "ab" * 32).returncode == 1 and run(str(one.package), "--root-fingerprint", "ab" * 32).returncode == 1
    (tmp_path / "changed.zip").write_bytes(one.package.read_bytes()[:-1])
    done = run("changed.zip", "--json")
    assert done.returncode == 1 and [json.loads(line)["kind"] for line in done.stdout.splitlines()[:-1]] == ["不符"]
    assert run("nowhere.zip").returncode == 2
    for name, data in unpacked(one.package.read_bytes()).items():
        path = tmp_path / "open" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert run("open").returncode == 0
    (tmp_path / "open" / "custody.jsonl").write_bytes(b"")
    done = run("open")
    assert done.returncode == 1 and "custody.jsonl" in done.stdout
    done = run("--archive", str(one.archive), "--authority", str(tmp_path / "open" / "authorities" / "tsa.pem"))
    assert done.returncode == 0 and "根证书 SHA-256" in done.stdout, done.stdout


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.12", "3.13"])
def test_the_single_file_runs_on_the_python_that_is_there(one: Home, tmp_path: Path, version: str) -> None:
    """On those that this machine has; the syntax of 3.8 is asserted without one."""
    candidates = [Path(f"/usr/bin/python{version}"), Path(f"/usr/local/bin/python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python3")]
    python = next((str(path) for path in candidates if path.exists()), None)
    if python is None:
        pytest.skip(f"no Python {version} here")
    (tmp_path / "verify.py").write_text(bundle.bundle(), encoding="utf-8")
    done = subprocess.run([python, "-I", str(tmp_path / "verify.py"), str(one.package)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done


def shapes(value: object) -> Iterator[object]:
    """The same JSON with one thing of another kind, each thing in turn."""
    yield from (None, 7, [], {}, "x", [[]], {"a": {}})
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: one for name, one in value.items() if name != key}
            for changed in shapes(inner):
                yield {**value, key: changed}
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            for changed in shapes(inner):
                yield [*value[:place], changed, *value[place + 1 :]]


def test_json_of_any_shape_is_a_fault_and_never_a_fall(one: Home) -> None:
    """What raised here would be an answer withheld: each odd shape, under lists and a signature that stand, ends in a report."""
    parts, key = unpacked(one.package.read_bytes()), signer(one)
    known = {name: data for name, data in parts.items() if not name.endswith(".tsr") or name.startswith("ledger")}
    for name in ("manifest.json", "ledger/entries.jsonl", "custody.jsonl", next(name for name in parts if name.endswith("1.json"))):
        lines = parts[name].splitlines() if name.endswith("l") else [parts[name]]
        for number, changed in enumerate(shapes(json.loads(lines[-1]))):
            if number % (3 if len(lines) == 1 else 5):
                continue
            data = b"\n".join([*lines[:-1], json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode()]) + (b"\n" if name.endswith("l") else b"")
            whole = {**known, name: data}
            whole = relisted({**whole, "SHA256SUMS.sig": b""}) if name == "manifest.json" else resealed(whole, key)
            whole["SHA256SUMS.sig"] = key.sign(whole["SHA256SUMS"])
            assert package_faults(packed(whole)) or changed == json.loads(lines[-1]), (name, changed)
            COUNTS["别样的 JSON"] += 1
