"""Pages that an earlier version stored without credit codes, places and lead states have them after an upgrade, without being read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from archived import html, visit, write

from adpatrol.home import SHIPPED
from alerts import follow, standings
from classifiers.knowledge import Knowledge, load_knowledge
from indexer import backfill
from indexer.ingest import catch_up
from indexer.models import IngestPosition, Page, Standing
from indexer.rebuild import digest, rebuild
from indexer.search.embedded import check
from indexer.search.query import parse
from indexer.search.sqlite import SqliteIndex
from indexer.search.state import Change
from indexer.store import FACTS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_documents")]
CODE = "91330106MA2CFR4W1A"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge([SHIPPED])


def found(words: str) -> list[str]:
    return sorted(hit.capture_id for hit in SqliteIndex().search(parse(words)).hits)


def as_stored_before(home: Path, knowledge: Knowledge) -> list[str]:
    """Three pages, with what they have in common with the rows of the earlier version; their ids."""
    pages = [visit(1, html(f"平台承诺100%本息保障，年化收益18%。浙ICP备12345678号 统一社会信用代码：{valid_code()}")), visit(2, html("市场有风险"), facts={"jurisdiction": "四川省成都市"}),
             visit(3, html("没有备案号"))]
    captures = write(home, pages)
    catch_up(home / "archive", knowledge)
    follow.catch_up()
    whole = [(page.uscc, page.regions) for page in Page.objects.order_by("seq")]
    assert whole[0][0] and whole[0][1] and whole[1][1] and not whole[2][1]
    SqliteIndex().remove([one.id for one in captures])
    Page.objects.update(uscc=[], regions=[])
    Standing.objects.all().delete()
    IngestPosition.objects.filter(name=FACTS).delete()
    SqliteIndex().fill()
    Change.objects.all().delete()
    return [one.id for one in captures]


def valid_code() -> str:
    from classifiers import uscc

    return next(code for last in uscc.ALPHABET if uscc.valid(code := CODE[:17] + last))


def test_a_new_store_has_nothing_to_fill_in(tmp_path: Path, knowledge: Knowledge) -> None:
    write(tmp_path, [visit(1, html("市场有风险"))])
    catch_up(tmp_path / "archive", knowledge)
    assert backfill.catch_up(tmp_path / "archive", knowledge.registers, limit=100) == 0


def test_old_pages_are_found_by_code_place_and_state(tmp_path: Path, knowledge: Knowledge) -> None:
    first, second, third = as_stored_before(tmp_path, knowledge)
    assert (found(f"信用代码:{valid_code()}"), found("地区:浙江"), found("地区:成都"), found("状态:待核查")) == ([], [], [], [])
    assert backfill.catch_up(tmp_path / "archive", knowledge.registers, tell=standings.tell) == 3
    assert (found(f"信用代码:{valid_code()}"), found("地区:浙江"), found("地区:成都"), found("状态:待核查")) == ([first], [first], [second], [first])
    assert set(Change.objects.values_list("capture_id", flat=True)) == {first, second}  # the cluster is told of those that changed
    assert check().sound and found("") == [first, second, third]
    assert backfill.catch_up(tmp_path / "archive", knowledge.registers) == 0
    before = digest().to_json()
    rebuild(tmp_path / "archive", knowledge)
    assert digest().to_json() == before
    assert backfill.catch_up(tmp_path / "archive", knowledge.registers) == 0  # what was read again has its facts


def test_it_goes_on_where_it_was_cut_off_a_few_pages_at_a_time(tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _third = as_stored_before(tmp_path, knowledge)

    def ended(*values: object) -> None:
        raise KeyboardInterrupt

    assert backfill.catch_up(tmp_path / "archive", knowledge.registers, limit=2) == 2
    assert (found("地区:浙江"), found("地区:成都")) == ([], [second])  # the newest first
    with pytest.raises(KeyboardInterrupt):
        backfill.catch_up(tmp_path / "archive", knowledge.registers, tell=ended)
    assert found("地区:浙江") == [] and check().sound
    assert backfill.catch_up(tmp_path / "archive", knowledge.registers) == 1
    assert found("地区:浙江") == [first] and check().sound


def test_a_new_home_has_nothing_to_fill_in(tmp_path: Path, knowledge: Knowledge) -> None:
    assert backfill.catch_up(tmp_path / "archive", knowledge.registers) == 0
    assert not IngestPosition.objects.exists()
