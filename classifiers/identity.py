"""What a page says of its operator: filing numbers, company names, credit codes, licences, capital, ways to reach it. Displayed, not checked.

Words are looked for first (plain search), expressions run only on short windows around them: cheap and linear on any text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import ahocorasick_rs
import re2

from classifiers import uscc
from classifiers.model import Identity
from classifiers.registers_filings import PROVINCES as _FIRST
from classifiers.registers_filings import fault

MOST = 20
PROVINCES = "".join(_FIRST)
_ICP = re.compile(rf"[{PROVINCES}]\s?ICP\s?[备備证證]?\s?(?:字)?\s?(?:第)?\s?\d{{5,10}}\s?号?(?:\s?[-－—]\s?\d{{1,3}})?|"
                  rf"[{PROVINCES}]ICP[备備证證](?:字)?(?:第)?[A-Z]?\d-?\d{{5,9}}号?", re.IGNORECASE)
_NO_ICP = re.compile(r"ICP\s?[备備证證]\s?(?:字)?\s?(?:第)?\s?\d{4,14}\s?号?", re.IGNORECASE)
_POLICE = re.compile(rf"[{PROVINCES}]?\s?公网安[备備]\s?(?:号)?\s?[:：]?\s?(\d{{11,14}})(?!\d)\s?号?")
_COMPANY = re.compile(r"[\u4e00-\u9fffA-Za-z0-9（）()·&]{2,34}(?:股份有限公司|有限责任公司|有限公司|[（(](?:有限|普通|特殊普通)合伙[）)]|信用合作联社|信用联社)")
_COMPANY_ENDS = ("有限公司", "有限责任公司", "（有限合伙）", "(有限合伙)", "（普通合伙）", "(普通合伙)", "信用合作联社", "信用联社")
_LEAD = re.compile(
    r"^.*(?:版权所有|版权归|主办单位|主办者|公司名称|单位名称|企业名称|运营商|运营方|运营主体|运营公司|经营者名称|经营主体|主办方|主办|主管单位|本网站由|本平台由|本站由|网站由|平台由|系统由|隶属于|隶属|所属|"
    r"全资子公司|控股子公司|旗下|委托|经由|携手|联合|来自|就是|简称|全称|我们是|本公司|我公司|服务商|提供方|技术支持|保荐机构|担保机构|存管银行|托管机构|债权人|甲方|乙方|丙方|丁方|出借人|借款人|投资方|股东|"
    r"选择|对接|接入|签约|成立了|成立|设立|收购|控股|关于|名下|归属|授权|[Cc]opyright|[Rr]eserved)"
)
_LINK = re.compile("[由与和及系为是在同向到经]")  # joins a name to the words before it, and stands in names: 和信, 华为, 小牛在线
_BEFORE_LINK = ("公司", "网站", "本站", "平台", "我们", "我司", "投资者", "用户", "机构", "股东", "业务", "服务", "品牌", "项目", "产品", "系统", "银行", "单位", "合作", "开发", "运营", "建设", "管理", "其", "均", "都", "并")
_REGION = re.compile(
    "(?:北京|天津|上海|重庆|河北|山西|内蒙古|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|深圳|广州|杭州|南京|苏州|宁波|温州|厦门|"
    "青岛|大连|武汉|成都|西安|郑州|长沙|合肥|济南|福州|南昌|昆明|贵阳|南宁|石家庄|太原|沈阳|哈尔滨|兰州|乌鲁木齐|无锡|常州|徐州|佛山|东莞|珠海)"
)
_RUNS = ("版权所有", "运营主体", "运营方", "运营商", "运营公司", "主办单位", "主办者", "网站主办", "本网站由", "本平台由", "本站由", "网站由", "平台由", "经营主体", "经营者名称", "公司名称", "企业名称", "单位名称",
         "版权归", "copyright", "©", "all rights reserved", "隶属于", "旗下", "我们是", "本公司")
_RUNS_AFTER = ("版权所有", "运营", "主办", "icp", "公网安备", "信用代码", "all rights reserved", "copyright", "提供运营")
_OTHERS = ("技术支持", "技术服务", "存管", "托管", "担保", "承保", "保险", "合作", "律师", "审计", "会计师", "投资方", "股东", "战略", "融资", "客户", "友情", "借款人", "债务人", "借款企业", "融资方", "支持单位", "协办", "建设", "设计", "制作")
_USCC = re2.compile("[0-9A-Z]{18,}")
_CODE = re.compile("[0-9A-Z]{15,22}")
_PHONE = re.compile(r"(?:400|800)[-－ ]?\d{3,4}[-－ ]?\d{3,4}|0\d{2,3}[-－ ]\d{7,8}|1[3-9]\d{9}|95\d{3,4}")
_PHONE_WORDS = ("电话", "热线", "客服", "联系", "咨询", "手机", "Tel", "TEL", "400")
_LICENCE_WORDS = (
    "金融许可证", "支付业务许可证", "支付牌照", "基金销售业务资格", "基金销售资格", "基金销售牌照", "私募基金管理人登记", "私募基金管理人备案",
    "增值电信业务经营许可证", "经营证券期货业务许可证", "保险经纪", "保险代理业务许可", "小额贷款业务许可", "融资性担保机构经营许可证", "消费金融牌照",
    "银行牌照", "央行牌照", "证券牌照", "期货牌照", "全牌照", "融资担保业务经营许可证", "保险许可证", "保险中介许可证", "外汇业务经营许可证", "个人征信业务许可证", "小额贷款牌照", "网络小贷牌照", "公募基金牌照",
)
_NUMBERED = (  # (kind, words that name it, form of the number)
    ("支付业务许可证", ("支付业务许可", "支付许可", "支付牌照"), re.compile(r"Z2\d{9,14}(?!\d)")),
    ("金融许可证", ("金融许可证", "机构编码", "金融机构编码"), re.compile(r"[A-Z]\d{4}[A-Z]\d{8,12}(?!\d)")),
    ("经营证券期货业务许可证", ("证券期货业务许可", "证券业务许可", "期货业务许可"), re.compile(r"[0-9A-Z]{9,15}(?![0-9A-Z])")),
    ("基金销售业务资格", ("基金销售业务资格", "基金销售资格", "基金销售业务许可", "基金销售牌照"), re.compile(r"\d{9,12}(?!\d)")),
    ("私募基金管理人登记", ("私募基金管理人登记", "管理人登记", "登记编号", "私募基金管理人"), re.compile(r"P1\d{6}(?!\d)")),
    ("保险许可证", ("保险许可证", "保险中介许可证", "经营保险", "保险代理业务许可", "保险经纪业务许可"), re.compile(r"\d{12,18}(?!\d)|[A-Z]\d{8,16}(?!\d)")),
    ("增值电信业务经营许可证", ("增值电信业务", "电信业务经营许可", "电信与信息服务"), re.compile(rf"[{PROVINCES}]?B[12]-?(?:19|20)\d{{6}}(?!\d)|[{PROVINCES}]ICP证\d{{6,8}}")),
)
_CAPITAL = re.compile(r"(?:注册|实缴|实收)资(?:本|金)(?:金)?(?:为|达|约|已达|:|：|\s){0,3}(?:人民币)?\s?(\d[\d,.]{0,14}\s?(?:万亿|千万|百万|亿|万)?(?:元|人民币|美元|港元)?(?:人民币)?)")
_WECHAT = re.compile(r"(?:微信|[wW]e[cC]hat|VX|vx|V信|v信|薇信)(?:公众号|客服|号码|号|咨询|搜索|同号)?\s?[:：]?\s?([a-zA-Z][-_a-zA-Z0-9]{5,19}|1[3-9]\d{9})(?![-_a-zA-Z0-9.])")
_WECHAT_WORDS = ("微信", "WeChat", "Wechat", "wechat", "VX", "vx", "V信", "v信", "薇信")
_QQ = re.compile(r"[qQ][qQ](?:交流群|客服|咨询|群号|群|号码|号)?\s?[:：]?\s?([1-9]\d{4,10})(?!\d)")
_HALVES = re.compile("[\ud800-\udfff]")
_STOP = frozenset("\n，。；、！？|｜©“”\"'《》【】>")


_WORDS = tuple(dict.fromkeys((
    "ICP", "icp", "公网安", "信用代码", "资本", "资金", "QQ", "qq", *_COMPANY_ENDS, *_LICENCE_WORDS, *_WECHAT_WORDS, *_PHONE_WORDS, *(word for _, words, _ in _NUMBERED for word in words))))
_AUTOMATON = ahocorasick_rs.AhoCorasick(_WORDS)
_PIECE, _LONGEST = 200_000, max(map(len, _WORDS))
Places = Mapping[str, Sequence[int]]  # word -> where it stands, at most 200 places


def identify(text: str) -> Identity:
    """``text`` as displayed. Each list is in order of appearance, without repeats, at most 20 long."""
    try:
        places = _places(text)
    except UnicodeEncodeError:  # half a surrogate pair: a character that cannot be shown, of the same length
        text = _HALVES.sub("\ufffd", text)
        places = _places(text)
    good, bad = _uscc(text, places)
    if not places:
        return Identity(uscc=good)
    companies, run_by = _companies(text, places)
    filings, no_filings = _icp(text, places)
    return Identity(
        icp=filings, bad_icp=no_filings, companies=companies, operator=run_by, uscc=good, bad_uscc=bad, licences=_licences(text, places), licence_numbers=_licence_numbers(text, places),
        phones=_phones(text, places), police=_police(text, places), capital=_firsts(text, places, ("资本", "资金"), _CAPITAL, 6),
        wechat=_firsts(text, places, _WECHAT_WORDS, _WECHAT), qq=_firsts(text, places, ("QQ", "qq"), _QQ),
    )


def _places(text: str) -> Places:
    """One pass for all words; piece by piece, so that no page makes a long list of hits."""
    found: dict[str, list[int]] = {}
    for base in range(0, len(text), _PIECE):
        piece = text if len(text) <= _PIECE else text[base:base + _PIECE + _LONGEST - 1]
        for number, start, _ in _AUTOMATON.find_matches_as_indexes(piece, overlapping=True):
            if start < _PIECE and len(places := found.setdefault(_WORDS[number], [])) < 10 * MOST:
                places.append(base + start)
    return found


def _icp(text: str, places: Places) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Filing numbers, and those shown as such that cannot be one (a template's, no province's, of a wrong length)."""
    found: dict[str, None] = {}
    bad: dict[str, None] = {}
    for word in ("ICP", "icp"):
        for at in places.get(word, ()):
            window = text[max(0, at - 2): at + 30]
            match = _ICP.search(window)
            if match and match.start() <= 2:  # a later number of the window may be cut by its end
                number = "".join(match.group(0).split()).replace("－", "-").replace("—", "-")
                found[number] = None
            elif near := _NO_ICP.match(window, min(2, at)):
                number = "".join(near.group(0).split())
            else:
                continue
            if fault(number):
                bad[number] = None
    return tuple(found)[:MOST], tuple(bad)[:MOST]


