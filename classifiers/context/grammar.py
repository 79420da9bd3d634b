"""What the sentence says of the words found: denied, forbidden, warned of, told of others, exposed, asked.

An excuse must **govern** the words: a warning, a denial or a report in one clause clears nothing in the next (防范风险，本息保障 is a promise),
and where the page speaks of itself (我们, 本平台, 立即加入) only a denial clears. All expressions read at most some hundred characters of
normalised text: half width, simplified, lower case.
"""

from __future__ import annotations

import re

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

BACK, AHEAD = 70, 50  # characters of the sentence read on either side
_END = "。!?;\n"
_FIRMS = "平台|公司|机构|网站|项目|产品|理财|商家|银行|企业|p2p|app|老板|老师|团队|骗子|网贷|基金|中介|广告|群|币|交易所|资金盘"
_SAYS = "承诺|许诺|宣传|宣称|声称|号称|保证|打着|吹|推出|标榜|说|称|以|用|诱|骗|叫|喊|往往|通常"
# The page speaks of itself, or asks the reader to act.
SELF = bounded(
    "我们|我司|我公司|我平台|我行|本平台|本公司|本站|本网站|本项目|本产品|本基金|本店|咱们|我带|跟我|找我|选择|认准|放心|欢迎|立即|马上|赶快|快来|加入|注册|扫码|为您|让您|助您|享受?|"
    "首选|值得|邀请您|诚邀|名额|火热|微信|私聊|投资(?:者|人)?更|理财更"
)
_NEGATIVE = bounded(
    "(?:我们|我司|我公司|我平台|我行|我店|本(?:公司|平台|行|店|人|站|群|号|账号|商城|中心))(?:从来?|绝|并|也|都|均)?不(?=[^仅但只止光单用需必怕愁限看查要收押是吃拖差管])|不(?:会|能|得|可|应当?|再|曾|准|允许|许|予|作出?|做出?|承诺|保证|担保|提供|构成|代表|等于|意味着?|视为|是|属于|具有?|具备|存在|涉及|从事|设|支持|承担|负责|对|向|为|含|包含|参与|接受|该|宜|可能|用于|"
    "以|适用|认可|赞成|主张|推荐|鼓励|开展|追求|敢|打算|相信|信|发放|派发|赠送|搞|受理|销售|出售|荐股|带单|建群|收取|办理|开办|经营|代理|组织|举办|参加|安排|设立|推销|吸收|募集|做|卖|碰|玩|拉|办|发|送|讲|谈|说|写|用|认|等于|意味|构成|需要?你?承诺)|没有|并未|尚未|从未|均未|未(?:作|做|对|向|批准|核准|许可|邀请|聘请|委托|授权|发行|开展|参与|推出|销售|组织|发放|从事|开办|承诺|提供|经|能|必|设|获|取得|曾|保证)|"
    "无法|无权|无力|无义务|并无|均无|亦无|也无|概无|无任何(?:明示|承诺|担保|保证|形式)|绝无|"
    "非(?:[^法常凡同但洲遗标农银典公卖]|$)|并非|绝非|而非|绝不|决不|从不|并不|均不|概不|也不|亦不|既不|毫不|拒绝|杜绝|停止|停发|停售|停办|停卖|取消|打破|破除|破灭|告别|终结|勿|莫|不要(?:相信|轻信|把|被|购买|投|参与|碰|以为|指望)?|别(?:信|被|碰|买|投|以为|指望|相信|轻信)|"
    "(?:不|非|未|无|没|禁)$|难以|很难|尚难|不易|休想|岂能|岂有|哪有|哪来|何来|怎么可能|不存在|谁也|≠|!="
)
_BARE = bounded("^(?:没有|并无|均无|亦无|也无|概无|绝无|不(?:收|限|设|是|含|存在)|从未|拒绝|杜绝|停止|取消|告别|无)")  # denies a noun, and no more than that noun
_NOT_NEGATIVE = bounded(
    "不(?:要|得|能|可|会)(?:错过|犹豫|不|等待|小觑)|不是.{0,12}(?:而是|才)|有没有|不仅|不但|不只|不止|不光|不单|不愁|不比|不输|不亚于|不逊|不低于|不少于|不吹|不玩虚|不信你|不要小看|不靠|不是不|没有不|无不|没有(?:比|什么比)|不再(?:担心|犹豫|发愁|怕|为)|不(?:可|能)多得|不对外|不为人知|(?:不会|不能|没有|不).{0,8}(?:也(?:能|可|有|享|给|按|保|照)|照样|都能|都有|一样|仍(?:有|可|能|享)|依然)|(?:也)?(?:不|无)(?:用|必|需|须)?(?:再)?(?:担心|怕|愁|慌|惧|操心|惧怕)|不可或缺|不是梦|"
    "(?:从未|没有|并无|绝无|杜绝|拒绝|告别)(?:任何|一例|一笔|发生|出现|过)*(?:逾期|违约|坏账|失信|拖欠|延期|门槛|费用|手续费|中间商|限制|跑路|投诉|提现困难|低收益|低息|月光|银行低)|不(?:是|为)银行"
)
_FORBID = bounded("不得|禁止|严禁|不准|不应|不允许|切勿|勿")
_AVOID = bounded("防止|避免")
_CONTRAST = bounded("但是?|而是|却|反而|只需|只要|即可|就能|就可以?|也能|也可|照样|都能|仅需|而且|还能|还可|并且?能|通过|采用|由(?:于|第三方|平台|担保)|我们|本平台|我司|本公司|胜似")
_TURN = bounded("但是?|而是|反而")
_AGAINST = bounded("但是?|而是|却|反而|只需|只要|即可|就能|也能|照样|都能|我们|本平台|我司|本公司|胜似")
_JOINED = bounded("^(?:也|亦|或|且不|更不|以及|及|均|和|都不|更|不|无|未|没|没有|与|并不|且)")
_ACTS = bounded("承诺|保证|宣传|宣称|声称|含有|出现|使用|作出|做出|提供|明示|暗示|夸大|诱导|利用|或者|推介|[“\"「『]")
_WARN = bounded("警惕|谨防|当心|提防|轻信|勿信|不要相信|别信|莫信|别被|揭秘|揭露|识破|看清|拆穿|忽悠|蒙蔽|不要被|迷惑|切莫|切勿|千万别|千万不要")
_NOTES = bounded("(?:提示|提醒|警示|忠告)[^,。]{0,6}:[^。]{0,20}$")
_RUNS = bounded("^[^。!?\n]{0,24}(?:(?:存在|隐藏|暗藏|藏着|蕴含|潜藏|伴随)[^,。]{0,6}(?:风险|隐患|陷阱|猫腻)|(?:较大|极大|巨大|很大|极高)(?:的)?风险|切勿|不要|远离|请勿|勿信)")
_WARN_NEAR = bounded("小心|防范|识别|辨别|远离|抵制|举报|抵御|抵挡|克制|诱惑|打击|整治|查处|取缔|叫停|整改|清理|曝光|点名|约谈|下架")  # also said of other things: must govern directly
_OF_ELSE = bounded("风险|欺诈|假冒|身份|人脸|虚假标|资金|逾期|坏账|犯罪|能力|系统|模型|技术")
_POINTS = bounded("凡|此类|这类|这种|那种|任何|所谓|有人|他人|对方|骗|打着|宣称|声称|号称|承诺|宣传|广告|[“\"「『]|以")
_LIARS = bounded(
    "(?:短信|电话|朋友圈|弹窗|网页|屏幕)[^,。!?]{0,12}(?:出现|充斥|冒出|跳出|刷屏)[^,。]{0,8}广告|(?:所有人|几乎人人|人人|大家都?|博主们?|大 ?v|主流媒体)[^,。]{0,4}(?:提到|说起|谈到|鼓吹|吹捧|都在(?:说|吹|喊))|(?:并|还|均|都|对外|公开)称(?:[^为作之霸赞心职得])|扬言|夸下海口|大肆宣传|声称|宣称|宣传称|宣传说|号称|谎称|动辄|自诩|自封|自吹|(?:判决书|裁定书|起诉书|卷宗|决定书|通报)(?:显示|载明|称|记载|中)|指控|以(?:我|本)(?:公司|司|行|平台|机构|单位)的?名义|冒用|不法(?:平台|机构|商家|中介|网站)|自称|佯称|诡称|诈称|吹嘘|鼓吹|标榜|打着|打出|假借|冒充|谎言|诱骗|骗取|诱使|引诱|蛊惑|怂恿|所谓|被指|不法分子|犯罪分子|嫌疑人|骗子(?!见|无处|绕|也怕|都怕|走开)|骗局|被告|原告|上诉人|"
    "(?:据|经(?!得起|过|验|得住))[^,。]{1,14}(?:报道|介绍|调查|查明|披露|反映|审理|统计)|(?:(?<!某)某|那个|那家)(?:平台|公司|机构|银行|网站|p2p|理财|产品|投资|群|项目)|(?:某|该)(?:团伙|案|犯罪)|某(?:男子|女子|集团)|"
    f"该(?:男子|女子|集团|公司|平台|企业)[^,。]{{0,14}}(?:{_SAYS})|"
    f"(?:一些|部分|某些|有的|有些|个别|市面上|市场上|此类|这类|那些|那种|类似|不少|很多|多家|几家|许多|大多数|多数)(?:[^,。]{{0,8}})?(?:{_FIRMS})[^,。]{{0,8}}(?:{_SAYS})|"
    "(?:某些|(?<![持所拥具享没])有的|有些|一些|个别)(?:[^,。]{0,6})?(?:平台|公司|机构|商家|产品|人说|人称|人承诺|人以)|有(?:些|的|不少|很多)?人[^,。]{0,8}(?:说|称|承诺|宣传|觉得|以为|认为|推荐|以)|"
    "向(?:社会|不特定|公众|群众|老人|老年人|受害)[^,。]{0,8}(?:承诺|许诺|宣传|虚构)|"
    "(?:他|她|他们|对方|销售|业务员|推销员|群主)[^,。]{0,10}(?:承诺|保证|(?<!怎么)(?<!如何)说|喊|告诉|宣传|称|忽悠)|(?:经理|朋友|亲戚|同事|网友)[^,。]{0,10}(?:承诺|保证|说|告诉|忽悠)|听(?:说|到|信)|[^,。]{1,8}(?:说过|曾说|有句名言|告诫)|俗话说|(?:中基协|协会|证监会|证监局|监管部门|监管局|央行|法院|检察院|公安|警方|银保监会)[^,。]{0,6}(?:通报|公布|公示|指出|认定|披露|决定)(?:称|了|:)|(?:口中|嘴里|嘴上|眼里)的?|老话说|常言道|曾经?(?:承诺|宣传|许诺)|口头(?:承诺|保证)|我被|"
    "(?:专家|民警|警方|监管部门|律师|检察官|法官|反诈中心|辅导员|学校|社区|街道|居委会|村委会|派出所|消保委|检方|记者|本报|老师|银行)[^,。]{0,8}(?:提醒|提示|告诫|警告)|(?:输入|输出|用例|样例)[::]?[^,。]{0,4}[“\"]|"
    "(?:消费者协会|消协|监管局|金融办|公安局|反诈中心|处非办|金融监管|银保监局|人民银行)[^,。]{0,6}:|(?:群|朋友圈|直播间|评论区)(?:里|中|内)?[^,。]{0,8}(?:刷|喊|发|说|晒|吹|叫)[^,。]{0,3}[“\"「『]|当时[^,。]{0,10}(?:承诺|宣传|说)|(?:法院|检察院|警方|监管部门)[^,。]{0,6}(?:认定|认为|查明|判|通报)|标明|描述为|写着|写道|(?:电话(?:那头|里|中)|推销电话|弹窗(?:里|上)?|短信(?:里|中)?|传单(?:上|里)?|海报(?:上|里)?|横幅|展板|宣传(?:单|册|页)(?:上|里|中)?)[^,。]{0,6}(?:说|称|写|印|打着|显示|赫然)|话术|广告(?:词|语|称|中|里)|(?:词汇|词语|字眼|关键字|表述|文案)[^。]{0,6}(?:如|例如|比如|包括|有|:)|关键词|敏感词|违禁词|违规词|屏蔽词|禁用词|过滤词|词库|词表|字样|包括但不限于|(?:例如|比如)[::]?[“\"]|诸如|譬如"
)
_LIARS_NEAR = bounded(
    "虚构|伪造|编造|捏造|欺骗|诱导|利诱|涉嫌|虚假|夸大|受害|诈骗|传销|宣传[“\"「『]|承诺[“\"「『]|以[“\"「『]|(?:该|其|被告|犯罪|某|他们?|她)[^,。]{0,16}(?:向|对)(?:客户|投资人|投资者|集资)[^,。]{0,8}(?:承诺|许诺|宣传)"
)
_OWN_WORDS = ("关键词", "广告语", "广告词", "例如:", "比如:", "包括但不限于")
_AS_BAIT = bounded("^[”\"』」》'、]{0,2}[^,。!?\n]{0,10}(?:为诱饵|为饵|为幌子|为由|为名|名义(?:[,为向吸骗]|$)|为噱头|为借口|为手段|的名义|的?旗号|的幌子|的口号|等名义|(?:等方式|等手段)[^,。!?\n]{0,8}(?:诱|骗|吸收|非法)|引诱|吸引(?:老人|公众|群众|投资人参|投资者参)|相诱惑|来诱)")
_BAD = "骗局|陷阱|诈骗|圈套|诱饵|骗人|传销|庞氏|非法集资|受骗|上当|被骗|都是假|假的|不可信|不能信|不靠谱|违法|违规|勿信|别信|不要相信|不要轻信|切勿|千万别|谎言|不可能|不现实|纯属|立案|判处|违反|处罚|拉黑|报警|爆雷|暴雷|出事|倒闭|清盘|血本无归|幻想|警惕|小心|忽悠|噱头|当心|都是托|是托|托儿|幌子|圈钱|编的|演的|挂电话|拉黑|已(?:经)?违反|打问号|打个问号|打个大大的问号|准备损失"
_EXPOSED = bounded(f"^[”\"』」》'、]{{0,2}}[^。!?\n,]{{0,16}}(?:{_BAD}|靠谱吗|可信吗|是做梦)")
_EXPOSED_NEXT = bounded(
    f"^[^。!\\n]{{0,24}}心动了吗\\?[^。\\n]{{0,30}}(?:可是|但是|然而|为什么|为何|其实|别急|先别|冷静)|^(?:为何|为什么|缘何|何以)[^,。!?\n]{{0,6}}(?:退潮|降温|遇冷|翻车|爆雷|暴雷|屡禁|受骗|失守|退场|消失|崩盘|跑路|难以)|^[^。!?\n,]{{0,10}},(?:请|要|可要|一定要|千万)?(?:小心|当心|留个心眼|多个心眼|没有?一[个句条]|全是假|全都是假|(?:谨防|警惕)(?!假冒|仿冒|冒充|山寨|假))|^[^。!?\n,]{{0,8}},[^,。]{{0,6}}图的?是?[^,。]{{0,8}},[^,。]{{0,4}}图|^[^。!?\n,]{{0,8}},(?:但|却|不过|然而)[^。!?\n]{{0,8}}(?:回撤|亏损惨|亏光|暴跌|爆仓|血本|再也没|没能)|^[^,。!?\n]{{0,4}}(?:曾(?:经)?|一度)(?:风靡|盛行|流行|红极|火爆|泛滥|疯狂|十分|非常|很)|^[^。!?\n,]{{0,24}},(?:可能|均|都|已|往往)?(?:涉嫌|属于?|构成)(?:违法|违规|非法|诈骗|传销|犯罪)|^[”\"』」》'、]{{0,2}}[^。!?\n,]{{0,10}},[^。!?\n,]{{0,6}}(?:都|是|属|就|全|多半|多|大多|基本|往往|无疑|必|肯定|一定|必然|这|那|其实|实则|可能|要|请|务必|需|应|该|实为|属于|切|尽快|立即)[^。!?\n,]{{0,10}}(?:{_BAD}|举报|报案|远离|当心)|"
    "^[”\"』」》'、]{0,2}[^。!?\n,]{0,10},[^。!?\n]{0,4}(?:现在|结果|却|如今|最后|后来|最终|随后|然后)[^。!?\n]{0,12}(?:亏|提不|联系不上|跑路|没了|归零|兑付不了|无法|骗|失联|找谁|怎么办|关闭|失踪|跑了|溜了|没影|被抓|清零|爆仓)|"
    "^[^。!?\n]{0,16}(?:血本无归|怎么追回|要回本金|如何维权|该找谁)|^(?:的)?(?:背后|往往|意味着|伴随|通常|必然伴随|未必|不一定|只是|是骗|就是骗|多半)"
)
_TOPIC_OF = bounded("^[”》]?(?:模式)?(?:[^,。]{0,4}经历(?:了)?[^,。]{1,10}(?:发展|起伏)|起源于|诞生于|兴起于|最初的|的?背后所?(?:附带|隐藏|蕴藏|潜藏))|^[”》]?(?:业务|市场|行业|交易|模式|产品|机制|制度)?的?(?:发展)?(?:历史|历程|现状|发展趋势|研究|综述|原理|特点|区别|异同|法律问题|法律风险|风险分析|案例分析|监管|启示|思考|对策|由来|起源|兴衰)(?:[,。!?\n:]|$|与|及|和|初探)")
_HEARD = bounded("^(?:[^“”,。!?\n]{0,14})[”\"』」][,。]?[^。!?\n]{0,12}(?:听到|看到|听见|这类|这种|这样的|这些|此类|老人|老年人|消费者|不少人|很多人|许多人|多少人|往往|听起来|看似|乍看|看上去|这(?:四|六|八|几|两|三|五)个字|背后|的海报|的广告|的短信|的电话|的小广告)")
_DENIED = bounded("拒绝|告别|不是|没有|绝不|远离|杜绝|永不|无|不怕|不再|避免|不会|绝非|并非|不做|打击|非(?:骗|传|庞)|不(?:违|属|涉|构)")
_QUOTED = bounded("^[”\"』」》'、]{0,2}[^,。!?\n]{0,12}(?:(?:这)?[两二三四几]个?字|噱头|的?新?马甲|小广告|牛皮癣|话术|套路|字样|字眼|用语|等词|等表述|的表述|等虚假|的说法|的误区|的诱惑[^力]|的谣言|的骗|类广告)")
_QUOTED_OTHER = bounded("^(?:\\([^()\n]{0,24}\\))(?:是指|指的是|系指|又称|是一种)|^[”』][^,。!?\n]{0,4}等(?:行为|活动|业务|方式|名义)|^[”\"』」》'、]{0,2}[^,。!?\n]{0,12}(?:表述|宣传语|的宣传|之类的(?:话|宣传|承诺|广告|词|说法)|的承诺不|等概念|等内容)|^[^,。!?\n]{0,6}[,:]?(?:是指|指的是|系指|又称|亦称|是一种|是一类)")
_AFTER_NO = bounded(
    "^[^,。!?;\n(]{0,10}(?:不存在|并不存在|被[^,。]{0,6}(?:禁止|叫停|取消|取缔|清理|查处|整治|关停|下架|处罚|约谈|处以|认定|责令)|不等于|≠|不代表|并非|不属于|不作为|不承诺|不构成|将被打破|被打破|已打破|时代(?:已经?)?(?:结束|终结|过去)|神话(?:的)?(?:破|终结|结束|不再|被)|不再(?:承诺|保证|提供|适用|存在|有|是唯|是主)|不适用|无法实现|无法得到|得不到|没有保证|无保证|不保证|不予|不具有|(?:已经?|将|全面|正式|逐步)?(?:退出|成为历史|成了历史|已成历史|绝迹|谢幕|消失|清零)|(?:停止|取消|废止|终止)(?:执行|使用|实施|运行|办理|销售|活动)?(?:[,。]|$))|^[^。!?;\n(]{0,24}(?:(?:现已|已被|均被|明令|依法)(?:明令|依法)?(?:禁止|取缔|叫停)|均非|系伪造|均为(?:假|虚假|诈骗|伪造|冒)|与(?:我|本)(?:公司|司|行|平台|网站|站)无关|并非(?:我|本)(?:公司|司|行|平台))"
)
_ASKED = bounded("^[^。!;\n,]{0,10}(?:吗|么|嘛)(?:[?。,!\n”\"]|$)|^[^。!;\n,]{0,4}[”\"』」]?\\?|^[^。!;\n]{0,18}(?:靠谱|可信|可靠|真实|安全|是真的|能信|合法|正规|可能)(?:吗|么|嘛|\\?)|^[^。!;\n,]{0,14}(?:到底|究竟)?(?:能不能|可不可以|可否|是否|是不是|会不会|有没有(?:可能|风险|人|用)|够不够|算不算|要不要|该不该|需要注意什么|怎么回事|真的假的)|^[^。!?;\n]{0,16},[^。!?;,\n]{0,14}(?:可信|能信|相信|靠谱|合法|真的|安全|划算|能投|能买|能做|该不该|值得投|可以投|算不算|是不是|算|会不会|要不要|真假|骗|传销|犯法|集资|圈套|套路)[^。!?;,\n]{0,8}(?:吗|么|嘛|\\?)|^[^。!?;\n]{0,30}(?:我|俺|咱)(?:该|能|敢|应该|可以|要)(?:不(?:该|能|敢))?信(?:他|她|吗|么|不信)|^[^。!?;\n]{0,30}(?:起诉|报警|报案|维权|要回|追回|追究|投诉|违法|犯法|立案|赔偿|判几年)[^。!?;\n]{0,8}(?:吗|么|嘛|呢|\\?)")
_RHETORIC = bounded("^[^。!;\n]{0,16}(?:您|你|大家)(?:说|觉得)[^。!\n]{0,8}\\?|^[^。!;\n,]{0,8}(?:不香|不好|不要|心动|不来|等什么|爽|想不想|错过|犹豫|不动心|不赚)(?:吗|么|\\?)|^[^。!;\n]{0,4}\\?[^。!;\n]{0,4}(?:来(?:我|找|加|选|投)|加|选|找|快|我们(?:就|能|帮|有|为)|马上|立即)")
_WHAT_NOW = bounded("^[^。!?;]{0,40}(?:我们?|咱|现在)?(?:该|应该)?(?:怎么办|如何是好|找谁|怎么维权|如何维权)\\?")
_EARNEST = bounded("信赖|信任|值得|能投|能买|好不好|怎么样|非法|集资|能要|要回|犯法|起诉|靠谱|可信|能信|相信|骗|合法|违法|违规|真的|真实|可靠|安全|怎么办|维权|追回|赔偿|传销|风险|不会|不保|不能|没有|要不要|该不该")
_SOUND = bounded("^(?:靠谱|安全|可靠|放心|正规|合法|真的)[^。!?]{0,6}\\?|(?:靠谱|安全|可靠|可信|正规)吗\\?[^。!]{0,20}$")
_ASKS = bounded("^(?:[^,。!?]{0,12}[,:])?(?:请问|请教|求问|想问|问一下|咨询一下|求助|各位|有谁|有人知道|谁知道|麻烦问)")
_ANSWER = bounded("^[^。!;\n]{0,14}\\?(?:答:|a:|[^。!?;\n]?)(?:有[,。!]|当然|能[,。!]|是的|可以[,。!]|没错|会[,。!]|对[,。!]|就在|就是(?:我|本|这里))|^[^。!;\n]{0,14}\\?[^。!?\n]{0,14}(?:我们(?!来|一起|先|看)|本平台|本公司|我司|来这里|找我|找他|跟我|跟着|加微信|(?<![不太])放心|扫我?码|加我|回你|点击|戳|速来|快来|来电|私聊|私信)")
_DOUBT = bounded("(?:怎样|怎么|如何)才能|是否|能否|会不会|可否|难道|岂|有没有|是不是|怎么可能|如何判断|怎样判断")
_WHETHER = bounded("(?:无论|不管|不论|还在|是否还|是否想|是否要|您是否|你是否)")
_WHAT = bounded("什么是|何为|何谓|为什么|为何|哪些|怎么|如何|怎样|哪种")
_ANSWERED = bounded("^[^。;\n]{0,10}[?]")
_LURE = bounded("(?:想|要|愿意|渴望|还在|希望|打算)[^。!\n]{0,14}$")
_SPEECH = bounded("(?:道|笑|说|问|答|喊|骂|叹|嚷)[^“”。]{0,6}[:,][“「『][^”」』]{0,40}$")
_NORM = bounded("(?:应当|应该|必须|须|(?<![供反对适响相呼])应(?![收付计用急届聘])|旨在|有义务|有责任|不求|只求)[^,。]{0,8}$")
_WISH = bounded("(?:受访者|投资者|投资人|储户|居民|老年人|客户|消费者|大家|人们|用户|多数人)[^,。]{0,8}(?:希望|偏好|追求|青睐|喜欢|倾向|看重|期待|认为|以为)[^,。]{0,10}$")
_THIRD = bounded("(?:如果|若|假如|倘若|要是|凡是?|遇到|碰到|看到|听到|收到|当|但凡|对于|任何|接到|一旦)[^,。;!?\n]{0,14}(?:有人|对方|邀请你|邀请您|拉你|让你|叫你|劝你|承诺|宣称|声称|告诉|推荐你|宣传|许诺|保证|自称|要求|打着|以)[^,。;!?\n]{0,12}$")
_MEETS = bounded("(?:遇到|碰到|看到|听到|收到|面对|遇见|接到)[^,。;!?\n]{0,14}$")
_THINK = bounded("^[^。!?\n]{0,20}(?:切勿|千万别|千万不要|不要|勿)|^[^。!?\n]{0,20}(?:请|要|应当?|就|一律|务必|不妨|先|记得)[^。!?\n]{0,10}(?:想一?想|核实|报警|拒绝|警惕|举报|远离|小心|谨慎|拉黑|是骗|不可信|三思|冷静|查|问|注意|拨打|咨询|不要|别|劝阻|挂断|退群)")
_TEMPTED = bounded("一(?:看见|看到|听到|听说|听见|见到|遇到|见|听)[^,。;!?\\n]{0,16}$")
_FALLS = bounded("^[^,。;!?\\n]{0,8}就(?:垂涎|动心|动了心|心动|心痒|冲昏|头脑|昏了|盲目|冲动|忍不住|忘|不顾|跟风|投了|扑|急着|迫不及待|两眼放光)")
_DRAWN_BY = bounded("(?:被|让|遭)[^,。;!?\\n]{0,12}$")
_DRAWN = bounded("^[^,。;!?\\n]{0,12}(?:所)?(?:吸引|诱惑|迷惑|打动|冲昏|蒙蔽|迷了眼|迷住)")
_WHOEVER = bounded("(?:凡是?|但凡|所有|一切|任何)[^,。;!?\n]{0,12}(?:鼓动|劝|邀请|让|叫|要求|诱导|引诱|说|称|承诺|宣称|向)(?:您|你|大家|老人|客户|投资者|他人)?[^,。;!?\n]{0,10}$")
_THIRD_END = bounded("^[^。!?\n]{0,24}(?:的[,,]|的都|要(?:小心|警惕|注意|当心|谨慎)|请(?:立即|马上|直接|务必|及时|您|先)?(?:拒绝|退群|拉黑|不要|勿|核实|向|警惕|报警|举报|远离|小心|拨打|注意)|务必|都|小心|就是|多半|不要|往往|肯定|基本|可能|注意|谨慎|极|应(?:当)?(?:核实|警惕|注意|查|谨慎|向)|就应|需要?警惕|不要)")

