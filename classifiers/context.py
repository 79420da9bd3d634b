"""What clears words that look like a claim: the second stage, run only where the first found something.

An excuse must **govern** the words: a warning, a denial or a report in one clause clears nothing in the next (防范风险，本息保障 is a promise),
and where the page speaks of itself (我们, 本平台, 立即加入) only a denial clears. All expressions read at most some hundred characters of
normalised text: half width, simplified, lower case. Reasons are Chinese, for the officer. A risk line elsewhere on the page clears nothing.
"""

from __future__ import annotations

import re

from classifiers.bounded import bounded
from classifiers.genre import ZH
from classifiers.model import Genre

BACK, AHEAD = 70, 50  # characters of the sentence read on either side
_END = "。!?;\n"
_BREAK = bounded("[, ]")
_FIRMS = "平台|公司|机构|网站|项目|产品|理财|商家|银行|企业|p2p|app|老板|老师|团队|骗子|网贷|基金|中介|广告|群|币|交易所|资金盘"
_SAYS = "承诺|许诺|宣传|宣称|声称|号称|保证|打着|吹|推出|标榜|说|称|以|用|诱|骗|叫|喊|往往|通常"

# The page speaks of itself, or asks the reader to act.
_SELF = bounded(
    "我们|我司|我公司|我平台|我行|本平台|本公司|本站|本网站|本项目|本产品|本基金|本店|咱们|我带|跟我|找我|选择|认准|放心|欢迎|立即|马上|赶快|快来|加入|注册|扫码|为您|让您|助您|享受?|"
    "首选|值得|邀请您|诚邀|名额|火热|微信|私聊|投资(?:者|人)?更|理财更"
)
_NEGATIVE = bounded(
    "不(?:会|能|得|可|应当?|再|曾|准|允许|许|予|作出?|做出?|承诺|保证|担保|提供|构成|代表|等于|意味着?|视为|是|属于|具有?|具备|存在|涉及|从事|设|支持|承担|负责|对|向|为|含|包含|参与|接受|该|宜|可能|用于|"
    "以|适用|认可|赞成|主张|推荐|鼓励|开展|追求|敢|打算|相信|信)|没有|并未|尚未|从未|均未|未(?:作|做|对|向|承诺|提供|经|能|必|设|获|取得|曾|保证)|"
    "无法|无权|无力|无义务|并无|均无|亦无|也无|概无|无任何(?:明示|承诺|担保|保证|形式)|绝无|"
    "非(?:[^法常凡同但洲遗]|$)|并非|绝非|而非|绝不|决不|从不|并不|均不|概不|也不|亦不|既不|毫不|拒绝|杜绝|停止|取消|打破|破除|破灭|告别|终结|勿|莫|不要(?:相信|轻信|被|购买|投|参与|碰|以为|指望)?|别(?:信|被|碰|买|投|以为|指望|相信|轻信)|"
    "(?:不|非|未|无|没|禁)$|难以|很难|休想|岂能|岂有|哪有|哪来|何来|怎么可能|不存在|谁也|≠|!="
)
_BARE = bounded("^(?:没有|并无|均无|亦无|也无|概无|绝无|不(?:收|限|设|是|含|存在)|从未|拒绝|杜绝|停止|取消|告别|无)")  # denies a noun, and no more than that noun
_NOT_NEGATIVE = bounded(
    "不(?:要|得|能|可|会)(?:错过|犹豫|不|等待|小觑)|不是.{0,12}而是|没有(?:比|什么比)|不再(?:担心|犹豫|发愁|怕|为)|不(?:可|能)多得|不对外|不为人知|(?:不会|不能|没有|不).{0,8}(?:也(?:能|可|有|享|给|按|保|照)|照样|都能|都有|一样|仍(?:有|可|能|享)|依然)|(?:也)?(?:不|无)(?:用|必|需|须)?(?:再)?(?:担心|怕|愁|慌|惧|操心|惧怕)|不可或缺|不是梦|"
    "(?:从未|没有|并无|绝无|杜绝|拒绝|告别)(?:任何|一例|一笔|发生|出现|过)*(?:逾期|违约|坏账|失信|拖欠|延期|门槛|费用|手续费|中间商|限制|跑路|投诉|提现困难|低收益|低息|月光|银行低)|不(?:是|为)银行"
)
_FORBID = bounded("不得|禁止|严禁|不准|不应|不允许|切勿|勿")
_AVOID = bounded("防止|避免")
_CONTRAST = bounded("但是?|而是|却|反而|只需|只要|即可|就能|就可以?|也能|也可|照样|都能|仅需|而且|还能|还可|并且?能|通过|采用|由(?:于|第三方|平台|担保)|我们|本平台|我司|本公司|胜似")
_TURN = bounded("但是?|而是|反而")
_JOINED = bounded("^(?:也|亦|或|且不|更不|以及|及|均|和|都不|更|不|无|未|没|没有|与|并不|且)")
_ACTS = bounded("承诺|保证|宣传|宣称|声称|含有|出现|使用|作出|做出|提供|明示|暗示|夸大|诱导|利用|或者|推介|[“\"「『]")

