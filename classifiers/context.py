"""What clears words that look like a claim: the second stage, run only where the first found something.

Reads the sentence around the words, then the page. All expressions are RE2 (linear) over normalised text: half width, simplified, lower case.
Reasons are Chinese, for the officer. An exemption elsewhere on the page (a risk line in the footer) clears nothing.
"""

from __future__ import annotations

from typing import Any

import re2

from classifiers.genre import ZH
from classifiers.model import Genre

BACK, AHEAD = 70, 50  # characters of the sentence read on either side
_END = "。!?;\n"
_WHO = "平台|公司|机构|网站|项目|产品|理财|商家|人|银行|企业|p2p|app|老板|老师|团队|骗子|网贷|基金|中介|广告|群|币|交易所|资金盘"

_NEGATIVE = re2.compile(
    "不(?:会|能|得|可|应当?|再|曾|准|允许|许|予|作出?|做出?|承诺|保证|担保|提供|构成|代表|等于|意味着?|视为|是|属于|具有?|具备|存在|涉及|从事|设|支持|承担|负责|对|向|为|含|包含|参与|接受|该|宜|可能|用于|"
    "以|适用|认可|赞成|主张|推荐|鼓励|开展|追求|敢|打算|相信|信)|没有|并未|尚未|从未|均未|未(?:作|做|对|向|承诺|提供|经|能|必|设|获|取得|曾|保证)|"
    "无法|无权|无力|无义务|并无|均无|亦无|也无|概无|无任何(?:明示|承诺|担保|保证|形式)|绝无|"
    "非(?:[^法常凡同但洲遗]|$)|并非|绝非|而非|绝不|决不|从不|并不|均不|概不|也不|亦不|既不|毫不|拒绝|杜绝|停止|取消|打破|破除|破灭|告别|终结|勿|莫|不要(?:相信|轻信|被|购买|投|参与|碰|以为|指望)?|别(?:信|被|碰|买|投|以为|指望|相信|轻信)|"
    "(?:不|非|未|无|没|禁)$|难以|很难|休想|岂能|岂有|哪有|哪来|何来|怎么可能|不存在|谁也|≠|!="
)
_NOT_NEGATIVE = re2.compile("不(?:要|得|能|可|会)(?:错过|犹豫|不|等待|小觑)|不是.{0,12}而是|没有(?:比|什么比)|不再(?:担心|犹豫|发愁|怕|为)|不(?:可|能)多得|不对外|不为人知|(?:不会|不能|没有).{0,8}(?:也能|也可|照样|都能|一样)|不可或缺|不是梦")
_FORBID = re2.compile("不得|禁止|严禁|不准|不应|不允许|防止|避免|切勿|勿")
_CONTRAST = re2.compile("但是?|而是|却|反而|只需|只要|即可|就能|就可以?|也能|也可|照样|都能|仅需|而且|还能|还可|并且?能|通过|采用|由(?:于|第三方|平台|担保)")
_JOINED = re2.compile("^(?:也|亦|或|且不|更不|以及|及|均|和|都不|更|不|无|未|没|没有|与|并不|且)")
_WARNING = re2.compile(
    "警惕|谨防|当心|小心|提防|防范|识别|辨别|远离|抵制|举报|轻信|勿信|不要相信|别信|莫信|别被|揭秘|揭露|识破|看清|拆穿|抵御|抵挡|克制|诱惑|切莫|切勿|忽悠|蒙蔽|不要被|迷惑|打击|整治|查处|取缔|叫停|整改|清理"
)
_REPORT = re2.compile(
    "声称|宣称|号称|谎称|自称|佯称|诡称|诈称|吹嘘|鼓吹|标榜|打着|假借|冒充|虚构|伪造|编造|捏造|谎言|诱骗|欺骗|骗取|诱导|诱使|利诱|引诱|蛊惑|怂恿|所谓|涉嫌|被指|虚假|夸大|受害|不法分子|犯罪分子|嫌疑人|骗子|诈骗|传销|"
    "被告|原告|上诉人|(?:据|经)[^,。]{1,14}(?:报道|介绍|调查|查明|披露|反映|审理|统计)|"
    "(?:某|那个|那家)(?:平台|公司|机构|银行|网站|p2p|理财|产品|投资|群|项目)|(?:某|该)(?:团伙|案|男子|女子|集团|公司|犯罪)|"
    f"(?:一些|部分|某些|有的|有些|很多|不少|个别|许多|大多数|多数|多家|几家|市面上|市场上|此类|这类|这种|那些|那种|类似)(?:[^,。]{{0,8}})?(?:{_WHO})|"
    "(?:向|对)(?:社会|不特定|公众|群众|老人|老年人|受害|客户|投资人|投资者|集资)[^,。]{0,8}(?:承诺|许诺|宣传|虚构)|"
    "(?:他|她|他们|对方|销售|经理|业务员|推销员|群主|朋友|亲戚|同事|网友|导师)[^,。]{0,10}(?:承诺|保证|说|告诉|宣传|推荐|称|忽悠)|听(?:说|到|信)|曾经?(?:承诺|宣传|许诺)|口头(?:承诺|保证)|我(?:参与|做了|买了|投了|被)|当时[^,。]{0,10}(?:承诺|宣传|说)|"
    "宣传[“\"「『]|承诺[“\"「『]|以[“\"「『]|标明|描述为|写着|写道|话术|广告(?:词|语|称|中|里)|关键词|敏感词|违禁词|违规词|屏蔽词|禁用词|过滤词|词库|词表|字样|包括但不限于|例如[::“\"]|比如[::“\"]|诸如|譬如"
)
_AS_BAIT = re2.compile("^[”\"』」》'、]{0,2}[^,。!?\n]{0,10}(?:为诱饵|为饵|为幌子|为由|为名|为噱头|为借口|为手段|的名义|的旗号|的幌子|的口号|等名义|等方式|等手段|引诱|吸引(?:老人|公众|群众|投资)|相诱惑|的诱惑|来诱)")
_EXPOSED = re2.compile(
    "^[”\"』」》'、]{0,2}[^。!?\n]{0,22}(?:骗局|陷阱|诈骗|圈套|诱饵|骗人|传销|庞氏|非法集资|受骗|上当|被骗|都是假|假的|不可信|不能信|不靠谱|靠谱吗|可信吗|违法|违规|要小心|要警惕|务必警惕|需警惕|应警惕|提高警惕|勿信|别信|不要相信|不要轻信|"
    "切勿|千万别|谎言|是不可能|不可能|不现实|纯属|立案|判处|违反|处罚|拉黑|报警|跑路|爆雷|血本无归|做梦|幻想|现在亏|结果亏|却亏|找谁|怎么办|大幅亏损|联系不上|提不出|无法兑付|兑付不了|要回|归零|高风险)|^(?:的)?(?:背后|往往|意味着|伴随|通常|必然伴随|未必|不一定|只是|是骗|就是骗|多半)"
)
_QUOTED = re2.compile("^[”\"』」》'、]{0,2}[^,。!?\n]{0,12}(?:噱头|话术|套路|字样|字眼|用语|等词|等表述|表述|宣传语|等宣传|等承诺|等虚假|的说法|的宣传|的误区|等内容|等用语|的谣言|的骗|类广告|之类|等信息|的承诺不|等概念)")
_AFTER_NO = re2.compile(
    "^[^,。!?;\n]{0,10}(?:不存在|并不存在|被禁止|已被禁止|被叫停|不等于|≠|不代表|并非|不属于|不作为|不承诺|不构成|将被打破|被打破|已打破|时代(?:已经?)?(?:结束|终结|过去)|神话|不再|不适用|无法实现|无法得到|得不到|没有保证|无保证|不保证|不予|不具有)"
)
_ASKED = re2.compile("^[^。!;\n,]{0,10}(?:吗|么|嘛)(?:[?。,!\n”\"]|$)|^[^。!;\n,]{0,4}\\?|^[^。!;\n]{0,18}(?:靠谱|可信|可靠|真实|安全|是真的|能信|合法|正规|可能)(?:吗|么|嘛|\\?)|^[^。!;\n]{0,12}(?:是不是|有没有|会不会)")
_RHETORIC = re2.compile("^[^。!;\n,]{0,8}(?:不香|不好|不要|心动|不来|等什么|爽)(?:吗|么|\\?)")
_DOUBT = re2.compile("(?:怎样|怎么|如何)才能|是否|能否|会不会|可否|难道|岂|有没有|是不是|怎么可能|如何判断|怎样判断|真的[^,。]{0,6}$|真能[^,。]{0,6}$")
_WHAT = re2.compile("什么是|何为|何谓|为什么|为何|哪些|怎么|如何|怎样|哪种")
_ANSWERED = re2.compile("^[^。;\n]{0,10}[?]")
_LURE = re2.compile("(?:想|要|愿意|渴望|还在|希望|打算)[^。!\n]{0,14}$")
_THIRD = re2.compile("(?:如果|若|假如|倘若|要是|凡是?|遇到|碰到|看到|听到|收到|当|但凡|对于|任何|接到)[^,。;!?\n]{0,14}(?:有人|对方|承诺|宣称|声称|告诉|推荐你|宣传|许诺|保证|自称|要求|打着|以)[^,。;!?\n]{0,12}$")
_THIRD_END = re2.compile("^[^。!?\n]{0,24}(?:的[,,]|的都|要|请|务必|都|小心|就是|多半|立即|不要|往往|肯定|一定|基本|需|应|可能|注意|谨慎|极)")
_SURVEY = re2.compile("风险承受|风险测评|您能(?:接受|承受)|可以承受|可接受的|投资目的|以下哪|单选|多选|问卷|较低等级风险|风险偏好|风险评估|[a-e][.、):]\\s?$")
_DEPOSIT = re2.compile("存款保险|存款类|大额存单|结构性存款|国债|储蓄|定期存款|银行存款|存款产品|存款人|保险条款|保险合同|保险金额|现金价值|保单")
_COMPARED = re2.compile("倍|高于|超过|秒杀|比[^,。]{0,6}存款|取代|替代|媲美|跑赢|远超|超越|=|等于")
_TYPE = re2.compile("非保本|浮动|固定收益类|产品类型|收益类型|全部|不限|类型|结构性存款|净值|pr[1-5]|自营|代销")
_SOLICITS = re2.compile("加(?:我)?(?:微信|vx|v信|qq)|立即(?:投资|注册|购买|加入|认购|抢购|领取)|扫码|咨询热线|联系电话|私聊|点击(?:链接|下方|注册)|马上(?:加入|注册|投资)|抢购|名额有限|欢迎(?:咨询|投资|加盟)|我们(?:承诺|保证)|本(?:平台|公司)(?:承诺|保证)|客服微信")
_LISTED_BEFORE = re2.compile("[”\"』」'][\\s、,/|和及或与;]{0,4}[“\"『「'][^“”\"』」'\n]{0,8}$")
_LISTED_AFTER = re2.compile("^[^“”\"』」'\n]{0,8}[”\"』」'][\\s、,/|和及或与;]{0,4}[“\"『「']")
# Announces that what follows is not the page's own claim. Matched whole: a name that merely holds such a word (示例财富) announces nothing.
_ANNOUNCED = "(?:骗局|骗术|话术|陷阱|套路|手法|伎俩|手段|特征|误区|谣言|违禁词|敏感词|禁用词|违规词|屏蔽词|关键词|词表|词库|违规用语|禁用语|例句|反例|用例|检测词|虚假宣传|违法行为|违规行为|禁止行为|禁止情形|违法广告|违规广告|违规宣传)"
_HEADING = re2.compile(
    f"^[^,。!?]{{0,24}}{_ANNOUNCED}[^,。!?\n]{{0,4}}(?:示例|举例|清单|列表|大全|一览|汇总|样本|有|包括|如下|主要有|包含|总结)?(?:\\([^()\n]{{0,12}}\\))?$|"
    "(?:存在|具有|含有|出现|发现|遇到?|凡|使用|属于|涉嫌|包含)[^。\n]{0,8}(?:下列|如下|以下)[^。\n]{0,16}(?:行为|内容|情形|用语|说法|承诺|宣传|字样|语句|表述)$|"
    "^[^。\n]{0,16}(?:不得|禁止|严禁|不准|不允许|警惕|谨防|切勿|不要相信)[^。\n]{0,20}$"
)
_CODE = re2.compile("^\\s*(?://|#|--|\\*|/\\*|<!--)|`[^`\n]{0,60}$")
_PAGE_CLEARS = (Genre.LAW, Genre.REGULATOR, Genre.EDUCATION, Genre.NEWS, Genre.COMPLAINT, Genre.FICTION, Genre.JOB, Genre.TECHNICAL)


