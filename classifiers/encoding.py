"""Bytes of a page to text: BOM, HTTP charset, meta, then what the bytes themselves say. Never raises.

A declaration is believed only while the bytes agree with it: pages in GBK that say UTF-8 are common, and the reverse.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

# Bounded and without nesting: linear on any input.
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?\s{0,5}([\w.:-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s{0,20}<\?xml[^>]{0,200}?encoding\s{0,5}=\s{0,5}["']([\w.:-]{2,40})""", re.IGNORECASE)
_HTTP = re.compile(r"""charset\s{0,5}=\s{0,5}["']?([\w.:-]{2,40})""", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# What a declared name is read as: the wider set that browsers use. Names not here (zlib, idna, utf-7 …) are no declaration at all.
_CODECS = {
    "utf-8": "utf-8", "ascii": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
    "big5hkscs": "big5hkscs", "cp950": "big5hkscs", "hz": "hz", "iso8859-1": "cp1252", "cp1252": "cp1252", "iso8859-15": "iso8859-15",
    "shift_jis": "cp932", "cp932": "cp932", "euc_jp": "euc_jp", "iso2022_jp": "iso2022_jp", "euc_kr": "cp949", "cp949": "cp949",
    "utf-16": "utf-16-le", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be", "cp1251": "cp1251", "koi8-r": "koi8-r", "cp874": "cp874",
}
_CHINESE = ("gb18030", "big5hkscs", "utf-8")
_OTHERS = ["utf_8", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "cp1252"]
_ASCII = re.compile("[\0-\x7f]+")
SAMPLE_BYTES = 12_000
CLEAR = 0.25  # share of common characters, without a fault, at which no other reading need be tried
MARGIN = 0.05  # how much better another reading must be before a declaration is called wrong
FEW = 60  # characters
_FIRST_LEVEL = {"gb18030": (b"\xb0\xa1", b"\xd7\xf9"), "big5hkscs": (b"\xa4\x40", b"\xc6\x7e")}
PLAUSIBLE = 0.12  # share of common characters below which a reading is not Chinese

# The commonest characters of Chinese text, simplified and traditional: right readings are full of them, wrong ones are not.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "這個國們時來為會發動產過說經對學後與關於網資財金融投理保本息收益平台戶戸公司客服務安全銀行首页登录注册关新闻中心更多帮助我"
    "，。、：；！？（）《》“”的项目借款用户账户资管信息时间月日登錄註冊頁"
)


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
    if body[:1000].count(0) < 50:
        try:
            return Decoded(body.decode("utf-8"), declared, "utf-8")  # valid beyond ASCII: hardly ever anything else
        except UnicodeDecodeError:
            pass
    codec = _choose(_sample(body), known)
    return Decoded(body.decode(codec, "replace"), declared, codec)


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


def _sample(body: bytes) -> bytes:
    """Where the text is: from the first byte beyond ASCII, and again from the middle of a long page."""
    if len(body) <= SAMPLE_BYTES:
        return body
    first = _HIGH.search(body)
    at = first.start() if first else 0
    return body[at: at + SAMPLE_BYTES]


def _choose(sample: bytes, known: str) -> str:
    if sample[:1000].count(0) >= 50:
        return "utf-16-be" if sample[:1000:2].count(0) > sample[1:1000:2].count(0) else "utf-16-le"
    scores: dict[str, float] = {}
    for codec in dict.fromkeys((known, *_CHINESE)):
        if codec:
            scores[codec] = _score(sample, codec)
            if scores[codec] >= CLEAR:
                return codec
    best = max(scores, key=lambda codec: scores[codec])
    if known and scores[known] >= scores[best] - MARGIN:
        return known
    if scores[best] >= PLAUSIBLE:
        return best
    if known:
        return known
    for codec in ("gb18030", "big5hkscs"):
        if _few_but_ordinary(sample, codec):
            return codec
    guess = from_bytes(sample[:4096], cp_isolation=_OTHERS).best()
    return _known(guess.encoding) or best if guess else best


def _few_but_ordinary(sample: bytes, codec: str) -> bool:
    """A handful of characters, all of them of the first level of the standard: too few to count common ones, but Chinese."""
    text = _ASCII.sub("", sample.decode(codec, "replace"))
    if not 0 < len(text) < FEW:
        return False
    first, last = _FIRST_LEVEL[codec]
    ordinary = sum(first <= char.encode(codec, "replace") <= last or char in _COMMON for char in text)
    return ordinary >= 0.9 * len(text)


def _score(sample: bytes, codec: str) -> float:
    """Share of common characters among those beyond ASCII, less a penalty for bytes that do not decode: about -1 … 1."""
    text = _ASCII.sub("", sample.decode(codec, "replace"))
    if not text:
        return 0.0
    faults = max(0, text.count("\ufffd") - 1)  # the cut may fall inside a character
    return sum(map(_COMMON.__contains__, text)) / len(text) - min(1.0, 5 * faults / len(text))