def _police(text: str, places: Places) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for at in places.get("公网安", ()):
        match = _POLICE.search(text[max(0, at - 2): at + 30])
        if match and len(match.group(1)) in (11, 13, 14):
            found["".join(match.group(0).split())] = None
    return tuple(found)[:MOST]


def _companies(text: str, places: Places) -> tuple[tuple[str, ...], str]:
    """All names of companies, and the one that the words around call the operator of the site."""
    found: dict[str, int] = {}
    for word in _COMPANY_ENDS:
        for at in places.get(word, ()):
            end = at + len(word)
            start = max(0, end - 44)
            window = text[start:end]
            cut = max((i for i, c in enumerate(window) if c in _STOP or c in ":： "), default=-1)
            match = _COMPANY.search(window[cut + 1:])
            if match is None:
                continue
            name = _name_of(match.group(0))
            if len(name) >= len(word) + 2 and name[0] not in "（）()·&的了" and name[-len(word) - 1] not in "的各家":
                begin = end - (len(window) - cut - 1 - match.end()) - len(name)
                found[name] = max(found.get(name, -9), _stands(text, begin, begin + len(name)))
    if not found:
        return (), ""
    best = max(found.values())
    first = {name: text.find(name) for name in found}
    names = tuple(sorted(found, key=lambda name: first[name]))[:MOST]
    if best < 2 and not (len(names) == 1 and best >= 0 and "ICP" in text):
        return names, ""
    return names, next((name for name in reversed(names) if found[name] == best), "")