_SAID = bounded("承诺|保证|许诺|宣传")
_VOWED = bounded("^[^,。!?;\n]{0,14}(?:为|是)(?:我们|本公司|公司|平台)?(?:对[^,。]{0,12})?(?:的)?(?:庄严|郑重)?(?:承诺|宗旨|理念|目标|使命|己任|准则|特色|核心|基础|口碑)|^[^,。!?;\n]{0,10}(?:是|就是)我们")
_SELF_DENIED = bounded("(?:不是|绝非|并非|没有|拒绝|告别|远离|杜绝|不做|不搞)(?:任何|什么)?$")
_CLAIMED = bounded("自称|自诩|自封|声称|谎称|冒充|假冒|打着|所谓的?|冒用")
_BARELY = bounded("(?:勉强|只够|刚够|刚好够?|才能)$")
_SCENE = bounded("^[^“”。\n]{0,12}[”』」][^“”,。!?\n]{1,10}(?:把|站|坐|笑|喊|拍|看着|叹|挥|摇|点头|低头|抬|转身|推|冷冷|淡淡)")
_WRITTEN = bounded("(?:执照|许可证|牌照|证书|章程|资质|批文)[^,。]{0,3}写[着道明]$")
_WITNESS = bounded("(?:客户|用户|会员|学员|投资人|投资者|出借人|网友|宝妈|老板|经理|创始人|负责人|ceo|董事长|专家|教授|分析师|老师)[^“”。]{0,14}[:,][“「『][^”」』]*$")
_OURS = bounded("(?:我们|本公司|本平台|我司|公司|平台)(?:的|秉承|坚持)?$")
_ANSWERED_NO = bounded("^[^。!;\n]{0,10}\\? ?(?:答:|a:)? ?(?:不会|不能|不保|不可以|没有|不是|否|不存在|不提供|不承诺|不垫付|不送|不支持)")
_LOSS = bounded("亏|损|风险|骗|跑|违|征信")
_FORBID_WITHIN = bounded("不得|严禁|禁止|不准|切勿|请勿|不允许")
_BAIT_WITHIN = bounded("(?:对方|业务员|销售员?|推销员|中介)(?:当初|当时|曾|都|口头)?(?:承诺|说|称|保证)|(?:当初|当时|曾经?)(?:口头)?承诺|依法转让|为(?:诱饵|幌子|饵|噱头|借口)|(?:诱饵|幌子|旗号)$")
_DENIES_WITHIN = bounded("[^,。]不再(?!担心|犹豫|怕|为|愁|烦|发愁|害怕)|^不再(?!担心|犹豫|怕|为|愁|烦|发愁|害怕)|(?:网站|平台|公司|机构)(?:无力|无法|不能|难以)|[^,。](?:并非|不等于|不代表|不构成|不属于|不意味着)|(?:我们|我司|本公司|本平台|公司|平台|本行)(?:从来?|绝|并|均|都)?(?:不|未|没有|从未)(?:会|再|对[^,。]{0,6}|向[^,。]{0,6})?(?:承诺|保证|提供|作出|做|参与|负责|进行|予以|实施)[^,。]{0,8}$")  # within, not at the start: 并非银行胜似银行 is a claim


