"""Words that are mentioned, not said: listed in quotes, under a telling heading, in a comment, a list of words, a question of a survey."""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.grammar import SELF
from classifiers.context.kinds import Excuse
from classifiers.context.program import shown

_SURVEY = bounded("您能(?:接受|承受)|可以承受|可接受的|投资目的|以下哪|单选|多选|问卷|较低等级风险|风险偏好|风险(?:承受|测评)[^,。]{0,20}$|(?:^|[ \n])[a-e][.、):]\\s?$")
# Of whoever answered a questionnaire: what is said next is advice that fits his kind.
_PROFILE = bounded("(?:风险承受(?:度|能力|力)|对风险)[^,。]{0,8}(?:低|弱|高|强|敏感|厌恶|一般|有限|适中)[,。]")
_DEPOSIT = bounded("存款保险|存款类|大额存单|结构性存款|国债|储蓄|定期存款|银行存款|存款产品|存款人|保险条款|保险合同|保险金额|现金价值|保单")
_LENT = bounded("透支|罚息|违约金|滞纳金|民间借贷|借贷利率|贷款(?:年)?利率|借款(?:年)?利率|利率上限|报价利率|lpr|司法保护|月供")
# A rate named in one breath with the loan it is charged on: 闪电贷:额度30万元 期限1-3年 利率:年化…
_LOANED = bounded("(?:贷|借款|授信)[^。!?;\n]{0,60}(?:利率|费率|利息)[:为是约在]?\\s?(?:年化|单利)?[^。,\\d]{0,4}$")
_LENDERS = bounded("投资|收益|标的|出借|理财|回报")
_RUN_BY = bounded("主办|主管|承办")
_PAYS = bounded("高息|年化|年息|月息|利息|分红|每月可?领|月月领")  # who runs it is named to sell what pays
_DECIDED = bounded("^(?:设立|建立|同意|印发|发布|实施)[^,。!?\n]{0,14}(?:试验区|新区|规划|方案|意见|条例|办法|示范区|中心城市|试点)")
_CARD = bounded("信用卡|核卡|本行")
_POINTS = bounded("积分|里程")
_INSURED = bounded("最低保证利率|载明的保证利率|万能账户|结算利率")
_COMPARED = bounded("倍|高于|超过|秒杀|比[^,。]{0,6}(?:存款|储蓄|国债)|取代|替代|媲美|跑赢|远超|超越|=|等于|告别|胜过|优于|好过|不如|堪比|(?:如|像|似)(?:同)?(?:国债|储蓄|银行)|还不如")
_TYPE = bounded("非保本|浮动|固定收益类|产品类型|收益类型|全部|不限|类型|结构性存款|净值|pr[1-5]|自营|代销")
# The words are the subject of a warning of their risk: 差价合约交易是一种高风险的杠杆交易，并不适合所有投资者.
_RISKY = bounded("^[^。!?;\n]{0,12}(?:属于?|是|为|具有|存在|涉及|带有|包含|伴随|有)[^。!?;\n]{0,24}(?:高风险|高度风险|风险(?:较高|极高|很高|很大|极大)|(?:较高|较大|极高|极大|巨大|很大)的?风险)|^[^。!?;\n]{0,24}(?:不一?定?适合(?:所有|每一?个?|全部)|(?:可能|会|足以)(?:会|将)?(?:导致|使|令|造成|带来)?[^。!?;\n]{0,10}(?:损失|亏损)|导致[^。!?;\n]{0,8}(?:损失|亏损)|可能(?:会)?亏|之?前[^。!?;\n]{0,16}(?:慎重|谨慎|三思|务必(?:了解|仔细|阅读)|充分(?:了解|考虑|认识))|所存(?:在的)?(?:潜在)?风险|的(?:潜在)?风险)")
_DEBTOR = bounded("^[^,。!?;\\n]{0,4}由(?:借款人|借款方|借款企业|借款主体|债务人|融资方|融资人)[^,。!?;\\n]{0,8}(?:偿付|偿还|归还|支付|承担)")
_STANDS_IN = bounded("担保|垫付|代偿|回购|兜底|赔付|无忧|连带|保障")
_REWARDS = bounded("高回报|高收益|无(?:需)?担心|不会|没有|零")
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
_STATEMENT = bounded("\\b[a-z]{2,}_[a-z_]{2,} ?[:=]|[ ;](?:#|//) ?|[!=]==?|=>|&&|::|\\b(?:const|let|var|return|function|def|import|elif|else|raise|assert)\\b|\\bif [a-z('\"]|\\bin [a-z_]{2,}:|[a-z_]{2,}\\((?:[a-z\"'“]|$)|\\b[a-z_.]{2,} ?= ?[\\d\"'\\[{“]|\\b[a-z]{2,}\\.[a-z_]{2,} ?[=(]")
PROGRAM = bounded("\\b(?:const|let|var|return|function|class|public|private|static|string|int|def)\\b|[a-z]{2,}_[a-z_]{2,}|[a-z]{2,}\\(|=>|&&|!=|==|::|\\bdef \\b|\\bimport \\b|- \\[[x ]\\]|\\bllm\\b|[a-z]{3,}\\.[a-z]{2,4}\\b")
_HIGH = bounded("(?:[^\\d.](?:[6-9]|[1-9]\\d))(?:\\.\\d+)?%")


