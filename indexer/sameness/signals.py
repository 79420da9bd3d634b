"""What one capture shows that another site may show too. Pure but for ``gathered``, which reads the archive; hostile bytes: it runs in the
sameness worker's child process.

Everything is linear in the text: expressions of RE2 with bounded repetition, over at most ``MOST_MARKUP`` characters. A page that lists many
numbers of a kind is a directory, a complaint or a list of warnings: its numbers are others', and none of them is taken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import re2

from classifiers.extract import extract
from classifiers.model import Document, Identity
from classifiers.pictures import phash
from evidence.capture import ANSWERS, Capture
from evidence.errors import EvidenceError
from evidence.read import answer, page_body
from indexer.pictured import MOST_BYTES, found
from indexer.sameness.kinds import is_everybodys
from indexer.sameness.likeness import sketch

VERSION = 1  # of what is extracted: a store made by another is made again
MOST_MARKUP = 2_000_000  # characters
MOST_PICTURES = 12
MOST_VALUE = 160
# More values of a kind than an operator has on one page.
LIST = {"icp": 3, "uscc": 2, "police": 3, "phone": 6, "wechat": 4, "qq": 6, "analytics": 8, "merchant": 4, "chat": 3}
# Pages that speak of others: what they show of companies and numbers is not their own.
ABOUT_OTHERS = frozenset(("news", "law", "regulator", "education", "complaint", "fiction"))
_DIGITS = re.compile(r"\D+")
_ACCOUNTS = tuple((kind, service, re2.compile(pattern)) for kind, service, pattern in (
    ("analytics", "baidu", r"(?i)hm\.baidu\.com/hm?\.js\?([0-9a-f]{32})"),
    ("analytics", "cnzz", r"(?i)(?:cnzz\.com|cnzz\.net|umeng\.com)/[a-z_]{1,20}\.(?:php|js)\?(?:[^\s\"'<>]{0,60}&(?:amp;)?)?(?:web_)?id=(\d{6,12})"),
    ("analytics", "cnzz", r"_setAccount[\"']\s?,\s?[\"'](\d{6,12})[\"']"),
    ("analytics", "google", r"\b(UA-\d{4,10})-\d{1,4}\b"),
    ("analytics", "google", r"(?i:gtag/js\?id=|gtm\.js\?id=|config[\"']\s?,\s?[\"'])((?:G|GTM|AW)-[A-Z0-9]{6,12})\b"),
    ("analytics", "la51", r"(?i)js\.users\.51\.la/(\d{5,12})\.js"),
    ("analytics", "la51", r"LA\.init\(\{\s{0,4}id\s?:\s?[\"']([A-Za-z0-9]{10,24})[\"']"),
    ("chat", "meiqia", r"(?i)entId[\"']?\s?[:,]\s?[\"']?([0-9a-f]{5,32})\b"),
    ("chat", "kf53", r"(?i)53kf\.com/(?:code/)?(?:code|webCompany\.php\?arg=)/?(\d{6,12})"),
    ("merchant", "adsense", r"\bca-(pub-\d{10,20})\b"),
    ("merchant", "alipay", r"(?i)(?:partner|seller_?id|pid|merchant_?id)[\"']?(?:\s{0,3}[:=]\s{0,3}|\s{1,3}value\s?=\s?)[\"']?(2088\d{12})\b"),
    ("merchant", "wechatpay", r"(?i)mch_?id[\"']?(?:\s{0,3}[:=]\s{0,3}|\s{1,3}value\s?=\s?)[\"']?(1\d{9})\b"),
    ("merchant", "shop", r"(?i)(?:\bmer(?:chant)?_?(?:id|no|code|num)|商户(?:号|编号))[\"']?(?:\s{0,3}[:=：]\s{0,3}|\s{1,3}value\s?=\s?)[\"']?([0-9A-Za-z]{0,12}\d{6,20})\b"),
))


@dataclass(frozen=True, slots=True)
class Gathered:
    """``signals``: (kind, value), each once. ``sketch``: of the visible text, None where it is too short."""

    signals: tuple[tuple[str, str], ...] = ()
    sketch: bytes | None = field(default=None, repr=False)


def gathered(archive: Path, capture: Capture, genre: str) -> Gathered:
    """Everything of one capture that shows the page. Raises EvidenceError where the archive cannot be read."""
    signals = dict.fromkeys(of_visit(capture.facts))
    body = page_body(archive, capture)
    if body is None:
        return Gathered(tuple(signals))
    seen = extract(Document(body=body.body, url=body.url, content_type=body.content_type, plain=body.kind == "text"))
    if genre not in ABOUT_OTHERS:
        signals |= dict.fromkeys(of_identity(seen.identity))
    signals |= dict.fromkeys(of_markup(seen.markup))
    for mark, data in islice(found(archive, capture, seen), MOST_PICTURES):
        if isinstance(data, bytes):
            signals |= dict.fromkeys(of_picture(mark.role, data))
    for data in _pictures(archive, capture):
        signals |= dict.fromkeys(of_picture("image", data))
    return Gathered(tuple((kind, value[:MOST_VALUE]) for kind, value in signals if value), sketch(seen.text) if genre not in ABOUT_OTHERS else None)


def of_identity(identity: Identity) -> list[tuple[str, str]]:
    """Of what the page says of its operator: filing numbers without the site's own suffix, telephones as digits."""
    phones = [number for number in (_DIGITS.sub("", phone) for phone in identity.phones) if not is_everybodys(number)]
    filings = [_subject(number) for number in identity.icp if number not in identity.bad_icp]
    police = [_DIGITS.sub("", number) for number in identity.police]
    values: Mapping[str, Sequence[str]] = {
        "icp": filings, "uscc": identity.uscc, "police": police, "phone": phones, "wechat": [name.lower() for name in identity.wechat], "qq": identity.qq,
        "company": [identity.operator] if identity.operator else [],
    }
    return [signal for kind, some in values.items() for signal in _few(kind, some)]


