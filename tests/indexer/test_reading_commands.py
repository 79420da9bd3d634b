"""`findings` and `search`: what programs read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from stored_index import StoredIndex

from adpatrol.__main__ import main
from indexer.search.protocol import IndexDoc


@pytest.fixture
def stored(db: None) -> None:
    StoredIndex().put([
        IndexDoc(
            capture_id=f"c{n}", time=datetime(2026, 11, 20, n, tzinfo=UTC), title="示例", text="本平台保本保息，年化18%", url=f"https://a.test/{n}",
            site="https://a.test", run="r1", outcome="ok", gate="page", genre="platform", level=4, codes=("guarantee.principal",),
        ) for n in range(3)
    ])


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, list[dict[str, object]], str]:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), [json.loads(line) for line in out.splitlines() if line.startswith("{")], err


def test_search_prints_hits_then_the_summary(stored: None, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "search", "8", "--limit", "2", "--facets", "--json")
    assert code == 0
    assert [line.get("capture") for line in lines] == ["c2", "c1", None]
    assert lines[0]["snippets"] == [{"text": "本平台保本保息，年化18%", "start": 0, "marks": [[11, 12]]}]
    assert lines[0]["level"] == "red"
    assert lines[-1]["total"] == 3
    assert lines[-1]["facets"]["code"] == {"guarantee.principal": 3}  # type: ignore[index]
    _, rest, _ = run(capsys, "search", "8", "--limit", "2", "--cursor", str(lines[-1]["next"]), "--json")
    assert [line.get("capture") for line in rest] == ["c0", None]


def test_findings_are_in_archive_order_and_filtered(stored: None, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "findings", "--site", "HTTPS://A.test:443/x", "--since", "2026-11-20T01:00:00+00:00", "--json")
    assert code == 0
    assert [line["capture"] for line in lines] == ["c1", "c2"]
    keys = {"url", "capture", "code", "span", "start", "end", "role", "level", "confidence"}
    assert keys <= set(lines[0])
    assert run(capsys, "findings", "--code", "yield.promise", "--json")[1] == []


@pytest.mark.parametrize("args", [("search", "(保本"), ("search", "保本", "--filter", "level"), ("search", "--limit", "0"), ("findings", "--since", "昨天")])
def test_misuse_is_one_chinese_line_and_exit_2(stored: None, capsys: pytest.CaptureFixture[str], args: tuple[str, ...]) -> None:
    code, lines, err = run(capsys, *args)
    assert (code, lines) == (2, [])
    assert len(err.strip().splitlines()) == 1
    assert any("\u4e00" <= c <= "\u9fff" for c in err)


def test_a_person_reads_the_marks(stored: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["search", "保息", "--facets", "--filter", "严重程度=红", "--filter", "时间=2026-11-20"])
    said = capsys.readouterr().out
    assert "保本【保息】" in said
    assert "2026-11-20 10:00" in said  # in Beijing
    assert "涉嫌：承诺保本（本金保障）" in said
    assert "严重程度：红 3" in said
