"""What the kind of the whole page clears: what nobody on it says for himself."""

from __future__ import annotations

from classifiers.bounded import bounded
from classifiers.context.grammar import sentence
from classifiers.context.kinds import Excuse
from classifiers.context.mention import PROGRAM
from classifiers.genre import ZH, about_rules
from classifiers.model import Genre

MOST_OFFERED = 3.0  # of offers in one paragraph of a page that tells or teaches
_SOLICITS = bounded("加(?:我)?(?:微信|vx|v信|qq)|立即(?:投资|注册|购买|加入|认购|抢购|领取)|扫码|咨询热线|联系电话|私聊|点击(?:链接|下方|注册)|马上(?:加入|注册|投资)|抢购|名额有限|欢迎(?:咨询|投资|加盟)|我们(?:承诺|保证)|本(?:平台|公司)(?:承诺|保证)|客服微信")
_PAGE_CLEARS = (Genre.LAW, Genre.REGULATOR, Genre.EDUCATION, Genre.NEWS, Genre.COMPLAINT, Genre.FICTION, Genre.JOB, Genre.TECHNICAL)
_OFFERED = bounded("(?:平台|公司|项目|产品|财富|金融|网贷)[^。]{0,24}(?:为|给|向)(?:广大)?(?:投资者|投资人|出借人|用户|客户|理财人)[^。]{0,12}$|(?:平台|公司|项目|产品|财富|金融)[^,。]{0,6}(?:采用|推出|实行|承诺|设立)[^,。]{0,10}$")
_ADVERSE = bounded("骗|诈|涉嫌|违法|违规|非法|警方|公安|法院|检察|处罚|跑路|爆雷|暴雷|失联|逾期|投诉|维权|监管|亏损|打破|叫停|整治|警示|警惕|谨慎|乱象|质疑|刚性兑付|被告|案")
_ABOUT_WORDS = bounded("词|过滤|检测|识别|规则|正则|匹配|分类|prompt|用例|测试|重构|改动|修改|bug|todo|字段|函数|注释|内容安全|审核|迭代|任务|方案|阶段|优先级|指标|渲染|前端|后端|缓存|架构|代码")
_PAYS_IN = bounded("充值|提现|入金|投资|复投|链游|质押|推荐奖|邀请")
_OPEN_QUOTE = bounded("[“「『][^”」』]{0,60}$")
_PLEDGE = bounded("(?:我们|本平台|本公司|我司|我公司|我平台|本站|本项目|本产品)(?:向您|为您|郑重|特此|将|会|的|对|为|向|全程|始终|[^,。不未无没]){0,8}$")

_CONTACT = bounded("扫码|扫描[^,。]{0,8}二维码|(?:添?加)(?:客服|助理|老师|官方|下方)*(?:的)?(?:微信|vx|v信|qq)|立即(?:注册|投资|加入|购买|申请|下载|体验|开户|领取|认购|预约)|(?:咨询|报名|办理|开户|招商)(?:热线|电话)|点击(?:下方|链接|申请|领取|注册|立即|进入)|文末(?:二维码|链接)?|私信|私聊|名额有限|欢迎(?:咨询|投资|加入|扫码|来电|致电)|联系[^,。]{0,6}微信|预约")
_KIND = {
    Genre.LAW: "law", Genre.REGULATOR: "warning", Genre.EDUCATION: "education", Genre.NEWS: "report", Genre.COMPLAINT: "complaint", Genre.FICTION: "fiction", Genre.JOB: "job",
    Genre.TECHNICAL: "code",
}


def by_page(text: str, start: int, end: int, genre: Genre, code: str, offered: float) -> Excuse | None:
    """What kind of page it is clears what nobody on it says for himself. ``offered``: what the paragraph offers (``frames.OFFER``)."""
    if genre not in _PAGE_CLEARS or _SOLICITS.search(text[max(0, start - 60):end + 60]):
        return None
    if offered >= MOST_OFFERED and genre in (Genre.NEWS, Genre.EDUCATION, Genre.REGULATOR):
        return None
    before, _ = sentence(text, start, end)
    wide = text[max(0, start - 200):end + 200]
    if genre in (Genre.NEWS, Genre.EDUCATION, Genre.REGULATOR) and _PLEDGE.search(before) and not _OPEN_QUOTE.search(before):
        return None  # a firm's own words, not those of who reports
    if genre is Genre.NEWS and code.startswith(("guarantee.", "p2p.", "yield.")) and _OFFERED.search(before) and not _ADVERSE.search(text[:3_000]):
        return None  # praise of a firm, written as news
    if genre in (Genre.NEWS, Genre.EDUCATION) and _CONTACT.search(wide) and not _ADVERSE.search(wide):
        return None  # the operator's contact beside what is told: an advertisement in the form of news (recogguide-2024-art11, adguide1-art4)
    alone = text[max(0, start - 1):start] in ("", "\n") and text[end:end + 1] in ("", "\n")  # an entry of a list of words
    if genre is Genre.TECHNICAL and not alone and not _ABOUT_WORDS.search(_line(text, start, end)) and len(PROGRAM.findall(wide)) < 2 and not about_rules(text):
        return None  # a machine that earns money is sold in the words of programmers
    if genre is Genre.FICTION and _PAYS_IN.search(text[max(0, start - 60):end + 60]):
        return None  # a game for money
    return Excuse(_KIND[genre], ZH[genre])


def _line(text: str, start: int, end: int) -> str:
    low, high = text.rfind("\n", max(0, start - 200), start) + 1, text.find("\n", end, end + 200)
    return text[max(low, start - 200, 0):high if high >= 0 else end + 200]
