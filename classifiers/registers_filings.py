"""Filing numbers (ICP备案号) taken apart, and whether a number can be one at all.

``京ICP备12345678号-1``: the province whose communications administration gave it, 备 (filing) or 证 (licence of a commercial service), the number,
and after the dash the site's own number. A number that can be one proves nothing: footers are copied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# First character -> province (code of the place, name); 川, 甘, 云, 贵, 秦 are met in footers beside the usual 蜀, 陇, 滇, 黔, 陕.
PROVINCES: dict[str, tuple[str, str]] = {
    "京": ("110000", "北京市"), "津": ("120000", "天津市"), "冀": ("130000", "河北省"), "晋": ("140000", "山西省"), "蒙": ("150000", "内蒙古自治区"), "辽": ("210000", "辽宁省"),
    "吉": ("220000", "吉林省"), "黑": ("230000", "黑龙江省"), "沪": ("310000", "上海市"), "苏": ("320000", "江苏省"), "浙": ("330000", "浙江省"), "皖": ("340000", "安徽省"),
    "闽": ("350000", "福建省"), "赣": ("360000", "江西省"), "鲁": ("370000", "山东省"), "豫": ("410000", "河南省"), "鄂": ("420000", "湖北省"), "湘": ("430000", "湖南省"),
    "粤": ("440000", "广东省"), "桂": ("450000", "广西壮族自治区"), "琼": ("460000", "海南省"), "渝": ("500000", "重庆市"), "蜀": ("510000", "四川省"), "川": ("510000", "四川省"),
    "黔": ("520000", "贵州省"), "贵": ("520000", "贵州省"), "滇": ("530000", "云南省"), "云": ("530000", "云南省"), "藏": ("540000", "西藏自治区"), "陕": ("610000", "陕西省"),
    "秦": ("610000", "陕西省"), "陇": ("620000", "甘肃省"), "甘": ("620000", "甘肃省"), "青": ("630000", "青海省"), "宁": ("640000", "宁夏回族自治区"), "新": ("650000", "新疆维吾尔自治区"),
}
_PARTS = re.compile(r"([\u4e00-\u9fff]?)ICP([备证]?)(?:字|第|案|号|:|：)*([A-Z]?\d?-?\d*)号?(?:-(\d{1,3}))?$")
_HOLDERS = frozenset({"12345678", "87654321", "1234567", "123456789", "1234567890", "123456"})


@dataclass(frozen=True, slots=True)
class Filing:
    """``province`` and ``region_code`` are empty where the first character is no province's; ``suffix`` where none is shown."""

    main: str
    kind: str  # 备, 证
    digits: str
    suffix: str = ""
    region_code: str = ""
    province: str = ""


def filing(number: str) -> Filing | None:
    """``number`` as shown (blanks, traditional characters and dashes of any kind are borne); None where it has not the form of one."""
    text = "".join(number.split()).translate(_SAME).upper()
    match = _PARTS.search(text[:40])
    if match is None:
        return None
    letter, kind, digits, suffix = match.groups()
    kind = kind or "备"  # 沪ICP11006075号: left out in some footers
    code, province = PROVINCES.get(letter, ("", ""))
    return Filing(f"{letter if code else ''}ICP{kind}{digits}", kind, digits, suffix or "", code, province)


_SAME = str.maketrans("備證－—–", "备证---")


def fault(number: str) -> str:
    """Why ``number`` cannot be a filing number, in Chinese; empty where it can."""
    read = filing(number)
    if read is None or not read.digits:
        return "不是备案号的格式"
    if not read.province:
        return "没有省级简称，或简称不存在"
    if read.digits in _HOLDERS or (len(read.digits) >= 6 and len(set(read.digits)) == 1):
        return "是模板里的占位号码"
    if read.kind == "备" and len(read.digits) not in (8, 10):  # two digits of the year and six, or four and six
        return f"号码应为 8 位或 10 位，实为 {len(read.digits)} 位"
    return ""