_WARN = bounded("警惕|谨防|当心|提防|轻信|勿信|不要相信|别信|莫信|别被|揭秘|揭露|识破|看清|拆穿|忽悠|蒙蔽|不要被|迷惑|切莫|切勿|千万别|千万不要")
_WARN_NEAR = bounded("小心|防范|识别|辨别|远离|抵制|举报|抵御|抵挡|克制|诱惑|打击|整治|查处|取缔|叫停|整改|清理")  # also said of other things: must govern directly
_OF_ELSE = bounded("风险|欺诈|假冒|身份|人脸|虚假标|资金|逾期|坏账|犯罪|能力|系统|模型|技术")
_POINTS = bounded("凡|此类|这类|这种|那种|任何|所谓|有人|他人|对方|骗|打着|宣称|声称|号称|承诺|宣传|广告|[“\"「『]|以")
_LIARS = bounded(
    "声称|宣称|号称|谎称|自称|佯称|诡称|诈称|吹嘘|鼓吹|标榜|打着|假借|冒充|谎言|诱骗|骗取|诱使|引诱|蛊惑|怂恿|所谓|被指|不法分子|犯罪分子|嫌疑人|骗子|骗局|被告|原告|上诉人|"
    "(?:据|经)[^,。]{1,14}(?:报道|介绍|调查|查明|披露|反映|审理|统计)|(?:某|那个|那家)(?:平台|公司|机构|银行|网站|p2p|理财|产品|投资|群|项目)|(?:某|该)(?:团伙|案|犯罪)|某(?:男子|女子|集团)|"
    f"该(?:男子|女子|集团|公司|平台|企业)[^,。]{{0,14}}(?:{_SAYS})|"
    f"(?:一些|部分|某些|有的|有些|个别|市面上|市场上|此类|这类|那些|那种|类似|不少|很多|多家|几家|许多|大多数|多数)(?:[^,。]{{0,8}})?(?:{_FIRMS})[^,。]{{0,8}}(?:{_SAYS})|"
    "(?:某些|有的|有些|一些|个别)(?:[^,。]{0,6})?(?:平台|公司|机构|商家|产品|人说|人称|人承诺|人以)|有(?:些|的|不少|很多)?人[^,。]{0,8}(?:说|称|承诺|宣传|觉得|以为|认为|推荐|以)|"
    "向(?:社会|不特定|公众|群众|老人|老年人|受害)[^,。]{0,8}(?:承诺|许诺|宣传|虚构)|"
    "(?:他|她|他们|对方|销售|业务员|推销员|群主)[^,。]{0,10}(?:承诺|保证|说|告诉|宣传|称|忽悠)|(?:经理|朋友|亲戚|同事|网友)[^,。]{0,10}(?:承诺|保证|说|告诉|忽悠)|听(?:说|到|信)|曾经?(?:承诺|宣传|许诺)|口头(?:承诺|保证)|我被|"
    "(?:专家|民警|警方|监管部门|律师|检察官|法官|反诈中心)[^,。]{0,8}(?:提醒|提示|告诫|警告)|(?:输入|输出|用例|样例)[::]?[^,。]{0,4}[“\"]|"
    "当时[^,。]{0,10}(?:承诺|宣传|说)|(?:法院|检察院|警方|监管部门)[^,。]{0,6}(?:认定|认为|查明|判|通报)|标明|描述为|写着|写道|话术|广告(?:词|语|称|中|里)|关键词|敏感词|违禁词|违规词|屏蔽词|禁用词|过滤词|词库|词表|字样|包括但不限于|(?:例如|比如)[::]?[“\"]|诸如|譬如"
)
_LIARS_NEAR = bounded(
    "虚构|伪造|编造|捏造|欺骗|诱导|利诱|涉嫌|虚假|夸大|受害|诈骗|传销|宣传[“\"「『]|承诺[“\"「『]|以[“\"「『]|(?:该|其|被告|犯罪|某|他们?|她)[^,。]{0,16}(?:向|对)(?:客户|投资人|投资者|集资)[^,。]{0,8}(?:承诺|许诺|宣传)"
)
_SAID = bounded("承诺|保证|许诺|宣传")
_OWN_WORDS = ("关键词", "广告语", "广告词", "例如:", "比如:", "包括但不限于")
_AS_BAIT = bounded("^[”\"』」》'、]{0,2}[^,。!?\n]{0,10}(?:为诱饵|为饵|为幌子|为由|为名|名义(?:[,为向吸骗]|$)|为噱头|为借口|为手段|的名义|的旗号|的幌子|的口号|等名义|(?:等方式|等手段)[^,。!?\n]{0,8}(?:诱|骗|吸收|非法)|引诱|吸引(?:老人|公众|群众|投资人参|投资者参)|相诱惑|来诱)")
_BAD = "骗局|陷阱|诈骗|圈套|诱饵|骗人|传销|庞氏|非法集资|受骗|上当|被骗|都是假|假的|不可信|不能信|不靠谱|违法|违规|勿信|别信|不要相信|不要轻信|切勿|千万别|谎言|不可能|不现实|纯属|立案|判处|违反|处罚|拉黑|报警|爆雷|暴雷|血本无归|幻想|警惕|小心|忽悠|噱头|打问号|打个问号|打个大大的问号|准备损失"
_EXPOSED = bounded(f"^[”\"』」》'、]{{0,2}}[^。!?\n,]{{0,16}}(?:{_BAD}|靠谱吗|可信吗|是做梦)")
_EXPOSED_NEXT = bounded(
    f"^[^。!?\n,]{{0,24}},(?:可能|均|都|已|往往)?(?:涉嫌|属于?|构成)(?:违法|违规|非法|诈骗|传销|犯罪)|^[”\"』」》'、]{{0,2}}[^。!?\n,]{{0,10}},[^。!?\n,]{{0,6}}(?:都|是|属|就|全|多半|多|大多|基本|往往|无疑|必|肯定|一定|必然|这|那|其实|实则|可能|要|请|务必|需|应|该|实为|属于|切|尽快|立即)[^。!?\n,]{{0,10}}(?:{_BAD}|举报|报案|远离|当心)|"
    "^[”\"』」》'、]{0,2}[^。!?\n,]{0,10},[^。!?\n]{0,4}(?:现在|结果|却|如今|最后|后来|最终|随后|然后)[^。!?\n]{0,12}(?:亏|提不|联系不上|跑路|没了|归零|兑付不了|无法|骗|失联|找谁|怎么办|关闭|失踪)|"
    "^[^。!?\n]{0,16}(?:血本无归|怎么追回|要回本金|如何维权|该找谁)|^(?:的)?(?:背后|往往|意味着|伴随|通常|必然伴随|未必|不一定|只是|是骗|就是骗|多半)"
)
_DENIED = bounded("拒绝|告别|不是|没有|绝不|远离|杜绝|永不|无|不怕|不再|避免|不会|绝非|并非|不做|打击|非(?:骗|传|庞)|不(?:违|属|涉|构)")
_QUOTED = bounded("^[”\"』」》'、]{0,2}[^,。!?\n]{0,12}(?:噱头|话术|套路|字样|字眼|用语|等词|等表述|的表述|等虚假|的说法|的误区|的诱惑[^力]|的谣言|的骗|类广告)")
_QUOTED_OTHER = bounded("^[”\"』」》'、]{0,2}[^,。!?\n]{0,12}(?:表述|宣传语|的宣传|之类的(?:话|宣传|承诺|广告|词|说法)|的承诺不|等概念|等内容)|^[^,。!?\n]{0,6}(?:是指|指的是|系指|又称|亦称|是一种|是一类)")
_AFTER_NO = bounded(
    "^[^,。!?;\n]{0,10}(?:不存在|并不存在|被[^,。]{0,6}(?:禁止|叫停|取消|取缔)|不等于|≠|不代表|并非|不属于|不作为|不承诺|不构成|将被打破|被打破|已打破|时代(?:已经?)?(?:结束|终结|过去)|神话(?:的)?(?:破|终结|结束|不再|被)|不再(?:承诺|保证|提供|适用|存在|有|是唯|是主)|不适用|无法实现|无法得到|得不到|没有保证|无保证|不保证|不予|不具有)"
)
_ASKED = bounded("^[^。!;\n,]{0,10}(?:吗|么|嘛)(?:[?。,!\n”\"]|$)|^[^。!;\n,]{0,4}[”\"』」]?\\?|^[^。!;\n]{0,18}(?:靠谱|可信|可靠|真实|安全|是真的|能信|合法|正规|可能)(?:吗|么|嘛|\\?)|^[^。!;\n,]{0,12}(?:是不是|有没有(?:可能|风险|人)|会不会)")
_RHETORIC = bounded("^[^。!;\n,]{0,8}(?:不香|不好|不要|心动|不来|等什么|爽|想不想)(?:吗|么|\\?)|^[^。!;\n]{0,4}\\?[^。!;\n]{0,4}(?:来(?:我|找|加|选|投)|加|选|找|快|我们(?:就|能|帮|有|为)|马上|立即)")
_DOUBT = bounded("(?:怎样|怎么|如何)才能|是否|能否|会不会|可否|难道|岂|有没有|是不是|怎么可能|如何判断|怎样判断")
_WHETHER = bounded("(?:无论|不管|不论|还在|是否还|是否想|是否要|您是否|你是否)")
_WHAT = bounded("什么是|何为|何谓|为什么|为何|哪些|怎么|如何|怎样|哪种")
_ANSWERED = bounded("^[^。;\n]{0,10}[?]")
_LURE = bounded("(?:想|要|愿意|渴望|还在|希望|打算)[^。!\n]{0,14}$")
_SPEECH = bounded("(?:道|笑|说|问|答|喊|骂|叹|嚷)[^“”。]{0,6}[:,][“「『][^”」』]{0,40}$")
_NORM = bounded("(?:应当|应该|必须|须|应|旨在|有义务|有责任|不求|只求)[^,。]{0,8}$")
_WISH = bounded("(?:受访者|投资者|投资人|储户|居民|老年人|客户|消费者|大家|人们|用户|多数人)[^,。]{0,8}(?:希望|偏好|追求|青睐|喜欢|倾向|看重|期待|认为|以为)[^,。]{0,10}$")
_THIRD = bounded("(?:如果|若|假如|倘若|要是|凡是?|遇到|碰到|看到|听到|收到|当|但凡|对于|任何|接到)[^,。;!?\n]{0,14}(?:有人|对方|承诺|宣称|声称|告诉|推荐你|宣传|许诺|保证|自称|要求|打着|以)[^,。;!?\n]{0,12}$")
_THIRD_END = bounded("^[^。!?\n]{0,24}(?:的[,,]|的都|要(?:小心|警惕|注意|当心|谨慎)|请(?:立即|务必|及时)?(?:警惕|报警|举报|远离|小心|拨打|注意)|务必|都|小心|就是|多半|不要|往往|肯定|基本|可能|注意|谨慎|极)")
_SURVEY = bounded("您能(?:接受|承受)|可以承受|可接受的|投资目的|以下哪|单选|多选|问卷|较低等级风险|风险偏好|风险(?:承受|测评)[^,。]{0,20}$|(?:^|[ \n])[a-e][.、):]\\s?$")
_DEPOSIT = bounded("存款保险|存款类|大额存单|结构性存款|国债|储蓄|定期存款|银行存款|存款产品|存款人|保险条款|保险合同|保险金额|现金价值|保单")
_COMPARED = bounded("倍|高于|超过|秒杀|比[^,。]{0,6}(?:存款|储蓄|国债)|取代|替代|媲美|跑赢|远超|超越|=|等于|告别|胜过|优于|好过|不如|堪比|(?:如|像|似)(?:同)?(?:国债|储蓄|银行)|还不如")
_TYPE = bounded("非保本|浮动|固定收益类|产品类型|收益类型|全部|不限|类型|结构性存款|净值|pr[1-5]|自营|代销")
_SOLICITS = bounded("加(?:我)?(?:微信|vx|v信|qq)|立即(?:投资|注册|购买|加入|认购|抢购|领取)|扫码|咨询热线|联系电话|私聊|点击(?:链接|下方|注册)|马上(?:加入|注册|投资)|抢购|名额有限|欢迎(?:咨询|投资|加盟)|我们(?:承诺|保证)|本(?:平台|公司)(?:承诺|保证)|客服微信")
_LISTED = bounded("(?:[”\"』」'][\\s、,/|和及或与;]{0,4}[“\"『「'][^“”\"』」'\n]{0,12})")
_MENTIONS = bounded("使用|出现|含|宣传|打着|声称|称|词|标|写|搜|输入|警|骗|禁|避免|误|勿|等(?:词|字|用语|说法|宣传|承诺|口号|虚假|话|字眼|内容)|诱|口号|关键")
# Announces that what follows is not the page's own claim. Matched whole: a name that merely holds such a word (示例财富) announces nothing.
_ANNOUNCED = "(?:骗局|骗术|话术|陷阱|套路|手法|伎俩|手段|特征|误区|谣言|违禁词|敏感词|禁用词|违规词|屏蔽词|关键词|词表|词库|违规用语|禁用语|例句|反例|用例|检测词|虚假宣传|违法行为|违规行为|禁止行为|禁止情形|违法广告|违规广告|违规宣传)"
_HEADING = bounded(
    f"^[^,。!?]{{0,24}}{_ANNOUNCED}[^,。!?\n]{{0,4}}(?:示例|举例|清单|列表|大全|一览|汇总|样本|有|包括|如下|主要有|包含|总结)?(?:\\([^()\n]{{0,12}}\\)|[ —-]{{1,3}}[^,。!?\n]{{0,10}})?$|"
    "(?:存在|具有|含有|出现|发现|遇到?|凡|使用|属于|涉嫌|包含)[^。\n]{0,8}(?:下列|如下|以下)[^。\n]{0,16}(?:行为|内容|情形|用语|说法|承诺|宣传|字样|语句|表述)$|"
    "^[^。\n]{0,16}(?:不得|禁止|严禁|不准|不允许|警惕|谨防|切勿|不要相信)[^。\n]{0,20}$"
)
_COMMENT = bounded("^\\s*(?://|/\\*|<!--)|`[^`\n]{0,60}$")
_MARKED = bounded("^\\s*(?:#|--|\\*|-)")
_PROGRAM = bounded("\\b(?:const|let|var|return|function|class|public|private|static|string|int|def)\\b|[a-z]{2,}_[a-z_]{2,}|[a-z]{2,}\\(|=>|&&|!=|==|::|\\bdef \\b|\\bimport \\b|- \\[[x ]\\]|\\bllm\\b|[a-z]{3,}\\.[a-z]{2,4}\\b")
_PAGE_CLEARS = (Genre.LAW, Genre.REGULATOR, Genre.EDUCATION, Genre.NEWS, Genre.COMPLAINT, Genre.FICTION, Genre.JOB, Genre.TECHNICAL)
_OFFERED = bounded("(?:平台|公司|项目|产品|财富|金融|网贷)[^。]{0,24}(?:为|给|向)(?:广大)?(?:投资者|投资人|出借人|用户|客户|理财人)[^。]{0,12}$|(?:平台|公司|项目|产品|财富|金融)[^,。]{0,6}(?:采用|推出|实行|承诺|设立)[^,。]{0,10}$")
_ADVERSE = bounded("骗|诈|涉嫌|违法|违规|非法|警方|公安|法院|检察|处罚|跑路|爆雷|暴雷|失联|逾期|投诉|维权|监管|亏损|打破|叫停|整治|警示|警惕|谨慎|乱象|质疑|刚性兑付|被告|案")
_EARNED = bounded("盈利|收益|日化|月化|年化|套利|稳赚|本金|保本|赚钱|躺赚|日赚|月入")
_ABOUT_WORDS = bounded("词|过滤|检测|识别|规则|正则|匹配|分类|prompt|用例|测试|重构|改动|修改|bug|todo|字段|函数|注释|内容安全|审核|迭代|任务|方案|阶段|优先级|指标|渲染|前端|后端|缓存|架构|代码")
_PAYS_IN = bounded("充值|提现|入金|投资|复投|链游|质押|推荐奖|邀请")
_HIGH = bounded("(?:[^\\d.](?:[6-9]|[1-9]\\d))(?:\\.\\d+)?%")
_OPEN_QUOTE = bounded("[“「『][^”」』]{0,60}$")
_PLEDGE = bounded("(?:我们|本平台|本公司|我司|我公司|我平台|本站|本项目|本产品)(?:向您|为您|郑重|特此|将|会|的|对|为|向|全程|始终|[^,。不未无没]){0,8}$")


