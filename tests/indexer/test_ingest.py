"""The archive becomes pages, findings and search documents: in order, once, whatever the pages are like."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path

import pytest
from archived import BLOCKED, MISSING, PLAIN, PROMISE, T0, html, visit, write

from classifiers.knowledge import Knowledge
from evidence.capture import PROBE, Outcome, VisitRecord
from indexer import counts, ingest, reading, store
from indexer.apart import ReaderApart
from indexer.errors import IngestBusy
from indexer.lock import only_ingest
from indexer.models import Excused, Finding, Page
from indexer.rebuild import digest, rebuild
from indexer.search import order
from indexer.search.query import parse
from indexer.search.sqlite import SqliteIndex
from tests.shipped import shipped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_documents")]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return shipped()


def catch_up(home: Path, knowledge: Knowledge, **options: object) -> int:
    return ingest.catch_up(home / "archive", knowledge, **options)  # type: ignore[arg-type]


def test_a_capture_becomes_page_findings_and_document(tmp_path: Path, knowledge: Knowledge) -> None:
    captures = write(tmp_path, [visit(1, PROMISE), visit(2, PLAIN)])
    assert catch_up(tmp_path, knowledge) == 2
    page = Page.objects.get(capture_id=captures[0].id)
    assert (page.seq, page.run, page.site, page.gate, page.outcome, page.violating) == (captures[0].seq, "run-1", "https://a.test", "page", "ok", True)
    assert page.time == captures[0].time
    found = list(page.findings.all())
    assert found
    for finding in found:
        assert page.text[finding.start : finding.end] == finding.span
        assert finding.key == reading.finding_key(page.capture_id, finding.code, finding.start, finding.end, finding.rule)
        assert finding.ruleset == knowledge.digest
    assert page.level == max(finding.level for finding in found)
    assert not Page.objects.get(capture_id=captures[1].id).violating
    assert [hit.capture_id for hit in SqliteIndex().search(parse("本息保障")).hits] == [captures[0].id]
    assert store.position() == captures[1].seq


def test_ingest_goes_on_from_where_it_stopped_and_repeats_nothing(tmp_path: Path, knowledge: Knowledge) -> None:
    write(tmp_path, [visit(n, PROMISE) for n in range(5)])
    assert catch_up(tmp_path, knowledge, limit=2) == 2
    assert catch_up(tmp_path, knowledge) == 3
    assert catch_up(tmp_path, knowledge) == 0
    write(tmp_path, [visit(9, PLAIN)])
    assert catch_up(tmp_path, knowledge) == 1
    assert Page.objects.count() == SqliteIndex().count() == 6


def test_what_is_not_the_page_carries_no_finding(tmp_path: Path, knowledge: Knowledge) -> None:
    write(tmp_path, [
        visit(1, BLOCKED), visit(2, PROMISE, status=404, outcome=Outcome.NOT_FOUND), visit(3, PROMISE, status=500, outcome=Outcome.HTTP_ERROR),
        visit(4, b"", status=200, outcome=Outcome.EMPTY), visit(5, PROMISE, outcome=Outcome.REFUSED_ADDRESS),
    ])
    assert catch_up(tmp_path, knowledge) == 5
    assert Page.objects.get(seq=Page.objects.order_by("seq")[0].seq).gate == "block"
    assert not Finding.objects.exists()
    assert not Excused.objects.exists()
    assert set(Page.objects.values_list("error", flat=True)) == {""}


def test_history_makes_soft_404_and_shrinking_visible(tmp_path: Path, knowledge: Knowledge) -> None:
    url = "https://a.test/offer"
    write(tmp_path, [
        visit(1, MISSING, status=404, outcome=Outcome.NOT_FOUND), visit(2, MISSING), visit(3, html("介绍" * 400), url=url),
        visit(4, html("")[:-400] + "说明短了很多，请稍候再看".encode(), url=url, client="phone-static"),
        visit(5, "<title>示例</title><p>说明短了很多，请稍候再看，谢谢您的理解与支持。".encode(), url=url),
    ])
    for limit in (2, 1, 1, 1):  # the same gates whether the earlier capture is in the same batch or stored
        catch_up(tmp_path, knowledge, limit=limit)
    gates = list(Page.objects.order_by("seq").values_list("gate", flat=True))
    assert gates[1] == "soft_404"
    assert gates[2] == gates[3] == "page"
    assert gates[4] == "shrunk"
    rebuild(tmp_path / "archive", knowledge)
    assert list(Page.objects.order_by("seq").values_list("gate", flat=True)) == gates


def test_a_short_page_with_a_promise_is_judged_and_a_short_one_without_is_none(tmp_path: Path, knowledge: Knowledge) -> None:
    short = "<title>示例财富</title><h1>保本保息 年化18%</h1>".encode()
    write(tmp_path, [visit(1, short), visit(2, "<title>示例财富</title><h1>欢迎光临</h1>".encode()), visit(3, b"<title>404</title>" + short)])
    catch_up(tmp_path, knowledge)
    first, second, third = Page.objects.order_by("seq")
    assert (first.gate, first.violating) == ("page", True) and "可见文字只有" in first.gate_reason and "保本保息" in first.gate_reason
    assert (second.gate, second.violating) == ("near_empty", False)
    assert (third.gate, third.violating) == ("soft_404", False)
    assert set(Finding.objects.values_list("page_id", flat=True)) == {first.pk}


def test_what_a_site_answers_to_a_made_up_address_is_known_again(tmp_path: Path, knowledge: Knowledge) -> None:
    answers = html("示例财富保本保息。内容搬家了，请从首页重新进入。")
    write(tmp_path, [
        visit(1, answers, url="https://a.test/", facts={"depth": 0}), visit(2, answers, url="https://a.test/x8f3a91.html", facts={"why": PROBE}),
        visit(3, answers), visit(4, PROMISE), visit(5, answers, client="phone-static"),
    ])
    for limit in (2, 1, 2):
        catch_up(tmp_path, knowledge, limit=limit)
    gates = list(Page.objects.order_by("seq").values_list("gate", flat=True))
    assert gates == ["page", "soft_404", "soft_404", "page", "page"]  # the home page stays one; what a phone is told was not asked
    rebuild(tmp_path / "archive", knowledge)
    assert list(Page.objects.order_by("seq").values_list("gate", flat=True)) == gates


def test_a_page_that_stays_short_is_a_page_again_in_the_next_run(tmp_path: Path, knowledge: Knowledge) -> None:
    url = "https://a.test/offer"
    short = "<title>示例</title><p>说明短了很多，请稍候再看，谢谢您的理解与支持。".encode()
    write(tmp_path, [visit(1, html("介绍" * 400), url=url), visit(2, short, url=url), visit(3, short, url=url)])
    write(tmp_path, [visit(1, short, url=url, run="run-2"), visit(2, short, url=url, run="run-2")], run="run-2")
    catch_up(tmp_path, knowledge, limit=2)
    catch_up(tmp_path, knowledge)
    assert list(Page.objects.order_by("seq").values_list("gate", flat=True)) == ["page", "shrunk", "shrunk", "page", "page"]


def test_one_bad_page_does_not_stop_the_others(tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [visit(1, PROMISE), visit(2, "坏\ud800".encode("utf-8", "surrogatepass") + PROMISE), visit(3, PROMISE)])
    real = reading.extract

    def breaks(document: object) -> object:
        if document.url.endswith("/1"):  # type: ignore[attr-defined]
            raise RecursionError("嵌套过深")
        return real(document)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "extract", breaks)
    assert catch_up(tmp_path, knowledge) == 3
    first, second, third = Page.objects.order_by("seq")
    assert "嵌套过深" in first.gate_reason
    assert first.gate == "unreadable"
    assert second.error == third.error == ""
    assert third.violating


def test_a_page_that_kills_its_reader_or_never_ends_is_left_aside_with_the_reason(
    tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(tmp_path, [visit(n, PROMISE) for n in range(1, 6)])
    real = reading.extract
    tries = tmp_path / "tries"

    def breaks(document: object) -> object:
        url: str = document.url  # type: ignore[attr-defined]
        with tries.open("a") as book:
            book.write(f"{url[-1]}")
        if url.endswith("/2"):
            os.kill(os.getpid(), signal.SIGSEGV)
        while url.endswith("/3"):
            pass
        if url.endswith("/4") and tries.read_text().count("4") == 1:  # dies of something else, once
            os.kill(os.getpid(), signal.SIGKILL)
        return real(document)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "extract", breaks)
    monkeypatch.setattr(ReaderApart.__init__, "__kwdefaults__", {"cpu_s": 0.5, "wall_s": 20.0})
    assert catch_up(tmp_path, knowledge) == 5
    one, two, three, four, five = Page.objects.order_by("seq")
    assert (one.gate, four.gate, five.gate) == ("page", "page", "page")
    assert (two.gate, three.gate) == ("unreadable", "unreadable")
    assert "SIGSEGV" in two.gate_reason
    assert "未完成" in three.gate_reason
    assert tries.read_text() == "1223445"
    assert five.violating


def test_a_damaged_record_is_an_error_on_its_page(tmp_path: Path, knowledge: Knowledge) -> None:
    captures = write(tmp_path, [visit(1, PROMISE), visit(2, PROMISE + "<p>第二页</p>".encode())])  # the same body would be stored once
    record = next(r for r in captures[0].records if r.type == "response")
    file = tmp_path / "archive" / record.file
    data = bytearray(file.read_bytes())
    data[record.offset + record.length // 2] ^= 0xFF
    file.write_bytes(bytes(data))
    assert catch_up(tmp_path, knowledge) == 2
    first, second = Page.objects.order_by("seq")
    assert first.error
    assert not first.findings.exists()
    assert second.violating


def test_screenshots_and_the_dom_are_seen(tmp_path: Path, knowledge: Knowledge) -> None:
    url = "https://a.test/app"
    extra = (
        VisitRecord(type="resource", uri=f"urn:x-adpatrol:dom:{url}", payload=PROMISE, content_type="text/html; charset=utf-8"),
        VisitRecord(type="resource", uri=f"urn:fullPage:{url}", payload=b"\x89PNG\r\n\x1a\n", content_type="image/png"),
    )
    write(tmp_path, [visit(1, b"<script src=x></script>", url=url, client="desktop-browser", extra=extra), visit(2, b"<script>" + b"1;" * 2000 + b"</script>")])
    catch_up(tmp_path, knowledge)
    first, second = Page.objects.order_by("seq")
    assert (first.source, first.has_screenshot, first.violating) == ("dom", True, True)
    assert (second.source, second.has_screenshot) == ("response", False)
    assert second.render_reason


def test_rebuild_gives_the_same_digests(tmp_path: Path, knowledge: Knowledge) -> None:
    write(tmp_path, [visit(n, PROMISE if n % 2 else PLAIN) for n in range(7)])
    write(tmp_path, [visit(20, BLOCKED)], run="run-2")
    catch_up(tmp_path, knowledge)
    before = digest()
    assert before.counts["pages"] == before.counts["documents"] == 8
    assert rebuild(tmp_path / "archive", knowledge) == 8
    assert digest() == before
    Page.objects.filter(violating=True).update(title="x")
    assert digest() != before


def test_storing_a_capture_again_replaces_it(tmp_path: Path, knowledge: Knowledge) -> None:
    captures = write(tmp_path, [visit(1, PROMISE), visit(2, PLAIN)])
    catch_up(tmp_path, knowledge)
    before = digest()
    store.store([reading.read(tmp_path / "archive", capture, knowledge, None) for capture in captures])
    assert digest() == before
    assert store.position() == captures[-1].seq


def test_captures_of_one_moment_and_one_number_keep_apart(tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = [dataclasses.replace(visit(n, PROMISE), time=T0) for n in range(6)]
    monkeypatch.setattr(order, "TIE_BITS", 3)  # eight numbers a millisecond: they meet
    write(tmp_path, visits)
    for limit in (2, 4):
        catch_up(tmp_path, knowledge, limit=limit)
    assert Page.objects.count() == SqliteIndex().count() == 6


def test_only_one_ingest_in_a_home(tmp_path: Path, knowledge: Knowledge) -> None:
    import multiprocessing

    write(tmp_path, [visit(1, PROMISE)])
    context = multiprocessing.get_context("fork")
    with only_ingest(tmp_path):
        with only_ingest(tmp_path):
            assert catch_up(tmp_path, knowledge) == 1
        answers = context.Queue()
        other = context.Process(target=_try, args=(tmp_path, answers))
        other.start()
        assert answers.get(timeout=60) == "busy"
        other.join(20)


def _try(home: Path, answers: object) -> None:
    from indexer import lock

    lock._held.clear()  # forked: what the parent holds is not ours
    try:
        with only_ingest(home):
            answers.put("free")  # type: ignore[attr-defined]
    except IngestBusy:
        answers.put("busy")  # type: ignore[attr-defined]


def test_follow_reads_what_came_before_the_end(tmp_path: Path, knowledge: Knowledge) -> None:
    write(tmp_path, [visit(1, PROMISE)])
    calls = 0

    def until() -> bool:
        nonlocal calls
        calls += 1
        if calls == 2:
            write(tmp_path, [visit(2, PROMISE)])
        return calls >= 2

    assert ingest.follow(tmp_path / "archive", knowledge, until=until, poll_s=0.01) == 2


def test_the_figures_of_a_run(tmp_path: Path, knowledge: Knowledge) -> None:
    write(tmp_path, [visit(n, BLOCKED if n < 8 else PROMISE) for n in range(12)])
    write(tmp_path, [visit(n, PLAIN, run="run-2") for n in range(20, 24)], run="run-2")
    catch_up(tmp_path, knowledge)
    one, two = counts.for_run("run-1"), counts.for_run("run-2")
    assert one["captures"] == 12
    assert one["gates"] == {"block": 8, "page": 4}
    assert one["pages"] == 4
    assert one["degraded"]
    assert "不是网页本身" in one["reason"]
    assert one["findings"] == Finding.objects.count() > 0
    assert (two["findings"], two["degraded"], two["reason"]) == (0, False, "")
    assert counts.for_run("none")["captures"] == 0
