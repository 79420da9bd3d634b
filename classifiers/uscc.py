"""Unified social credit codes (统一社会信用代码, GB 32100-2015): is a code possible, and what does it say of itself?

Eighteen characters of 0-9 and A-Z without I, O, S, V, Z: authority, kind, six digits of the place of registration, nine characters of the
organisation code (with a check character of its own, GB 11714), and a check character over all. A code that fails is a slip or an invention;
one that passes proves nothing of who shows it.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_ORGANISATION = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_KINDS = {
    "91": "企业", "92": "个体工商户", "93": "农民专业合作社", "51": "社会团体", "52": "民办非企业单位", "53": "基金会", "59": "其他民政机构",
    "11": "机关", "12": "事业单位", "13": "编办直接管理机构编制的群众团体", "19": "其他机构编制机构", "N1": "农村集体经济组织", "A1": "军队事业单位", "Y1": "其他", "54": "社区组织",
}


def valid(code: str) -> bool:
    """Right length, alphabet and check character."""
    return not fault(code)


def fault(code: str) -> str:
    """Why ``code`` cannot be a credit code, in Chinese; empty where it can."""
    if len(code) != 18:
        return f"应为 18 位，实为 {len(code)} 位"
    wrong = next((character for character in code if character not in _VALUES), "")
    if wrong:
        return f"含有不使用的字符“{wrong}”"
    total = sum(_VALUES[character] * weight for character, weight in zip(code, _WEIGHTS, strict=False))
    right = ALPHABET[(31 - total % 31) % 31]
    if right != code[17]:
        return f"校验码不符：应为“{right}”，实为“{code[17]}”"
    return ""


def organisation_fault(code: str) -> str:
    """The same of the organisation code within (places 9–17); a hint only, for codes given out before 2015 may break it."""
    body, check = code[8:16], code[16:17]
    if len(code) != 18 or any(character not in _ORGANISATION_VALUES for character in body):
        return "主体标识码不完整"
    total = 11 - sum(_ORGANISATION_VALUES[c] * weight for c, weight in zip(body, _ORGANISATION, strict=True)) % 11
    right = "X" if total == 10 else "0" if total == 11 else str(total)
    return "" if right == check else f"组织机构代码校验码不符：应为“{right}”"


def kind(code: str) -> str:
    """What sort of body the code says it is (企业, 个体工商户 …); empty where it is none of the known ones."""
    return _KINDS.get(code[:2], "")


def region(code: str) -> str:
    """Six-digit code of the place of registration."""
    return code[2:8] if len(code) == 18 and code[2:8].isdigit() else ""