def excuse_for(text: str, start: int, end: int, genre: Genre, code: str) -> str:
    """Why the words at [start, end) of normalised ``text`` are no claim of the page itself; empty where nothing clears them."""
    before, after = _sentence(text, start, end)
    words = text[start:end]
    own = genre in (Genre.PLATFORM, Genre.AD)
    return (
        _negated(before, after, own)
        or _warned(before, own)
        or _told(before + (words[:2] if _SAID.match(words) else ""), after, own)  # a report may end within the words: 该公司向老人承诺保本
        or _exposed(after, own)
        or _asked(before, after, own)
        or _mentioned(text, start, end, own)
        or _special(before, after, words, code, own)
        or _by_page(text, start, end, genre, code)
    )


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    before, after = text[max(0, start - BACK):start], text[end:end + AHEAD]
    cut = max(before.rfind(c) for c in _END)
    return before[cut + 1:], after


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def _clause(tail: str) -> str | None:
    """The last clause of ``tail`` where it has several; None where it is one."""
    pieces = tail.replace(" ", ",").rpartition(",")
    return pieces[2] if pieces[1] else None


def _negated(before: str, after: str, own: bool) -> str:
    last = _last(_NEGATIVE, before)
    if last is not None and not _NOT_NEGATIVE.search(before[max(0, last.start() - 2):]):
        tail = before[last.end():]
        clause = _clause(tail)
        near = len(tail) <= (44 if clause is None else 24) and not _CONTRAST.search(tail) and (clause is None or bool(_JOINED.search(clause)))
        if near and not ("、" in tail and _BARE.search(last.group(0)) and not _ACTS.search(tail)):
            return f"否定：“{last.group(0)}”"
    forbid = _last(_FORBID, before)
    if forbid is not None and not _NOT_NEGATIVE.search(before[forbid.start():]):
        tail = before[forbid.end():]
        clause = _clause(tail)
        if not _CONTRAST.search(tail) and (clause is None or _ACTS.search(clause) or _JOINED.search(clause) or (not own and _ACTS.search(tail))):
            return f"禁止性表述：“{forbid.group(0)}”"
    avoid = _last(_AVOID, before)
    if avoid is not None and _clause(before[avoid.end():]) is None and not _OF_ELSE.search(before[avoid.end():]):
        return f"禁止性表述：“{avoid.group(0)}”"
    if _AFTER_NO.search(after):
        return "否定：后文否认"
    return ""


