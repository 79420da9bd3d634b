"""The identity triangle: filing ↔ company shown ↔ credit code ↔ licence register. Each contradiction with both of its sides.

What a number alone shows stays blue; what a list decides is yellow, and orange only where a licence number belongs to somebody else. The lists
are the office's own and hold only for their date: a company may have been renamed or moved since, and the reason says as of when.
"""

from __future__ import annotations

from collections.abc import Iterator

import re2

from classifiers import uscc
from classifiers.names import Named, Self, loaded, matched
from classifiers.normalise import normalise
from classifiers.registers import Register, main_icp
from classifiers.registers_filings import fault
from classifiers.registers_read import Entry

_LICENCE_KINDS = {  # kind of licence as named on pages -> kinds of institutions that hold it
    "支付业务许可证": ("payment",), "金融许可证": ("bank", "trust", "consumer_finance", "auto_finance", "leasing", "asset_management", "wealth"),
    "经营证券期货业务许可证": ("securities", "futures", "fund", "fund_sales", "securities_advice"), "基金销售业务资格": ("fund_sales", "securities", "bank", "futures", "insurance"),
    "私募基金管理人登记": ("fund_private",), "保险许可证": ("insurance", "insurance_agency"),
}
_CLAIMS = (  # words of a licence that a page says it holds -> kinds of institutions that can hold it
    (("支付牌照", "支付业务许可证", "央行牌照"), ("payment",)), (("基金销售牌照", "基金销售资格", "基金销售业务资格", "基金代销牌照"), ("fund_sales", "securities", "bank", "futures", "insurance")),
    (("银行牌照", "金融许可证"), ("bank", "trust", "consumer_finance", "auto_finance", "leasing", "wealth")), (("证券牌照", "券商牌照"), ("securities",)), (("期货牌照",), ("futures",)),
    (("消费金融牌照",), ("consumer_finance",)), (("小贷牌照", "小额贷款牌照", "网络小贷牌照"), ("micro_loan",)), (("信托牌照",), ("trust",)), (("保险牌照", "保险经纪牌照", "保险代理牌照"), ("insurance",)),
    (("融资担保牌照", "融资担保业务经营许可证", "融资性担保机构经营许可证"), ("guarantee",)), (("征信牌照",), ("credit_rating",)), (("公募基金牌照", "公募牌照"), ("fund",)),
)
_HOLDS = re2.compile("(?:我们|我司|公司|平台|本站|已|均|是|为|旗下)?(?:拥有|持有|获得|取得|具备|具有|获批|获颁|荣获|已获|手握|全持)[^。;!?\n]{0,24}$")
_NOT_HELD = re2.compile("(?:未|没有|并无|无|不|非|需|须|应|必须|合作|第三方|存管|委托|由|任何|是否|如何|怎么|申请|查询|凡|只有|假冒|谎称|若|如)[^。;!?\n]{0,16}$")
_IN_GENERAL = re2.compile("^[^。;!?\n]{0,12}(?:需要|需具备|条件|流程|材料|费用|多少钱|怎么|如何|吗|么|方可|方能|才能|才可|才是|[的之](?:机构|公司|企业|平台|单位|持牌))|^[^。;!\n]{0,20}\\?")
_MOST = 4  # findings of one kind on a page


def licence(me: Self, registers: Register) -> Iterator[Named]:
    """Numbers and claims of licences that the registers say are another's, gone, or not there."""
    shown = me.page.identity.companies
    for kind, number in me.page.identity.licence_numbers[:_MOST]:
        place = _place(me.text, number)
        kinds = _LICENCE_KINDS.get(kind, ())
        if place is None or not kinds:
            continue
        rows = registers.of_licence(number)
        if not rows:
            if loaded(kinds, registers.numbered) and me.offers:
                yield Named(*place, "blue", f"页面标示{kind}编号“{number}”，在已载入的名录中未查到此号；名录可能不全，请核对")
            continue
        own = [row for row in rows if _shown(row, me, shown)]
        if not own and shown:
            yield Named(*place, "orange", f"页面标示{kind}编号“{number}”，名录载明此号属于“{rows[0].name}”{_date(rows[0])}，而页面所示公司为“{'”“'.join(shown[:3])}”")
        elif own and not any(row.licensed for row in own):
            yield Named(*place, "", f"页面标示{kind}编号“{number}”，名录载明“{own[0].name}”此项许可的状态为“{own[0].status}”{_date(own[0])}")
    yield from _claimed(me, registers)


def _claimed(me: Self, registers: Register) -> Iterator[Named]:
    """„We hold a payment licence“, by a company that the list of such licences does not know."""
    run_by = me.page.identity.operator
    if not run_by or not ("牌照" in me.text or "许可证" in me.text or "资格" in me.text):
        return
    for words, kinds in _CLAIMS:
        if not loaded(kinds, registers.kinds):
            continue
        for word in words:
            at = me.text.find(word)
            before = me.text[max(0, at - 30):at]
            if at < 0 or not _HOLDS.search(before) or _NOT_HELD.search(before) or _IN_GENERAL.match(me.text[at + len(word):at + len(word) + 40]):
                continue
            holders = [match for name in me.page.identity.companies if (match := registers.find(name)) is not None and match.certain]
            if not holders:
                yield Named(at, at + len(word), "", f"页面称持有“{word}”，所示运营单位“{run_by}”在已载入的同类名录中未查到")
                return


