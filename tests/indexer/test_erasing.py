"""What the archive erased when its term was over is found in no index any more, cut off wherever it may be, and no rebuild brings it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from archived import PLAIN, PROMISE, html, visit, write
from cluster_index import own_cluster, remove_indices
from memory_index import MemoryIndex

from adpatrol.home import SHIPPED
from alerts import annotated
from classifiers.knowledge import Knowledge, load_knowledge
from evidence import retention
from evidence.capture import Capture
from evidence.settings import Term
from indexer import erasing
from indexer.errors import IngestBusy
from indexer.ingest import catch_up
from indexer.models import Finding, Page
from indexer.rebuild import digest, rebuild
from indexer.sameness import follow as sameness
from indexer.sameness.tables import Signal, Sketch
from indexer.search.documents import documents
from indexer.search.elasticsearch.index import ElasticIndex
from indexer.search.embedded import check
from indexer.search.feeding import Feeder
from indexer.search.protocol import SearchIndex
from indexer.search.query import parse
from indexer.search.sqlite import SqliteIndex

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_documents")]
LATER = datetime(2030, 1, 1, tzinfo=UTC)
Search = Callable[[], SearchIndex]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge([SHIPPED])


@pytest.fixture(params=["memory", "sqlite", "elasticsearch"])
def now(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Search]:
    """The index as it stands once it has followed the stored pages."""
    if request.param != "elasticsearch":
        yield SqliteIndex if request.param == "sqlite" else in_memory
        return
    feeder = Feeder(own_cluster(request.getfixturevalue("elasticsearch_url")), tmp_path)

    def fed() -> SearchIndex:
        assert feeder.catch_up(at_most_s=60)
        feeder.client.indices.refresh(index=feeder.cluster.index)
        return ElasticIndex(feeder.cluster, feeder.client)

    yield fed
    remove_indices(feeder)


def in_memory() -> SearchIndex:
    index = MemoryIndex()
    index.put(documents(Page.objects.all()))
    return index


def erase(home: Path, *captures: Capture) -> None:
    def classify(some: object) -> dict[str, retention.Standing]:
        return {}

    due = retention.preview(home / "archive", [Term.model_validate({"class": "none", "days": 1, "basis": "归档规定"})], classify, LATER).due
    wanted = {one.id for one in captures}
    assert len(retention.erase(home / "archive", [one for one in due if one.capture in wanted], "张三", "期限届满", classify)) == len(wanted)


def found(index: SearchIndex, words: str) -> list[str]:
    return sorted(hit.capture_id for hit in index.search(parse(words)).hits)


def test_no_index_finds_what_the_archive_erased(tmp_path: Path, knowledge: Knowledge, now: Search) -> None:
    first, second, third = write(tmp_path, [visit(1, PROMISE), visit(2, PROMISE), visit(3, PLAIN)])
    catch_up(tmp_path / "archive", knowledge)
    assert found(now(), "本息保障") == [first.id, second.id]
    assert erasing.catch_up(tmp_path / "archive") == 0
    erase(tmp_path, first)
    assert erasing.catch_up(tmp_path / "archive") == 1
    index = now()
    assert (found(index, "本息保障"), found(index, ""), index.count()) == ([second.id], [second.id, third.id], 2)
    assert not Finding.objects.filter(page__capture_id=first.id).exists()
    assert check().sound
    assert erasing.catch_up(tmp_path / "archive") == 0  # once
    before = digest().to_json()
    assert rebuild(tmp_path / "archive", knowledge) == 3
    assert digest().to_json() == before
    assert found(now(), "本息保障") == [second.id]


@pytest.mark.parametrize("cut", ["_take_out", "_sites", "_move"])
def test_cut_off_anywhere_it_is_done_again_and_nothing_is_left(tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, cut: str) -> None:
    first, second = write(tmp_path, [visit(1, PROMISE), visit(2, PROMISE)])
    catch_up(tmp_path / "archive", knowledge)
    erase(tmp_path, first)

    def ended(*values: object) -> None:
        raise KeyboardInterrupt

    for part in ("before", "after"):
        whole = getattr(erasing, cut)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(erasing, cut, ended if part == "before" else lambda *values: (whole(*values), ended()))  # noqa: B023 - called within the turn
            erasing.catch_up(tmp_path / "archive")
    forgotten: list[str] = []
    erasing.catch_up(tmp_path / "archive", forget=forgotten.extend)
    assert forgotten == ([first.id] if cut != "_move" else [])  # the position had moved, and was told so
    assert list(Page.objects.values_list("capture_id", flat=True)) == [second.id]
    assert found(SqliteIndex(), "本息保障") == [second.id] and check().sound


def test_where_another_ingests_it_is_left_to_that_one(tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    from indexer import lock

    with lock.only_ingest(tmp_path):
        monkeypatch.setattr(lock, "_held", {})  # as another process sees it
        with pytest.raises(IngestBusy):
            erasing.catch_up(tmp_path / "archive")


def test_what_an_erased_page_showed_is_told_of_the_page_that_shows_it_too(tmp_path: Path, knowledge: Knowledge) -> None:
    foot = "客服电话：400-820-1234。" + "".join(chr(0x4E00 + n) for n in range(400))
    old, new, other = write(tmp_path, [visit(1, html(foot)), visit(2, html(foot)), visit(3, html("客服电话：400-820-5678"), site="https://b.test")])
    catch_up(tmp_path / "archive", knowledge)
    sameness.catch_up(tmp_path / "archive")
    assert set(Signal.objects.filter(kind="phone").values_list("site", "capture_id")) == {("https://a.test", new.id), ("https://b.test", other.id)}
    erase(tmp_path, new, other)
    erasing.catch_up(tmp_path / "archive")
    assert set(Signal.objects.values_list("site", "capture_id")) == {("https://a.test", old.id)}
    assert set(Sketch.objects.values_list("capture_id", flat=True)) == {old.id}


def test_its_pictures_go_too_and_others_stay(tmp_path: Path, knowledge: Knowledge) -> None:
    first, second = write(tmp_path, [visit(1, PROMISE), visit(2, PROMISE)])
    catch_up(tmp_path / "archive", knowledge)
    mine, others = (annotated.folder_of(tmp_path, one.id) for one in (first, second))
    for folder in (mine, others):
        folder.mkdir(parents=True)
        (folder / "copy.png").write_bytes(b"picture")
    erase(tmp_path, first)
    erasing.catch_up(tmp_path / "archive", forget=partial(annotated.forget, tmp_path))
    assert not mine.exists() and (others / "copy.png").is_file()
