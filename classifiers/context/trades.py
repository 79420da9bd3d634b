"""Is it another trade that gives, praises or invites: a game, a shop, a school, a journey, a program sold by subscription?

Red packets, prizes and superlatives are said in every trade. Where the words around name the goods of another one, and nothing of money lent,
invested or insured, they are no financial advertisement.
"""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

AROUND = 260  # characters read on either side
LEAST = 2  # different words of one trade
_CODES = ("inducement", "superlative", "endorse.")
_TRADES = {
    "游戏与任务": bounded("游戏|试玩|玩家|看视频|看新闻|做任务|任务|签到|步数|走路|答题|观看广告|(?<!白)金币|段位|皮肤|通关"),
    "购物": bounded("商品|订单|购物(?!卡)|下单|发货|快递|门店|尺码|面料|库存|折扣|拼团|团购|外卖|菜品|穿搭|夏装|女装|家电|收藏品|周边"),
    "旅行": bounded("酒店|机票|火车票|航班|景点|旅行|旅游|门票|行程|攻略|导游|自由行|民宿"),
    "教育": bounded("课程|学习|学员|教程|考试|题库|单词|补习|考研|作业|同学|师资|授课"),
    "医疗健康": bounded("医生|医院|治疗|药(?:品|物)|减肥|护肤|养生|健身|瑜伽|康复|美容|体检|私教"),
    "软件服务": bounded("大?模型|\\bapi\\b|\\btokens?\\b|调用|密钥|软件|翻译|文档|流媒体|会员订阅|插件|浏览器|主机|域名|识别|开源|安装包|单机"),
    "房屋": bounded("小区|户型|楼盘|学区|地铁站|装修|房源|看房|物业|卧室|别墅|租房|出租|租客|房东|免押金"),
}
_MONEY = bounded(
    "投资|理财|收益|本金|本息|年化|出借|借款|借钱|贷|基金|股票|炒股|荐股|期货|外汇|证券|保险|保单|(?<!金)(?<!人民)(?<!港)(?<!硬)币(?!安)|usdt|挖矿|矿机|矿池|质押|众筹|信托|私募|股权|利率|利息|p2p|网贷|\\bpos|信用卡|刷卡|融资|债权|分红|金融|"
    "存款|开户|入金|出金|交易所|杠杆|配资|合约|加盟|招商|代理|黄金|白银|期权|财富|资产|储蓄|养老金|还款|征信"
)


def other_trade(text: str, start: int, end: int, code: str) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` are said of another trade's goods."""
    if not code.startswith(_CODES):
        return None
    around = text[max(0, start - AROUND):end + AROUND]
    if _MONEY.search(around):
        return None
    for name, words in _TRADES.items():
        if len({match.group(0) for match in words.finditer(around)}) >= LEAST:
            return Excuse("other", f"说的是{name}，与金融无关")
    return None