def excuse_for(text: str, start: int, end: int, genre: Genre, code: str) -> str:
    """Why the words at [start, end) of normalised ``text`` are no claim of the page itself; empty where nothing clears them."""
    before, after = _sentence(text, start, end)
    words = text[start:end]
    own = genre in (Genre.PLATFORM, Genre.AD)
    return (
        _negated(before, after)
        or _told(before, after, words, own)
        or _asked(before, after, own)
        or _mentioned(text, start, end, own)
        or _special(before, after, words, code, own)
        or _by_page(text, start, end, genre, code)
    )


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    before, after = text[max(0, start - BACK):start], text[end:end + AHEAD]
    cut = max(before.rfind(c) for c in _END)
    return before[cut + 1:], after


def _last(pattern: Any, text: str) -> Any:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def _negated(before: str, after: str) -> str:
    last = _last(_NEGATIVE, before)
    if last is not None and not _NOT_NEGATIVE.search(before[max(0, last.start() - 2):]):
        tail = before[last.end():]
        clause = tail.replace(" ", ",").rpartition(",")
        near = len(tail) <= (24 if clause[1] else 44) and not _CONTRAST.search(tail) and (not clause[1] or bool(_JOINED.search(clause[2])))
        if near:
            return f"否定：“{last.group(0)}”"
    forbid = _last(_FORBID, before)
    if forbid is not None and not _CONTRAST.search(before[forbid.end():]) and not _NOT_NEGATIVE.search(before[forbid.start():]):
        return f"禁止性表述：“{forbid.group(0)}”"
    if _AFTER_NO.search(after):
        return "否定：后文否认"
    return ""


