"""Is the passage running prose that explains, weighs or narrates, rather than an offer to its reader?

A word list cannot tell a lesson on crowdfunding from a site that sells it; how the passage is written can. Prose defines, divides into kinds,
hedges, reasons (因此, 然而, 例如), quotes who said so, dates what happened and speaks of investors at large. An offer speaks of itself (我们, 本平台),
to its reader (您), asks for an act, sets rules of a campaign, and praises. Both are counted around the words; the difference decides.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse
from classifiers.sieve import Sieve

AROUND = 300  # characters read on either side
ENOUGH, ENOUGH_ON_OFFERS = 2.2, 3.6  # what prose must outweigh the offer by; on pages that offer something
FAMILIES = 2  # one turn of phrase makes no prose
LEAST = 48  # characters below which nothing can be told from how a passage is written
MOST = 3  # different words of one family that count
# Codes whose offers are themselves written as lessons: what margin trading is, how a network pays, what a campaign gives.
FRANK = 0.4  # of what is asked of them, where nothing is offered, or the law against it is told
_AS_LESSONS = {"brand.unlicensed": 2.5, "ponzi.referral": 1.5, "inducement": 1.0, "securities.advice": 1.0, "crypto.token": 0.5, "fundraising.illegal": 1.0, "loan.misleading": 0.8, "endorse.beneficiary": 1.5}


class _Family(NamedTuple):
    name: str
    weight: float
    words: re.Pattern[str]


_PROSE = (
    _Family("释义", 2.0, bounded(
        "是指|指的是|系指|是一[种类项](?:[^,。]{0,24}的|传统|常见|金融|融资|投资|理财|商业|经营|募集|资金|现代|新兴|新型)|是一个[^,。]{0,12}(?:概念|过程|术语|名词)|所谓|被?称之为|(?:^|[^(])(?:被[^,。]{0,4}称(?:为|作)|又称|亦称|的形式称为)|指那些|"
        "俗称|缩写|顾名思义|的意思是|(?:率|费|权|机制|指标|条款|期)是[^,。]{4,40}的[^,。0-9]{2,8}。|的含义|的定义|本质上|本质是|实质上|的本质|的概念|译为"
    )),
    _Family("分类", 0.8, bounded(
        "分为|分成[一二两三四五六七八]|以下[几三四五两][种类个]|[几两三四五六]种(?:模式|方式|类型|形式|情况)|[几两三四五六]类|大致|常见的?(?:形式|类型|方式|做法|模式)|一类是|一种是|前者|后者|其一|其二|首先|其次|主要有[^,。]{0,6}[种类]|包括以下|"
        "(?:货币|债券|股票|混合|指数|纯债|长债)型?(?:基金|债)[^。]{0,80}(?:货币|债券|股票|混合|指数|短债)型?(?:基金|债)"
    )),
    _Family("推测", 1.2, bounded("通常|一般(?:来说|而言|情况下|会|是|都)|往往|大多|可能|也许|取决于|未必|不一定|相对(?:而言|来说|较)|理论上|事实上|实际上|并不(?!收|会收|难|复杂|贵|麻烦|可怕)|似乎|或许|很难|难以|不太|多数情况|不见得|只不过")),
    _Family("论说", 0.5, bounded(
        "因此|因为|由于|所以|然而|但是|[,。;]但|不过|虽然|尽管|与此同时|相比|不同的是|换句话说|也就是说|例如|比如|譬如|举例|假设|如果|从而|于是|而是|反之|相反|与[^,。]{1,10}不同|一方面|另一方面|而更应|不能[只仅][^,。]{1,16},"
    )),
    _Family("转述", 0.8, bounded(
        "(?:出现|收到|接到|充斥|刷到)[^,。]{0,6}(?:广告|短信|电话|传单)|提醒大家|据说|[^,。:\n]{2,12}(?:表示|指出|认为|写道|解释说|坦言|透露)[,:]|据[^,。]{2,12}(?:报道|介绍|统计|了解|披露|研究)|有媒体|曝出|研究(?:了|发现|表明|者)|数据显示|记者|作者|笔者|原文|翻译|本文|文章|调查|书中|读者|并称|号称|声称|宣称"
    )),
    _Family("利弊", 0.5, bounded("风险|缺点|弊端|劣势|争议|挑战|亏损|局限|困难|代价|隐患|危机|泡沫|骗局|受损|套牢|破产|陷阱|自负盈亏|爆仓|强制平仓|盲目")),
    _Family("违法", 0.8, bounded("(?:^|[^非是])传销|非法|违法|违规|诈骗|涉嫌|叫停|取缔|不受法律保护|乱象|曝光|砍头息|暴力催收|高利贷|离岸监管|法律红线|处罚")),
    _Family("学理", 0.6, bounded("重要的?意义|课题|学界|理论界|实务界|规制|特征|范畴|路径|视角|发展历程|业态|制度|立法|体系|界定|学科|方法论|理论|优先回报|追赶条款|门槛收益|\\b[lg]p\\b")),
    _Family("史实", 0.4, bounded("(?:18|19|20)\\d\\d ?年代?|世纪|起源|诞生|近年来|当时|随后|此后|最早|历史上|后来|如今|过去|此前|去年|当年|家喻户晓|寄予厚望|获得了|被授予|特许|的(?:诱使|影响|压力|推动|背景)下|一度")),
    _Family("叙事", 0.8, bounded("\\(化名\\)|[一-龥]{1,2}(?:先生|女士|某)(?:的|在|说|称|等|从|与|和|、)|回忆(?:道|说|起)|控诉|讲述|业主们?|亲历|那天|一时间")),
    _Family("变故", 1.2, bounded(
        "戛然而止|好景不长|仅兑现|残酷真相|(?:曾|一度)(?:经)?(?:火热|红火|风靡|盛行)|相安无事|纠纷(?:频发|不断)|提不出来|无法兑现|打不开了|放下戒心|最后的?狂欢|崩塌|化作|撕开|转嫁|暴富故事|突然推出|逆势|"
        "未能实现|预想的|租金断|断供|维权无门|事与愿违|却没想到|谁知|不料"
    )),
    _Family("算例", 0.9, bounded("[=×÷] ?\\d|总共买入|平均成本|平均单位|算术|计算公式|得出以下|假设有|我们假设|算一?笔账")),
    _Family("泛指", 0.4, bounded("人们|消费者|一些|许多|很多|大多数|有些|普通人|散户|开发商|公众|持有人|金融机构|商业银行|不少|各国|市场参与者|(?:^|[^初])学者|经济学|有人")),
    _Family("讲授", 1.0, bounded(
        "我们(?:来看|看到|可以看|知道|假设|再看|会发现|所说|通常|现在来|发现|先看)|例题|练习|习题|考点|知识点|章节|教材|课程|论文|摘要|实证|读书|笔记|概述|原理|为什么|什么是|究竟是|如何理解|解析|问题是|简单来说|简言之|简而言之|值得注意的是|需要?注意|核心特点|"
        "投资(?:者|人)(?:首先|还|也|就|在[^,。]{0,12})?(?:应该?|要|需要?|必须|不妨|最好)|考察|辨别|鉴别|甄别"
    )),
)
_OFFER = (
    _Family("自称", 1.2, bounded(
        "我司|本平台|本公司|本项目|本站|本品|咱们|我们(?:的|为|提供|承诺|保证|公司|平台|团队|推出|只做|坚持|已|专注|打造|致力|拥有|采用|将)|本产品|本社区|我平台|本商城|本所|我公司|旗下|以下简称|\\(简称"
    )),
    _Family("对读者", 1.0, bounded("您|为你|让你|助你|帮你|带你|给你")),
    _Family("邀约", 0.8, bounded(
        "立即|马上|赶快|点击|扫码|扫一扫|加微|加我|领取|火热|名额|快来|热线|电话|私聊|预约|咨询|客服|参与方式|一键|加盟|诚招|报名|戳|开户|邀请码|手慢无|抢购|上线|限时|火爆|赶紧|微信号|想学|来学|学会|跟着|只要|小密圈|知识星球|视频课程|亲自授课|训练营"
    )),
    _Family("步骤", 0.9, bounded("操作流程|操作步骤|第一步|注册账[号户]|下载app|教程|攻略|实操")),
    _Family("活动规则", 1.5, bounded("活动规则|活动期间|活动时间|奖励发放|本次活动|活动详情|代理政策|结算价|项目名称|起投金额|项目期限")),
    _Family("自我介绍", 0.8, bounded("成立于|总部|注册资本|专注于|致力于|是一家|有限公司|旨在|使命|愿景|团队|拥有|提供商|一站式")),
    _Family("感叹", 0.7, bounded("!")),
    _Family("夸赞", 0.5, bounded("轻松|躺赚|无忧|放心|安心|福利|稳健|专属|尊享|零门槛|优势|亮点|打造|强大|完美|财富|梦想|机遇|共赢|高收益|高回报|值得|红利|助力|开启|赋能|生态|重磅|全球首|利器")),
)
_SIEVE = Sieve([family.words for family in (*_PROSE, *_OFFER)])
_QUOTED = bounded("[“「『\"][^“”「」『』\"\n]{1,24}[”」』\"]")
# What a safeguard is said to avert speaks for the safeguard, not for a warning.
_AVERTED = bounded("(?:避免|杜绝|防止|防范|打击|远离|分散|降低|控制|规避|弥补|化解|抵御|拒绝|告别|不是|绝非|没有)[^,。!?;\n]{0,24}")
# Whoever runs the site pays: a rule of its own, however it is defined.
_OPERATOR_PAYS = bounded("(?:网站|平台|本站|公司|运营方)[^,。!?;\n]{0,8}(?:垫付|回购|代偿|赔付|兜底|补足)")
_SOME = bounded("(?:一些|有的|有些|部分|许多|很多|不少|某些|多数|大多数|个别|这类|此类|哪些|某)[^,。!?;\n]{0,8}$")
_OWN_CLAUSE = bounded("(?:我们(?:的|为|提供|承诺|保证|平台|推出|将|已)|我司|本(?:平台|公司|项目|站|产品|社区)|我平台|为您|让您|助您|助你|带你)[^,。!?\n]{0,24}$")


def _shortest(word: str) -> tuple[int, str]:
    return len(word), word


def prose(text: str, start: int, end: int, code: str, *, own: bool) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` stand in prose. ``own``: the page offers something."""
    low, high = max(0, start - AROUND), end + AROUND
    if min(high, len(text)) - low < LEAST or _OWN_CLAUSE.search(text[max(0, start - 40):start]):
        return None
    need = ENOUGH_ON_OFFERS if own else ENOUGH
    if _OPERATOR_PAYS.search(text[max(0, start - 8):end]) and not _SOME.search(text[max(0, start - 12):start]):
        return None
    around = _AVERTED.sub(" ", text[low:start]) + "◇" + _AVERTED.sub(" ", text[end:high])  # what was found does not speak for itself
    score, seen = 0.0, {}
    likely = _SIEVE.of(around)
    for number, family in enumerate(_PROSE):
        if number not in likely:
            continue
        words = {match.group(0).strip(",。;:") for match in family.words.finditer(around)}
        if words:
            score += family.weight * min(MOST, len(words)) ** 0.7
            seen[family.name] = min(words, key=_shortest)
    if len(seen) < FAMILIES or score < need:
        return None
    said = _QUOTED.sub(" ", around)  # what is quoted of others offers nothing
    likely = _SIEVE.of(said)
    offered = sum(family.weight * len({match.group(0) for match in family.words.finditer(said)}) for number, family in enumerate(_OFFER, len(_PROSE)) if number in likely)
    lesson = _AS_LESSONS.get(code, 0.0) * (FRANK if not offered or "违法" in seen else 1.0)
    if score - offered < need + lesson:
        return None
    return Excuse("education", f"行文是讲解或叙述：{'、'.join([*seen.values()][:4])}")
