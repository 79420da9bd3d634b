"""The container of a package: one form only, so that no byte of it is unchecked."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from evidence.errors import PackageRefused
from evidence.packages import zips
from evidence.packages.staging import staging
from evidence.packages.zips import CanonicalZip

FILES = {"SHA256SUMS": b"sums\n", "evidence.wacz": bytes(range(256)) * 9, "empty": b"", "核验说明.txt": "说明".encode()}


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    made = CanonicalZip(out)
    for name in sorted(files, key=str.encode):
        made.add(name, [files[name][:3], files[name][3:]])
    made.close()
    return out.getvalue()


def test_other_programs_read_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed(FILES))
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == FILES
    assert "No errors" in subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=True).stdout


def test_the_same_files_give_the_same_bytes_and_every_field_is_fixed() -> None:
    assert packed(FILES) == packed(dict(reversed(FILES.items())))
    with zipfile.ZipFile(io.BytesIO(packed(FILES))) as found:
        for info in found.infolist():
            told = (info.compress_type, info.date_time, info.flag_bits, info.extract_version, info.create_system, info.create_version, info.external_attr, info.extra)
            assert told == (0, (1980, 1, 1, 0, 0, 0), 0x800, 20, 3, 30, 0o100644 << 16, b"")


@pytest.mark.parametrize("second", ["b", "a"], ids=["twice", "out of order"])
def test_a_name_twice_or_out_of_order_is_refused(second: str) -> None:
    made = CanonicalZip(io.BytesIO())
    made.add("b", [b"1"])
    with pytest.raises(ValueError, match="order"):
        made.add(second, [b"2"])


def test_what_does_not_fit_the_form_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_BYTES", 10)
    with pytest.raises(PackageRefused, match="按快照分成几个包"):
        CanonicalZip(io.BytesIO()).add("a", [b"0123456789", b"1"])


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../x", "a//b", "a\\b", "."])
def test_no_file_of_a_package_leads_out_of_it(name: str, tmp_path: Path) -> None:
    with staging(tmp_path) as stage, pytest.raises(ValueError, match="no name"):
        stage.add(name, b"x")


def test_a_killed_export_leaves_nothing_for_long_and_a_living_one_is_left_alone(tmp_path: Path) -> None:
    dead = tmp_path / ".export-dead"
    dead.mkdir()
    (dead / "00000").write_bytes(b"half")
    with staging(tmp_path) as first:
        first.add("a", b"1")
        with staging(tmp_path) as second:
            second.add("a", b"2")
        assert first.files["a"].path.read_bytes() == b"1"
    assert list(tmp_path.iterdir()) == []


def test_a_staged_file_has_the_digests_that_sha256sum_and_openssl_say(tmp_path: Path) -> None:
    with staging(tmp_path) as stage:
        found = stage.add("a", [b"ab", b"c"])
        assert found.size == 3
        assert found.sha256 == subprocess.run(["sha256sum", str(found.path)], capture_output=True, text=True, check=True).stdout.split()[0]
        assert found.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"  # GB/T 32905-2016, A.1
