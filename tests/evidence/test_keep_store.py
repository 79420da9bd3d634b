"""The store as a specification, the same on a folder, in memory and on a real S3 server: copied whole, read back, checked, restored."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from evidence import compaction, keys, ledger, roots
from evidence.archive import ArchiveWriter
from evidence.errors import StoreFailed
from evidence.retention import Standing, erase, preview
from evidence.settings import Store as Settings
from evidence.settings import Term
from evidence.storage import Copied, Store, check, copy, restore
from evidence.verify import verify
from tests.evidence.s3_server import KEYS, s3
from tests.evidence.test_keep import LATER
from tests.evidence.visits import visit


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    try:
        with s3() as address:
            yield address
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@pytest.fixture(params=["folder", "memory", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "folder":
        return Settings(url=str(tmp_path / "store"))
    if request.param == "memory":
        return Settings(url=f"memory://{uuid.uuid4().hex}")
    address = request.getfixturevalue("s3_address")
    bucket = f"evidence-{uuid.uuid4().hex[:12]}"
    fsspec.filesystem("s3", endpoint_url=address, skip_instance_cache=True).mkdir(bucket)
    return Settings(url=f"s3://{bucket}/office", endpoint=address)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "archive"
    for run in ("r1", "r2"):
        with ArchiveWriter(folder, run=run) as writer:
            for number in range(2):
                writer.write(visit(number, run=run))
            writer.commit()
    keys.make(tmp_path / keys.FILE)
    roots.make(folder, keys.FileSigner(tmp_path / keys.FILE))
    (tmp_path / "home" / "packages").mkdir()
    (tmp_path / "home" / "packages" / "one.zip").write_bytes(b"PK-a-package")
    return tmp_path / "home"


def raw(settings: Settings) -> tuple[fsspec.AbstractFileSystem, str]:
    fs, root = fsspec.core.url_to_fs(settings.url, **({"endpoint_url": settings.endpoint} if settings.endpoint else {}))
    return fs, root


def test_what_is_closed_is_copied_once_checked_and_restored(home: Path, settings: Settings, tmp_path: Path) -> None:
    store = Store(settings)
    first = copy(home / "archive", store, packages=home / "packages")
    assert (first.files, first.there, first.writing) == (2 + 3 + 1, 0, 0)
    again = copy(home / "archive", store, packages=home / "packages")
    assert (again.files, again.there) == (0, 6)
    told = check(home / "archive", store)
    assert told.problems == () and told.members == 2 * 7 and told.objects == 7
    other = tmp_path / "other"
    assert restore(store, other) == 7 and restore(store, other) == 0
    assert verify(other / "archive").failures == () and (other / "packages" / "one.zip").read_bytes() == b"PK-a-package"
    assert [c.id for c in ledger.captures(other / "archive")] == [c.id for c in ledger.captures(home / "archive")]
    for path in (home / "archive").glob("*/*.warc.gz"):
        assert (other / "archive" / path.parent.name / path.name).read_bytes() == path.read_bytes()


def test_a_file_being_written_goes_the_next_time(home: Path, settings: Settings) -> None:
    store = Store(settings)
    with ArchiveWriter(home / "archive", run="r3") as writer:
        writer.write(visit(1, run="r3"))
        writer.commit()
        assert copy(home / "archive", store).writing == 1
    assert copy(home / "archive", store).files == 1 and check(home / "archive", store).problems == ()


@pytest.mark.parametrize("fault", ["flipped", "cut", "longer", "gone", "added"])
def test_what_is_not_what_was_stored_is_named_and_never_restored(home: Path, settings: Settings, tmp_path: Path, fault: str) -> None:
    store = Store(settings)
    copy(home / "archive", store)
    fs, root = raw(settings)
    name = "archive/r1/r1-00001.warc.gz"
    path = f"{root.rstrip('/')}/{name}"
    data = fs.cat_file(path)
    if fault == "gone":
        fs.rm_file(path)
    elif fault == "added":
        fs.pipe_file(path.replace("00001", "00009"), data)
    else:
        fs.pipe_file(path, {"flipped": data[:300] + bytes([data[300] ^ 1]) + data[301:], "cut": data[:-1], "longer": data + b"x"}[fault])
    (problem,) = check(home / "archive", Store(settings)).problems
    said = {"flipped": "SHA-256", "cut": "截短", "longer": "没有登记的字节", "gone": "另存处没有", "added": "没有登记这个文件"}[fault]
    assert said in problem and "r1-0000" in problem
    if fault != "gone":
        with pytest.raises(StoreFailed, match="没有恢复"):
            restore(Store(settings), tmp_path / "other")
        assert not list((tmp_path / "other" / "archive").glob("r1/*0000[19].warc.gz")) or fault == "added"


def test_what_was_erased_here_goes_there_too(home: Path, settings: Settings) -> None:
    archive, store = home / "archive", Store(settings)
    copy(archive, store)
    terms = [Term.model_validate({"class": "none", "days": 1, "basis": "归档规定"})]

    def rule(captures: object) -> dict[str, Standing]:
        return {id: Standing("confirmed") for id in ("r1v0000", "r2v0000", "r2v0001")}

    erase(archive, preview(archive, terms, rule, LATER).due, "zhang", "届满", rule)
    compaction.compact(archive, "zhang")
    assert copy(archive, store) == Copied(files=1, bytes=(archive / "r1" / "r1-00001.c1.warc.gz").stat().st_size, there=4, removed=1, writing=0)
    assert "archive/r1/r1-00001.warc.gz" not in store.sizes() and check(archive, store).problems == ()


def test_a_store_that_is_not_there_is_told_in_one_line(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreFailed, match="写不进另存处"):
        copy(home / "archive", Store(Settings(url=str(tmp_path / "file" / "store"))))
    with pytest.raises(StoreFailed, match="用不了"):
        Store(Settings(url="nosuch://x"))
    with pytest.raises(StoreFailed, match="没有存证账"):
        restore(Store(Settings(url=str(tmp_path / "empty"))), tmp_path / "other")


def test_a_server_that_refuses_is_told_in_one_line(home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(StoreFailed):
            copy(home / "archive", Store(Settings(url="s3://nowhere/x", endpoint="http://127.0.0.1:9")))
