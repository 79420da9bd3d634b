"""Who is said to stand behind the money: read in the sentence of a guarantee, as the page says it, not checked."""

from __future__ import annotations

from classifiers.bounded import bounded

BACK, AHEAD = 50, 40  # characters read on either side
_END = "。!?;\n"
_WHO = "[^,。!?;:\n“”\"《》()、由和与及]{0,18}?(?:公司|集团|银行|保险|平台|基金会?|准备金|备付金|担保机构|国企|央企|国资|政府|小贷|信托|股东|我们)"
_DOES = "(?:全额|足额|全程|无条件|连带|共同|先行|100%|提供|承担|予以|进行|负责|为[^,。!?;\n]{0,10}|对[^,。!?;\n]{0,10}|本金|本息|责任|双重|全面|到期|逾期|的|无限|承诺|保证|溢价|原价){0,6}(?:担保|保障|兜底|垫付|代偿|赔付|承保|回购|保证|保兑|兑付|偿付)"
_BY = bounded(f"由({_WHO}){_DOES}")
_SELF = bounded(f"(?:^|[,。!?;:\n ])({_WHO}){_DOES}")


def guarantor(text: str, start: int, end: int) -> str:
    """The words that name the guarantor of the claim at [start, end) of normalised ``text``; empty where the sentence names none."""
    low = max((text.rfind(mark, max(0, start - BACK), start) for mark in _END), default=-1) + 1 or max(0, start - BACK)
    stops = [at for mark in _END if (at := text.find(mark, end, end + AHEAD)) >= 0]
    sentence = text[low:min(stops, default=end + AHEAD)]
    found = _BY.search(sentence) or _SELF.search(sentence)
    return found.group(1).strip() if found else ""
