"""Names of companies made comparable: width, traditional characters, brackets, legal form, region and trade taken apart.

``某省清河财富管理（上海）有限公司`` -> form 有限公司, region 上海 and 某省's name where it is a known one, core 清河财富管理.
What is dropped is never the whole name: 上海银行 keeps its 上海, for without it nothing is left that tells it from others.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import opencc

# Legal forms, longest first. 有限责任公司 and 有限公司 are one form in two spellings (公司法); 股份有限公司 is another.
_FORMS = (
    ("股份有限责任公司", "股份有限公司"), ("股份有限公司", "股份有限公司"), ("有限责任公司", "有限公司"), ("有限公司", "有限公司"), ("特殊普通合伙", "合伙"),
    ("普通合伙", "合伙"), ("有限合伙", "合伙"), ("合伙企业", "合伙"), ("股份公司", "股份有限公司"), ("公司", "公司"),
)
_INNER = ("控股", "集团")  # between the trade and the form: 清河金融集团股份有限公司
# Words of trade: what is left of a core without them is the name proper (字号), which alone tells one firm from another.
TRADES = tuple(sorted((
    "村镇银行", "农村商业银行", "农村合作银行", "农村信用合作联社", "农村信用社", "农商银行", "农商行", "商业银行", "银行", "证券", "期货", "期货经纪", "基金管理", "基金销售", "基金",
    "信托投资", "信托", "财产保险", "人寿保险", "人寿", "养老保险", "健康保险", "再保险", "保险经纪", "保险代理", "保险销售", "保险公估", "保险", "财险", "寿险", "资产管理",
    "财富管理", "投资管理", "投资咨询", "投资顾问", "股权投资", "创业投资", "投资控股", "投资", "金融信息服务", "互联网金融信息服务", "互联网金融服务", "金融服务外包", "金融服务",
    "互联网金融", "金融科技", "金融租赁", "融资租赁", "金融控股", "金融", "消费金融", "汽车金融", "小额贷款", "贷款", "融资担保", "融资性担保", "担保", "典当", "商业保理", "保理",
    "支付", "支付服务", "电子支付", "网络支付", "数据服务", "征信服务", "征信", "信息咨询", "信息科技", "信息技术", "信息服务", "互联网信息服务", "互联网信息咨询", "网络科技", "网络技术",
    "电子商务", "科技发展", "科技", "技术", "咨询", "管理", "服务", "网络", "实业", "贸易", "商务", "理财", "理财服务", "交易中心", "交易所", "交易市场", "商务服务", "企业管理", "基金会",
), key=len, reverse=True))
_BY_END: dict[str, list[str]] = {}  # last character -> words of trade that end in it, longest first
for _trade in TRADES:
    _BY_END.setdefault(_trade[-1], []).append(_trade)
_PLACES = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "广西", "海南",
    "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆", "香港", "澳门", "台湾", "深圳", "广州", "杭州", "南京", "苏州", "宁波", "温州", "厦门", "青岛", "大连", "武汉",
    "成都", "西安", "郑州", "长沙", "合肥", "济南", "福州", "南昌", "昆明", "贵阳", "南宁", "海口", "三亚", "石家庄", "太原", "呼和浩特", "沈阳", "长春", "哈尔滨", "兰州", "西宁", "银川",
    "乌鲁木齐", "拉萨", "无锡", "常州", "南通", "徐州", "扬州", "嘉兴", "绍兴", "金华", "台州", "佛山", "东莞", "珠海", "中山", "惠州", "汕头", "泉州", "烟台", "潍坊", "洛阳", "安康",
    "前海", "中国", "全国",
)
_LEVELS = "(?:壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|特别行政区|省|市|盟)?"
_REGION = re.compile(f"^(?:{'|'.join(_PLACES)}){_LEVELS}(?:前海|(?:[\u4e00-\u9fff]{{2,3}}[市区县])(?=[\u4e00-\u9fff]{{4}}))?")
_PROVINCE = re.compile("^[\u4e00-\u9fff]{2,3}(?:省|自治区)(?=[\u4e00-\u9fff]{4})|^[\u4e00-\u9fff]{2,3}[市县](?=[\u4e00-\u9fff]{4})")
_BRACKETED = re.compile("[(]([^()]{1,12})[)]")
_DROP = re.compile("[^0-9a-z\u3400-\u9fff]+")
_DIGITS = str.maketrans("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")


class _Fold(dict[int, int]):
    """One character for one: half width, simplified, lower case; filled as characters are met."""

    def __missing__(self, code: int) -> int:
        character = unicodedata.normalize("NFKC", chr(code)) if not 0xD800 <= code <= 0xDFFF else chr(code)
        character = (character if len(character) == 1 else chr(code)).lower()
        character = character if len(character) == 1 else chr(code)
        self[code] = ord(_simplified().get(character, character))
        return self[code]


@lru_cache(maxsize=1)
def _simplified() -> dict[str, str]:
    every = [chr(code) for code in range(0x4E00, 0xA000)]
    converted = opencc.OpenCC("t2s").convert("\n".join(every)).split("\n")
    return {a: b for a, b in zip(every, converted, strict=True) if a != b and len(b) == 1}


_TABLE = _Fold()
# Characters taken for one another by eye or ear in forged names; each group reads as its first. Only pairs met in names of firms.
_GROUPS = (
    "银垠根", "行珩", "商啇", "招昭召", "建健键", "工エ", "农侬", "中申仲", "国囯圀", "信伩", "华哗桦化", "泰秦", "兴心新欣", "鑫金今", "汇惠会慧徽", "融荣", "通同", "平苹", "安按",
    "光广", "民明", "生升", "浦普", "发法", "恒衡亨", "丰风沣", "达大", "宝保葆", "财才材", "富付福", "德得", "利力丽", "盛胜晟", "隆龙", "元圆园源", "河禾和合", "清青轻", "海诲每",
    "众中终", "人入", "未末", "土士", "日曰", "己已巳", "贷货", "券卷", "贝见", "微徽", "支只", "付什", "东车", "天夭", "万方", "长常", "城成诚", "嘉佳加家", "易宜亿", "方芳", "云芸",
    "华花", "瑞锐睿", "期其", "太大", "州洲", "京景", "南楠", "北比", "西茜", "永勇", "旺望", "联连", "贸茂", "0o", "1li", "2z", "5s",
)
_ALIKE: dict[str, str] = {}
for _group in _GROUPS:
    for _one in _group:
        _ALIKE.setdefault(_one, _group[0])
_ALIKE_TABLE = str.maketrans(_ALIKE)


@dataclass(frozen=True, slots=True)
class Parts:
    """A name taken apart; every part folded. ``plain``: the whole without brackets; ``stem``: without the legal form; ``core``: without the
    region too; ``proper``: the name proper (字号), core without words of trade."""

    plain: str
    stem: str
    core: str
    proper: str
    region: str
    form: str


def fold(name: str) -> str:
    """Half width, simplified, lower case; nothing left but letters, digits and Chinese characters. 一 and 1 are one."""
    return _DROP.sub("", name.translate(_TABLE)).translate(_DIGITS)


def parts(name: str) -> Parts:
    """``name`` as a register or a footer writes it, cut after 80 characters. Never fails; empty parts where nothing is left."""
    text = name[:80].translate(_TABLE)
    regions: list[str] = []
    bare = text
    for inside in _BRACKETED.findall(text):
        place = _REGION.match(inside)
        if (place and place.end() == len(inside)) or inside in ("有限合伙", "普通合伙", "特殊普通合伙", "集团", "控股"):
            regions += [inside] if place else []
            bare = bare.replace(f"({inside})", "有限合伙" if "合伙" in inside else "" if place else inside)
    plain = _DROP.sub("", text)
    bare = _DROP.sub("", bare)
    form = ""
    for spelling, meaning in _FORMS if bare[-1:] in "司伙业" else ():
        if bare.endswith(spelling) and len(bare) > len(spelling) + 1:
            form, bare = meaning, bare[:-len(spelling)]
            plain = plain[:-len(spelling)] + meaning if plain.endswith(spelling) else plain
            break
    for inner in _INNER:
        if bare.endswith(inner) and len(bare) > len(inner) + 3:
            bare = bare[:-len(inner)]
    stem = plain[:-len(form)] if form and plain.endswith(form) else plain
    core = bare
    place = _REGION.match(core) or _PROVINCE.match(core)
    if place and len(_proper(core[place.end():])) >= 2:
        regions.insert(0, place.group())
        core = core[place.end():]
    digits = _DIGITS
    return Parts(plain.translate(digits), stem.translate(digits), core.translate(digits), _proper(core).translate(digits), _place("".join(regions[:1])), form)


def _proper(core: str) -> str:
    while core:
        trade = next((trade for trade in _BY_END.get(core[-1], ()) if core.endswith(trade)), "")
        if not trade:
            break
        core = core[:-len(trade)]
    return core


def _place(region: str) -> str:
    return re.sub("(?:壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|特别行政区|省|市|盟)$", "", region)


def alike(stem: str) -> str:
    """``stem`` with characters of one look or sound made one: two names that differ only by such characters are the same here."""
    return stem.translate(_ALIKE_TABLE)


def deletions(core: str) -> list[str]:
    """``core`` without one character, each once: two names that share such a key differ by at most one changed, added and left-out character."""
    return list(dict.fromkeys(core[:at] + core[at + 1:] for at in range(len(core))))


def distance_one(one: str, other: str) -> bool:
    """Is one character changed, added, left out, or two neighbours swapped?"""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    if len(one) == len(other):
        return one[at + 1:] == other[at + 1:] or (one[at:at + 2] == other[at:at + 2][::-1] and one[at + 2:] == other[at + 2:])
    return one[at + 1:] == other[at:] if len(one) > len(other) else one[at:] == other[at + 1:]