def _warned(before: str, own: bool) -> str:
    found = _last(_WARN, before)
    if found is not None:
        tail = before[found.end():]
        clause = _clause(tail)
        if not _SELF.search(tail) and not _CONTRAST.search(tail) and (clause is None or (not own and bool(_POINTS.search(tail)))):
            return f"警示他人的说法：“{found.group(0)}”"
    found = _last(_WARN_NEAR, before)
    if found is not None:
        tail = before[found.end():]
        if _clause(tail) is None and len(tail) <= 20 and not _OF_ELSE.search(tail) and not _SELF.search(tail) and ("、" not in tail or _POINTS.search(tail)):
            return f"警示他人的说法：“{found.group(0)}”"
    return ""


def _told(before: str, after: str, own: bool) -> str:
    found = _last(_LIARS, before)
    if found is not None and not (own and found.group(0).startswith(_OWN_WORDS)):
        tail = before[found.end():]
        if not _SELF.search(tail) and not _TURN.search(tail) and not (own and _clause(tail) is not None):
            return f"转述他人的说法：“{found.group(0)}”"
    found = _last(_LIARS_NEAR, before)
    if found is not None:
        quoted = found.group(0)[-1] in "“\"「『"
        if _clause(before[found.end():]) is None and not (quoted and (own or _SELF.search(before))) and not _SELF.search(before[found.end():]) and "、" not in before[found.end():]:
            return f"转述他人的说法：“{found.group(0)}”"
    if not own and _SPEECH.search(before):
        return "人物对话"
    if not own and not _SELF.search(before) and (_NORM.search(before) or _WISH.search(before)):
        return "说的是应当如何或者人们的愿望，不是承诺"
    if _THIRD.search(before) and _THIRD_END.search(after) and not _SELF.search(before):
        return "假设他人作此承诺，用以提醒"
    return ""


