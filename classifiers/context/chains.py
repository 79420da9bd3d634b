"""Does the text around words of tokens and chains explain, document or report them, or hold them out to the reader?

Frames read one paragraph; a page of a course, an interface or a market report says what it is in the lines above and below. So here the lines
around are read as well. Of many cues each counts once: what explains against what invites. Who sells also explains, so an invitation weighs more.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import ahocorasick_rs

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

AROUND = 500  # characters read on either side
PROGRAM = 1.6  # cues of programs that make a text one of them, where nobody is addressed
LISTED = 3  # exchanges, each named at the head of a line of its own, that make a directory
LEAST_TRADE = 2  # different words of the trade that such a text holds
ENOUGH, MARGIN, MARGIN_ELSE = 0.9, 0.8, 1.4  # what explains, and by how much it must outweigh what invites; of codes beside the token itself
CODES = ("crypto.token", "ponzi.referral", "inducement", "yield.", "superlative", "guarantee.", "securities.advice", "fundraising.", "project.", "endorse.")
_TRADE = bounded("\\b[a-z]{2,6}币|静态收益|动态收益|复投|量化|跟单|出局|仓位|杠杆|solana|bnb|[比代虚泰]特?[拟达]?币|数字货币|加密货币|数字资产|加密资产|区块链|智能合约|挖矿|矿工|矿机|算力|质押|空投|代币|通证|defi|nft|\\busd[tc]\\b|\\bbtc\\b|\\beth\\b|以太坊|公链|链上|token|钱包|交易所|流动性|锁仓|web3|solidity|erc-?\\d+")
_EXPLAINS: dict[str, dict[str, float]] = {
    "education": {
        # definitions, and ways to say them
        "是一种": 1.2, "是一类": 1.2, "是指": 1.2, "指的是": 1.2, "称为": 1, "被称": 0.8, "称作": 1, "简称": 0.8, "缩写": 1, "又称": 1, "全称": 0.8, "意思是": 1, "什么意思": 1, "可以理解为": 1.2, "本质上": 0.8, "本质是": 0.8,
        "实质上": 0.8, "简单来说": 1, "简单地说": 1, "通俗": 1, "换句话说": 1, "也就是说": 1, "什么是": 1, "定义": 1, "概念": 1, "原理": 1, "术语": 1, "名词": 0.8, "区别": 0.6, "例如": 0.8, "比如": 0.8, "举例": 0.8, "假设": 0.8, "类比": 1,
        "相当于": 0.5, "就像": 0.5, "打个比方": 1, "相比": 0.4, "传统的": 0.3, "优点": 0.5, "缺点": 0.8, "局限": 1, "劣势": 0.8, "取决于": 0.6, "通常": 0.5, "一般来说": 0.8, "往往": 0.6, "大多数": 0.4, "常见的": 0.4, "种方式": 0.8, "种类型": 0.8, "分为": 0.5, "主要是": 0.4, "为主": 0.4, "目前": 0.2, "部分": 0.2, "建议修复": 1.2, "下图": 0.8, "如图": 0.8, "典型": 0.5, "十分相似": 0.8, "类似": 0.4, "通常会": 0.4, "我们熟悉": 0.8, "提案": 0.8, "草案": 0.8, "优化": 0.4, "改进": 0.4, "升级": 0.4, "不再需要": 0.6, "不再是": 0.5, "不变": 0.4, "从约": 0.5, "约为": 0.4, "流行": 0.5, "沒有中介": 0.6, "没有中介": 0.6, "基于": 0.2, "由此": 0.4, "为例": 0.8, "主要来源": 0.6, "来源于": 0.4, "参与者可以": 0.6, "启示": 1, "借鉴": 0.8, "竞品": 1, "目标用户": 0.6, "弱点": 0.8, "分析": 0.3, "需求": 0.4, "模式": 0.3, "抵押率": 0.6, "偿还": 0.5, "贷款合同": 0.5, "借出资产": 0.3, "做多": 0.4, "做空": 0.4, "头部": 0.3, "数据覆盖": 0.8, "聚合器": 0.5, "专家。": 0.5, "只需要": 0.2, "介绍": 0.3, "回顾": 0.5, "总结": 0.4, "背景": 0.5, "用户可以": 0.3, "允许用户": 0.4, "标准": 0.3, "示例": 0.5, "系列文章": 1, "深入理解": 0.8, "深入探讨": 0.6, "核心原理": 1, "推荐观看": 1, "当前实现": 1.2, "某些": 0.4, "有些": 0.4, "可能会": 0.4, "可能需要": 0.5, "通常用于": 1, "等场景": 0.8, "兴起": 0.8, "热潮": 0.6,
        # of teaching
        "学习": 0.7, "掌握": 0.8, "教程": 0.8, "课程": 1, "练习": 0.8, "作业": 1, "实验": 0.8, "本章": 1.2, "本节": 1.2, "小节": 1, "笔记": 1, "入门": 0.5, "知识": 0.5, "学生": 0.8, "学员": 0.5, "教学": 1, "教材": 1.2, "考试": 1, "面试": 1.2, "参考": 0.4, "读者": 0.8,
        "本文": 0.8, "论文": 1.2, "研究": 0.5, "提出了": 0.6, "摘要": 1, "文献": 1.2, "定理": 1.5, "证明": 0.4, "公式": 0.8, "博弈": 1, "算法": 0.5, "历史": 0.4, "中本聪": 1, "诞生": 0.6, "最早": 0.5, "发明": 0.6, "白皮书中": 0.6,
        # of how chains work
        "矿工": 0.5, "哈希": 1, "共识机制": 0.5, "工作量证明": 0.8, "权益证明": 0.8, "账本": 0.5, "出块": 0.5, "打包": 0.4, "私钥": 0.4, "公钥": 0.8, "签名": 0.5, "攻击": 0.7, "双花": 1, "重入": 1, "密码学": 0.6, "虚拟机": 0.8, "分叉": 0.6, "无常损失": 1.2, "清算": 0.5, "超额抵押": 0.8,
        "验证者": 0.5, "拜占庭": 1, "默克尔": 1, "预言机": 0.5, "滑点": 0.5, "做市商": 0.4, "罚没": 0.8, "难度": 0.5, "数学": 0.6, "激励机制": 0.4, "通胀": 0.4, "作恶": 0.8, "恒定乘积": 1,
    },
    "code": {
        "函数": 1.2, "接口": 1, "参数": 1, "字段": 1.2, "代码": 1, "调用": 1, "编译": 1.2, "部署": 1, "测试": 0.7, "调试": 1, "脚本": 1, "变量": 1, "报错": 1.2, "修复": 0.8, "模块": 0.8, "组件": 1, "架构": 0.5, "配置": 0.7, "依赖": 0.4, "命令": 0.6, "仓库": 0.8, "开源": 0.3, "前端": 1, "后端": 1,
        "数据库": 1, "日志": 0.7, "文档": 0.7, "数据结构": 1.2, "返回值": 1.2, "实现": 0.2, "封装": 1, "逻辑": 0.5, "触发": 0.4, "查询": 0.4, "定时任务": 1.2, "服务器": 0.4, "开发者": 0.4, "框架": 0.6, "技术栈": 1, "数据源": 1, "索引": 0.6, "枚举": 1, "入参": 1.2, "出参": 1.2, "示例": 0.6, "源码": 0.7, "缓存": 1,
        "测试网": 1.2, "devnet": 1.2, "testnet": 1.2, "水龙头": 1, "solidity": 0.8, "uint": 1.2, "mapping": 1, "require(": 1.2, "function": 1, "returns": 1, "comment": 1, "default null": 1.5, "varchar": 1.5, "bigint": 1.5, "struct": 1, "import ": 1, "const ": 1.2, "public ": 0.8, "console.": 1.2, "npm": 1, "python": 0.8, "docker": 1,
        "github": 0.4, "readme": 1, "sdk": 0.6, "api": 0.4, "json": 0.8, "http": 0.2, "rpc": 0.6, "```": 1.2, "`": 0.8, "//": 0.8, "/*": 1, "()": 0.8, "=>": 0.8, "==": 0.8, "├": 1, "✅": 0.5, "❌": 0.5, "[x]": 1, "todo": 1, "任务名称": 1, "已完成": 0.5, "验收": 1, "一致性": 0.6, "需要实现": 1, "功能实现": 0.8, "权限": 0.4,
        "合约地址": 0.2, "数据模型": 1, "技术方案": 1, "设计文档": 1.2, "用户故事": 1.2, "as a ": 1.2, "流程图": 0.8, "集成": 0.3, "适配": 0.8, "回测": 0.8, "策略参数": 0.8, "爬取": 1, "数据分析": 0.6, "类型": 0.2, "失败": 0.6, "异常": 0.6, "错误": 0.6, "不足": 0.3, "请重试": 0.8, "稍后": 0.4, "初始化": 1, "warn": 0.8, "error": 0.8, "提示词": 1, "卖点": 0.8, "字数": 0.8, "写法": 0.8, "用例": 1, "单元测试": 1.2, "状态": 0.3, "列表": 0.4, "用于": 0.3, "支持自定义": 0.4, "保持关闭": 0.8, "技术坑": 1, "核心职责": 1, "注释": 0.8, "实体": 0.5, "控制器": 0.8,
    },
    "statistics": {
        "下跌": 0.8, "上涨": 0.5, "涨幅": 0.6, "跌幅": 1, "跌破": 1.2, "回落": 1, "反弹": 0.8, "震荡": 1, "行情": 0.3, "支撑位": 1, "阻力": 0.8, "空头": 0.8, "市值": 0.5, "成交量": 0.6, "盘面": 1, "收盘": 1, "报价": 0.5, "抛售": 1, "资金费率": 0.8, "爆仓": 0.8, "现货etf": 1, "美联储": 1.2, "非农": 1.2, "分析师": 1, "机构资金": 0.6, "流动性收紧": 1,
        "报道": 0.8, "消息": 0.4, "记者": 1.2, "据悉": 1, "宣布": 0.7, "表示": 0.5, "指出": 0.6, "认为": 0.5, "发布": 0.3, "近日": 0.8, "日前": 0.8, "监管机构": 0.8, "法案": 1, "证券交易委员会": 1.2, "sec": 0.6, "融资": 0.3, "收购": 0.6, "起诉": 1, "黑客": 0.8, "市占率": 1, "主导地位": 0.8, "讨论": 0.3, "关注": 0.3, "影响": 0.3, "今年": 0.4, "去年": 0.6,
    },
    "warning": {
        "骗局": 1.2, "骗": 0.6, "警惕": 1, "谨慎": 0.6, "诈骗": 1.2, "非法": 1, "违法": 1, "禁止": 0.8, "风险": 0.3, "亏损": 0.6, "损失": 0.4, "归零": 1, "投机": 0.8, "泡沫": 1, "不受法律保护": 1.5, "提醒": 0.6, "远离": 1, "陷阱": 1, "传销": 1, "庞氏": 1.2, "监管": 0.5, "理性": 0.5, "盲目": 0.8, "尽职调查": 1,
    },
}
_INVITES: dict[str, float] = {
    "您": 0.8, "让您": 0.8, "为您": 0.8, "助您": 1.5, "我们": 0.5, "本平台": 1.2, "本项目": 0.5, "官方": 0.3, "立即": 1.2, "马上": 1, "点击": 0.6, "加入": 0.5, "参与": 0.3, "领取": 0.4, "注册": 0.4, "下载": 0.3, "抢": 0.6, "扫码": 1.5, "开户": 0.8, "充值": 0.4, "认购": 1, "申购": 0.8, "预约": 0.8,
    "限时": 1.2, "限量": 1, "名额": 1.2, "即将上线": 1.2, "敬请期待": 1.2, "先到先得": 1.5, "火爆": 1.5, "火热": 1.5, "首发": 0.6, "首批": 0.8, "第一期": 0.8, "早鸟": 1.2, "抢先": 1, "仅限": 0.5, "白名单": 0.5, "私募": 0.6, "预售": 0.8, "众筹": 0.6, "上所": 1, "底池": 0.6, "套餐": 0.8,
    "邀请": 0.8, "邀请码": 1, "推荐人": 0.5, "好友": 0.7, "直推": 0.8, "团队奖": 1, "推荐奖": 0.8, "返佣": 0.8, "级差": 0.8, "业绩": 0.5, "合伙人": 1, "节点招募": 1.5, "招募": 1, "诚邀": 1.5, "布道": 1, "出局": 0.5, "烧伤": 0.8, "静态收益": 0.6, "动态收益": 0.6, "分享收益": 0.8, "下级": 0.4,
    "收益": 0.3, "分红": 0.5, "利息": 0.3, "返还": 0.3, "赚": 0.4, "回本": 1, "翻倍": 0.8, "被动收入": 1, "被动现金流": 1, "打造": 0.5, "助力": 0.6, "丰厚": 0.8, "奖励活动": 0.8, "各种活动": 0.8, "正向循环": 1, "飞轮": 0.8, "创新性": 0.5, "稀缺": 0.8, "永久持有": 0.8, "通缩": 0.5, "增值": 0.4, "共识": 0.2, "推荐奖励": 0.4, "早期参与": 0.6, "致力于": 0.6, "为全球": 0.6, "解决方案": 0.4, "首家": 0.6, "首个": 0.4, "高效": 0.3, "交易大赛": 1, "不仅能": 0.8, "还能": 0.4, "解锁": 0.5, "权益": 0.4, "稳健": 0.5, "财富": 1, "红利": 0.6, "提现": 0.4, "糖果": 0.5, "撸": 1.2, "零成本": 1, "群": 0.4, "福利": 0.8, "奖励": 0.2, "升值": 0.5, "日收益": 0.8, "年化": 0.4, "每天": 0.3, "每日": 0.3, "apy": 0.3, "复利": 0.4, "起投": 1.2, "随存随取": 1.5, "保障": 0.5, "稳定": 0.3, "躺": 1, "放心": 1,
    "无忧": 1, "安全可靠": 1, "银行级": 1, "轻松": 0.8, "一键": 0.6, "零门槛": 1.2, "无需": 0.3, "即可": 0.4, "只需": 0.6, "就能": 0.6, "零手续费": 1.2, "新手": 0.6, "小白": 1, "享受": 0.7, "全球领先": 1, "领先的": 0.5, "专业": 0.3, "顶级": 0.8, "颠覆": 0.6, "革命性": 0.6, "赋能": 0.6, "共赢": 1, "共享": 0.3, "机遇": 0.8, "未来": 0.2, "生态": 0.2, "价值": 0.1,
    "微信": 0.8, "电报": 0.8, "telegram": 0.4, "客服": 0.8, "进群": 1.5, "社群": 0.8, "社区": 0.2, "官网": 0.5, "联系": 0.4, "平台优势": 2, "为什么选择": 2, "核心优势": 1.2, "连接钱包": 0.8, "持币": 0.4, "自由": 0.2, "托管": 0.4, "矿机": 0.4, "合作伙伴": 0.6, "买币": 0.6, "交易平台": 0.4,
}
_SUMS = bounded("[\\d,]+ ?(?:usdt|u)\\b|\\d+(?:\\.\\d+)?%")
_DRAWS = bounded("立即(?:注册|购买|参与|加入|领取|下载|认购|投资|体验|质押|挖矿)|扫码|加(?:我)?(?:微信|v信|vx)|邀请码|名额(?:有限|仅)|先到先得|私聊|进群|客服微信|诚邀|火爆|稳赚|躺赚")  # beside the words, nothing else counts
_DENIES = bounded("(?:不|未|无权|不会|并不|均不)(?:能|得|可)?(?:享受|享有|参与|产生|附带|获得|支付|派发|提供|进行)[^,。!?\\n]{0,8}(?:分红|收益|利息|回报|奖励|分润)")
_DEFINES = bounded("(?:^|\n)[^,。:\\n]{1,12}(?:是|指)[^,。!?\\n]{2,36}(?:行为|方式|手段|机制|权限|过程|技术|协议|策略|方法|凭证|标准|概念|活动)[,。]")  # a term, and what it is
_READER = bounded("您|你|我们|微信|电报|邀请码")
_PRODUCES = bounded("^(?:免费|批量|立即)?(?:领取?|获取|获得?)[^,。]{0,3}空投(?:代币)?$|^[获可得]{1,2}到?\\d[\\d.,]* ?(?:usdt|u|枚)$")  # what a token pays is no gift of money beside it
_SIGNS = bounded("[a-z]{2,}_[a-z_]{2,}|@[a-z]{3,}|\\b[a-z]{3,}\\.(?:py|js|ts|md|go|json|sol|id|sh|ya?ml|[a-z]{4,})\\b|[a-z]{2,}\\([^)\\n]{0,20}\\)|\\$\\{|[{};]\\n|=\\s?[\\[{\"']|\\b(?:select|insert into|values|create table|class|namespace|private|static|void|integer|boolean|null|true|false)\\b")  # of programs, three at most
_ENTRY = bounded("(?:^|\n)[\\s\\-*|·•\\d.\"'`]{0,8}(?:[a-z_]{2,16}[\"']?\\s?[:：]\\s?[\"']?)?(binance|币安|okx|okex|欧易|huobi|火币|coinbase|kraken|bybit|kucoin|库币|gate(?:\\.io)?|bitget|mexc|bitfinex|bitstamp|upbit|bithumb|gemini|deribit|bitmex|uniswap|抹茶|芝麻开门)\\b")
# Lines of a directory: a Latin name, then what it is.
_PRODUCTS = bounded("(?:(?:^|\\n)[\\s\\-*|·•]{0,4}[a-z][a-z0-9. ]{2,20}(?: ?[:|]| - )[^\\n%]{2,40}){3}")
_NAMED = bounded("^[\\s\\-*|·•]{0,4}[a-z][a-z0-9. ]{2,20}(?: ?[:|]| - )[^\\n%]{0,40}$")
_OF_NAMES = ("crypto.token", "superlative")
_TEMPLATE = bounded("\\{\\{[^{}\\n]{0,80}\\}\\}|<[^<>\\n]{0,80}>")  # what a template left says nothing of the page
_WORDS = tuple(dict.fromkeys((*_INVITES, *(cue for cues in _EXPLAINS.values() for cue in cues))))
_AUTOMATON = ahocorasick_rs.AhoCorasick(_WORDS)


class Balance(NamedTuple):
    kind: str
    most: float  # what the cues of ``kind`` add up to
    explains: float  # of all kinds
    invites: float
    cues: tuple[str, ...]


@lru_cache(maxsize=64)
def balance(around: str) -> Balance:
    """What the cues of ``around``, normalised text, add up to."""
    found = {_WORDS[index] for index, _, _ in _AUTOMATON.find_matches_as_indexes(around, overlapping=True)}
    scores = {kind: sum(weight for cue, weight in cues.items() if cue in found) for kind, cues in _EXPLAINS.items()}
    scores["code"] += 0.6 * min(3, len({match.group(0) for match in _SIGNS.finditer(around)}))
    scores["education"] += 1.2 * bool(_DEFINES.search(around))
    kind = max(_EXPLAINS, key=lambda name: scores[name])
    invites = sum(weight for cue, weight in _INVITES.items() if cue in found)
    invites += 0.3 * min(3, len({match.group(0) for match in _SUMS.finditer(around)}))
    told = sorted((cue for cue in found if cue in _EXPLAINS[kind]), key=lambda cue: (-_EXPLAINS[kind][cue], cue))
    return Balance(kind, scores[kind], sum(scores.values()), invites, tuple(cue.strip() for cue in told[:4]))


def _line_of_name(text: str, start: int) -> bool:
    return bool(_NAMED.search(text[max(0, text.rfind("\n", 0, start) + 1, start - 80):start]))


def chained(text: str, start: int, end: int, code: str) -> Excuse | None:
    """The words at [start, end) of normalised ``text`` stand in a text that explains tokens and chains, documents a program of them or reports on them."""
    if not code.startswith(CODES) or _DRAWS.search(text[max(0, start - 60):end + 60]):
        return None
    denied = _DENIES.search(text[start:end + 8])
    if denied is not None:
        return Excuse("negation", f"“{denied.group(0)}”")
    if code == "inducement" and _PRODUCES.search(text[start:end]):
        return Excuse("other", "说的是代币的派发或者产出，归虚拟货币一类")
    around = _TEMPLATE.sub(" ", text[max(0, start - AROUND):end + AROUND])
    if len({match.group(1) for match in _ENTRY.finditer(around)}) >= LISTED or (code in _OF_NAMES and _PRODUCTS.search(around) and _line_of_name(text, start)):
        return Excuse("quotation", "逐行列举各家平台")
    if len({match.group(0) for match in _TRADE.finditer(around)}) < (1 if code == "crypto.token" else LEAST_TRADE):
        return None
    read = balance(around)
    margin = MARGIN if code == "crypto.token" else MARGIN_ELSE
    if read.kind == "code" and read.most >= PROGRAM and not _READER.search(around):
        margin = 0.0  # a program of a scheme is written in the words of the scheme
    if read.explains < ENOUGH or read.explains - read.invites < margin:
        return None
    return Excuse(read.kind, f"上下文在讲解、记述：{'、'.join(read.cues) or '标识符、语句'}")
