"""What a licensed institution may say of its own trade: only where the register says that the operator is one.

``operator``: ``None`` where it could not be told (no register loaded, no operator shown), empty where the registers know the operator and list no
licence, else the kind of the licensed institution. The law names the exceptions: adlaw-2021-art25-1 (国家另有规定的除外: deposits, state bonds),
the insurer's guaranteed rate as contract, past performance with the required notice, the annual rate of a loan as disclosure.
"""

from __future__ import annotations

import re

from classifiers.bounded import bounded
from classifiers.context.kinds import Excuse
from classifiers.model import Genre

OPERATORS: dict[str, str] = {
    "bank": "银行", "insurer": "保险公司", "insurance_agent": "保险中介", "fund": "公募基金管理人", "fund_sales": "基金销售机构", "securities": "证券公司或投资咨询机构", "futures": "期货公司",
    "exchange": "交易所或市场基础设施", "auto_finance": "汽车金融公司", "trust": "信托公司", "wealth": "理财公司", "consumer_finance": "消费金融公司", "microloan": "小额贷款公司", "payment": "支付机构", "guarantee": "融资担保公司", "private_fund": "私募基金管理人", "amc": "金融资产管理公司",
}
_SAME = {"micro_loan": "microloan", "asset_management": "amc", "market_infrastructure": "exchange", "trading_venue": "exchange", "wealth_management": "wealth", "financing_guarantee": "guarantee"}
_DEPOSIT = bounded("存款|大额存单|国债|储蓄|整存整取|零存整取|通知存款|存单|协定|挂牌利率|利率表")
_DEPOSIT_ONLY = bounded("存款保险|大额存单|结构性存款|国债|储蓄|定期存款|存款产品|存款人|整存整取|同一存款人")
_CONTRACT_OF_INSURANCE = bounded("现金价值|保证利率|结算利率|预定利率|保险金|保单|保险条款|保险合同|万能|生存金|满期|身故|已交保(?:险)?费|犹豫期")
_PAST = bounded("过往|历史|成立以来|近[一二三四五六七1-9][年月日]|七日年化|7日年化|万份收益|业绩比较基准|累计净值|单位净值|同期|截至")
_NOTICE = bounded("不代表|不预示|不构成|不等于|不作为|谨慎|风险|不保证|仅供参考|非收益承诺|不确定")
_RATE = bounded("年化|年利率|单利|综合费率|apr|利率")
_GRAVE = bounded("黑户|不看征信|无视征信|不查征信|百分百|100%|必下|包下|人人可贷|零门槛|无门槛")
_GIFTS_OF_CARDS = bounded("积分|信用卡|立减|满减|手续费|费率优惠|还款|里程|生活缴费|申购费|优惠券")
_REPORT = bounded("研究报告|研报|执业|证书编号|登记编号|分析师|投顾|投资顾问|风险")
_QUALIFIED = bounded("合格投资者|特定对象|登录|风险测评|认定|仅向|非公开")
_TERMS = bounded("条款|费率|停售|停止销售|公告|保险责任|等待期|免责|现金价值|首期|后续保费|续保|每期|不确定")
_FEE = bounded("费率|收单|商户|结算|pos|许可证|备付金|支付")
_TOLD = bounded("保证|承诺|稳赚|绝对|零风险|只赚|肯定|必涨|必赚")

