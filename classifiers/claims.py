"""Whose rate is it, and how is it said: of all the rates on a page, those held out to people as what their money will bring.

Reads the label on either side of a number (年化收益 12%, 8.5%年化, 预期年化收益率⏎8%); what another label owns (费率, 税, 涨幅, 贷款, 存款, 进度) is no yield.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from classifiers.bounded import anchored, bounded
from classifiers.numbers import TERM, Rate, annual, number, rates, term_days

LEFT, RIGHT = 30, 24  # characters read for a label
LONG = 4 * 365.0  # days
BEYOND_DEPOSITS = 6.0  # per cent a year: what calls itself a deposit and bears more is none
STANCES = ("promised", "advertised", "listed", "expected", "historical", "benchmark", "comparative")
STANCE_ZH = {"promised": "承诺", "advertised": "直接标示", "listed": "列示", "expected": "预期", "historical": "历史", "benchmark": "业绩比较基准", "comparative": "比较"}

_LABEL = bounded(
    "(?P<gain>(?:年化|月化|日化|年|月|日|周|每日|每天|每月|每周|每年|静态|动态|综合|保底|固定|平均|累计|投资|净|高|稳定|参考|约定|到期|持有)*"
    "(?:收益率?|回报率?|盈利率?|获利率?|获利|分红率?|返利|返息|结息|分息|利润率|派息|得利|apr|apy|返还率|红利|利润分红|产出|日返|月返|赚)|(?:投资|年化|年)报酬率?|年化(?:率)?)"
    "|(?P<rate>(?:年|月|日|周)?(?:化)?(?:利率|利息)|(?:年|月|日|周)[息利]|(?:日|周|月|季)化(?:率)?|(?:天天|日日|月月|周周|日|周|月|年|天|每日|每天|每周|每月|每年)返|(?:日|每日|每天|月|每月)(?:释放|产出)|(?:每天|每日|每周|每月|天天|日日|月月)(?:躺着?|都|能|可以?|稳|坐等?|静态)*(?:领|拿|收|赚|入|提|分|得)取?|[日月年]入|加价|\\broi\\b|(?:每天|每日|每月|日|月)(?:均)?增值)"
    # 一个月八个点, 半年12%: nothing but the time stands before the number
    "|(?P<span>(?:每个?|一个?|1个?|按)(?:天|日|月|周|星期|季度?|年)|半年|天天|月月|(?:\\d{1,3}|[一二两三四五六七八九十]{1,3})(?:个)?(?:天|月|年)期?|半年期|我们(?:的)?(?:产品|平台)?|本平台|我司|本产品)"
)
_OTHER = bounded(
    "分成|全球分红|反水|平级奖|级差奖|费率|抽成|抽取|抽 ?$|股息率|报酬率|优先回报|超额收益|手续费|管理费|服务费|托管费|申购费|赎回费|佣金|提成|分润|返佣|税|折扣?|优惠|增长|增幅|增速|增加|提高|提升|上升|下降|降低|减少|同比|环比|占比?|比例|比重|涨幅?|跌幅?|上涨|下跌|持股|股份|股权|股票|抵押率|质押率|"
    "成数|通过率|好评|满意度?|逾期率|不良率?|坏账率?|违约率|违约金|进度|完成|已投|已售|剩余|负债|换手|波动|准确率?|成功率|胜率|命中|覆盖|概率|几率|返现|奖励|红包|加息|罚息|滞纳|首付|定金|保证金|仓位|回撤|覆盖率|市场份额|"
    "复合增长|权重|浓度|含量|湿度|免费|正品|真实|人工|抵扣|上浮|下浮|基准|余额(?!宝)|预付|押金|概况|纯度|开源|拔比|市值|营收|净利|出资|认缴|控股|参股|让利|补贴|点差|杠杆|份额|学费|出油|毛利|返送|充值"
)
_OTHER_AFTER = bounded("^ ?(?:的)?(?:(?:收益)?(?:分成|反水|佣金)|[a-z]{3,5} 分红|全球分红)|^ ?(?:的)?(?:推广|分销|加息[券卡]|终身(?:循环)?返|永久返|散户|股民|投资人|投资者|玩家|家庭|企业|受访|交易者|概率|几率|机会|管理|购物|代金|积分|礼品|话费|归|抽成|用于|用作|进行|作为|分给|服务费|托管|本息|本金|保障|安全|兑付|担保|盈利|赔付|正品|真实|人工|投资标|资金|到账|通过|覆盖|适用|准确|成功|保本|免费|以?上?的(?:人|用户|投资者|企业|股|份额|客户|市场)|返现|现金|手续|费|折|优惠|off|首付|佣金|股|提成|分润|奖励|返佣|税)")
_GAME = bounded("金币|经验值?加成|角色|挂机|装备|副本|关卡|暴击")
_PLAN = bounded("(?:业绩|流水|营业额|销售额|交易额|团队|全网|加权|手续费|营收|净利润|平台利润|入金量|消费(?:积分|金额|额)?|实付(?:金额)?|订单(?:金额|总额)?|课程费|学费)的?[^,。;:\n%]{0,3}$")  # a share of what others bring: 全球新增业绩的3%
_BROUGHT = bounded("(?:好友|下级|下线|被邀请人|被推荐人|受邀人)[^,。;%\n]{0,10}(?:收益|利息|回报|产出)(?:的)? ?$")  # 好友每笔出借收益 1%: of what a friend earns
_SPENT = bounded("(?:消费|下单|购物|付费)[,，]?(?:你|您|邀请人|推荐人)(?:就|都|也|可以?|能)*(?:赚|得|拿|返|获得?) ?$")  # 好友消费你赚 30%: of what he spends
_NEW_LINE = bounded("\\n[^\\n]{0,2}[^\\d\\s\\n,:~约达为]{4,}[^\\n]{0,3}$")  # the line of the number begins with a name of its own
_BIDS = bounded("新手标|新手专享|新人标|体验标|起投|投标|剩余可投|立即(?:投资|加入|抢购|出借)|我要投|满标|加息")  # what is open for bids is held out, whatever its rate is called
_OPEN_BID = bounded("(?:的)?(?:高息|高收益|超高|特权|专享|短期|年化)?(?:新手标|新人标|体验标|新手专享|福利标|秒标|短标)")  # 11%高息新手标
_DAYS_OF_YEAR = bounded("^ ?[*×x] ?[\\d.]{1,6}(?:天)? ?[/÷] ?36[056]|^ ?[/÷] ?36[056] ?[*×x]")  # 10000*11%*90/365: a sum worked out
_WORKED_OUT = bounded("[\\d)万%] ?[/÷] ?\\(?[\\d.]{1,9}[万)]{0,2} ?= ?$")  # 772.88/10万=0.7728%
_BUSINESS = bounded("农户|种植|养殖户|亩均|大棚|开店|门店|店铺|餐饮|骑手|产值|工程|建成|发电")
_CREDIT = bounded("信用卡|借呗|花呗|白条|按时还款|借\\d{3,6}|逾期(?:未还|费|利|的)|罚息|透支|分期(?:费|手续)|借钱|授信|利息支出|违约金|循环利息|滞纳金")
_TELECOM = bounded("话费|流量|宽带|购物卡|电费|油卡|积分|代金券|优惠券|打卡|水费|学费|工资|底薪|押金")
_PER_TIME = bounded("^ ?(?:/|每|一|per )? ?(?:(?P<day>日|天|day)|(?P<week>周|星期)|(?P<month>个?月|month)|(?P<quarter>季度?)|(?P<year>年|year))")
_STRAIGHT = bounded("^ ?(?:就|能|可以?|有|稳定|稳稳|给|你|您|拿|至少|最少|固定|保底|可达|高达|赚|返|得|收|:|期|约|达到?|是|为| )*$")
_THEIRS = bounded("(?:银行|存款|余额宝|同行|别家|其他平台|别人)(?:的)?(?:活期|定期)?(?:才|只有|仅|只|是|为|:)? ?$")  # 银行1.5%,我们11%
_TENTHS = bounded("^(?:为|达|高达|有|约|能有|可达|每年|每月|:)?$")
_PAID_OUT = bounded("按[时月季]付|打到(?:你|您)?[^,。]{0,3}卡|打卡里|给(?:到)?(?:你|您)|到(?:你|您)(?:手|账|卡)|准时到|坐等")
_BY_YEAR = bounded("(?:相当于|等于|折合|合)(?:一)?年(?:化)?|一年[^,。]{0,4}翻")  # 日结千三,相当于一年翻倍
_WAGES = bounded("招聘|兼职|小时工|临时工|工资|工价|包吃|包住|普工|短工|招工|上班|夜班|白班|钟点|搬运|分拣")
_TAPE = bounded("换手率|龙虎榜|(?:今日|昨日|周五|上周)收盘|成交额")
_RAISED = bounded("(?:上浮|提高|提升|加码|增加)[至到]")  # as long as what is put in its place
_COUNT = bounded("[\\d一二两三四五六七八九十半](?:个)?$")
_JUST = bounded("^ ?[:为是]?(?:每个?)?(?:(?P<day>日|天)|(?P<week>周)|(?P<month>月)|(?P<quarter>季度?)|(?P<year>年)) ?[:约]?$")
_SOME_TERM = bounded(TERM)
_SAID_TERM = bounded(f"({TERM})(?:期|内|后|到期|满|的|即可|就|可|能|总|获得?|得|赚取?|享|投资|持有|,| ){{0,3}}$")
_AFTER_TERM = bounded(f"^(?:,| |只要|只需|仅需|就在|用时|在){{0,2}}({TERM})")
_HIGHER = bounded("(?:比|较)[^,。]{1,10}(?:高|多)(?:出|了|达)?$|(?:高于|高出|超出|超过|领先)[^,。]{0,10}(?:银行|存款|余额宝|活期|定期|国债)[^,。]{0,6}$|(?:银行|存款|余额宝|活期|定期|国债)[^,。]{0,6}(?:高出|多出|高)$")
_LOAN = bounded("贷款|借贷|贷|借款(?:利|成本|年)|借钱|授信|信用卡|分期|房贷|车贷|还款利|罚息|lpr|按揭|下款|放款|融资成本|资金成本|利息低|低息|低利|额度高|月供|利率低")
_INVEST = bounded("投资|理财|出借|投标|收益|回报|起投|认购|购买|转让|散标|标的|返|分红|存入|转入|加入|赚|锁仓|质押挖|复投|入金|立即投|盈利|增值|募集|封闭期|起购|起存|提现|赎回|抢购|随进随出|复利|滚存|本金|本钱|质押|挖矿|跟单|增值|usdt|量化|进场|计息|付息|随存随取|随取随用|借给我|钱放|把钱|到期还本|还本付息|满标|起息|专享标|新手标|躺|静态|动态|闷声|结息|欲投|可投|好项目|(?:定期|活期|增利|月盈|季盈|盈)宝|(?:月月|季季|年年|天天)[盈利增富赢鑫]|灵活存取|投得|领得|给你[^,。]{0,6}利息|存(?:满|够)?(?:[一二两三半]|\\d{1,2}个?)[年月]")
_DEPOSIT = bounded("存款|收益凭证|美债|中债|长债|地方债|定期存款|活期存款|银行存款|存款利率|存款基准|存单|国债|储蓄|基准利率|lpr|逆回购|债券|票面|十年期|10年期|一年期定|央行|公积金|同业|shibor|无风险利率|通胀|通货膨胀|cpi|gdp|m2|余额宝|货币基金")
_RENT = bounded("租金|租售|房价|房租|出租")
_BEYOND = bounded("倍|高于|超过|远超|秒杀|跑赢|高出|比(?:银行|存|定期|活期|国债|余额宝|货币|储蓄|它|[^,。]{1,8}(?:高|多|强|划算))")
_EXPECTED = bounded("预期|预计|预估|估算|测算|预测|目标|拟|参考|模拟|演示|假设|(?:如果|假如|若)(?:年|月)?化?(?:收益|回报|利率)|示例|举例|试算|计算器")
_HISTORICAL = bounded("今年以来|年初至今|本月以来|过去|历史|过往|往期|平均年|平均每年|年间|(?:报告|统计|存续|上述|同|该|此)期间|基金经理|往年|上期|实际年化|社保基金|养老基金|企业年金|近[一二三四五六七八九十\\d两]{1,2}[年月日周]|成立以来|七日年化|7日年化|近7日|近七日|去年|曾|回测|截至|当年|(?:上|本|该|\\d)年度|年度(?:收益|回报|业绩|化|净值)|巴菲特|芒格|西蒙斯|桥水|标普|沪深300|大盘(?:收益|回报|年化)|(?:19|20)\\d\\d年")
_SCANT = bounded("(?:约为|大约|只有|仅有?|才|不足|不到)[^,。]{0,3}$")
_SEVEN_DAYS = bounded("近?[七7]日年化")
_CHANGED = bounded("(?:从|由) ?$")  # 收益率从18%提升到25%: told of the past
_GO_ON = bounded("^ ?(?:最高|最低|高达|可达|达到|达|约|为|稳定在|不低于|超过|在|每年|每月|每日|每天|年化|月化|日化|到期|一般|平均|可以?|还|能|就|有|按|是|至少|更|还可以?得到|[+\\d.\\-~—%元天个月年期])* ?$")
_REACHES = bounded("平均年[^,。]{0,8}(?:高达|可达|最高|达到)")  # an average held out as what can be had is no history
_BENCHMARK = bounded("业绩比较基准|业绩基准|比较基准|业绩报酬|计提")
_PROMISE = bounded("保证|承诺|固定|稳定|确保|每天|每日|每月|按月|天天|日日|月月|保底|高达|最高|可达|达到|高至|稳享|坐享|必|稳赚|轻松|立享|可得|尊享|锁定|到手|专享|保本|保息|就能|即可|一定|绝对|至少|不低于|返|分红|以上|起")
_MONTH, _QUARTER, _WEEK, _DAY = (bounded(p) for p in ("(?:^|[^\\d个一二三四五六七八九十两几])(?:个)?月(?:化|收|回报|返|息|利|分红|均|赚|增|入)|每个?月|月月|按月|(?:一|1)个?月", "每季|季(?:度|返|收益|分红|化|息)", "周(?:化|收益|回报|返|息|分)|每周", "日(?:化|收|利|息|释|返|回报|分红|产|均|赚|入|结|盈)|每日|每天|天天|按日|日日|/天|/日|一天|(?:^|[^\\d两三五七十])天(?:收益|返|息)"))
# How often it is paid is not the period of the rate: 收益12%,每月付息.
_PAID = bounded("(?:每|按|逐)(?:日|天|月|周|季度?)(?:计息|计算|付息|结息|结算|发放|到账|还息|兑付|派息|付|领取|提现)|(?:日日|天天|月月|周周)(?:计息|付息|派息|到账|可取|可提)")
_WITH = "(?:银行|活期|定期|存款|余额宝|货币基金|货基|宝宝类|国债|储蓄|零钱通)"
_TIMES = "(?:\\d{1,4}(?:\\.\\d)?|[一二两三四五六七八九十百]{1,4})"
_SOME_TIMES = f"{_TIMES}(?:(?:-|~|—|到|至){_TIMES})?(?:多|余|几)?倍"
_COMPARE = (
    f"{_WITH}[^,。;!?\\n%\\d一二两三四五六七八九十]{{0,10}}{_SOME_TIMES}"
    f"|{_SOME_TIMES}(?:于|的)?[^,。;!?\\n%\\d]{{0,4}}{_WITH}(?:活期|定期|存款|利息|利率|收益|同期|的)*"
)
_COMPARED, _MULTIPLE = anchored(_COMPARE), anchored(_TIMES)
_NOT_COMPARED = bounded("数量|网点|贷|杠杆|规模|注册|资本|增长|人数|准备金|笔数|余额(?!宝)")


@dataclass(frozen=True, slots=True)
class Yield:
    """A rate of return as the page holds it out. ``start``, ``end`` in the normalised text given; ``per_year`` simple, of the higher figure."""

    start: int
    end: int
    rate: Rate
    period: str
    per_year: float
    formula: str
    stance: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """So many times what a bank, a deposit or a money fund brings: 活期的40倍. A multiple, and no rate. Places in the normalised text given."""

    start: int
    end: int
    low: float
    high: float


def comparisons(text: str) -> Iterator[Comparison]:
    """Multiples held out against bank deposits and the like, in order of place. Linear."""
    for place in _multiples().finditer(text):
        match = _COMPARED.match(text, place.start())
        if match is None or _LOAN.search(text[max(0, match.start() - 12):match.end() + 8]) or _NOT_COMPARED.search(match.group(0)):
            continue
        found = [n for n in (number(m) for m in _MULTIPLE.findall(match.group(0))) if n]
        if found:
            yield Comparison(match.start(), match.end(), min(found[-2:]), max(found[-2:]))


@lru_cache(maxsize=1)
def _multiples() -> Any:
    options = re2.Options()
    options.never_capture = True
    return re2.compile(_COMPARE, options)


def yields(text: str) -> Iterator[Yield]:
    """In order of place. Linear: every rate reads a fixed stretch to either side."""
    last_end = 0
    for rate in rates(text):
        claim = _claim(text, rate, last_end)
        last_end = rate.end
        if claim is not None:
            yield claim


def _claim(text: str, rate: Rate, last_end: int) -> Yield | None:
    left = text[max(0, rate.start - LEFT):rate.start]
    for stop in "。!?;":
        left = left.rpartition(stop)[2]
    right = text[rate.end:rate.end + RIGHT]
    right = right[:min((i for i, c in enumerate(right) if c in "。!?;"), default=len(right))]
    if "不限" in left or right.startswith(("以下", " 以下")) or _DAYS_OF_YEAR.search(right) or _WORKED_OUT.search(left):
        return None  # a search form's choices
    if rate.form in ("grow", "double", "daily", "lump", "kept", "reverse", "wan", "fen", "share") or (rate.form == "mille" and rate.period):
        return _spoken(text, rate, left, right)
    label = _label(left, right, rate.start - last_end, rate.high)
    if rate.form == "tenths" and (label is None or label[4] != "left" or not label[3] or not _TENTHS.search(left[label[1]:])):
        return None
    if label is not None and text[rate.end - 2:rate.end] == "分点" and (label[4] != "left" or len(left) - label[1] > 4):
        return None  # a difference: 高出两个百分点
    start, end, words, gain, side = label if label else (0, 0, "", False, "")
    if label is None:
        if rate.form in ("percent", "range") and _OPEN_BID.match(right):
            return _finish(rate, rate.start, rate.end, "year", "advertised", 0.0)
        if rate.form != "plus" or not _INVEST.search(text[max(0, rate.start - 60):rate.end + 60]) or _LOAN.search(left + right) or rate.high > 60:
            return None
        return _finish(rate, rate.start, rate.end, "year", "listed", 0.0)
    if side == "left" and words[0] in "年月日周" and _COUNT.search(left[:start]):  # 三个月|收益: the month belongs to the term
        start, words = start + 1, words[1:]
    around = left + right[:12]
    bids = _BIDS.search(text[max(0, rate.start - 40):rate.end + 24]) is not None and "借款" not in left[-12:]
    if _LOAN.search(left + right) and not (gain and not _LOAN.search(words)) and not bids:
        return None
    if _GAME.search(left + right) or _PLAN.search(left) or _SPENT.search(left) or _BROUGHT.search(left) or left.endswith(("收益+", "收益率+", "收益 +")) or right.lstrip().startswith("加权"):
        return None
    if not gain and not bids and words != "加价" and not (words == "roi" and _PER_TIME.search(right)) and (_LOAN.search(text[max(0, rate.start - 50):rate.end + 50]) or not (_INVEST.search(text[max(0, rate.start - 200):rate.end + 120]) or _PAID_OUT.search(left + right) or (rate.high >= BEYOND_DEPOSITS and side == "left" and "活期" in left))):
        return None
    if not _BEYOND.search(around) and (_RENT.search(around) or (_DEPOSIT.search(around) and rate.high < BEYOND_DEPOSITS)):
        return None
    if words in ("年化", "年化率") and _CREDIT.search(text[max(0, rate.start - 60):rate.end + 20]):
        return None  # the price of credit, reckoned by the year
    if rate.low > 0 and rate.high == rate.low == 100 and rate.form != "points" and not words.endswith("率"):
        return None
    begin, finish = (rate.start - len(left) + start, rate.end) if side == "left" else (rate.start, rate.end + end)
    period, days = _period(words, left[:start] if side == "left" else left, left[end:] if side == "left" else "", right)
    stance = "comparative" if _HIGHER.search(left) else _stance(left, right, words, gain or bids, rate.high)
    return _finish(rate, begin, finish, rate.period or period, stance, days)


def _finish(rate: Rate, start: int, end: int, period: str, stance: str, days: float) -> Yield:
    per_year, formula = annual(rate.high, period, days if period == "total" else 0.0)
    if rate.form == "plus":
        formula = " + ".join(f"{part:g}%" for part in rate.parts) + f" = {rate.high:g}%" + (f"；{formula}" if formula else "")
    return Yield(start, end, rate, period, per_year, formula, stance)


def _label(left: str, right: str, room: int, high: float) -> tuple[int, int, str, bool, str] | None:
    """(start, end, words, says gain, side) of the label that owns the number; None where another thing or nothing does."""
    if _OTHER_AFTER.search(right):
        return None
    if left.endswith(("率*", "指数*", "率 *")):
        return None  # a formula
    own, own_at = None, -1
    low = max(0, len(left) - min(room, LEFT)) if room < 4 else 0
    for match in _LABEL.finditer(left[low:]):
        if match.lastgroup != "span" or own is None or low + match.start() - own_at > 4 or "," in left[own_at:low + match.start()]:  # 收益每日0.8%: the yield's label, not the day's
            own, own_at = match, low + match.end()
    other_at = max((m.end() for m in _OTHER.finditer(left if "从" in left or "由" in left else _RAISED.sub("至至至", left))), default=-1)
    if own is not None and left.startswith(("成本", "费", "波动", "增长", "增速", "润", "加成", "提升", "增幅", "翻", "好", "凭证", "曲线", "权", "人", "法", "公告"), own_at):
        return None  # 年化成本, 年化波动率
    if own is not None and left[:low + own.start()].endswith(("毛", "净", "纯", "净资产", "总资产", "资产", "内部", "权益", "投入资本", "每股")):
        return None  # 净资产收益率: of a company's books
    if (own is not None and own.group(0).endswith("加价") and not right.startswith(("回收", "回购", "收回", "赎回", "买回"))) or (_THEIRS.search(left) and not _HIGHER.search(left)):
        return None
    if own is not None and left[own_at:].strip() in ("的", "中的", "里的", "中", "里", "中有", "的约"):
        return None  # 收益的30%: a share of it
    if own is not None and "分红率" in own.group(0) and any(word in left for word in ("上市", "现金", "连续", "股利", "章程")):
        return None  # how much of the profit is paid out
    if own is not None and own.lastgroup == "span" and (not _STRAIGHT.search(left[own_at:]) or not _held_out(left if own.group(0).endswith("期") else left[:low + own.start()], left[own_at:], right, high) or _OTHER.search(right[:8].partition(",")[0])):
        own = None
    if own is not None and "利润率" in own.group(0) and ("净" in own.group(0) or left[:low + own.start()].endswith(("毛", "营业", "销售", "总", "业务", "产品", "承保", "经营", "税前", "税后", "板块", "分部", "单店", "单车")) or "公司" in left or "企业" in left):
        return None
    if own is not None and own_at >= other_at and left[own_at:].count("\n") <= 1 and len(left) - own_at <= 16 and not _cut_off(left[own_at:]) and not _NEW_LINE.search(left, own_at):
        return low + own.start(), own_at, own.group(0), own.lastgroup == "gain", "left"
    after = _LABEL.search(right)
    if after is None or after.lastgroup == "span" or after.start() > 12 or _crosses(right[:after.start()]):
        return None
    if other_at >= 0 and len(left) - other_at <= 1:
        return None
    foreign = _OTHER.search(right)
    if foreign and foreign.start() < after.start():
        return None
    return after.start(), after.end(), after.group(0), after.lastgroup == "gain", "right"


def _held_out(before: str, between: str, right: str, high: float) -> bool:
    """一个月八个点: does the clause speak of money put in or paid out?"""
    return _INVEST.search(before) is not None or _PAID_OUT.search(between) is not None or "收益" in right or (
        high >= BEYOND_DEPOSITS and ("活期" in before or "定期" in before)
    )


def _cut_off(between: str) -> bool:
    """Between label and number: another number in a clause of its own, or a long clause, takes the label away."""
    return "," in between and (any(c.isdigit() for c in between.partition(",")[0]) or not _GO_ON.search(between.rpartition(",")[2]))


def _crosses(between: str) -> bool:
    line, _, rest = between.partition("\n")
    if rest or between.endswith("\n"):  # the number must end its line, and the label stand near the head of the next
        return len(line.strip()) > 2 or len(rest.strip()) > 6 or "\n" in rest or any(c in ",%" or c.isdigit() for c in between)
    return "," in between or "%" in between


def _period(words: str, before: str, between: str, right: str) -> tuple[str, float]:
    """What the rate is reckoned by, and the days of a whole term. ``before`` the label, ``between`` it and the number, ``right`` of the number."""
    if "年化" in words or words.startswith("年") or words in ("apr", "apy") or "年化" in between:
        return "year", 0.0
    unit = _PER_TIME.search(_PAID.sub("", right[:8]))
    if unit:
        return str(unit.lastgroup), 0.0
    due = words.startswith("到期") and _SOME_TERM.search(before[-14:])
    if due:
        return ("half", 0.0) if due.group(0) == "半年" else ("total", term_days(due.group(0)))
    term = _SAID_TERM.search(before[-16:])
    if term and not before[:-len(term.group(0))].rstrip(" :").endswith(("期限", "周期", "七日", "7日", "每", "近")):
        days = term_days(term.group(1))
        by_custom = words.endswith("率") and days > 14 and not term.group(0).endswith(("到期", "后", "内", "满"))
        if days and not by_custom:  # 三个月收益6% is the gain of the term; 6个月收益率10%, by custom, the rate of a year
            return ("half", 0.0) if term.group(1) == "半年" else ("year", 0.0) if days == 365 else ("total", days)
        return "year", 0.0
    if words[:1].isdigit() or words[:1] in "二两三四五六七八九十":
        return "year", 0.0  # 90天7%, 三个月期7%: in a list of terms, by custom the rate of a year
    right = right[:8].partition(",")[0]
    near = _PAID.sub("", f"{before[-8:]}|{words}{between}|{right}")
    just = _JUST.search(between)
    if just:
        return str(just.lastgroup), 0.0
    if _DAY.search(near) and "七日" not in near and "7日" not in near:
        return "day", 0.0
    if "半年" in words + between[:4] or before.endswith("半年"):
        return "half", 0.0
    if _QUARTER.search(near):
        return "quarter", 0.0
    if _MONTH.search(near):
        return "month", 0.0
    return ("week", 0.0) if _WEEK.search(near) else ("year", 0.0)


def _stance(left: str, right: str, words: str, gain: bool, high: float) -> str:
    line = left[-18:].rfind("\n")
    if line >= 0 and words in left[-18:][line:]:
        left = left[-18:][line + 1:]  # what stands in the line before says nothing of this rate
    near = left[-18:] + words + right[:14]
    if _BENCHMARK.search(near):
        return "benchmark"
    if _EXPECTED.search(left[-18:] + words + right[:8]):
        return "expected"
    if _CHANGED.search(left):
        return "historical"
    if _SCANT.search(left[-18:]):
        return "historical"  # 只有8%: who sells does not say it so
    told = _REACHES.sub("", left[-18:]) + right[:8]
    if _HISTORICAL.search(_SEVEN_DAYS.sub("", told) if high > BEYOND_DEPOSITS else told):  # no honest money fund shows such a rate of seven days
        return "historical"
    if not gain:
        return "promised" if _PROMISE.search(left[-12:] + right[:4]) else "listed"
    return "promised" if _PROMISE.search(left[-12:] + words + right[:8]) else "advertised"


def _spoken(text: str, rate: Rate, left: str, right: str) -> Yield | None:
    """月息2分, 投1万日返300, 七天翻倍, 一万变三万: said as people say it."""
    near = text[max(0, rate.start - 60):rate.end + 60]
    if rate.form in ("fen", "wan", "share", "mille"):
        if _LOAN.search(near) or not (_INVEST.search(near) or _PAID_OUT.search(right) or _BY_YEAR.search(right)):
            return None
        if text[rate.start:rate.end].startswith("日结") and _WAGES.search(near):
            return None  # 日结千二: a day's pay
        return _finish(rate, rate.start, rate.end, rate.period, "promised", 0.0)
    if rate.form in ("double", "grow") and _TAPE.search(near):
        return None  # 某股7天翻倍,换手率48%: told of a share's price
    if rate.form == "double" and rate.days >= LONG:
        return None  # 六年翻一番: the rule of 72
    if rate.form in ("daily", "lump", "kept", "reverse") and (_TELECOM.search(near) or _LOAN.search(left + right)):
        return None
    if _BUSINESS.search(near) and not _PAID_OUT.search(near) and "返" not in near and "托管" not in near:
        return None
    stance = "expected" if _EXPECTED.search(left) else "promised"
    put = rate.form in ("kept", "reverse") or text.startswith(("投", "入金", "储值", "打款", "汇款", "转账"), rate.start) or (rate.form in ("daily", "lump") and text.startswith(("存", "充值", "本金", "一份", "每份", "单份", "一单", "每单"), rate.start))
    if not put and not _INVEST.search(near) and not any(word in near for word in ("只需", "轻松", "钱", "本金", "财富", "资产", "资金", "本钱", "跟上", "来试", "上车", "名额", "带你", "老师", "回本", "想学", "扣1", "出局", "兄弟")):
        return None
    days = rate.days
    if rate.period == "total" and not days:
        term = _SAID_TERM.search(left[-16:]) or _AFTER_TERM.search(right[:12])
        days = term_days(term.group(1)) if term else 0.0
    return _finish(rate, rate.start, rate.end, rate.period or "total", stance, days)
