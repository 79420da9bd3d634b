"""Do the words stand in a glossary (lines of a term, a dash or a colon, and what it means) or in a numbered list of kinds?

A list of what a product offers looks alike (点差 - 低至零), so the lines must explain, and nothing there may speak to a customer.
"""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

REACH = 400  # characters read on either side
LEAST = 3  # entries that make a glossary
_ENTRY = bounded("^\\s*(?:[\\d一二三四五六七八九十]{1,3}[.、)] ?)?[^,。:;!?\\n]{1,20}? ?(?:-|——?|–|:) ?[^\\n]{8,}$")
_EXPLAINS = bounded("是?指|表示|意为|称为|叫做|用[于来以]|(?:是|为)一[种个类]|(?:-|:|—) ?(?:一[种个名定]|以|在|由|为|当|通过|利用|买|卖|对|将|客户|投资者|充当)|例[:如]|参看|又称|组成|之间的|的差额|的比例|的单位")
# Entries of a list of kinds, each a number and a name and no more: S01: 收益承诺 S02: 私募产品.
_CODED = bounded("\\b[a-z]{1,4}[-_]?\\d{1,4}(?: ?[:.] ?| )([^,。:;!?\\s\\da-z]{2,12})")
_SPEAKS = bounded("我们|本平台|本公司|您|立即|马上|欢迎|注册|加入|扫码|微信|客服|优惠|免费|赠|送|奖|低至|高达|起投|起购|开户|入金|稳赚|放心|首选|领先")


def glossary(text: str, start: int, end: int) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` stand in an entry of a glossary."""
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    around = text[low:high]
    coded = list(_CODED.finditer(around))
    if len(coded) > LEAST and any(entry.start(1) <= start - low and end - low <= entry.end(1) for entry in coded) and not _SPEAKS.search(around):
        return Excuse("definition", f"编号的类目（近旁 {len(coded)} 条）")
    at = around.rfind("\n", 0, start - low) + 1
    finish = around.find("\n", end - low)
    line = around[at:finish if finish >= 0 else len(around)]
    if _ENTRY.match(line) is None or _SPEAKS.search(around):
        return None
    entries = [other for other in around.split("\n") if _ENTRY.match(other) and _EXPLAINS.search(other)]
    return Excuse("definition", f"术语表（近旁 {len(entries)} 条）") if len(entries) >= LEAST else None