def of_markup(markup: str) -> list[tuple[str, str]]:
    """Accounts at services: statistics, customer service, payment."""
    text = markup[:MOST_MARKUP].encode("utf-8", "replace").decode()
    some: dict[str, dict[str, None]] = {}
    for kind, service, pattern in _ACCOUNTS:
        for match in islice(pattern.finditer(text), 50):
            value = match.group(1)
            if len(set(_DIGITS.sub("", value) or value)) > 2:  # 0000000, 11111111: a template's
                some.setdefault(kind, {})[f"{service}:{value if service == 'google' else value.lower()}"] = None
    return [signal for kind, values in some.items() for signal in _few(kind, list(values))]


def of_visit(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of the connection: the server's certificate and its addresses."""
    tls = facts.get("tls")
    print_ = str(tls.get("sha256") or "") if isinstance(tls, Mapping) else ""
    known = facts.get("dns")
    addresses = [str(one) for one in known[:4]] if isinstance(known, list) else []
    digest = print_.replace(":", "").lower()
    public = [one for one in addresses if not one.startswith(("127.", "10.", "192.168.", "::1", "169.254."))]
    return ([("certificate", digest)] if len(digest) == 64 else []) + [("address", one) for one in public]


def of_picture(role: str, data: bytes) -> list[tuple[str, str]]:
    """An icon by its very bytes, a picture by what it looks like."""
    if not data or len(data) > MOST_BYTES:
        return []
    if role == "favicon":
        return [("favicon", hashlib.sha256(data).hexdigest())]
    code = phash(data)
    return [("picture", code)] if code else []


def _few(kind: str, values: Sequence[str]) -> list[tuple[str, str]]:
    """None where there are so many that they are a list of others'."""
    once = list(dict.fromkeys(value for value in values if value))
    return [(kind, value) for value in once] if len(once) <= LIST.get(kind, 4) else []


def _subject(number: str) -> str:
    """A filing number without the running number of the site: the subject's own."""
    whole = "".join(number.split()).upper().replace("備", "备").replace("證", "证")
    return re.sub(r"号?[-－—]\d{1,3}$", "号", whole)


def _pictures(archive: Path, capture: Capture) -> Iterator[bytes]:
    """Pictures on record with the page that are no icon and no logo."""
    told = capture.facts.get("pictures")
    marks = {str(one.get("uri")) for one in told if isinstance(one, dict)} if isinstance(told, list) else set()
    names = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
    for record in islice((r for r in capture.records if r.type in ANSWERS and r.uri not in marks and _path(r.uri).endswith(names)), MOST_PICTURES):
        try:
            yield answer(archive, record)[0]
        except EvidenceError:
            continue


def _path(uri: str) -> str:
    try:
        return urlsplit(uri).path.lower()
    except ValueError:
        return ""