def mentioned(text: str, start: int, end: int, own: bool) -> Excuse | None:
    """Quoted beside other quoted words, in a list under a telling heading, in a comment or a list of words."""
    low = max(0, start - 300)
    line_start = max(low, text.rfind("\n", low, start) + 1)
    line_end = text.find("\n", end, end + 300)
    line = text[line_start:line_end if line_end >= 0 else end + 300]
    around = text[max(0, start - 60):end + 60]
    listed = len(_LISTED.findall(around))
    if listed and (around.count('", "') + around.count("', '") >= 2 or (not own and _MENTIONS.search(around) and not SELF.search(around))) and _is_quoted(text, start, end):
        return Excuse("quotation", "引号列举的用语")
    if not own and line.count("|") >= 5 and len(line) < 12 * line.count("|") and " | " not in line:
        return Excuse("code", "词表")
    if not own and (_COMMENT.search(text[line_start:start]) or (_MARKED.search(line) and len(PROGRAM.findall(text[max(0, start - 300):end + 300])) >= 2)):
        return Excuse("code", "程序注释")
    if not own and ("=" in line or "(" in line or "_" in line) and len(_STATEMENT.findall(line)) >= 2 and not shown(line):
        return Excuse("code", "程序语句")
    if SELF.search(line):
        return None
    back = text[max(0, line_start - 260):max(line_start - 1, 0)]
    for heading in reversed(back.split("\n")[-6:]):
        heading = heading.strip()
        if heading.endswith((":", "：")) or (len(heading) < 16 and heading and not own):
            if _HEADING.search(heading.rstrip(": ")):
                return Excuse("quotation", f"列在“{heading[-16:]}”之下")
            if heading.endswith(":"):
                break
    return None


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Between an opening and a closing quote, close by."""
    opened = max(text.rfind(c, max(0, start - 10), start) for c in "“\"『「'")
    closed = [at for c in "”\"』」'" if (at := text.find(c, end, end + 10)) >= 0]
    return opened >= 0 and bool(closed)


def special(before: str, after: str, words: str, code: str, own: bool, operator: str | None) -> Excuse | None:
    near = before[-30:] + words + after[:30]
    if not own and (_PROFILE.search(before) or (_SURVEY.search(before) and not SELF.search(before))):
        return Excuse("survey")
    if code == "endorse.state" and _DECIDED.search(after):
        return Excuse("report", "国家机关的公共决定")
    if code == "endorse.state" and not own and _RUN_BY.search(words + after[:6]) and not _PAYS.search(before[-30:] + words + after[:40]):
        return Excuse("disclosure", "主办、主管单位的说明")
    if code == "inducement" and not own and operator != "" and _POINTS.search(near) and _CARD.search(near):
        return Excuse("licensed", "信用卡积分活动（未与名录核对）")
    if code in ("brand.unlicensed", "crypto.token") and (risky := _RISKY.search(after)) is not None and not _REWARDS.search(risky.group(0)):
        return Excuse("disclaimer", "说的是其风险")
    if not code.startswith(("guarantee.", "yield.")):
        return None
    if code.startswith("yield.") and not own and (_LENT.search(before[-40:]) or _LOANED.search(before[-90:])) and not _LENDERS.search(before + words + after[:20]) and not SELF.search(before):
        return Excuse("disclosure", "借款的利率或费用，不是投资收益")
    if code.startswith("guarantee.") and _DEBTOR.search(after) and not _STANDS_IN.search(words + after[:60]):
        return Excuse("disclosure", "还款的是借款人，没有人为其保证")
    # Of what calls itself a deposit, only rates that deposits bear are believed.
    if code.startswith("guarantee.") and not own and operator != "" and _DEPOSIT.search(near) and not _COMPARED.search(near) and not _HIGH.search(before[-40:] + after[:40]):
        return Excuse("deposit", "国家另有规定的除外")
    if code.startswith(("yield.", "guarantee.")) and not own and operator != "" and _INSURED.search(near) and not _HIGH.search(near):
        return Excuse("deposit", "保险合同载明的保证利率")
    if code.startswith("guarantee.") and len(words) <= 4 and (after[:1] in ("型", "类") or words[-1:] in ("型", "类")) and _TYPE.search(near):
        return Excuse("definition", "产品分类名称")
    return None