def _told(before: str, after: str, words: str, own: bool) -> str:
    for pattern, because in ((_WARNING, "警示他人的说法"), (_REPORT, "转述他人的说法")):
        found = pattern.search(before)
        if found and not (own and pattern is _REPORT and found.group(0) in ("关键词", "广告语", "例如:", "比如:")):
            return f"{because}：“{found.group(0)}”"
    if _THIRD.search(before) and _THIRD_END.search(after):
        return "假设他人作此承诺，用以提醒"
    for pattern, because in ((_AS_BAIT, "揭示诱饵"), (_EXPOSED, "后文揭露或提醒"), (_QUOTED, "作为用语被提及")):
        found = pattern.search(after)
        if found and not (pattern is _EXPOSED and own and len(found.group(0)) > 16):
            return f"{because}：“{found.group(0).strip('”、 ')[-12:]}”"
    return ""


def _asked(before: str, after: str, own: bool) -> str:
    if _LURE.search(before) or _RHETORIC.search(after):
        return ""
    if _ASKED.search(after) and not (own and _WHAT.search(before)):
        return "疑问"
    doubt = _DOUBT.search(before)
    if doubt:
        return f"疑问：“{doubt.group(0)}”"
    if not own and _WHAT.search(before) and _ANSWERED.search(after):
        return "疑问：设问或解释"
    return ""


