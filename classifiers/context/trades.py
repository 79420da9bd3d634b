"""Is it another trade that gives, praises or invites: a game, a shop, a school, a journey, a program sold by subscription?

Red packets, prizes and superlatives are said in every trade. Where the words around name the goods of another one, and nothing of money lent,
invested or insured, they are no financial advertisement. So it is with a commission on goods that are sold, one level deep, and with things that are
lent: an umbrella, a book.
"""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse

AROUND = 260  # characters read on either side
LEAST = 2  # different words of one trade
_CODES = ("inducement", "superlative", "endorse.")
_TRADES = {
    "游戏与任务": bounded("游戏|试玩|玩家|看视频|看新闻|做任务|任务|签到|步数|走路|答题|观看广告|(?<!白)金币|段位|皮肤|通关"),
    "购物": bounded("商品|订单|购物(?!卡)|下单|发货|快递|门店|尺码|面料|库存|折扣|拼团|拼单|团购|外卖|菜品|穿搭|夏装|女装|家电|收藏品|周边|水果|生鲜|包邮|无门槛券|满减券|首单|代金券"),
    "门店与预付卡": bounded("办卡|次卡|年卡|储值卡|会员日|配镜|眼镜|学生证|火锅|锅底|奶茶|烘焙|蛋糕|理发|美发|烫染|美甲|足浴|洗浴|宠物|乐园|超市|便利店|干洗|洗衣|保洁|月嫂|汽修|保养|加油站|每升"),
    "通信": bounded("话费|电信|联通|中国移动|合约期|预存话费|存费|宽带|在网|机主|合约机|流量|月租|套餐|营业厅|携号转网"),
    "出行与配送": bounded("滴滴|司机|骑手|外卖|接单|跑满|网约车|打车|乘车|骑行|送餐"),
    "旅行": bounded("酒店|机票|火车票|航班|景点|旅行|旅游|门票|行程|攻略|导游|自由行|民宿"),
    "教育": bounded("课程|学习|学员|教程|考试|题库|单词|补习|考研|作业|同学|师资|授课"),
    "医疗健康": bounded("医生|医院|治疗|药(?:品|物)|减肥|护肤|养生|健身|瑜伽|康复|美容|体检|私教"),
    "软件服务": bounded("大?模型|(?:云)?服务器|云主机|\\bapi\\b|\\btokens?\\b|调用|密钥|软件|翻译|文档|流媒体|会员订阅|插件|浏览器|主机|域名|识别|开源|安装包|单机"),
    "房屋": bounded("小区|户型|楼盘|新盘|开盘|购房|首付|到访|售楼处|学区|地铁站|装修|房源|看房|物业|卧室|别墅|租房|出租|租客|房东|免押金"),
}
_MONEY = bounded(
    "投资|理财|收益|本金|本息|年化|出借|借款|借钱|贷|(?<!装修)(?<!维修)基金|股票|炒股|荐股|期货|外汇|证券|保险|保单|体验金|(?<!金)(?<!人民)(?<!港)(?<!硬)币(?!安)|usdt|挖矿|矿机|矿池|质押|众筹|信托|私募|股权|利率|利息|p2p|网贷|\\bpos|信用卡|刷卡|融资|债权|分红|金融|"
    "存款|开户|入金|出金|交易所|杠杆|配资|合约(?!机|计划|套餐|期内|期为|\\d)|加盟|招商|代理|黄金|白银|期权|财富|资产|储蓄|养老金|还款|征信"
)
# A commission on one sale of goods or of a service, to who brought the buyer: lawful, and paid in every shop.
_SALE = bounded(
    "带客|骑手|网约车|快递员|跑满|入职|试用期|房产经纪|购房|购车|试驾|车主|宽带|订单|下单|确认收货|签收|发货|供货|实付|成交额|成交价|销售额|销售价|售价|首单|商品|货款|带货|门店|到店|进店|入住|客房|房晚|报名|课程|会员卡|健身卡|年卡|代金券|优惠券|团购|橱窗|淘客|淘宝客|"
    "小程序码|选品|试用装|购买|买家|买手|民宿|机票|门票|服务器|套餐|软件|订阅|家装|装修|瓷砖|橱柜"
)
# Who buys the right to recruit, earns from those who recruit in turn, or for ever: that is no commission on a sale.
_LAYERED = bounded(
    "[二两三四五六七八九多\\d]级|[二两三四五六七八九多\\d]层|[二三四五六七八九\\d]代(?!码|购)|间接|间推|直推|下级|下线|下面|上级|上线|伞下|团队|级差|平级|极差|再(?:邀请|推荐|介绍|分享|发展|招|带|拉)|(?:好友|朋友)的(?:好友|朋友)|永久|永远|终身|终生|一辈子|"
    "锁定|锁客|锁粉|绑定|入门费|入会|加盟费|押金|激活|报单|升级|晋升|升为|资格|合伙人|区代|躺|睡后|管道|被动|裂变|倍增|见点|对碰|静态|动态|复投|左区|右区|拉人|人头|人脉|(?:全|返)返|返本|返还本|免单|零投入|月入|日入|财富|矿|投注|下注|彩|博|娱乐城|充值|刷卡|分润"
)
_THINGS = bounded("充电宝|单车|自行车|电动车|雨伞|轮椅|图书|借书|借阅|绘本|相机|器材|露营|礼服|汉服|婚纱|玩具|积木|投影仪|租机|租号|租手机|民宿|酒店|租房|公寓|会议室|更衣柜|储物柜|琴房|乐器")
_CASH = bounded("贷|借款|借钱|放款|下款|拿钱|现金|额度|资金|周转|利息|利率|征信|黑户|急用钱|到账|网贷|花呗|套现|还款")
# Goods that no financial product comes with unless it is named beside them: one is enough.
_GOODS = bounded("洗车|洗澡券|洗衣券|玻璃水|打蜡|烫染|首映礼|签名海报|黑胶|实体书|签名本|毛绒|手办|摆件")
# Crowdfunding whose return is the thing itself. What it says it is not (no shares, no return) is taken out before money is looked for.
_REWARDED = bounded(r"众筹[^。;\n]{0,40}(?:支持\s?\d|支持者|早鸟|解锁|发货|寄出|寄送|实物|得[^,。;\n]{0,8}(?:一[张本份套枚盒]|门票))")
_DENIED = bounded("(?:非|不是|不属于|并非|不涉及|不含|没有|不设|不承诺|无)(?:任何)?(?:股权|债权|金融|投资|理财|收益|回报|分红)(?:及|和|、|与|或)?(?:股权|债权|投资|收益|回报|分红)?")


