"""What kind of text the paragraph around a hit is, where the page as a whole does not say: a sentence of a judgment, a complaint, a paper.

Cues are literals, found by one automaton in one paragraph of bounded length. A frame excuses only where it outweighs what offers something:
a paragraph that says 立即注册 or 我们 is an offer, whatever else it tells. A cue the writer denies of himself (拒绝跑路, 我们不是传销) is an offer too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import ahocorasick_rs

from classifiers.bounded import bounded

REACH = 240  # characters of the paragraph read on either side
STRONG = 1.5  # a frame needs one cue of this weight
ENOUGH, ENOUGH_ON_OFFERS = 2.4, 3.6  # score from which a frame is believed; on pages that offer something
BEYOND = 0.6  # what a cue in another sentence of the paragraph counts, against one in the sentence of the hit

OFFER: dict[str, float] = {
    "我们": 1, "我司": 1.5, "本平台": 2, "本公司": 1, "本产品": 1, "本项目": 1.5, "本商城": 1.5, "本团队": 1.5, "本站": 1, "本店": 1, "本所": 1.5, "就来": 1, "快": 0.3, "我平台": 2, "加微信": 2, "添加微信": 2, "加我": 2, "加v": 2, "扫码": 2, "二维码": 1.5, "微信号": 1.5,
    "立即注册": 3, "立即投资": 3, "立即加入": 3, "立即下载": 2.5, "立即申请": 2.5, "立即体验": 2.5, "立即开户": 3, "立即购买": 2.5, "立即领取": 2.5, "马上": 1.5, "赶快": 2, "快来": 2.5, "赶紧": 1.5, "点击": 1.5,
    "欢迎": 1.5, "诚邀": 2.5, "诚招": 2.5, "名额有限": 2.5, "名额": 1, "预约": 1, "抢购": 1.5, "火热": 1.5, "火爆": 1.5, "售罄": 1.5, "热线": 1.5, "咨询电话": 1.5, "报名电话": 2, "来电": 1.5, "私聊": 2.5, "私信": 1.5, "客服微信": 2, "助理微信": 2,
    "放心": 1, "值得信赖": 2, "认准": 2.5, "选我们": 3, "选择我们": 3, "找我们": 2.5, "选择": 0.7, "首选": 1.5, "加盟": 1, "推荐给": 1.5, "强烈推荐": 2.5, "感谢平台": 3, "感谢团队": 3, "用我的": 2, "邀请码": 1.5, "想加入": 2, "限时": 1, "免费领取": 1.5,
    "开放认购": 2, "认购": 0.5, "进群": 1, "心动": 2, "有意者": 2, "感兴趣": 1.5, "主营": 2, "主推": 2, "有图有真相": 2, "你也来": 2, "你也有": 2, "跟着我": 2, "来我们": 2.5, "为您": 1.5, "您的": 0.5, "享受": 0.7, "正规": 0.7, "合法合规": 1.5,
    "联系我": 2, "大家放心": 2, "深受好评": 2, "备受": 0.7, "国家扶持": 1, "新手": 1, "火热招募": 2, "福利": 1, "尽在": 1.5, "上线": 0.5, "本社区": 1.5, "好消息": 1.5, "亲测": 2, "开放申购": 2, "诚聘": 0.7,
}
FRAMES: dict[str, dict[str, float]] = {
    "court": {
        "本院认为": 3, "本院": 1.5, "判处": 2, "被告人": 2.5, "被告单位": 2.5, "原告": 2, "被告": 1.5, "上诉人": 2.5, "诉请": 2, "诉称": 2, "辩称": 2, "一审": 1.5, "二审": 1.5, "判决": 2, "裁定": 2, "经审理": 2.5, "经查明": 2.5,
        "查明": 1.5, "经查": 1.5, "经核实": 1, "当事人": 1.5, "责令": 1.5, "罚款": 2, "没收违法所得": 2.5, "处以": 1.5, "构成": 1, "诈骗罪": 2.5, "存款罪": 2.5, "活动罪": 2, "犯罪": 1.5, "有期徒刑": 3, "刑事拘留": 2.5, "起诉": 1.5, "公诉": 2.5, "驳回": 2,
        "约谈": 1.5, "警示函": 2.5, "行政处罚": 2.5, "罚单": 2, "被罚": 2, "法院": 2, "检察": 2, "案涉": 2.5, "涉案": 2, "立案": 1.5, "予以支持": 2, "违反了": 1.5, "之规定": 1.5, "监管函": 2, "通报批评": 2, "案件": 1.2, "判令": 2, "指控": 2.5, "层级": 0.8, "冒用": 1.5,
    },
    "report": {
        "警方": 2, "民警": 2, "公安局": 1.5, "诈骗": 1.5, "骗局": 1.5, "骗取": 2, "骗子": 1.5, "涉嫌": 2, "非法集资": 1.5, "受害人": 2, "受害者": 2, "嫌疑人": 2.5, "跑路": 1.5, "爆雷": 1.5, "暴雷": 1.5, "失联": 2, "卷走": 2, "卷款": 2.5,
        "人去楼空": 2.5, "血本无归": 2, "抓获": 2, "落网": 2, "捣毁": 2, "叫停": 2, "通报": 1.5, "曝光": 1.5, "虚假宣传": 1.5, "虚假广告": 2, "误导": 1.5, "违规": 1.5, "违法": 1.5, "非法": 1, "传销": 1.5, "资金盘": 1.5, "庞氏": 2, "倒闭": 2, "烂尾": 2,
        "崩盘": 2, "停业": 1.5, "出清": 1.5, "整改": 1.5, "关停": 2, "该团伙": 2.5, "该公司": 1, "该平台": 0.7, "涉事": 2.5, "质疑": 1.5, "隐瞒": 1.5, "谎称": 2, "谣言": 1.5, "查无": 2, "并未": 0.5, "停止运营": 2, "介入调查": 2.5, "登记报案": 2.5, "不少平台": 1.5,
        "记者调查": 1.5, "多地": 1, "此前": 0.7, "当年": 1.5, "曾普遍": 2.5, "曾经": 1, "一些公司": 2, "一些平台": 2, "许多平台": 2, "部分平台": 2, "有的海报": 2.5, "圈套": 2, "口号": 0.7, "套路": 1.2, "伎俩": 2, "诱饵": 2, "托儿": 2, "被查": 2, "挥霍": 2,
        "接盘": 1.5, "听起来诱人": 2, "典型的": 1, "实质是": 1.5, "其实是": 1, "根本不存在": 2, "说辞": 2, "挂电话": 2, "拉黑": 1.5, "背后是": 1, "团伙": 2, "窝点": 2, "亏掉": 1.5, "被拉进": 2, "打不开": 1.5, "出事前": 2, "出事": 1.2, "横幅": 0.7, "如今": 0.8, "不翼而飞": 2,
    },
    "warning": {
        "提醒": 1.5, "提示": 0.8, "警惕": 1.5, "谨防": 1.5, "当心": 1.5, "切勿": 1.5, "请勿": 1.2, "勿": 0.5, "防范": 1.2, "举报": 1.2, "不要相信": 2, "千万不要": 2, "千万别": 2, "不要参与": 2, "不要被": 2, "远离": 1, "守住": 1, "报警": 1.5, "诱饵": 1.5, "打问号": 2.5,
        "请拒绝": 2, "想一想": 1.5, "先核实": 2, "应核实": 2, "务必": 1, "骗局": 1.5, "诈骗": 1.2, "陷阱": 1.5, "骗子": 1.5, "不可信": 2, "轻信": 1.5, "贪小利": 2, "非法集资": 1.2, "涉嫌": 1.5, "传销": 1.2, "很危险": 2, "冒充": 1.2, "仿冒": 1.2, "请马上退群": 3, "要小心": 1.5,
        "看清": 1, "迷惑": 1.5, "应当警惕": 2, "风险极大": 1.5, "误导": 1,
    },
    "complaint": {
        "维权": 2, "投诉": 1.5, "被骗": 2, "上当": 2, "报案": 2, "报警": 1.2, "求助": 2, "追回": 2, "提不了现": 2.5, "提不出来": 2.5, "无法提现": 2, "不能提现": 2, "没人接": 2.5, "无人接听": 2, "联系不上": 2.5, "失联": 2, "人跑了": 2.5, "人也找不到": 2.5,
        "一分钱也没": 2, "不返了": 2.5, "不给退": 2.5, "不退": 1.2, "拉黑": 1.5, "亏了": 1.5, "亏掉": 1.5, "被坑": 2.5, "全是托": 2.5, "都是托": 2.5, "不处理": 2, "才发现": 1.5, "才知道": 1.5, "谁知": 2, "结果": 0.7, "没兑现": 2, "要回": 1.5, "怎么办": 0.7, "律师": 1,
        "血汗钱": 2, "我妈": 1, "我爸": 1, "注销了": 1.5, "荒地": 1.5, "说好": 1.5, "当时": 0.7, "当初": 1, "要求退": 2, "退保被拒": 2.5, "被拒": 1, "退钱": 2, "退款": 0.7, "关门了": 2, "拿不回": 2.5, "只拿回": 2.5, "没签约": 1.5, "根本没有": 1.5, "卡在里面": 2, "别上当": 2,
        "跑了": 1.2, "跑路": 1.2, "有没有一样": 2, "讨说法": 2.5, "黑平台": 2.5, "交了": 0.5, "被转走": 2.5, "客服让我": 1.5, "再充": 1, "逾期未兑付": 2, "没到账": 2, "不到账": 1.5, "一直没": 1.5,
    },
    "academic": {
        "本文": 1.8, "摘要": 2, "实证": 2, "样本": 1.5, "文献": 2, "回归": 1.2, "显著": 1, "关键词:": 2, "研究发现": 2.5, "结果显示": 1.2, "结果表明": 2, "研究表明": 2, "变量": 1.5, "假说": 2, "论文": 1.8, "模型": 0.8, "检验": 1.2, "正相关": 2, "负相关": 2,
        "分布": 0.6, "刻画": 1.5, "加剧": 1, "文章讨论": 2.5, "利差": 1.5, "内生性": 2.5, "逻辑回归": 2.5, "构建了": 1.5, "博弈": 1.2, "期刊": 1.5, "有向图": 2, "期限错配": 1, "影响因素": 1.5, "博士": 0.7, "作者": 0.8,
    },
    "education": {
        "是指": 2, "指的是": 1.8, "系指": 2.5, "又称": 1.2, "统称": 1.5, "区别在于": 2, "有什么区别": 2, "本质区别": 2.5, "特征是": 1.8, "定义": 1.5, "概念": 1.2, "话术": 2, "识别": 1.2, "误区": 1.5, "监管禁止": 2, "监管办法": 1.8, "办法禁止": 2, "属于违法": 2, "通常认定": 2, "无效": 1.2,
        "原理": 1.5, "历史上": 1.2, "理论": 1.5, "教材": 2, "课堂": 2, "练习": 1.5, "知识问答": 2, "科普": 2, "常见": 0.8, "早期": 1, "典型": 0.8, "例如": 0.7, "一般指": 2, "机制": 0.7, "判断是否": 2, "四个特征": 2.5, "所谓": 1, "不良记录": 1, "庞氏": 1.5, "均不可信": 2, "都不可信": 2,
        "心理学": 2, "下列": 1, "第一课": 1.5, "第三课": 1.5, "案例教学": 2, "仅用于教学": 2.5, "术语": 1.5, "词条": 2, "消费者在": 0.8, "销售时常见": 2, "打破刚性兑付": 1.5, "不是存款": 1.5, "会波动": 1.2, "资管新规": 1.5, "哈希": 1.2, "我国属于": 2, "没有任何机构获准": 3, "常被利用": 2.5, "正是利用": 2,
    },
    "fiction": {
        "说道": 1.8, "笑道": 2.5, "冷笑": 2.5, "低声": 1.8, "压低声音": 2.5, "他说": 1.5, "她说": 1.5, "他说完": 2, "主角": 2.2, "剧情": 2.2, "小说": 1.8, "台词": 2.2, "剧本": 2.2, "镜头": 1.5, "玩家": 1.6, "游戏": 1.6, "关卡": 2.2, "穿越": 2, "道具": 2, "皮肤": 1.2, "金币": 1.5,
        "攻略": 1.5, "女主": 2.2, "男主": 2.2, "喃喃": 2.5, "领地": 1.2, "木材": 1.2, "众人": 1.5, "台下": 1.5, "声嘶力竭": 2.5, "拍着桌子": 2.5, "对着屏幕发呆": 2.5, "推到桌子": 2, "面面相觑": 2.5, "没有说话": 2, "转身就走": 2, "第七场": 2, "副本": 1.5, "抽卡": 2, "不可提现": 1, "仅限游戏": 3,
        "设定": 0.8, "卷写": 1, "反派": 2.2,
    },
    "job": {
        "招聘": 2, "岗位职责": 3, "任职要求": 3, "任职资格": 3, "五险一金": 2.5, "底薪": 1.5, "双休": 2, "月薪": 1.5, "薪资": 1.8, "简历": 2.2, "本科以上": 2, "硕士学历": 2, "工作经验": 1.8, "年以上": 0.8, "经验": 0.4, "日结": 0.8, "兼职": 1, "工作地点": 2, "持证上岗": 1.5, "执业资格": 1, "应聘": 2, "校招": 2,
    },
    "code": {
        "测试用例": 2.5, "用例": 1.5, "返回": 1, "接口": 1, "字段": 2, "参数": 1.2, "正则": 2.5, "敏感词": 2.5, "违禁词": 2.5, "违规词": 2.5, "词库": 2.2, "词表": 2.2, "分类器": 2.2, "训练样本": 2.5, "数据集": 2, "标签": 1.2, "提示词": 2, "输出": 0.7, "输入": 0.6, "置信度": 2, "误报": 2, "命中": 1.6,
        "拦截": 1.6, "过滤": 1.5, "审核员": 2, "关键词": 1, "仓库": 1, "readme": 2.5, "todo": 2.2, "枚举": 2.2, "组件": 1.6, "代码": 1, "样本": 1.2, "匹配": 1.2, "错误码": 2.5, "json": 2, "expect(": 2.5, "=>": 1.5, "spam": 2.2, "decimal(": 2.5, "默认值": 1.5, "回测": 1, "置为": 1, "枚举值": 2.5, "代码仅供研究": 2.5,
        "人工审核": 1.2, "检测规则": 2.2, "检测工具": 2, "垃圾短信": 1.8, "垃圾信息": 1.8, "小程序": 0.5, "npm": 2, "单位为分": 2, "npm test": 2, "[\"": 1, "\", \"": 2, "', '": 2, "= [": 1.5, "# ": 0.6, "// ": 1, "def ": 1.5, "return ": 2, "const ": 2, "df.": 2, "内容审核": 2, "prompt": 2, "加锁": 2, "测试环境": 1.8, "测试网": 2, "测试代币": 2.5, "调试": 1.8, "开发者": 0.7, "没有价值": 1, "状态码": 2, "测试数据": 2.2,
    },
    "contract": {
        "甲方": 1.5, "乙方": 1.5, "丙方": 1.2, "本合同": 2, "本协议": 1.8, "违约金": 2, "保证人": 1.8, "债务人": 0.8, "债权人": 0.8, "受让人": 1.8, "转让价款": 2, "逾期付款": 2, "应于": 1, "日前支付": 1.5, "租金": 1.5, "递增": 1.2, "签署": 0.8, "授权": 0.8, "保险费": 1.2, "犹豫期": 2, "连带责任保证": 1.2,
    },
    "law": {
        "任何单位和个人": 2.5, "任何组织": 2.5, "任何机构": 2, "未经": 1.2, "不得": 1.5, "严禁": 1.5, "禁止": 1.2, "应当": 1, "本条例": 2.5, "本办法": 2.5, "所称": 2, "以许诺": 1.5, "引诱参加者": 2.5, "属于传销": 2.5, "计算和给付报酬": 2.5, "情节严重": 2, "依法追究": 2, "规定": 0.8, "国务院": 0.6, "第一款": 1.5, "前款": 2,
        "司法解释": 2, "广告法": 1.8, "有限制": 1, "证券监督管理机构": 1.5,
    },
    "statistics": {
        "统计显示": 2, "数据显示": 1.8, "行业平均": 2, "行业": 0.8, "平均": 0.6, "同比": 1.6, "环比": 1.8, "较上年": 2, "较上月": 2, "下降": 0.8, "上升": 0.8, "上涨": 0.8, "下跌": 1.5, "跌破": 1.8, "爆仓": 1.5, "美联储": 2.2, "涨幅": 1.5, "个百分点": 1.6, "收盘": 2, "开盘": 1.8, "盘中": 1.8, "国债收益率": 2, "联邦基金": 2.5,
        "营业收入": 1.5, "净利润": 1.5, "毛利率": 1.8, "订单增长": 1.8, "市值": 1.2, "涨停": 0.6, "直线拉升": 2.2, "个股": 0.8, "板块": 1.2, "点位": 1, "下调": 1.2, "上调": 1.2, "业内人士": 1.5, "多只": 1.2, "分析师": 0.7, "存量": 0.8, "客流量": 1.5,
    },
}
# What market data and news of a trade clear: numbers and names of trades, never a promise.
_ONLY = {"statistics": ("yield.", "crypto.token", "securities.advice", "superlative", "brand.unlicensed"), "contract": ("yield.", "asset.cross", "crowdfunding.equity", "loan.misleading", "insurance.misleading")}
# What turns the same words into an offer, whatever the cues: a game for money, a vacancy that sells, a robot that earns.
_VETO = {
    "fiction": bounded("充值|入金|usdt|链游|邀请好友|赚钱|(?:^|[^不非止可能法])提现|(?:^|[^不非止])[可能]提现|复投|质押"), "job": bounded("投资者|投资人|客户抢|稳赚|月入|主营|主推|代理|合伙人"),
    "code": bounded("每天稳定|全自动|睡后|收徒|躺赚|实盘收益|加微信"), "statistics": bounded("我们|本平台|本产品|推出"), "contract": bounded("平台(?:承诺|保证|垫付|将|会)|风险(?:备付|准备)金|红包|返现"),
    "complaint": bounded("(?:^|[^a-z])a:|答:|不用担心|请放心|先行(?:赔付|垫付)"), "academic": bounded("我们(?:的)?(?:平台|产品|团队|老师)|加微信|扫码"),
}
_WORDS = tuple(dict.fromkeys((*OFFER, *(cue for cues in FRAMES.values() for cue in cues))))
_AUTOMATON = ahocorasick_rs.AhoCorasick(_WORDS)
_ADVERSE = ("report", "warning", "complaint", "court")
_OWNERS = tuple(  # of each word: what it offers, its weight in each kind, and whether a denial of it matters
    (OFFER.get(word, 0.0), tuple((kind, cues[word]) for kind, cues in FRAMES.items() if word in cues), any(word in FRAMES[kind] for kind in _ADVERSE))
    for word in _WORDS
)
_SELF_DENIED = bounded("(?:拒绝|告别|(?:我们|这|本项目|本平台|咱们|绝|并|都)不?(?:是|不是|非)|不是|没有|杜绝|远离|别再|打击|不做|非|不怕|永不|从不|0|零|不会|不再|无)[^,。]{0,2}$")
_OURS = bounded("(?:我们|我司|我公司|我平台|本平台|本公司|本站|本产品|本项目|本社区|本商城|本所|咱们)[^,。!?;]*$")
_ENDS = re.compile("[。!?;]")


class Frame(NamedTuple):
    """The frame that governs, its cues as found, and what the paragraph offers. ``kind`` empty: none governs."""

    kind: str
    cues: tuple[str, ...]
    offer: float


def frame_of(text: str, start: int, end: int, code: str, *, own: bool) -> Frame:
    """The frame of the paragraph in which [start, end) of normalised ``text`` stands. ``own``: the page offers something."""
    low = max(text.rfind("\n", max(0, start - REACH), start) + 1, start - REACH, 0)
    high = text.find("\n", end, end + REACH)
    high = min(end + REACH, len(text)) if high < 0 else high
    line = text[low:high]
    begin, finish = _sentence(line, start - low, end - low)
    tally = _tally(line, start - low, end - low, begin, finish)
    if _OURS.search(line[max(begin, start - low - 24):start - low]):
        tally.offer += 2  # the clause that holds the words speaks of itself
    need = ENOUGH_ON_OFFERS if own else ENOUGH
    best, score = "", 0.0
    adverse = sum(tally.scores.get(kind, 0.0) for kind in _ADVERSE)
    for kind, value in tally.scores.items():
        if kind in _ADVERSE:
            value += 0.5 * (adverse - value)  # a case reported, warned of and complained about is one story
        if value < need or kind not in tally.strong or value <= score or not code.startswith(_ONLY.get(kind, "")):
            continue
        if value > tally.offer * (2.0 if own else 1.0) and not (kind in _VETO and _VETO[kind].search(line)):
            best, score = kind, value
    return Frame(best, tuple(word.strip() for kind, word in tally.seen if kind == best)[:4], tally.offer)


class _Tally:
    """What the cues of one paragraph add up to."""

    __slots__ = ("offer", "scores", "seen", "strong")

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.seen: list[tuple[str, str]] = []  # (kind, cue)
        self.strong: set[str] = set()
        self.offer = 0.0


def _tally(line: str, start: int, end: int, begin: int, finish: int) -> _Tally:
    """Each cue counts once, in the sentence [begin, finish) of the hit more than beside it; words of the hit [start, end) do not count."""
    tally = _Tally()
    nearest: dict[int, int] = {}
    for index, at, stop in _AUTOMATON.find_matches_as_indexes(line, overlapping=True):
        if not (start <= at and stop <= end) and (index not in nearest or begin <= at < finish):
            nearest[index] = at
    for index, at in nearest.items():
        weight = 1.0 if begin <= at < finish else BEYOND
        offered, owners, adverse = _OWNERS[index]
        tally.offer += offered * weight
        denied = adverse and bool(_SELF_DENIED.search(line, max(0, at - 6), at))
        if denied:
            tally.offer += weight
        for kind, value in owners:
            if denied and kind in _ADVERSE:
                continue
            tally.scores[kind] = tally.scores.get(kind, 0.0) + value * weight
            tally.seen.append((kind, _WORDS[index]))
            if value >= STRONG:
                tally.strong.add(kind)
    return tally


def _sentence(line: str, start: int, end: int) -> tuple[int, int]:
    """The sentence of [start, end) within ``line``."""
    begin = 0
    for match in _ENDS.finditer(line, 0, start):
        begin = match.end()
    stop = _ENDS.search(line, end)
    return begin, stop.end() if stop else len(line)
