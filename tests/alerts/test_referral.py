"""The 线索移送函: says 涉嫌, quotes exactly, prints only law texts that may be printed, and opens in an office."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from docx.shared import Mm

from alerts import leads
from alerts.errors import WrongState
from alerts.gongwen import build, letter, paragraph, run
from alerts.models import Lead
from alerts.papers.referral import Letterhead, PaperError, may_print, plain, referral
from tests.alerts.conftest import sighting

TEMPLATE = Path(__file__).resolve().parents[2] / "config" / "templates" / "referral.docx"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
DIGEST = "ab" * 32


@dataclass(frozen=True)
class Law:
    law: str = "《示例法》"
    article: str = "第二条"
    paragraph_item: str | None = "第（一）项"
    text: str = "示例条文之全文。"
    status: str = "in_force（截至所见源；未见2026年修订）"
    verified: bool = True
    source_quality: str = "law_text_mirror"


LAWS = {"adlaw-2021-art25-1": Law(), "unsure": Law(law="《另一办法》", text="不得印出的条文。", source_quality="quotation")}


def draft(lead: Lead, template: Path = TEMPLATE) -> bytes:
    return referral(lead, template=template, provisions=LAWS, digests={"cap-1": DIGEST}, today=NOW,
                    letterhead=Letterhead(office="示例市市场监督管理局", word="示市监函", recipient="示例省地方金融管理局"))


def words(content: bytes) -> str:
    return "\n".join(p.text for p in Document(io.BytesIO(content)).paragraphs)


@pytest.fixture
def lead(db: None) -> Iterator[Lead]:
    provisions = ("adlaw-2021-art25-1", "unsure", "unknown-id")
    leads.register([sighting(provisions=provisions), sighting(seq=2, url="https://m.shili-licai.example/a?b=1&c=<2>")], now=NOW)
    yield Lead.objects.get()


def test_the_shipped_template_is_what_the_script_builds() -> None:
    assert TEMPLATE.read_bytes() == build(letter())


def test_the_letter_holds_the_facts_of_the_lead(lead: Lead) -> None:
    text = words(draft(lead))
    for fact in ("示例市市场监督管理局", "示市监函〔2026〕", "示例省地方金融管理局：", "涉嫌发布违法互联网金融广告", "“100%本息保障”", lead.number,
                 "https://www.shili-licai.example/", "https://m.shili-licai.example/a?b=1&c=<2>", "2026年11月20日09:01:00", "cap-1", DIGEST,
                 "示例理财信息服务有限公司", "京ICP备00000000号", "承诺保本", "《示例法》第二条第（一）项：“示例条文之全文。”",
                 "（未在本机存档中找到，须补）"):
        assert fact in text
    assert "{{" not in text
    assert "{%" not in text


def test_a_provision_that_may_not_be_printed_is_named_with_a_mark(lead: Lead) -> None:
    text = words(draft(lead))
    assert "《另一办法》第二条第（一）项（待核）" in text
    assert "unknown-id（待核）" in text
    assert "不得印出的条文" not in text


def test_what_the_evidence_lacks_is_told_to_the_drafter(lead: Lead) -> None:
    paper = referral(lead, template=TEMPLATE, provisions=LAWS, digests={}, today=NOW, gaps=["2个页面没有截图", "未附可信时间戳<w:br/>"])
    text = words(paper)
    assert "拟稿提示（签发前删除以下各行）" in text
    assert "□ 2个页面没有截图\n□ 未附可信时间戳<w:br/>" in text
    assert "拟稿提示" not in words(draft(lead))


def test_every_page_says_draft(lead: Lead) -> None:
    section = Document(io.BytesIO(draft(lead))).sections[0]
    for header in (section.header, section.even_page_header):
        assert "草稿" in header.paragraphs[0].text
        assert lead.number in header.paragraphs[0].text


def test_what_a_site_wrote_stays_text(lead: Lead) -> None:
    hostile = "保本{{ 7*7 }}{% for x in y %}<w:br/>&amp;\x0b\x00\u202e\ufffe\a保息"
    leads.register([sighting(seq=3, span=hostile, code="yield.promise", title=hostile, companies=(hostile,))], now=NOW)
    text = words(draft(Lead.objects.get(code="yield.promise")))
    assert "保本{{ 7*7 }}{% for x in y %}<w:br/>&amp; 保息" in text


@pytest.mark.parametrize(("status", "may"), [
    ("in_force", True), ("in_force（截至所见源）", True), ("in_force（未见废止）", True), ("in_force；修订草案仍在征求意见", False),
    ("in_force（截至所见源；近年是否修改未核对）", False), ("superseded_text", False), ("in_force_but_sector_closed", False),
    ("in_force（有修订草案，据二手来源）", False),
])
def test_only_what_is_plainly_in_force_is_printed(status: str, may: bool) -> None:
    assert may_print(Law(status=status)) is may
    assert not may_print(Law(status=status, verified=False))
    assert not may_print(Law(status=status, source_quality="repost"))


def test_the_page_is_that_of_the_standard(lead: Lead) -> None:
    section = Document(io.BytesIO(draft(lead))).sections[0]
    near = Mm(0.1)
    for value, wanted in ((section.page_width, 210), (section.page_height, 297), (section.top_margin, 37), (section.left_margin, 28),
                          (section.right_margin, 26), (section.bottom_margin, 35)):
        assert value is not None
        assert abs(value - Mm(wanted)) <= near
    xml = draft_xml(lead)
    assert 'w:docGrid w:type="linesAndChars" w:linePitch="579"' in xml
    fonts = re.findall(r"<w:rFonts[^>]*>", xml)
    assert fonts
    assert all('w:eastAsia="' in font for font in fonts)


def draft_xml(lead: Lead) -> str:
    from lxml import etree

    return etree.tostring(Document(io.BytesIO(draft(lead))).element, encoding="unicode")


def test_no_paper_for_a_dismissed_lead(lead: Lead) -> None:
    leads.dismiss(lead.pk, "officer", "非广告")
    lead.refresh_from_db()
    with pytest.raises(WrongState):
        draft(lead)


def test_an_unknown_tag_in_an_offices_template_is_named(lead: Lead, tmp_path: Path) -> None:
    file = tmp_path / "own.docx"
    file.write_bytes(build([paragraph(run("{{ no_such_fact }}"))]))
    with pytest.raises(PaperError, match="no_such_fact"):
        draft(lead, file)


def test_plain_keeps_words_exact_and_drops_what_word_cannot_hold() -> None:
    assert plain(" 年化 12.5%～15％，“稳赚” ") == "年化 12.5%～15％，“稳赚”"
    assert plain("a\ud800\x1bb\u200bc") == "abc"


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
def test_an_office_program_opens_it(lead: Lead, tmp_path: Path) -> None:
    file = tmp_path / "draft.docx"
    file.write_bytes(draft(lead))
    subprocess.run(["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", "--outdir",
                    str(tmp_path), str(file)], check=True, capture_output=True, timeout=150)
    assert (tmp_path / "draft.pdf").stat().st_size > 5000