def forbidden_within(words: str) -> Excuse | None:
    """The prohibition, the denial or the exposure stands within the words found: 吸收存款不得采取返还现金."""
    found = _FORBID_WITHIN.search(words)
    if found is not None:
        return Excuse("law", f"“{found.group(0)}”")
    found = _BAIT_WITHIN.search(words)
    if found is not None:
        return Excuse("report", f"“{found.group(0)}”")
    found = _DENIES_WITHIN.search(words)
    return Excuse("negation", f"“{found.group(0)}”") if found else None


def negated(before: str, words: str, after: str, own: bool) -> Excuse | None:
    last = _last(_NEGATIVE, before)
    if last is not None and not _NOT_NEGATIVE.search(before[max(0, last.start() - 2):]):
        tail = before[last.end():]
        clause = _clause(tail)
        near = len(tail) <= (44 if clause is None else 24) and not _CONTRAST.search(tail) and (clause is None or bool(_JOINED.search(clause)))
        if near and not ("、" in tail and _BARE.search(last.group(0)) and not _ACTS.search(tail)):
            return Excuse("negation", f"“{last.group(0)}”")
    forbid = _last(_FORBID, before)
    if forbid is not None and not _NOT_NEGATIVE.search(before[forbid.start():]):
        tail = before[forbid.end():]
        clause = _clause(tail)
        if not _AGAINST.search(tail) and (clause is None or _ACTS.search(clause) or _JOINED.search(clause) or (not own and _ACTS.search(tail))):
            return Excuse("law", f"“{forbid.group(0)}”")
    avoid = _last(_AVOID, before)
    if avoid is not None and not ("," in words and before.endswith(avoid.group(0))) and _clause(before[avoid.end():]) is None and not _OF_ELSE.search(before[avoid.end():]):
        return Excuse("law", f"“{avoid.group(0)}”")
    if _ANSWERED_NO.search(after) and not _LOSS.search(words):
        return Excuse("negation", "问而答否")
    if _AFTER_NO.search(after):
        return Excuse("negation", "后文否认")
    return None