def _mentioned(text: str, start: int, end: int, own: bool) -> str:
    """Quoted beside other quoted words, in a list under a telling heading, in a comment or a list of words."""
    line_start = text.rfind("\n", max(0, start - 300), start) + 1
    line_end = text.find("\n", end, end + 300)
    line = text[line_start:line_end if line_end >= 0 else end + 300]
    if _LISTED_BEFORE.search(text[max(0, start - 24):start]) or _LISTED_AFTER.search(text[end:end + 24]):
        return "引号列举的用语"
    if line.count("|") >= 5 and len(line) < 12 * line.count("|"):
        return "词表"
    if not own and _CODE.search(text[line_start:start]):
        return "程序注释"
    back = text[max(0, line_start - 260):max(line_start - 1, 0)]
    for heading in reversed(back.split("\n")[-6:]):
        heading = heading.strip()
        if heading.endswith((":", "：")) or (len(heading) < 16 and heading and not own):
            if _HEADING.search(heading.rstrip(": ")):
                return f"列在“{heading[-16:]}”之下"
            if heading.endswith(":"):
                break
    return ""


def _special(before: str, after: str, words: str, code: str, own: bool) -> str:
    near = before[-30:] + words + after[:30]
    if _SURVEY.search(before):
        return "风险测评题目"
    if not code.startswith(("guarantee.", "yield.")):
        return ""
    if code.startswith("guarantee.") and not own and _DEPOSIT.search(near) and not _COMPARED.search(near):
        return "存款、国债、保险合同等国家另有规定的除外"
    if code.startswith("guarantee.") and len(words) <= 4 and after[:1] in ("型", "类") and _TYPE.search(near):
        return "产品分类名称"
    return ""


def _by_page(text: str, start: int, end: int, genre: Genre, code: str) -> str:
    if genre in _PAGE_CLEARS and not _SOLICITS.search(text[max(0, start - 60):end + 60]):
        return ZH[genre]
    if genre is Genre.BANK and code in ("yield.promise", "endorse.state", "brand.unlicensed", "p2p.self_guarantee"):
        return ZH[genre]
    return ""
