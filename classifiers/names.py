"""Who the page says it is, held against the registers: every contradiction with both of its sides, as a suggestion to look.

Careful by design: a false alarm harms a firm. Nothing is said where no register of the kind is loaded, where the page does not present itself
under the name, or where it reports about others. A likeness never decides: it needs a name that only a licence allows and that no list holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import urlsplit

import re2

from classifiers import registers_names as spelling
from classifiers.model import Genre, Page
from classifiers.normalise import normalise
from classifiers.registers import CLOSE, Match, Register, main_icp
from classifiers.registers_read import Entry

_SPLIT = re2.compile("[-_|,，–—·:：>《》【】!！?？。；;～~\\s]+")
_PRESENTS = ("版权所有", "copyright", "©", "客服热线", "欢迎来到", "欢迎访问", "官网", "官方网站", "登录", "网上银行", "手机银行")
# Kinds of thing, or the start of a title, not names.
_KINDS = ("手机银行", "网上银行", "个人银行", "投资银行", "私人银行", "企业银行", "电话银行", "直销银行", "银行", "中国", "互联网", "货币基金", "公募基金", "私募基金", "在线支付", "网上支付", "第三方支付", "微信支付", "移动支付",
          "投资理财", "个人理财", "家庭理财", "银行理财", "网上理财", "互联网金融", "普惠金融", "供应链金融", "消费金融", "汽车金融", "企业金融", "个人金融", "公司金融", "农村金融", "零售金融", "科技金融", "绿色金融", "数字金融",
          "智能理财", "稳健理财", "活期理财", "定期理财", "公司理财", "企业理财", "基金理财", "家庭保险", "意外保险", "健康保险", "旅游保险", "人寿保险", "财产保险", "车辆保险", "宠物保险", "少儿保险", "商品期货", "股指期货", "国债期货", "原油期货", "黄金期货",
          "家族信托", "慈善信托", "个人征信", "企业征信", "扫码支付", "快捷支付", "刷脸支付", "聚合支付", "跨境支付", "数字货币交易", "虚拟货币交易", "股票证券", "资产证券", "a股证券", "商业保险", "社会保险", "养老保险", "医疗保险", "汽车保险", "股票期货", "什么是", "如何", "怎么")
# The same characters in names that need no licence.
_OTHERWISE = re2.compile(
    "基金会|金融科技|金融街|金融大厦|金融中心|金融广场|金融城|金融学|金融时报|金融界|金融网|金融信息|金融数据|金融研究|金融协会|金融监管|金融工作|金融博物|金融职业|金融法|保险柜|保险箱|保险丝|保险杠|保险带|保险监|保险学|保险协会|"
    "支付宝|支付方式|支付系统|支付清算|银行家|银行卡|银行业|银行流水|银行从业|血液银行|种子银行|食物银行|时间银行|时光银行|电力银行|水银行|粮食银行|垃圾银行|脐带血|基因银行|期货日报|证券时报|证券报|证券日报|证券之星|证券业|证券市场|证券从业|"
    "(?:公共资源|产权|房产|房屋|房地产|二手|技术|人才|汽车|车辆|农产品|粮食|花卉|煤炭|钢材|苗木|土地|知识产权|版权|专利|电力|排污权|建材|家具|服装|珠宝|数码|手机|宠物|票务|域名|游戏)[一-龥]{0,4}交易(?:中心|所|市场)|"
    "理财(?:师|知识|小知识|频道|网|周报|周刊|学院|课堂|杂志|计算器|规划师)|信托责任|征信(?:中心|修复|查询|知识|报告)|中国人民银行|世界银行|亚洲开发银行|监督管理|行业协会|银监|证监|保监"
)
_OFFICIAL = "(?:官方网站|官网|官方首页|官方|网上银行|手机银行|个人网银|企业网银|网银|app下载|app|官方下载|客户端|客服中心|官方客服|登录|欢迎您|欢迎你|网上营业厅|首页)"
_TAILS = ("官方网站", "官网", "官方首页", "网上银行", "手机银行", "个人网银", "企业网银", "网银", "首页", "网站", "欢迎您", "客服中心", "官方客服", "客服", "客户端", "app下载", "app", "官方", "登录", "理财", "贷款", "信用卡", "官方下载", "下载", "平台", "商城", "客户服务中心", "商户中心", "中心", "开户", "交易系统", "交易软件", "财富", "e贷", "提额", "借款", "股份有限公司", "有限责任公司", "有限公司")
_ENTRANCE = ("官方网站", "官网", "网上银行", "手机银行", "个人网银", "企业网银", "网银", "app下载", "app", "客户端", "官方客服", "登录", "网上营业厅")
# Restricted words as forgers write them; only such as are no words of their own (金荣 for 金融 is a name).
_DISGUISED = {"锒行": "银行", "垠行": "银行", "银珩": "银行", "証卷": "证券", "证卷": "证券", "保睑": "保险", "信讬": "信托", "倌托": "信托", "基釒": "基金", "攴付": "支付", "支忖": "支付"}
_DISGUISES = re2.compile("|".join(_DISGUISED))
_FORM = "(?:股份有限公司|有限责任公司|有限公司)?"
_ENTRANCE_AFTER = re2.compile(f"{_FORM}[-_|,:· ]{{0,3}}(?:官方网站|官网|网上银行|手机银行|个人网银|企业网银|网银|官方app|app下载|app|客户端|官方客服|登录|网上营业厅)")
_OFFICIAL_WORDS = re2.compile(_OFFICIAL)
_WELCOME_BEFORE = re2.compile("(?:欢迎(?:来到|访问|登录|使用|光临)|感谢使用)$")
_GREETS = re2.compile("(?:欢迎(?:来到|访问|登录|使用|光临)|感谢使用)(?:本|我们的)?([\\p{Han}]{1,12}(?:银行|信用社|证券|期货|基金|基金销售|信托|保险|人寿|财险|寿险|支付|金融|金服|理财|财富|小额贷款|融资担保|征信|交易所|交易中心))")
_WELCOME_AFTER = re2.compile(f"{_FORM}[^,。\n]{{0,8}}欢迎(?:您|你)")
_SIGNED_BEFORE = re2.compile("(?:©|\\(c\\)|copyright|版权所有)[^\n]{0,24}$")
_SIGNED_AFTER = re2.compile("[^\n]{0,12}版权所有")
_OWN_BEFORE = re2.compile("(?:欢迎加入|我们是|关于|走进|认准)$")
_OWN_AFTER = re2.compile(f"{_FORM}(?:是一家|是国内|成立于|致力于|专注于|作为一家|由[^,。\n]{{2,30}}(?:运营|创办|打造)|[-_|· ]{{0,3}}{_OFFICIAL})")
_MOST_PLACES = 40  # of a name on a page that are looked at
_BANKS_WORDS = ("本行", "我行")
_LEAST = 4  # characters of a name worth comparing: 平安, 中信 alone prove nothing
_GONE = re.compile("revoked|not_renewed|注销|吊销|撤销|失效|不予续展|终止|解散|破产")
_ART9 = ("股份", "有限", "官", "-")
_MOST_SEGMENTS = 8
_SHOWN_AS = {"favicon": "图标", "logo": "标识图片"}
_SITES = frozenset({"com", "net", "org", "gov", "edu", "ac", "co"})


@dataclass(frozen=True, slots=True)
class Named:
    """Where the name stands (in normalised text), how grave (empty: the rule's own level), and why. ``because`` not empty: excused."""

    start: int
    end: int
    level: str
    reason: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Self:
    """The page as it presents itself. Everything but ``page`` is normalised."""

    page: Page
    host: str
    text: str
    title: str
    heads: tuple[str, ...]  # the title's parts
    segments: tuple[str, ...]  # those long enough to be names, then the operator, then in whose name the page greets
    operator: str
    genre: Genre
    elsewhere: bool  # the domain is no institution's of the registers; groups share their sites, so that any institution's clears the name

    @property
    def offers(self) -> bool:
        return self.genre in (Genre.PLATFORM, Genre.AD)


def myself(page: Page, text: str, genre: Genre, registers: Register) -> Self | None:
    """``text``: normalised full text. None for pages without an address or that speak of others (news, law, education …)."""
    if not page.url or genre not in (Genre.PLATFORM, Genre.AD, Genre.BANK, Genre.OTHER):
        return None
    try:
        host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    except ValueError:
        return None
    # Taken apart before it is normalised: marks between words of a title part names, marks within a word hide it.
    lines = "\n".join(part for part in _SPLIT.split(page.title[:200]) if part)
    told, _, run_by = normalise(f"{lines}\n\n{page.identity.operator}").text.rpartition("\n")
    heads = tuple(filter(None, told.split("\n")))
    if heads and max(map(len, heads)) < _LEAST:  # 清 河 银 行: letter-spaced
        heads = (normalise(page.title[:200]).text,)
    parts = [part for part in heads if len(part) >= _LEAST][:_MOST_SEGMENTS]
    if host.endswith((".gov.cn", ".edu.cn", ".mil.cn")):
        return None
    return Self(page, host, text, " ".join(heads), heads, tuple(dict.fromkeys([*parts, *([run_by] if run_by else []), *_greeting(text)])), run_by, genre, registers.of_domain(host) is None) if host else None


def _greeting(text: str) -> list[str]:
    """In whose name a page greets its readers, where that is a name of the trade: 欢迎来到某城商业银行."""
    if "欢迎" not in text and "感谢使用" not in text:
        return []
    named = [(match.group(1), text[match.end():match.end() + 4]) for match in islice(_GREETS.finditer(text), 4)]
    return list(dict.fromkeys(name for name, after in named if len(name) >= _LEAST and not _OTHERWISE.search(name + after)))[:2]


def brand(me: Self, registers: Register, lookalike: str) -> list[Named]:
    """The name of a licensed institution worn on a domain that is not its own (brand.impersonation)."""
    if not me.elsewhere:
        return []
    for segment in me.segments:
        name, entry = _worn(segment, registers)
        if entry is None or not entry.licensed or not entry.domains:
            continue
        at = me.text.find(name)
        if at < 0:
            continue
        signs = _signs(me, name, entry, registers)
        other = bool(me.operator) and registers.known(me.operator) is None and spelling.fold(name) not in spelling.fold(me.operator)
        itself = bool(me.operator) and not other
        third = other or (not itself and bool(me.title) and (not me.title.startswith(name) or _of_another(me, name)))
        if not signs and not (me.offers and me.title.startswith(name)):
            continue
        filed = bool(entry.icp) and main_icp(entry.icp) in {main_icp(number) for number in me.page.identity.icp}
        level = lookalike if len(signs) >= 2 and not third and not filed else "yellow" if len(signs) >= 2 or not third else "blue"
        reason = f"页面以持牌机构“{entry.name}”的名义出现，而网址 {me.host} 不在名录所载的该机构域名（{'、'.join(entry.domains)}）之内"
        reason += f"；{'、'.join(signs)}" if signs else ""
        reason += f"；页面所示运营单位为“{me.operator}”" if other else ""
        reason += "；页面所示备案号与该机构一致（页脚可以照抄，请核对备案网址）" if filed else ""
        return [Named(at, at + len(name), level, f"{reason}（名录截至 {entry.as_of}）" if entry.as_of else reason)]
    return []


def _of_another(me: Self, name: str) -> bool:
    """Does the title end in the name of another site (…_某某软件园)? What an imitator adds to the name is no other's."""
    last = me.heads[-1] if len(me.heads) > 1 else name
    return name not in last and not last.endswith((*_TAILS, *_ENTRANCE)) and not _OFFICIAL_WORDS.search(last)


def _worn(segment: str, registers: Register) -> tuple[str, Entry | None]:
    """The name at the beginning of a segment, without what a home page or an imitator adds to it (官网, 客服, 理财, APP …), and its row."""
    name = segment
    while True:
        match = registers.known(name) if len(name) >= _LEAST else None
        if match is not None:
            return name, match.entry
        tail = next((tail for tail in _TAILS if name.endswith(tail) and len(name) - len(tail) >= _LEAST), "")
        if not tail:
            return segment, None
        name = name[:-len(tail)]


def _signs(me: Self, name: str, entry: Entry, registers: Register) -> list[str]:
    """What else on the page says that it is that institution."""
    signs = []
    titled, around = list(_around(me.title, name)), list(_around(me.text, name))
    said = next((match.group() for _, after in titled + around if (match := _ENTRANCE_AFTER.match(after))), "")
    if said:
        signs.append(f"自称“{name}{said}”")
    if any(_WELCOME_BEFORE.search(before) or _WELCOME_AFTER.match(after) for before, after in around):
        signs.append("以该机构口吻迎客")
    if any(_SIGNED_BEFORE.search(before) or _SIGNED_AFTER.match(after) for before, after in around):
        signs.append("版权署名为该机构")
    if me.operator and (run_by := registers.known(me.operator)) is not None and run_by.entry.name == entry.name:
        signs.append(f"所示运营单位“{me.operator}”为该机构")
    if entry.kind.startswith("bank") and any(word in me.text for word in _BANKS_WORDS):
        signs.append("以“本行”自称")
    if me.page.has_password_field:
        signs.append("页面要求输入密码")
    if (label := look_alike_host(me.host, entry.domains)):
        signs.append(f"域名“{me.host}”与其域名“{label}”近似")
    signs += [f"网站{_SHOWN_AS[shown.role]}与其标识一致（差异 {far}/64）" for brand, shown, far in registers.pictured(me.page.pictures) if brand.name == entry.name][:1]
    return signs


def look_alike_host(host: str, domains: tuple[str, ...]) -> str:
    """The domain of ``domains`` that ``host`` imitates: its label with something added, or one character off; empty where none."""
    labels = [label for label in host.split(".")[:-1] if label not in _SITES]
    for domain in domains:
        own = next((label for label in domain.split(".") if label not in ("www", "m", *_SITES)), "")
        if len(own) < 3:
            continue
        for label in labels:
            pieces = re.split("[-_]|(?<=[a-z])(?=[0-9])", label)
            if own in pieces or (len(own) >= 4 and (label.startswith(own) or label.endswith(own))):
                return domain
            if len(own) >= 4 and (spelling.alike(label) == spelling.alike(own) or (len(own) >= 6 and spelling.distance_one(label, own))):
                return domain
    return ""


def picture(me: Self, registers: Register) -> list[Named]:
    """The favicon or logo of an institution on a domain that is not its own; alone it is a hint, and more where people are asked for money."""
    if not me.page.pictures or not me.elsewhere:
        return []
    for brand, shown, far in registers.pictured(me.page.pictures):
        if brand.own(me.host):
            continue
        name, entry = brand.name, registers.exact(brand.name)
        called = [normalise(one).text for one in (name, *(entry.short_names if entry else ()))]
        short = next((one for one in called if one in me.text), "") or next(filter(None, (_one_off(one, me.segments) for one in called)), "")
        titled = next((part for part in me.segments if part in me.text), me.text[:20].partition("\n")[0])
        words = short if short and short in me.text else titled
        at = me.text.find(words) if words else -1
        if at >= 0:
            asks = me.offers or me.page.has_password_field
            own = brand.domain.replace("|", "、") or "、".join(entry.domains if entry else ())
            reason = f"页面{_SHOWN_AS[shown.role]}（{shown.url or '图片'}）与“{name}”的标识一致（差异 {far}/64），而网址 {me.host} 不是其域名"
            reason += (f"（其域名为 {own}）" if own else "") + (f"，所用名称“{short}”与其只差一字" if short and short not in called else "")
            return [Named(at, at + len(words), "yellow" if asks and short else "blue", reason)]
    return []


def _one_off(name: str, segments: tuple[str, ...]) -> str:
    """What in the names a page goes by is ``name`` but for one character."""
    size = len(name)
    if size < _LEAST:
        return ""
    pieces = (part[at:at + size] for part in segments for at in range(min(len(part), 60) - size + 1))
    return next((piece for piece in pieces if sum(map(str.__ne__, piece, name)) == 1), "")


def name_word(me: Self, registers: Register, words: Mapping[str, tuple[str, ...]], lookalike: str) -> list[Named]:
    """A name with a word that only a licence allows, by nobody the registers know (brand.unlicensed). A register of the kind must be loaded."""
    if not me.elsewhere or not any(word in me.text for word in _PRESENTS):
        return []
    for segment in me.segments:
        word, cut = _restricted(_undisguised(segment), words)
        name = segment[:cut]
        if len(name) < _LEAST or name.startswith(_KINDS) or _OTHERWISE.search(segment) or not loaded(words[word], registers.kinds):
            continue
        at = me.text.find(name)
        match = registers.known(segment) or registers.known(name) or registers.known(_worn(segment, registers)[0])
        right = _undisguised(name)
        if at < 0 or (match is not None and (match.entry.licensed or not _GONE.search(match.entry.status))):
            continue
        if match is not None:
            return [Named(at, at + len(name), "", f"自称“{name}”，名录载明“{match.entry.name}”的状态为“{match.entry.status}”{_as_of(match.entry)}")]
        near = registers.find(right) if len(name) >= 5 else None
        told = f"自称“{name}”{f'（形似“{right}”）' if right != name else ''}，在已载入的名录中未查到对应的持牌机构"
        if near is not None and near.entry.licensed and loaded_kind(near.entry.kind, words[word]):
            close = near.score >= CLOSE
            if close or me.offers:
                return [Named(at, at + len(name), lookalike if close else "", f"{told}；{f'与“{near.entry.name}”只有字形之差' if near.certain else near.reasons[0]}（相似度 {near.score:.2f}，仅供核对）")]
        if me.offers and (segment == name or segment[cut:].startswith(_ART9)) and (segment == me.operator or _calls_itself(me, name)):
            return [Named(at, at + len(name), "", told)]
    return []


def _undisguised(name: str) -> str:
    """A restricted word written with a character of the same look, put right; as long as before."""
    return _DISGUISES.sub(lambda match: _DISGUISED[match.group()], name) if _DISGUISES.search(name) else name


def _calls_itself(me: Self, name: str) -> bool:
    """Does the page say that this is who runs it? A heading such as 京东保险 may be a channel of a shop."""
    for text in (me.title, me.text):
        for before, after in _around(text, name):
            if _SIGNED_BEFORE.search(before) or _SIGNED_AFTER.match(after) or _WELCOME_BEFORE.search(before) or _WELCOME_AFTER.match(after) or _OWN_BEFORE.search(before) or _OWN_AFTER.match(after):
                return True
    return False


def _around(text: str, name: str) -> Iterator[tuple[str, str]]:
    """What stands before and after each of the first places of ``name``."""
    at = text.find(name)
    for _ in range(_MOST_PLACES):
        if at < 0:
            return
        yield text[max(0, at - 32):at], text[at + len(name):at + len(name) + 40]
        at = text.find(name, at + len(name))


def _restricted(segment: str, words: Mapping[str, tuple[str, ...]]) -> tuple[str, int]:
    """The first restricted word of a name, the longest of those that begin there, and where it ends; 0 where there is none."""
    found = [(segment.find(word), -len(word), word) for word in words if word in segment]
    if not found:
        return next(iter(words)), 0
    start, length, word = min(found)
    end = start - length
    while (more := max((one for one in words if segment.startswith(one, end)), key=len, default="")):  # 人寿 + 保险
        end += len(more)
    return word, end


@lru_cache(maxsize=256)
def loaded(kinds: tuple[str, ...], known: frozenset[str]) -> bool:
    """Is a list of one of ``kinds`` loaded? ``bank`` means every ``bank_…``."""
    return any(loaded_kind(kind, kinds) for kind in known)


def loaded_kind(kind: str, kinds: tuple[str, ...]) -> bool:
    return any(kind == wanted or kind.startswith(wanted + "_") for wanted in kinds)


def _as_of(entry: Entry) -> str:
    return f"（名录截至 {entry.as_of}）" if entry.as_of else ""


def matched(shown: tuple[str, ...], name: str) -> Match | None:
    """Is one of the names shown the company ``name``? Exact or but for form and region spelling: certain; the same name proper: fuzzy."""
    own = spelling.parts(name)
    best: Match | None = None
    for one in shown:
        parts = spelling.parts(one)
        if parts.plain == own.plain or parts.stem == own.stem or (parts.core == own.core and (not parts.region or not own.region or parts.region == own.region)):
            return Match(Entry(name=one), "exact", 1.0, ("名称一致",))
        if len(own.proper) >= 2 and (own.proper == parts.proper or own.proper in parts.plain or (len(parts.proper) >= 2 and parts.proper in own.plain)):
            best = Match(Entry(name=one), "fuzzy", 0.6, (f"字号相同：“{one}”",))
    return best