def _exposed(after: str, own: bool) -> str:
    for pattern, because in ((_AS_BAIT, "揭示诱饵"), (_EXPOSED, "后文揭露或提醒"), (_EXPOSED_NEXT, "后文揭露或提醒"), (_QUOTED, "作为用语被提及")):
        found = pattern.search(after)
        if found and not _DENIED.search(found.group(0).lstrip("”\"』」》'、,")) and not (own and pattern in (_EXPOSED, _EXPOSED_NEXT) and len(found.group(0)) > 16):
            return f"{because}：“{found.group(0).strip('”、 ')[-12:]}”"
    found = None if own else _QUOTED_OTHER.search(after)
    if found and not _SELF.search(after[:found.end()]):
        return f"作为用语被提及：“{found.group(0).strip('”、 ')[-12:]}”"
    return ""


def _asked(before: str, after: str, own: bool) -> str:
    if _LURE.search(before) or _RHETORIC.search(after):
        return ""
    if _ASKED.search(after) and not (own and _WHAT.search(before)):
        return "疑问"
    doubt = _last(_DOUBT, before)
    if doubt is not None and _clause(before[doubt.end():]) is None and not _WHETHER.search(before):
        return f"疑问：“{doubt.group(0)}”"
    if not own and _WHAT.search(before) and _ANSWERED.search(after):
        return "疑问：设问或解释"
    return ""