def warned(before: str, after: str, own: bool) -> Excuse | None:
    if not own and _NOTES.search(before) and _RUNS.search(after) and not SELF.search(before):
        return Excuse("warning", "提示其风险")
    found = _last(_WARN, before)
    if found is not None:
        tail = before[found.end():]
        clause = _clause(tail)
        if not SELF.search(tail) and not _CONTRAST.search(tail) and (clause is None or (not own and bool(_POINTS.search(tail)))):
            return Excuse("warning", f"“{found.group(0)}”")
    found = _last(_WARN_NEAR, before)
    if found is not None:
        tail = before[found.end():]
        if _clause(tail) is None and len(tail) <= 20 and not _OF_ELSE.search(tail) and not SELF.search(tail) and ("、" not in tail or _POINTS.search(tail)):
            return Excuse("warning", f"“{found.group(0)}”")
    return None


def told(before: str, words: str, after: str, own: bool, offered: float) -> Excuse | None:
    """Said by another, or of what ought to be. ``offered``: what the paragraph offers (``frames.OFFER``): a customer's praise in quotes sells."""
    if _SAID.match(words):
        before += words[:2]  # a report may end within the words: 该公司向老人承诺保本
    claimed = _CLAIMED.match(words)
    if claimed is not None and not SELF.search(before):
        return Excuse("report", f"“{claimed.group(0)}”")
    vowed = _VOWED.search(after)
    found = _last(_LIARS, before)
    if found is not None and not (own and found.group(0).startswith(_OWN_WORDS)):
        tail = before[found.end():]
        ours = vowed is not None or (found.group(0).startswith(_OWN_WORDS) and bool(_OURS.search(before[:found.start()])))
        ours = ours or bool(_WRITTEN.search(before[:found.end()]) and found.group(0)[0] == "写")
        ours = ours or bool(_SELF_DENIED.search(before[:found.start()]))
        if not ours and not SELF.search(tail) and not _TURN.search(tail) and not (own and _clause(tail) is not None):
            return Excuse("report", f"“{found.group(0)}”")
    found = _last(_LIARS_NEAR, before)
    if found is not None:
        quoted = found.group(0)[-1] in "“\"「『"
        if vowed is None and _clause(before[found.end():]) is None and not (quoted and (own or SELF.search(before))) and not SELF.search(before[found.end():]) and "、" not in before[found.end():]:
            return Excuse("report", f"“{found.group(0)}”")
    if not own and offered < 2 and _SCENE.search(after):
        return Excuse("fiction", "人物对话")
    if not own and offered < 4 and _SPEECH.search(before) and not _WITNESS.search(before):
        return Excuse("fiction", "人物对话")
    if not own and not SELF.search(before) and (_BARELY.search(before) or _NORM.search(before) or _WISH.search(before)):
        return Excuse("other", "说的是应当如何、人们的愿望或者自身的盈亏，不是承诺")
    if not SELF.search(before) and ((_THIRD.search(before) and _THIRD_END.search(after)) or ((_MEETS.search(before) or _WHOEVER.search(before)) and _THINK.search(after)) or (_TEMPTED.search(before) and _FALLS.search(after)) or (not own and _DRAWN_BY.search(before) and _DRAWN.search(after))):
        return Excuse("conditional", "假设他人作此承诺，用以提醒")
    return None