def _name_of(run: str) -> str:
    """The name at the end of a run of characters: what leads up to it is cut off."""
    run = _LEAD.sub("", run).lstrip("0123456789")
    depth = 0
    for at in range(len(run) - 1, -1, -1):  # a bracket that opens outside of the name
        depth += (run[at] in "）)") - (run[at] in "（(")
        if depth < 0:
            return _name_of(run[at + 1:])
    for match in reversed(list(_REGION.finditer(run))):
        at = match.start()
        if at and run[at - 1] not in "（(" and len(run) - at >= 8:
            run = run[at:]
            break
    for match in reversed(list(_LINK.finditer(run))):
        at = match.start()
        before = run[:at]
        if len(run) - at > 8 and (before.endswith(_BEFORE_LINK) or (not before and run[at] in "由与及为是在从到")):
            return run[at + 1:]
    return run


def _stands(text: str, start: int, end: int) -> int:
    """How much the words around say that this company runs the site."""
    before = text[max(0, start - 16):start].lower().rpartition("\n")[2] or text[max(0, start - 12):start].lower()
    after = text[end:end + 40].lower()
    score = 3 if any(word in before for word in _RUNS) else 0
    score += 2 if any(word in after for word in _RUNS_AFTER) else 0
    wider = text[max(0, start - 60):start].lower()
    score += 1 if "icp" in wider or "公网安备" in wider or "copyright" in wider or "©" in wider else 0
    return score - (4 if any(word in before[-10:] for word in _OTHERS) else 0)