def _mentioned(text: str, start: int, end: int, own: bool) -> str:
    """Quoted beside other quoted words, in a list under a telling heading, in a comment or a list of words."""
    low = max(0, start - 300)
    line_start = max(low, text.rfind("\n", low, start) + 1)
    line_end = text.find("\n", end, end + 300)
    line = text[line_start:line_end if line_end >= 0 else end + 300]
    around = text[max(0, start - 60):end + 60]
    listed = len(_LISTED.findall(around))
    if listed and (around.count('", "') + around.count("', '") >= 2 or (not own and _MENTIONS.search(around) and not _SELF.search(around))) and _is_quoted(text, start, end):
        return "引号列举的用语"
    if not own and line.count("|") >= 5 and len(line) < 12 * line.count("|") and " | " not in line:
        return "词表"
    if not own and (_COMMENT.search(text[line_start:start]) or (_MARKED.search(line) and len(_PROGRAM.findall(text[max(0, start - 300):end + 300])) >= 2)):
        return "程序注释"
    if _SELF.search(line):
        return ""
    back = text[max(0, line_start - 260):max(line_start - 1, 0)]
    for heading in reversed(back.split("\n")[-6:]):
        heading = heading.strip()
        if heading.endswith((":", "：")) or (len(heading) < 16 and heading and not own):
            if _HEADING.search(heading.rstrip(": ")):
                return f"列在“{heading[-16:]}”之下"
            if heading.endswith(":"):
                break
    return ""


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Between an opening and a closing quote, close by."""
    opened = max(text.rfind(c, max(0, start - 10), start) for c in "“\"『「'")
    closed = [at for c in "”\"』」'" if (at := text.find(c, end, end + 10)) >= 0]
    return opened >= 0 and bool(closed)


def _special(before: str, after: str, words: str, code: str, own: bool) -> str:
    near = before[-30:] + words + after[:30]
    if not own and _SURVEY.search(before) and not _SELF.search(before):
        return "风险测评题目"
    if not code.startswith(("guarantee.", "yield.")):
        return ""
    # Of what calls itself a deposit, only rates that deposits bear are believed.
    if code.startswith("guarantee.") and not own and _DEPOSIT.search(near) and not _COMPARED.search(near) and not _HIGH.search(before[-40:] + after[:40]):
        return "存款、国债、保险合同等国家另有规定的除外"
    if code.startswith("guarantee.") and len(words) <= 4 and after[:1] in ("型", "类") and _TYPE.search(near):
        return "产品分类名称"
    return ""


def _by_page(text: str, start: int, end: int, genre: Genre, code: str) -> str:
    """What kind of page it is clears what nobody on it says for himself."""
    if genre is Genre.BANK and code in ("yield.promise", "endorse.state", "brand.unlicensed", "p2p.self_guarantee"):
        return ZH[genre]
    if genre not in _PAGE_CLEARS or _SOLICITS.search(text[max(0, start - 60):end + 60]):
        return ""
    before, after = _sentence(text, start, end)
    wide = text[max(0, start - 200):end + 200]
    if genre in (Genre.NEWS, Genre.EDUCATION, Genre.REGULATOR) and _PLEDGE.search(before) and not _OPEN_QUOTE.search(before):
        return ""  # a firm's own words, not those of who reports
    if genre is Genre.NEWS and code.startswith(("guarantee.", "p2p.", "yield.")) and _OFFERED.search(before) and not _ADVERSE.search(text[:3_000]):
        return ""  # praise of a firm, written as news
    alone = text[max(0, start - 1):start] in ("", "\n") and text[end:end + 1] in ("", "\n")  # an entry of a list of words
    if genre is Genre.TECHNICAL and not alone and _EARNED.search(before + text[start:end] + after[:20]) and not _ABOUT_WORDS.search(wide) and len(_PROGRAM.findall(wide)) < 2:
        return ""  # a machine that earns money is sold in the words of programmers
    if genre is Genre.FICTION and _PAYS_IN.search(text[max(0, start - 60):end + 60]):
        return ""  # a game for money
    return ZH[genre]
