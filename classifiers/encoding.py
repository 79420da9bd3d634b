"""Bytes of a page to text: BOM, HTTP charset, meta, then what the bytes themselves say. Never raises.

A declaration is believed only while the bytes agree with it: pages in GBK that say UTF-8 are common, and the reverse. What was written in two
encodings (an included footer), or read wrongly once and stored again, is read piece by piece (classifiers.mended).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from classifiers.mended import mended

# Bounded and without nesting: linear on any input.
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?\s{0,5}([\w.:-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s{0,20}<\?xml[^>]{0,200}?encoding\s{0,5}=\s{0,5}["']([\w.:-]{2,40})""", re.IGNORECASE)
_HTTP = re.compile(r"""charset\s{0,5}=\s{0,5}["']?([\w.:-]{2,40})""", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# What a declared name is read as: the wider set that browsers use. Names not here (zlib, idna, utf-7 …) are no declaration at all.
_CODECS = {
    "utf-8": "utf-8", "ascii": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
    "big5hkscs": "big5hkscs", "cp950": "big5hkscs", "hz": "hz", "iso8859-1": "cp1252", "cp1252": "cp1252", "iso8859-15": "iso8859-15",
    "shift_jis": "cp932", "cp932": "cp932", "euc_jp": "euc_jp", "iso2022_jp": "iso2022_jp", "euc_kr": "cp949", "cp949": "cp949",
    "utf-16": "utf-16-le", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be", "cp1251": "cp1251", "koi8-r": "koi8-r", "cp874": "cp874",
}
_CHINESE = ("gb18030", "big5hkscs", "utf-8")
_OTHERS = ["utf_8", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "cp1252"]
_SINGLE = frozenset(("cp1252", "iso8859-15", "cp1251", "koi8-r", "cp874"))  # every byte is a character: no bytes ever disagree
_ASCII = re.compile("[\0-\x7f]+")
_RUNS = re.compile(rb"[\x80-\xff]+")
_BEYOND = re.compile("[\u0800-\uffff]")
_NO_PAGE = re.compile("[\u0180-\u036f\u0500-\u058f\u0700-\u07ff]")
_TEXT = re.compile(rb"[\x80-\xff][\x40-\x7e\x80-\xff]*")  # with the second bytes of GBK and Big5 that look like ASCII
_HIGH_BYTES = bytes(range(0x80, 0x100))
SAMPLE_BYTES = 8_000
SCORED_BYTES = 2_500
CLEAR = 0.25  # share of common characters, without a fault, at which no other reading need be tried
MARGIN = 0.05  # how much better another reading must be before a declaration is called wrong
FEW = 60  # characters, below which readings are weighed character by character
FEW_MARGIN = 0.15  # and the margin there
_FIRST_LEVEL = {"gb18030": (b"\xb0\xa1", b"\xd7\xf9"), "big5hkscs": (b"\xa4\x40", b"\xc6\x7e")}
PLAUSIBLE = 0.12  # share of common characters below which a reading is not Chinese
ORDINARY = 0.4  # average weight from which a handful of characters is Chinese
NULS = 50  # zero bytes among the first thousand of what may be UTF-16

# The commonest characters of Chinese text and of the trade, simplified and traditional: right readings are full of them, wrong ones are not.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因"
    "由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少"
    "图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目"
    "至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精"
    "值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严投财益台息障款借融银贷户注册登录险客服首页闻帮助项陆帐账担抵押购买赚钱富券奖励返邀请送充额逾债让托监督网"
    "站版案邮箱址搜索详顶输密码护隐私免责协伙伴媒友链招聘简介优势季城订付费审核申股票货币黄汇房医筹拍卖典募攻略答疑功操骤载序苹卓扫描微博欢迎您试误错失败限"
    "這爲個國時來們於對會發動過說產種後學經進電裏現實兩體機當點從業應開還義間樣與關線內數麼質氣變條沒結問無軍並題黨員總設長頭資邊級圖統較將組見計別論運農幾區強決幹戰則據處隊給門規熱領東導壓爭濟階術極聯認權證採轉單風帶場車務萬"
    "達積議聲報鬥類離華確張馬節話況溫傳許羣廣記觀織裝衆書覆兒須際驗連斷難礦備辦習響約勞團歷構稱準號維劃選標寫親養層卻專狀廠識適屬圓調滿縣參紅細聽該鐵價嚴財臺銀貸戶註冊錄險頁聞幫項陸帳賬擔購買賺錢獎勵請額債讓監網郵詳頂輸碼護隱"
    "責協夥鏈簡優勢訂費審覈貨幣黃匯醫籌賣驟載蘋掃歡試誤錯敗為著裡眾"
    "，。、：；！？（）《》“”【】％…—·"
)
_WIDE = frozenset("，。、：；！？（）《》“”‘’【】［］｛｝％…—－～·￥＋＝０１２３４５６７８９　×→↑↓★☆●◆■□▲△※√①②③④⑤⑥ⅠⅡⅢ℃°±®©™•▪")


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    declared: str  # as the server or page said, in lower case; empty where neither did
    found: str  # codec that was used