def other_trade(text: str, start: int, end: int, code: str) -> Excuse | None:
    """Words at [start, end) of normalised ``text`` are said of another trade's goods."""
    if code == "ponzi.referral":
        return _sale(text, start, end)
    if code == "loan.misleading":
        return _lent(text, start, end)
    if not code.startswith(_CODES):
        return None
    around = text[max(0, start - AROUND):end + AROUND]
    if _REWARDED.search(around) and not _MONEY.search(_DENIED.sub("", around).replace("众筹", "")):
        return Excuse("other", "说的是以实物回报的众筹，与金融无关")
    if _MONEY.search(around):
        return None
    if _GOODS.search(around):
        return Excuse("other", "说的是门店自己的商品和服务，与金融无关")
    for name, words in _TRADES.items():
        if len({match.group(0) for match in words.finditer(around)}) >= LEAST:
            return Excuse("other", f"说的是{name}，与金融无关")
    return None


def _sale(text: str, start: int, end: int) -> Excuse | None:
    """A commission on goods sold, one level deep: no recruit earns from another."""
    around = text[max(0, start - AROUND):end + AROUND]
    if not _SALE.search(around) or _LAYERED.search(around) or _MONEY.search(around):
        return None
    return Excuse("other", "按商品或者服务的成交给一级佣金，未见层级、入门费")


def _lent(text: str, start: int, end: int) -> Excuse | None:
    """What is lent is a thing, and no money is spoken of."""
    around = text[max(0, start - AROUND):end + AROUND]
    if not _THINGS.search(around) or _CASH.search(around):
        return None
    return Excuse("other", "借用、租用的是物品，与借款无关")
