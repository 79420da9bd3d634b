"""What a page says of its operator: ICP filing, company names, credit codes, licences, phones. Displayed, not checked against a register.

Words are looked for first (plain search), expressions run only on short windows around them: cheap and linear on any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifiers.model import Identity

MOST = 20
# First characters of filing numbers, with the variants met in footers (川, 甘, 云, 贵, 秦).
_PROVINCES = "京津沪渝冀晋蒙内辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川蜀贵黔云滇藏陕秦甘陇青宁新"
_ICP = re.compile(rf"[{_PROVINCES}]\s?ICP\s?[备備证證]\s?(?:字)?\s?(?:第)?\s?\d{{5,10}}\s?号?(?:\s?[-－]\s?\d{{1,3}})?|"
                   rf"[{_PROVINCES}]ICP[备備证證](?:字)?(?:第)?[A-Z]?\d-?\d{{5,9}}号?")
_COMPANY = re.compile(r"[\u4e00-\u9fffA-Za-z（）()·]{2,30}(?:股份有限公司|有限责任公司|有限公司|[（(]有限合伙[）)])")
_COMPANY_ENDS = ("有限公司", "有限责任公司", "（有限合伙）", "(有限合伙)")
_LEAD = re.compile(
    r"^.*(?:版权所有|版权归|主办单位|公司名称|单位名称|运营商|运营方|运营主体|主办方|主办|本网站由|本平台由|隶属于|隶属|所属|全资子公司|"
    r"旗下|委托|经由|携手|来自|就是|简称|全称|我们是|由|与|和|及|系|为|是|在)"
)
_USCC = re.compile(r"[0-9A-Z]{18,}")
_PHONE = re.compile(r"(?:400|800)[-－ ]?\d{3,4}[-－ ]?\d{3,4}|0\d{2,3}[-－ ]\d{7,8}|1[3-9]\d{9}|95\d{3,4}")
_PHONE_WORDS = ("电话", "热线", "客服", "联系", "咨询", "手机", "Tel", "TEL", "400")
_LICENCE_WORDS = (
    "金融许可证", "支付业务许可证", "支付牌照", "基金销售业务资格", "基金销售资格", "基金销售牌照", "私募基金管理人登记", "私募基金管理人备案",
    "增值电信业务经营许可证", "经营证券期货业务许可证", "保险经纪", "保险代理业务许可", "小额贷款业务许可", "融资性担保机构经营许可证", "消费金融牌照",
    "银行牌照", "央行牌照", "证券牌照", "期货牌照", "全牌照",
)
_LICENCE_PARTS = ("许可", "牌照", "业务资格", "销售资格", "管理人登记", "管理人备案", "保险经纪")  # one of them is in each of those words
_STOP = frozenset("\n，。；、！？|｜©")
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def identify(text: str) -> Identity:
    """``text`` as displayed. Each list is in order of appearance, without repeats, at most 20 long."""
    return Identity(icp=_icp(text), companies=_companies(text), uscc=_uscc(text), licences=_licences(text), phones=_phones(text))


def uscc_valid(code: str) -> bool:
    """Check character of a unified social credit code (GB 32100-2015)."""
    if len(code) != 18 or any(c not in _ALPHABET for c in code):
        return False
    total = sum(_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return _ALPHABET[(31 - total % 31) % 31] == code[17]


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    count = 0
    while at >= 0 and count < 10 * MOST:
        yield at
        count += 1
        at = text.find(word, at + len(word))


def _icp(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for at in _places(text, "ICP"):
        match = _ICP.search(text[max(0, at - 2): at + 30])
        if match:
            found["".join(match.group(0).split()).replace("－", "-")] = None
    return tuple(found)[:MOST]


def _companies(text: str) -> tuple[str, ...]:
    if "有限" not in text:
        return ()
    found: dict[str, None] = {}
    for word in _COMPANY_ENDS:
        for at in _places(text, word):
            start = max(0, at - 34)
            window = text[start: at + len(word)]
            cut = max((i for i, c in enumerate(window) if c in _STOP or c == ":" or c == "："), default=-1)
            for match in _COMPANY.finditer(window[cut + 1:]):
                name = _LEAD.sub("", match.group(0))
                if len(name) >= len(word) + 2:
                    found[name] = None
    return tuple(found)[:MOST]


def _uscc(text: str) -> tuple[str, ...]:
    if "信用代码" not in text and "91" not in text:
        return ()
    return tuple(dict.fromkeys(m.group(0) for m in _USCC.finditer(text) if uscc_valid(m.group(0))))[:MOST]


def _licences(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    if not any(part in text for part in _LICENCE_PARTS):
        return ()
    for word in _LICENCE_WORDS:
        for at in _places(text, word):
            end = at + len(word)
            while end < len(text) and end < at + 40 and text[end] not in _STOP:
                end += 1
            found[text[at:end].strip()] = None
    return tuple(found)[:MOST]


def _phones(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in _PHONE_WORDS:
        for at in _places(text, word):
            window = text[at: at + 40]
            match = _PHONE.search(window)
            # digits on either side would make it a longer number: an order, an account
            if match and not (window[match.end(): match.end() + 1].isdigit() or window[max(0, match.start() - 1): match.start()].isdigit()):
                found[match.group(0)] = None
    return tuple(found)[:MOST]