def decode(body: bytes, content_type: str = "") -> Decoded:
    """``body`` with content-encoding undone; ``content_type`` as the header gave it."""
    declared = _declared(body, content_type)
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return Decoded(body[len(mark):].decode(codec, "replace"), declared, codec)
    known = _known(declared)
    if known in ("hz", "iso2022_jp") and body.isascii():  # seven-bit forms look like ASCII, so nothing else can tell
        return Decoded(body.decode(known, "replace"), declared, known)
    nuls = body[:1000].count(0)
    if nuls < NULS:
        if known.startswith("utf-16") and nuls < 4:  # a tag has a zero byte in every second place
            known = ""
        try:
            text = body.decode("utf-8")
            if _by_chance(body, text):
                return Decoded(body.decode("gb18030", "replace"), declared, "gb18030")
            return Decoded(mended(body, text, "utf-8"), declared, "utf-8")  # valid beyond ASCII: hardly ever anything else
        except UnicodeDecodeError as error:
            if error.end >= len(body) - 3 and "unexpected end" in error.reason:  # cut off within its last character
                whole = body[: error.start]
                return Decoded(mended(whole, whole.decode("utf-8", "replace"), "utf-8") + "\ufffd", declared, "utf-8")
    codec = _choose(_sample(body), known)
    return Decoded(mended(body, body.decode(codec, "replace"), codec), declared, codec)


def _declared(body: bytes, content_type: str) -> str:
    http = _HTTP.search(content_type) if content_type else None
    if http:
        return http.group(1).lower()
    head = body[:4096]
    found = _META.search(head) or _XML.match(head)
    return found.group(1).decode("ascii", "replace").lower() if found else ""


def _known(declared: str) -> str:
    try:
        return _CODECS.get(codecs.lookup(declared).name, "") if declared else ""
    except (LookupError, ValueError):
        return ""


def _by_chance(body: bytes, text: str) -> bool:
    """A few characters of GBK that happen to be valid UTF-8 of letters no page writes: 平台 reads as ƽ̨."""
    if body.isascii() or _BEYOND.search(text) or not _NO_PAGE.search(text):
        return False
    return _high_bytes(body) < 2 * FEW and _weight(body, "gb18030") >= 0.7


def _sample(body: bytes) -> bytes:
    """Where the text is: from the first byte beyond ASCII, and again from the middle of a long page."""
    if len(body) <= SAMPLE_BYTES:
        return body
    first = _HIGH.search(body)
    at = first.start() if first else 0
    return body[at: at + SAMPLE_BYTES]


def _high_bytes(body: bytes) -> int:
    return len(body) - len(body.translate(None, _HIGH_BYTES))


def _choose(sample: bytes, known: str) -> str:
    if sample[:1000].count(0) >= NULS:
        return "utf-16-be" if sample[:1000:2].count(0) > sample[1:1000:2].count(0) else "utf-16-le"
    few = _high_bytes(sample) < 2 * FEW
    if few:
        chosen = _weighed(sample, known)
        if chosen:
            return chosen
    sample = b" ".join(_TEXT.findall(sample))[:SCORED_BYTES]
    scores: dict[str, float] = {}
    for codec in dict.fromkeys((known, *_CHINESE)):
        if codec:
            scores[codec] = _score(sample, codec)
            if scores[codec] >= CLEAR and not few:
                return codec
    best = max(scores, key=lambda codec: scores[codec])
    if known and scores[known] >= scores[best] - MARGIN:
        return known
    if scores[best] >= PLAUSIBLE:
        return best
    if known:
        return known
    guess = from_bytes(sample[:4096], cp_isolation=_OTHERS).best()
    return _known(guess.encoding) or best if guess else best


def _weighed(sample: bytes, known: str) -> str:
    """The codec of a handful of characters; "" where none reads as Chinese. A reading without a fault is preferred to any with one."""
    weights: dict[str, float] = {}
    for codec in dict.fromkeys((known, "gb18030", "big5hkscs")):
        if codec and codec not in _SINGLE:
            weights[codec] = _weight(sample, codec) + (FEW_MARGIN if codec == known else 0.0)
    if known in _SINGLE and not all(len(run) % 2 == 0 for run in _RUNS.findall(sample)):
        return ""  # é, ü: single letters of a western page
    best = max(weights, key=lambda codec: weights[codec])
    return best if weights[best] >= ORDINARY else ""


def _weight(sample: bytes, codec: str) -> float:
    """Average over the characters beyond ASCII: common 1, of the standard's first level less, odd ones less than nothing, a fault worst."""
    text = _ASCII.sub("", sample.decode(codec, "replace"))
    if text.endswith("\ufffd"):
        text = text[:-1]  # the cut may fall inside a character
    if not text:
        return 0.0
    first, last = _FIRST_LEVEL.get(codec, (b"", b""))
    total = 0.0
    for char in text:
        if char in _COMMON:
            total += 1.0
        elif "\u4e00" <= char <= "\u9fff":
            total += 0.45 if first <= char.encode(codec, "replace") <= last else -0.1
        elif char == "\ufffd":
            total -= 3.0
        else:
            total += 0.3 if char in _WIDE else -1.0
    return total / len(text)


def _score(sample: bytes, codec: str) -> float:
    """Share of common characters among those beyond ASCII, less a penalty for bytes that do not decode: about -1 … 1."""
    text = _ASCII.sub("", sample.decode(codec, "replace"))
    if not text:
        return 0.0
    faults = max(0, text.count("\ufffd") - 1)  # the cut may fall inside a character
    return sum(map(_COMMON.__contains__, text)) / len(text) - min(1.0, 5 * faults / len(text))
