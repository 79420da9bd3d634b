"""Bytes of a page to text: HTTP charset, BOM, meta, then what the bytes themselves say. Never raises."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import re2

_META = re2.compile(rb"""(?i)<meta[^>]{0,200}charset\s{0,5}=\s{0,5}["']?\s{0,5}([\w.:-]{2,40})""")
_HTTP = re2.compile(r"""(?i)charset\s{0,5}=\s{0,5}["']?([\w.:-]{2,40})""")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "iso8859-1": "cp1252", "ascii": "utf-8"}
SAMPLE_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    declared: str  # as the server or page said; empty where neither did
    found: str  # codec that was used


def decode(body: bytes, content_type: str) -> Decoded:
    """A declaration is believed only while the bytes agree with it: pages in GBK that say UTF-8 are common, and the reverse."""
    declared = _declared(body, content_type)
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return Decoded(body[len(mark):].decode(codec, "replace"), declared, codec)
    codec = _choose(body[:SAMPLE_BYTES], _known(declared))
    return Decoded(body.decode(codec, "replace"), declared, codec)


def _declared(body: bytes, content_type: str) -> str:
    found = _HTTP.search(content_type)
    if found:
        return str(found.group(1)).lower()
    meta = _META.search(body[:4096])
    return meta.group(1).decode("ascii", "replace").lower() if meta else ""


def _known(declared: str) -> str:
    try:
        name = codecs.lookup(declared).name if declared else ""
    except LookupError:
        return ""
    return _WIDER.get(name, name)


def _choose(sample: bytes, declared: str) -> str:
    if _faults(sample, "utf-8") == 0:
        return "utf-8"  # text that is valid UTF-8 beyond ASCII is hardly ever anything else
    candidates = [c for c in dict.fromkeys((declared, "gb18030", "big5hkscs", "utf-8")) if c]
    scores = {codec: _score(sample, codec) for codec in candidates}
    best = max(scores.values())
    return declared if declared and scores[declared] >= best - 0.02 else max(candidates, key=lambda c: scores[c])


def _faults(sample: bytes, codec: str) -> int:
    return sample[: len(sample) - 3 if len(sample) >= SAMPLE_BYTES else None].decode(codec, "replace").count("\ufffd")


# The commonest characters of Chinese text, simplified and traditional: right decodings are full of them, wrong ones are not.
_COMMON = frozenset("的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
                    "這個國們時來為會發動產過說經對學後與關於網資財金融投理保本息收益平台戶戸公司客服務安全銀行")


def _score(sample: bytes, codec: str) -> float:
    """Share of common characters among those beyond ASCII, less a penalty for bytes that do not decode: -1 … 1."""
    text = [c for c in sample.decode(codec, "replace") if c > "\x7f"]
    if not text:
        return 0.0
    return sum(c in _COMMON for c in text) / len(text) - min(1.0, 5 * text.count("\ufffd") / len(text))