_DEFINED = bounded("(?:^|[,“”》)。(])[^,。]{1,20}(?:是指|系指|指的是|,指|指在)[^。]{0,60}$")
_OWN_TERM = bounded("平台|我们|我司|本公司|本产品|为您|为投资|为出借|为用户|为客户|计划”|服务”")


def defined(before: str, own: bool) -> Excuse | None:
    """The words stand within an explanation of a term, which is not the platform's name for its own service."""
    found = None if own else _DEFINED.search(before)
    return Excuse("definition", f"“{found.group(0)[:16].strip('，,。“”')}…”") if found and not _OWN_TERM.search(found.group(0)) else None


def exposed(after: str, own: bool) -> Excuse | None:
    for pattern, kind, because in (
        (_AS_BAIT, "report", "揭示诱饵"), (_EXPOSED, "warning", "后文揭露或提醒"), (_EXPOSED_NEXT, "warning", "后文揭露或提醒"), (_QUOTED, "quotation", "作为用语被提及"),
    ):
        found = pattern.search(after)
        if found and not _DENIED.search(found.group(0).lstrip("”\"』」》'、,")) and not (own and pattern in (_EXPOSED, _EXPOSED_NEXT) and len(found.group(0)) > 16):
            return Excuse(kind, f"{because}“{found.group(0).strip('”、 ')[-12:]}”")
    if not own and _TOPIC_OF.search(after):
        return Excuse("academic", "作为论题")
    found = None if own else (_QUOTED_OTHER.search(after) or _HEARD.search(after))
    if found and not SELF.search(after[:found.end()]):
        return Excuse("quotation", f"“{found.group(0).strip('”、 ')[-12:]}”")
    return None


def asked(before: str, after: str, own: bool, offered: float) -> Excuse | None:
    if offered >= 1.5 and not _EARNEST.search(after[:30]):
        return None  # a question in a paragraph that sells is bait
    if _LURE.search(before) or _RHETORIC.search(after) or _ANSWER.search(after):
        return None
    if not own and _WHAT_NOW.search(after) and not SELF.search(before + after[:20]):
        return Excuse("question")
    if not own and _ASKS.search(before) and "?" in after and not SELF.search(before):
        return Excuse("question")
    if _ASKED.search(after) and not _SOUND.search(before) and not (own and _WHAT.search(before)):
        return Excuse("question")
    doubt = _last(_DOUBT, before)
    if doubt is not None and _clause(before[doubt.end():]) is None and not _WHETHER.search(before):
        return Excuse("question", f"“{doubt.group(0)}”")
    if not own and _WHAT.search(before) and _ANSWERED.search(after):
        return Excuse("question", "设问或解释")
    return None


def sentence(text: str, start: int, end: int) -> tuple[str, str]:
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