_Saying = tuple[tuple[str, ...], str, re.Pattern[str] | None, re.Pattern[str] | None, str]
# (kinds of operator, codes beginning so, what must stand near, what must not, why)
_SAYINGS: tuple[_Saying, ...] = (
    (("bank",), "guarantee.", _DEPOSIT_ONLY, None, "存款受存款保险保障、国债以国家信用发行，属国家另有规定的除外"),
    (("bank",), "yield.promise", _DEPOSIT, None, "存款、国债利率是事实陈述"),
    (("bank", "wealth", "fund", "fund_sales", "trust", "securities"), "yield.", _PAST, _TOLD, "历史业绩或业绩比较基准，附有提示"),
    (("bank",), "inducement", _GIFTS_OF_CARDS, None, "支付、信用卡优惠，不涉投资回报"),
    (("bank", "consumer_finance", "microloan", "auto_finance"), "yield.", _RATE, _DEPOSIT, "贷款年化利率是依法应当标明的事项"),
    (("bank", "consumer_finance", "microloan", "auto_finance"), "loan.misleading", _RATE, _GRAVE, "标明年化利率的持牌贷款广告"),
    (("bank", "payment"), "payment.unlicensed", None, None, "持牌机构的收单业务"),
    (("payment",), "p2p.self_guarantee", _FEE, None, "客户备付金是支付业务用语"),
    (("insurer", "insurance_agent"), "guarantee.", _CONTRACT_OF_INSURANCE, None, "保险合同载明的利益"),
    (("insurer", "insurance_agent"), "yield.promise", _CONTRACT_OF_INSURANCE, None, "保险合同载明的保证利率或结算利率"),
    (("insurer", "insurance_agent"), "insurance.misleading", _TERMS, _TOLD, "条款、费率、停售公告等披露事项"),
    (("insurer",), "p2p.self_guarantee", None, None, "保险公司的保证保险业务"),
    (("fund", "fund_sales", "wealth"), "endorse.academic", None, _TOLD, "基金经理、研究人员的介绍，另有规则"),
    (("securities",), "securities.advice", _REPORT, _TOLD, "持牌投资顾问或研究报告"),
    (("futures",), "p2p.self_guarantee", None, None, "期货公司的法定风险准备金"),
    (("securities", "futures", "trust", "wealth", "fund", "bank", "amc"), "asset.cross", None, _TOLD, "持牌机构发行、依法登记的产品"),
    (("private_fund",), "fund.private_public", _QUALIFIED, _TOLD, "设有特定对象确定程序"),
    (("guarantee",), "p2p.self_guarantee", None, None, "持牌融资担保公司自身的业务"),
    (tuple(OPERATORS), "brand.unlicensed", None, None, "名录载有该机构"),
    (tuple(OPERATORS), "brand.false_licence", None, None, "名录载有该机构"),
    (tuple(OPERATORS), "endorse.state", bounded("批准|核准|许可|注册|备案|监管|登记|国有|控股|股东"), bounded("担保|兜底|背书|推荐"), "如实公示许可、登记与股东"),
)
_BY_PAGE = ("yield.promise", "endorse.state", "brand.unlicensed", "p2p.self_guarantee")


def operator_of(kind: str) -> str:
    """The key of ``OPERATORS`` for a kind as registers write it (bank_city, insurance_life); empty for kinds that license nothing."""
    if kind in OPERATORS:
        return kind
    if kind.startswith(("insurance_agen", "insurance_bro")):
        return "insurance_agent"
    if kind.startswith(("bank_", "insurance_")):
        return "bank" if kind.startswith("bank_") else "insurer"
    return _SAME.get(kind, "")


def licensed(text: str, start: int, end: int, genre: Genre, code: str, operator: str | None) -> Excuse | None:
    """The saying of a licensed institution. Without registers, what looks like a licensed institution's product page is believed for the mildest."""
    if operator is None:
        if genre is Genre.BANK and code in _BY_PAGE:
            return Excuse("licensed", "产品资料（未与名录核对）")
        return None
    operator = operator_of(operator)
    if not operator:
        return None
    near, wide = text[max(0, start - 60):end + 60], text[max(0, start - 300):end + 300]
    for kinds, codes, must, must_not, because in _SAYINGS:
        if operator not in kinds or not code.startswith(codes) or (must is not None and not must.search(near)) or (must_not is not None and must_not.search(near)):
            continue
        if must is _PAST and not _NOTICE.search(wide):
            continue  # past performance needs its notice
        return Excuse("licensed", f"名录载明经营者为{OPERATORS[operator]}；{because}")
    return None
