"""What kind of page is it: one place, text cues only, with reasons a person can check.

Cues are literals (found by the same Aho-Corasick pass that looks for claims) with weights; a cue counts at most three times, so that one
word repeated in a menu decides nothing. A page that offers something to buy is a platform's or an advertisement, whatever else it says.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import islice

import ahocorasick_rs
import re2

from classifiers.model import Genre

MOST = 3  # times one cue counts
STRONG = 1.5  # a genre needs one cue of this weight: weak cues alone, however many, are everyday words
ENOUGH = 3.0  # score from which a genre is believed
SELLS, SHORT = 3.0, 1_500  # offers that make an advertisement of a short text in the form of news; a long page may carry its paper's own
# Who praises does not speak of these: an article that does tells of a case, whatever telephone stands below it.
ADVERSE = (
    "被告人", "被告", "警方", "民警", "犯罪嫌疑人", "涉案", "立案", "非法吸收公众存款", "集资诈骗", "爆雷", "暴雷", "跑路", "受害人", "受害者", "刑事拘留", "抓获", "落网", "被骗", "投资人报案", "失联", "判决", "检察院",
    "反诈", "警惕", "谨防", "骗局", "诈骗", "陷阱", "非法集资", "处罚决定", "行政处罚", "骗子", "传销",
)

OFFER: dict[str, float] = {
    "立即投资": 3, "马上投资": 3, "我要投资": 3, "我要出借": 3, "立即出借": 3, "我要借款": 2, "我要融资": 2, "立即加入": 1, "立即购买": 1.5, "立即抢购": 2, "立即认购": 2.5,
    "马上抢": 1, "起投": 1.5, "注册送": 2, "新手标": 3, "新手专享": 2, "新人专享": 1.5, "邀请好友": 1, "免费注册": 1, "立即注册": 1, "马上注册": 1, "注册即送": 2, "我的账户": 1,
    "账户中心": 1, "散标": 2, "债权转让": 1, "剩余可投": 2.5, "投标": 1, "加息券": 2, "体验金": 2, "投资期限": 1, "投资金额": 0.7, "理财计划": 1, "立即申请": 1, "扫码下载": 1,
    "下载app": 1, "加微信": 2, "添加微信": 2, "私聊我": 3, "联系我": 1, "客服微信": 2, "名额有限": 2, "限时": 0.7, "抢购": 1, "火热招募": 2, "诚招代理": 2, "招商": 0.7, "开户": 0.7,
    "入金": 1, "免费开户": 2, "为投资者提供": 1.5, "为您提供": 1, "值得信赖": 1, "值得信任": 1, "我们为": 0.7, "欢迎加入": 1, "快来": 1, "赶快": 0.7, "预期年化": 1, "借款期限": 1,
    "安全保障": 0.7, "新手指引": 1, "新手指南": 1, "充值": 0.5, "提现": 0.5, "红包": 0.5, "平台优势": 1.5, "为什么选择": 1.5, "选择我们": 2, "理财平台": 1, "投资平台": 1, "我要理财": 3,
    # terminals, loans, tokens, share tips, insurance, crowdfunding, prepaid and multi-level schemes
    "免费领取": 1.5, "领取设备": 2.5, "免费办理": 2, "代理加盟": 2, "代理政策": 2, "诚招": 2, "招募代理": 2, "全国包邮": 1.5, "一级代理": 1.5, "办理热线": 2, "咨询热线": 1.5,
    "立即借款": 3, "马上借款": 3, "我要贷款": 3, "立即贷款": 3, "申请额度": 1.5, "立即提额": 2.5, "贷款咨询": 1.5,
    "立即认养": 3, "开放认购": 2, "立即预约": 2, "预约路演": 2.5, "空投领取": 2, "领取空投": 2.5, "立即挖矿": 3, "立即质押": 2.5, "邀请奖励": 1.5, "推荐奖励": 1.5, "邀请码": 1.5,
    "进群": 1, "领取牛股": 3, "立即跟单": 3, "添加助理": 2, "老师微信": 2.5, "免费体验": 1, "立即体验": 1.5, "立即下载": 1, "点击下载": 0.7, "立即咨询": 1.5, "在线咨询": 0.7,
    "立即投保": 2, "马上投保": 2, "免费领保险": 2.5, "立即众筹": 2.5, "我要众筹": 2.5, "支持项目": 0.7, "成为合伙人": 2, "诚邀": 1.5, "加盟": 0.7, "马上领取": 2, "立即领取": 2, "推荐好友": 1, "好友投资": 2, "新人礼": 1.5,
}
CUES: dict[Genre, dict[str, float]] = {
    Genre.NEWS: {
        "记者": 1.5, "本报讯": 3, "据报道": 2, "新华社": 3, "通讯员": 3, "责任编辑": 3, "责编": 2, "编辑:": 1.5, "来源:": 1.5, "日讯": 2, "日消息": 2, "科技讯": 2.5, "财经讯": 2.5, "领投": 1, "日电": 2, "日报道": 1.5, "一审": 2, "二审": 2,
        "判决": 1, "检察院": 2, "被告人": 2, "被告": 1, "警方": 1.5, "民警": 2, "犯罪嫌疑人": 2.5, "涉案": 2, "立案": 1.2, "非法吸收公众存款": 2, "集资诈骗": 2, "采访": 1.2, "爆雷": 2, "暴雷": 2,
        "跑路": 1.5, "据悉": 1.5, "业内人士": 1.5, "分析人士": 2, "受害人": 1.5, "受害者": 1.5, "报道": 1, "接受记者": 3, "发布会": 1, "刚性兑付": 1, "经审理": 3, "法院": 1.2, "刑事拘留": 3,
        "抓获": 2, "落网": 2, "同比": 1, "环比": 1, "统计显示": 1.5, "数据显示": 1.2, "报告显示": 1.5, "本报": 1, "案发": 2, "失联": 1.2, "投资人报案": 3, "被骗": 1.5, "专家表示": 1.5, "专家认为": 1.5,
        "表示,": 0.7, "指出,": 0.7, "认为,": 0.7, "近日": 0.7, "日前": 0.7, "上市公司公告": 1, "每经": 1, "早报": 1, "晚报": 1, "周刊": 0.7,
    },
    Genre.LAW: {
        "本法": 2, "本办法": 2, "本条例": 2, "本规定": 1.5, "本细则": 2, "国家另有规定": 2, "有下列": 2, "下列行为": 2, "下列内容": 2, "法律、行政法规": 2, "处以": 1, "罚款": 1, "不得含有": 2.5,
        "依法追究": 2, "自公布之日起": 2, "施行": 1, "不得有下列": 2, "司法解释": 2, "刑法": 1.5, "广告法": 1.5, "应当具备": 1, "违反本": 2, "情节严重": 1.5, "没收违法所得": 2, "责令改正": 2,
        "征求意见稿": 2, "管理办法": 0.8, "暂行办法": 0.8, "禁止性行为": 2.5, "禁止行为": 2, "明示或者暗示": 2.5,
    },
    Genre.REGULATOR: {
        "提示广大": 3, "广大投资者": 1, "广大群众": 1.5, "社会公众": 1.5, "金融消费者": 1.2, "处罚决定": 3, "处字": 2, "行政处罚": 2, "处非办": 3, "打非": 2, "举报电话": 2, "监管局": 1, "金融办": 1.2,
        "公安机关": 1, "非法集资": 1, "风险提示函": 2, "现提示": 2, "郑重提示": 1.5, "警示函": 3, "责令": 1, "没收": 1, "整治": 1.2, "取缔": 1.5, "通告": 1, "查处": 1.5, "违法所得": 1.5, "严禁": 1,
    },
    Genre.EDUCATION: {
        "反诈": 3, "警惕": 2, "谨防": 2, "骗局": 2, "诈骗": 1.5, "防范": 1.5, "陷阱": 1.5, "轻信": 2, "切勿": 1.5, "常见手段": 2, "套路": 1.5, "不要相信": 2, "是指": 1, "指的是": 1, "例句": 3,
        "小知识": 2, "科普": 2, "定义": 0.7, "概念": 0.7, "理论": 1, "课程": 1, "什么是": 0.7, "庞氏": 1.5, "传销": 1.2, "非法集资": 1, "特征": 0.7, "防骗": 3, "识骗": 3, "投资者教育": 3, "骗子": 1.5,
        "天上不会掉馅饼": 3, "天上掉馅饼": 2, "守住钱袋子": 3, "资产定价": 2, "历史上": 0.7, "经济学": 1.5, "教材": 2, "通货膨胀": 1, "凡是": 0.7, "多为": 0.7, "千万别": 1.5, "高风险": 0.5, "术语": 1.5,
        "hurdle": 2, "carry": 1.5, "夏普": 1.5, "irr": 1, "波动率": 1, "资产配置": 0.7, "投资组合": 0.7, "股神": 1.5, "机构投资者": 0.7, "有限合伙人": 1, "普通合伙人": 1,
        "合规": 1, "话术": 2, "违规宣传": 2, "误导": 1, "风险教育": 2, "理性投资": 1, "怎么判断": 1.5, "如何识别": 2.5, "如何辨别": 2.5, "所谓": 1,
    },
    Genre.COMPLAINT: {
        "维权": 2, "本金归零": 2, "归零": 0.7, "被骗": 2.5, "投诉": 1.5, "我想咨询": 2.5, "求助": 2, "血本无归": 2, "报案": 2, "要求赔偿": 2, "上当": 2, "无法提现": 1.5, "提不了现": 2, "不能提现": 1.5, "联系不上": 1.5, "退钱": 2,
        "还我血汗钱": 4, "曝光": 1.5, "黑平台": 2.5, "骗了我": 3, "亏了": 1, "怎么追回": 2.5, "追回": 1, "口头承诺": 2, "请问律师": 3, "我投了": 2, "我被": 1, "拖着不给": 2, "欠款不还": 2,
    },
    Genre.FICTION: {
        "小说": 2, "剧情": 2, "游戏": 1, "玩家": 1, "笑道": 2, "说道": 1.5, "冷笑": 2, "说:“": 1, "道:“": 1, "主角": 2, "章节": 1, "他说": 0.5, "她说": 0.5, "穿越": 2, "台词": 2, "剧本": 2, "结局": 1,
        "npc": 2, "存档": 1, "关卡": 2,
    },
    Genre.JOB: {
        "招聘": 3, "岗位职责": 3, "任职要求": 3, "薪资": 2, "底薪": 2, "五险一金": 3, "应聘": 2, "简历": 2, "薪酬": 1.2, "求职": 2, "工作地点": 2, "招募": 0.5, "包吃住": 2, "月薪": 2, "时薪": 2, "双休": 2,
    },
    Genre.TECHNICAL: {
        "代码": 1, "函数": 2, "接口": 1, "部署": 2, "变量": 1.5, "参数": 1, "注释": 1, "测试用例": 2, "用例": 1.5, "正则": 2, "数据库": 1, "服务器": 0.5, "缓存": 1, "线程": 2, "def ": 2, "return ": 2, "const ": 2,
        "```": 2, "渲染": 1.5, "编译": 2, "重构": 2, "字段": 1.5, "提示词": 2, "prompt": 2, "关键词": 1, "词表": 3, "词库": 3, "敏感词": 3, "违禁词": 3, "黑名单": 1.5, "过滤": 1.2, "误报": 2, "判定": 1,
        "readme": 2, "commit": 1.5, "bug": 1.5, "前端": 1.5, "后端": 1.5, "模块": 1, "算法": 1, "脚本": 1.5, "迁移": 1, "回滚": 2, "灰度": 1.5, "异步": 2, "实例": 0.7, "容器": 1.5, "llm": 1.5, "sql": 1.5,
        "import ": 1.5, "class ": 1.5, "select ": 1.5, "todo": 1.5, "json": 1, "p0": 1.5, "机器学习": 1.5, "数据集": 1.5, "开发者": 1, "刷单": 1, "跑分": 1.5, "洗钱": 1, "博彩": 1.2, "赌博": 1, "裸聊": 2, "色情": 2, "六合彩": 1.5, "枪支": 2, "毒品": 1.5,
        "代开发票": 1.5, "办证": 1.5, "敲诈": 1.5, "回测": 1.5, "校验": 1.2, "断言": 2, "阈值": 1.2, "默认值": 1.5, "样本": 0.7, "benchmark": 1.5, "源码": 1.5, "枚举": 1.5, "打包": 1, "框架": 1, "调用": 1.2, "- [x]": 2, "- [ ]": 2, "升级": 0.3,
    },
    Genre.BANK: {
        "存款保险": 3, "本行": 2, "银行股份有限公司": 1.5, "手机银行": 1, "大额存单": 2.5, "结构性存款": 2.5, "非保本浮动": 3, "业绩比较基准": 2.5, "理财产品说明书": 3, "风险等级": 1, "保险金额": 2.5,
        "保险责任": 2.5, "投保": 1.5, "犹豫期": 2, "退保": 2, "现金价值": 2, "被保险人": 2, "偿付能力": 2, "基金管理人": 2, "基金托管人": 2, "基金净值": 2, "网上银行": 0.5, "个人银行": 2, "信用卡": 0.7,
        "保险公司": 1, "存款类": 2, "保险条款": 2, "理赔": 1.2, "保单": 1.5, "封闭期": 0.7, "托管费": 1.5, "管理费": 0.5, "净值型": 2, "定期存款": 1, "个人贷款": 1, "银行理财": 1, "r2": 0.7, "r3": 0.7,
        "储蓄": 1, "银监会批准": 2, "保监会批准": 2, "证监会核准": 2, "公募基金": 1,
    },
}
ZH = {
    Genre.PLATFORM: "平台自有页面", Genre.AD: "广告", Genre.BANK: "持牌机构的产品资料", Genre.NEWS: "新闻报道", Genre.LAW: "法律法规", Genre.REGULATOR: "监管公告", Genre.EDUCATION: "防非反诈或教学材料",
    Genre.COMPLAINT: "投诉求助", Genre.FICTION: "小说或游戏", Genre.JOB: "招聘", Genre.TECHNICAL: "程序或技术文本", Genre.OTHER: "未能判定",
}
# Words of those who write filters: a text with several of them lists what others must not say, offers and all.
FILTERS = ("误报", "敏感词", "违禁词", "违规词", "命中", "反例", "正则", "话术", "patterns", "spam", "词库", "词表", "分类器", "正样本", "负样本", "测试用例", "训练集", "拦截", "regex", "blacklist", "excuse", "标注", "数据集")
# Of those who explain the filter, or the law, to officers: the first are theirs alone, the others stand in any agreement too.
MANUAL = ("漏报", "办案", "判为", "法律依据", "不算", "误判", "违规用语", "审核规范", "审核标准", "执法指南")
AGREED = ("触发", "涉嫌", "合规", "违规", "认定", "规则", "等级", "免责", "情形", "审核", "虚假宣传", "广告法")
MANY_FILTERS, ENOUGH_RULES = 4, 9
_CODE = re2.compile(r"`[^`\n]{1,60}`|[a-z]{2,}_[a-z_]{2,}|[a-z]{2,}\.[a-z]{2,}\(|[a-z]{2,}\(\)|=>|&&|!=|==|::")
_TEMPLATE = re.compile(r"[{<%][^{}\n]{0,200}[}>%]|\$_?[a-z_.]+", re.ASCII)  # at most 200 characters tried at a place
_CONTRACT = re2.compile("甲方[^。\n]{0,60}乙方|乙方[^。\n]{0,60}[甲丙]方|本协议|本合同|本服务协议")  # has articles too, and binds those who sign it
_ARTICLE = re.compile(r"第[一二三四五六七八九十百]{1,5}条")
_MARKED = re.compile(r"[{<%$]")
_WEIGHTS: dict[str, list[tuple[Genre | None, float]]] = {}
for _word, _weight in OFFER.items():
    _WEIGHTS.setdefault(_word, []).append((None, _weight))
for _genre, _cues in CUES.items():
    for _word, _weight in _cues.items():
        _WEIGHTS.setdefault(_word, []).append((_genre, _weight))
WORDS: tuple[str, ...] = tuple(dict.fromkeys((*OFFER, *(word for cues in CUES.values() for word in cues))))


_AUTOMATON = ahocorasick_rs.AhoCorasick(WORDS)


def genre_of(text: str, title: str, counts: Mapping[str, int], *, visible: int | None = None) -> tuple[Genre, tuple[str, ...]]:
    """The genre and why. ``text``, ``title``: normalised; ``counts``: how often each word of ``WORDS`` stands in them.

    ``visible``: where the text that nobody sees begins (meta, scripts, hidden blocks). A genre that clears what is said must be read from what
    can be seen: words of a court or of a filter in a hidden block make no judgment of an advertisement.
    """
    genre, reasons = _genre_of(text, title, counts)
    if visible is None or visible >= len(text) or genre not in CUES:
        return genre, reasons
    shown = text[:visible]
    found = Counter(word for word, _, _ in _AUTOMATON.find_matches_as_indexes(f"{shown}\n{title}", overlapping=True))
    seen, why = _genre_of(shown, title, {WORDS[word]: count for word, count in found.items()})
    return (seen, (*why, "看不见的文字不作数")) if seen is not genre else (genre, reasons)


def _genre_of(text: str, title: str, counts: Mapping[str, int]) -> tuple[Genre, tuple[str, ...]]:
    scores = dict.fromkeys(CUES, 0.0)
    offer = 0.0
    strongly = set()
    for word, count in counts.items():
        times = math.sqrt(min(count, MOST))
        for kind, weight in _WEIGHTS.get(word, ()):
            if kind is None:
                offer += weight * times
            else:
                scores[kind] += weight * times
                if weight >= STRONG:
                    strongly.add(kind)
    head = text[:20_000]
    articles = len(_ARTICLE.findall(head)) if "条" in head and not _CONTRACT.search(head) else 0
    if articles >= 2:
        scores[Genre.LAW] += min(articles, 8)
        strongly.add(Genre.LAW)
    elif articles and "》" in text:
        scores[Genre.LAW] += 1.5
    scores[Genre.TECHNICAL] += 1.2 * _code(head)
    if about_rules(head):
        scores[Genre.TECHNICAL] += 6
        strongly.add(Genre.TECHNICAL)
        offer *= 0.4
    genre, best = max(scores.items(), key=lambda item: item[1])
    # A long page gathers stray cues of every kind: what is asked of a genre grows slowly with the text.
    need = ENOUGH + min(len(text) / 2_500, 4.0)
    disguised = genre in (Genre.NEWS, Genre.EDUCATION) and offer >= SELLS and len(text) < SHORT and not any(word in counts for word in ADVERSE)
    if best >= need and genre in strongly and disguised:
        return Genre.AD, (f"新闻或科普的形式，同页却有购买、注册或联系的引导：{_shown(OFFER, counts)}（互联网广告可识别性执法指南第十一条、广告法适用问题执法指南（一）第四条）",)
    if best >= need and genre in strongly and best > offer * (0.9 if genre is not Genre.BANK else 1.2):
        return genre, (f"{ZH[genre]}的用语：{_shown(CUES[genre], counts)}" + (f"；法条 {articles} 处" if genre is Genre.LAW and articles else ""),)
    if offer >= 2:
        return (Genre.PLATFORM if offer >= 4 or len(text) > 400 else Genre.AD), (f"有购买、注册或加入的引导：{_shown(OFFER, counts)}",)
    return Genre.OTHER, ()


def about_rules(text: str) -> bool:
    """Is the text about what may not be said: a list of words, a filter's rules, a guide for those who check advertisements?"""
    head = text[:6_000]
    filters = sum(word in head for word in FILTERS)
    return filters >= MANY_FILTERS or 2 * (filters + sum(word in head for word in MANUAL)) + sum(word in head for word in AGREED) >= ENOUGH_RULES


def _code(text: str) -> int:
    """Bits of program text, six at most. What a template language left between its marks is no sign: a site served raw shows it."""
    if _CODE.search(text) is None:
        return 0
    plain = _TEMPLATE.sub(" ", text) if _MARKED.search(text) else text
    return sum(1 for _ in islice(_CODE.finditer(plain), 6))


def _shown(cues: Mapping[str, float], counts: Mapping[str, int]) -> str:
    seen = sorted((word for word in cues if word in counts), key=lambda word: -cues[word])
    return "、".join(word.strip() for word in seen[:5])
