"""`adpatrol ingest 归档…`: archives written by wget, warcio and Browsertrix are judged like our own; a second time changes nothing; what is
wrong with a file is one line that says so."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from foreign_archives import by_browsertrix, by_wget

from adpatrol.__main__ import main
from evidence.verify import verify
from indexer.models import Finding, Page
from tests.end_to_end.running import ROOT, environment, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_documents")]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADPATROL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ingest(capsys: pytest.CaptureFixture[str], *paths: Path) -> tuple[int, list[dict[str, object]]]:
    with pytest.raises(SystemExit) as ended:
        main(["ingest", *map(str, paths), "--json"])
    return int(ended.value.code or 0), [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def codes(url: str) -> set[str]:
    return set(Finding.objects.filter(page__url=url).values_list("code", flat=True))


@pytest.mark.parametrize("name", ["jia.warc.gz", "jia.warc"])
def test_an_archive_by_wget_is_judged_page_by_page(at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, lines = ingest(capsys, by_wget(tmp_path / name))
    assert code == 0
    seen = {page.url.removeprefix("http://jia.example"): page for page in Page.objects.all()}
    assert {"/", "/packed", "/gbk", "/gone"} <= set(seen)
    assert "/logo.png" not in seen
    assert "guarantee.principal" in codes("http://jia.example/") & codes("http://jia.example/gbk")
    assert seen["/gbk"].title == "示例财富网络借贷平台"
    assert (seen["/packed"].gate, seen["/packed"].violating) == ("page", False)
    assert not seen["/gone"].violating
    assert seen["/"].time.year == 2016
    assert lines[-1]["captures"] == len(seen)
    assert verify(at_home / "archive").failures == ()


def test_a_package_by_browsertrix_is_judged_as_people_saw_it(at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = ingest(capsys, by_browsertrix(tmp_path / "yi.wacz"))
    assert code == 0
    shown, static = Page.objects.get(url="https://yi.example/"), Page.objects.get(url="https://yi.example/static.html")
    assert shown.has_screenshot
    assert not static.has_screenshot
    assert static.violating
    assert Page.objects.count() == 2, "a script is no page"


def test_a_second_time_and_under_another_name_nothing_comes_twice(at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "档案" / "深处"
    folder.mkdir(parents=True)
    by_wget(folder / "甲.warc.gz")
    by_browsertrix(folder / "乙.WACZ")
    (folder / "说明.txt").write_text("不是归档", encoding="utf-8")
    code, first = ingest(capsys, tmp_path / "档案")
    assert code == 0
    assert len(first) == 3
    before = list(Page.objects.order_by("id").values_list("capture_id", "text", "gate")), Finding.objects.count()
    copy = folder / "甲的副本.warc.gz"
    copy.write_bytes((folder / "甲.warc.gz").read_bytes())
    code, second = ingest(capsys, tmp_path / "档案")
    assert code == 0
    assert [line["already"] for line in second[:-1]] == [True] * 3
    assert second[-1]["captures"] == 0
    assert (list(Page.objects.order_by("id").values_list("capture_id", "text", "gate")), Finding.objects.count()) == before


@pytest.mark.parametrize(("name", "body", "says"), [
    ("空.warc.gz", b"", "空"),
    ("文本.warc.gz", b"this is no gzip", ""),
    ("文本.warc", "这里没有记录\n".encode() * 20, ""),
    ("坏.wacz", b"PK\x03\x04 broken", "WACZ"),
    ("页面.warc.gz", gzip.compress(b"<html>not a record</html>", mtime=0), ""),
])
def test_what_is_no_archive_is_told_in_one_line_and_leaves_nothing(
    at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, body: bytes, says: str,
) -> None:
    (tmp_path / name).write_bytes(body)
    code, lines = ingest(capsys, tmp_path / name)
    assert code == 2
    assert str(lines[0]["file"]).endswith(name)
    said = str(lines[0]["error"])
    assert any("一" <= character <= "鿿" for character in said), said
    assert says in said
    assert "\n" not in said
    assert not Page.objects.exists()


def test_the_good_ones_go_in_beside_the_bad(at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = by_wget(tmp_path / "a.warc.gz").read_bytes()
    (tmp_path / "b.warc.gz").write_bytes(whole[: len(whole) * 2 // 3])
    with zipfile.ZipFile(tmp_path / "c.wacz", "w") as package:
        package.writestr("pages/pages.jsonl", "{}")
    code, lines = ingest(capsys, tmp_path / "nothing-here", tmp_path / "c.wacz", tmp_path / "b.warc.gz", tmp_path / "a.warc.gz")
    assert code == 2
    assert [("error" in line) for line in lines] == [True, True, False, False, False]
    assert lines[2].get("note"), "what was cut off is told"
    assert Page.objects.filter(url="http://jia.example/gbk", violating=True).exists()


def test_beside_a_running_ingest_the_pages_are_waited_for(tmp_path: Path) -> None:
    """As under `serve`, whose own ingest holds the lock."""
    home = tmp_path / "home"
    run(home, "init")
    with subprocess.Popen([sys.executable, "-m", "adpatrol", "ingest", "--follow", "serve"], cwd=ROOT, env=environment(home),
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as serving:
        while not (home / "ingest.lock").exists():
            assert serving.poll() is None
        said = [json.loads(line) for line in run(home, "ingest", str(by_wget(tmp_path / "a.warc.gz")), "--json").stdout.splitlines()]
        assert said[-1]["captures"] == said[-1]["pages"] >= 4
        assert serving.stdin is not None
        serving.stdin.close()
        assert serving.wait(60) == 0
