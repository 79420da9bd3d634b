"""What a page says of its operator: ICP filing, company names, credit codes, phones. Displayed, not checked against any register."""

from __future__ import annotations

import re2

from classifiers.model import Identity

_ICP = re2.compile(r"[京津沪渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川蜀贵黔云滇藏陕秦甘陇青宁新]\s?ICP\s?[备證证]\s?(?:字)?\s?(?:第)?\s?\d{6,10}\s?号?(?:-\d{1,3})?")
_COMPANY = re2.compile(r"[\x{4e00}-\x{9fff}A-Za-z（）()]{2,30}?(?:股份有限公司|有限责任公司|有限公司|（有限合伙）|\(有限合伙\))")
_LEAD = re2.compile(r"^(?:版权所有|由|与|和|及|系|为|是|本网站|主办单位|公司名称|运营商|运营方|主体)+")
_USCC = re2.compile(r"\b[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}\b")
_PHONE = re2.compile(r"(?:400[- ]?\d{3,4}[- ]?\d{3,4}|0\d{2,3}[- ]\d{7,8})")
_LICENCE = re2.compile(r"(?:金融许可证|支付业务许可证|基金销售(?:业务)?资格|增值电信业务经营许可证)[^\s，。；]{0,30}")
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
MOST = 20


def identify(text: str) -> Identity:
    """``text`` as displayed. Each list is in order of appearance, without repeats, at most 20 long."""
    return Identity(
        icp=_all(_ICP, text), companies=tuple(dict.fromkeys(_LEAD.sub("", c) for c in _all(_COMPANY, text))),
        uscc=tuple(code for code in _all(_USCC, text) if uscc_valid(code)), licences=_all(_LICENCE, text), phones=_all(_PHONE, text),
    )


def _all(pattern: re2._Regexp, text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in pattern.finditer(text):
        found[" ".join(match.group(0).split())] = None
        if len(found) >= MOST:
            break
    return tuple(found)


def uscc_valid(code: str) -> bool:
    """Check character of a unified social credit code (GB 32100-2015)."""
    if len(code) != 18 or any(c not in _ALPHABET for c in code):
        return False
    total = sum(_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return _ALPHABET[(31 - total % 31) % 31] == code[17]