def _uscc(text: str, places: Places) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes that pass, and what is given out as a code but cannot be one."""
    good: dict[str, None] = {}
    bad: dict[str, None] = {}
    for at in places.get("信用代码", ()):
        window = text[at + 4:at + 40].partition("\n")[0].replace(" ", "").upper()
        match = _CODE.search(window)
        if match and not window.startswith("*", match.end()):
            code = match.group()
            if len(set(code)) <= 4 or not 17 <= len(code) <= 19:  # 15 digits are an old registration number, 00000000… a template
                continue
            (good if uscc.valid(code) else bad)[code] = None
    if "91" in text or "92" in text or "93" in text:
        for found in _USCC.finditer(text):
            code = found.group()
            if code[:2] in ("91", "92", "93") and uscc.valid(code):
                good[code] = None
    return tuple(good)[:MOST], tuple(bad)[:MOST]


def _licences(text: str, places: Places) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in _LICENCE_WORDS:
        for at in places.get(word, ()):
            end = at + len(word)
            while end < len(text) and end < at + 40 and text[end] not in _STOP:
                end += 1
            found[text[at:end].strip()] = None
    return tuple(found)[:MOST]


def _licence_numbers(text: str, places: Places) -> tuple[tuple[str, str], ...]:
    """Numbers that stand within 40 characters after the word for a licence of their form."""
    found: dict[tuple[str, str], None] = {}
    for kind, words, form in _NUMBERED:
        for word in words:
            for at in places.get(word, ()):
                window = text[at + len(word):at + len(word) + 40].partition("\n")[0]
                match = form.search(window)
                if match:
                    found[(kind, match.group())] = None
    return tuple(found)[:MOST]


def _firsts(text: str, places: Places, words: tuple[str, ...], form: re.Pattern[str], back: int = 0) -> tuple[str, ...]:
    """What ``form`` captures near each of the ``words``, which stand at its beginning or ``back`` characters into it."""
    found: dict[str, None] = {}
    for word in words:
        for at in places.get(word, ()):
            match = form.search(text[max(0, at - back):at + 48].partition("\n\n")[0])
            if match:
                found["".join(match.group(1).split())] = None
    return tuple(found)[:MOST]


def _phones(text: str, places: Places) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in _PHONE_WORDS:
        for at in places.get(word, ()):
            window = text[at: at + 40]
            match = _PHONE.search(window)
            # digits on either side would make it a longer number: an order, an account
            if match and not (window[match.end(): match.end() + 1].isdigit() or window[max(0, match.start() - 1): match.start()].isdigit()):
                found[match.group(0)] = None
    return tuple(found)[:MOST]