def credit_code(me: Self, registers: Register) -> Iterator[Named]:
    """Credit codes that cannot be, or that the lists give to another company than those shown."""
    shown = me.page.identity.companies
    for code in me.page.identity.bad_uscc[:_MOST]:
        place = _place(me.text, code)
        if place is not None and me.offers:
            yield Named(*place, "blue", f"页面标示的统一社会信用代码“{code}”不成立：{uscc.fault(code)}（GB 32100-2015）")
    for code in me.page.identity.uscc[:_MOST]:
        rows = registers.of_uscc(code)
        place = _place(me.text, code)
        if not rows or not shown or place is None:
            continue
        likeness = [matched(shown, name) for row in rows for name in (row.name, *row.short_names)]
        if any(match is not None and match.certain for match in likeness):
            continue
        near = next((match.reasons[0] for match in likeness if match is not None), "")
        reason = f"统一社会信用代码“{code}”在名录中属于“{rows[0].name}”{_date(rows[0])}，而页面所示公司为“{'”“'.join(shown[:3])}”"
        yield Named(*place, "blue" if near or not me.operator else "", f"{reason}；{near}，可能为更名或关联企业" if near else reason)
    run_by = me.page.identity.operator
    row = registers.enterprise(run_by) if run_by and len(me.page.identity.uscc) == 1 else None
    if row is not None and row.uscc and row.uscc not in me.page.identity.uscc and not registers.of_uscc(me.page.identity.uscc[0]):
        place = _place(me.text, me.page.identity.uscc[0])
        if place is not None:
            yield Named(*place, "", f"名录载明“{row.name}”的统一社会信用代码为“{row.uscc}”{_date(row)}，而页面标示为“{me.page.identity.uscc[0]}”")


def filing(me: Self, registers: Register) -> Iterator[Named]:
    """Filing numbers that cannot be one, or that the office's list of filings gives to another subject or another site."""
    shown = me.page.identity.companies
    for number in me.page.identity.bad_icp[:_MOST]:
        place = _place(me.text, number)
        if place is not None and me.offers:
            yield Named(*place, "blue", f"页面标示的备案号“{number}”不成立：{fault(number)}")
    for number in me.page.identity.icp[:_MOST]:
        rows = registers.filings(number)
        place = _place(me.text, number)
        if not rows or place is None:
            continue
        likeness = [matched(shown, name) for row in rows for name in (row.name, *row.short_names)]
        sites = sorted({domain for row in rows for domain in row.domains})
        elsewhere = bool(sites) and not any(me.host == site or me.host.endswith("." + site) for site in sites)
        where = f"；备案网站为 {'、'.join(sites[:4])}，页面网址为 {me.host}" if elsewhere else ""
        if any(match is not None and match.certain for match in likeness):
            if elsewhere:
                yield Named(*place, "blue", f"备案号“{number}”的主体“{rows[0].name}”与页面一致{where}")
            continue
        reason = f"备案号“{number}”的主体为“{'”“'.join(dict.fromkeys(row.name for row in rows))}”{_date(rows[0])}"
        near = next((match.reasons[0] for match in likeness if match is not None), "")
        if shown:
            level = "blue" if near or not me.operator else ""  # who runs the site is not said: the companies shown may be others
            yield Named(*place, level, f"{reason}，而页面所示公司为“{'”“'.join(shown[:3])}”{where}" + (f"；{near}，可能为关联企业" if near else ""))
        elif elsewhere:
            yield Named(*place, "blue", f"{reason}{where}")


def _shown(row: Entry, me: Self, companies: tuple[str, ...]) -> bool:
    """Does the page name the institution of the row anywhere?"""
    found = matched(companies, row.name)
    if found is not None and found.certain:
        return True
    return any(len(name) >= 2 and normalise(name).text in me.text for name in (row.name, *row.short_names))


def _place(text: str, number: str) -> tuple[int, int] | None:
    """Where ``number`` stands in the normalised text, blanks aside; the digits alone where the whole is broken by them."""
    wanted = number.lower()
    at = text.find(wanted)
    if at < 0:
        wanted = normalise(number).text
        at = text.find(wanted)
    if at >= 0:
        return at, at + len(wanted)
    digits = "".join(c for c in main_icp(number) if c.isdigit() and c.isascii())
    at = text.find(digits) if len(digits) >= 5 else -1
    if at >= 0:
        return at, at + len(digits)
    spaced = re2.search(" ?".join(re2.escape(c) for c in wanted), text) if len(wanted) <= 24 else None
    return spaced.span() if spaced else None


def _date(row: Entry) -> str:
    return f"（名录截至 {row.as_of}）" if row.as_of else ""
