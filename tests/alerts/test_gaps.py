"""What the evidence of a lead lacks is named; what it has is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import follow
from alerts.models import Lead
from alerts.papers.gaps import evidence_gaps
from alerts.stamping import post
from evidence import keys, roots, stamps
from evidence.capture import VisitRecord
from indexer.ingest import catch_up
from indexer.search.sqlite import SqliteIndex
from tests.indexer.archived import T0, html, visit, write
from tests.shipped import shipped
from tests.tsa import LocalAuthority

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://shili.example/"


def opened(home: Path, *, browser: bool) -> Lead:
    SqliteIndex().clear()
    words = html("平台承诺100%本息保障。示例信息服务有限公司 京ICP备12345678号-1")
    visits = [visit(1, words, site="https://shili.example", url=URL)]
    if browser:
        extra = (
            VisitRecord(type="resource", uri=f"urn:x-adpatrol:dom:{URL}", payload=words, content_type="text/html; charset=utf-8"),
            VisitRecord(type="resource", uri=f"urn:fullPage:{URL}", payload=b"\x89PNG\r\n\x1a\n", content_type="image/png"),
        )
        visits.append(visit(2, words, site="https://shili.example", url=URL, client="desktop-browser", extra=extra))
    write(home, visits)
    catch_up(home / "archive", shipped(), ask=False)
    follow.catch_up({})
    return Lead.objects.filter(code="guarantee.principal").get()


def test_a_static_capture_alone_lacks_picture_and_second_look(tmp_path: Path) -> None:
    lead = opened(tmp_path, browser=False)
    said = "\n".join(evidence_gaps(tmp_path / "archive", lead, now=T0 + timedelta(minutes=5)))
    for word in ("没有截图", "第二次独立取证", "服务器地址", "证书", "时间戳", "独立来源", "执法人员"):
        assert word in said
    for word in ("24小时", "不在本机存档", "未显示"):
        assert word not in said


def test_a_visit_by_the_browser_fills_two_gaps_and_age_opens_one(tmp_path: Path) -> None:
    lead = opened(tmp_path, browser=True)
    said = "\n".join(evidence_gaps(tmp_path / "archive", lead, now=T0 + timedelta(days=2)))
    assert "没有截图" not in said
    assert "第二次" not in said
    assert "24小时" in said


def test_a_stamped_root_over_the_captures_fills_a_gap(tmp_path: Path, authorities: Callable[..., LocalAuthority]) -> None:
    lead = opened(tmp_path, browser=False)
    archive, local = tmp_path / "archive", authorities("tsa", "ecdsa")
    keys.make(tmp_path / keys.FILE)
    assert roots.make(archive, keys.FileSigner(tmp_path / keys.FILE))
    assert "未附可信时间戳" in evidence_gaps(archive, lead, now=T0), "a root alone is the office's own word"
    authority = stamps.Authority(name=local.name, url=local.url, roots=local.root.read_bytes(), allow=("127.0.0.0/8",), timeout_s=10.0)
    assert stamps.stamp(archive, [authority], post, tmp_path / "stamping.json").stamped == 1
    assert not [gap for gap in evidence_gaps(archive, lead, now=T0) if "时间戳" in gap]


def test_captures_of_another_archive_are_told(tmp_path: Path) -> None:
    lead = opened(tmp_path, browser=False)
    assert "1个快照不在本机存档中" in evidence_gaps(tmp_path / "elsewhere", lead, now=T0)[0]
