"""Which pictures of a page are its marks: its icon, and what it wears as its logo. The patrol fetches them with the page, ingest compares
them.

Whose logo it is tells the place: one with the heading is the site's own; a row of them, or one among partners, links and certificates, is
others', which a page may lawfully show.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from classifiers.bounds import too_costly
from classifiers.encoding import decode
from classifiers.links import Resolver

MOST_LOGOS = 2  # with the icon three pictures a page
MOST_LOOKED_AT = 300  # pictures of a page whose surroundings are read
MOST_DATA = 350_000  # characters of a picture written in the page itself
_UP = 5  # elements around a picture whose names count
_WORD = re.compile(r"logo(?!ut|ff|n(?![a-z]))|brand[-_]?(?:img|image|pic|icon|mark)|标志|标识|徽标|行徽|商标", re.IGNORECASE)
_OTHERS = re.compile(
    r"partner|cooperat|friend|(?<![a-z])links(?![a-z])|flink|youlian|client|customer|sponsor|media|hezuo|huoban|cert|honou?r|foot|copyright"
    r"|合作|伙伴|友情|支付|存管|认证|诚信|网安|公安|备案|微信|二维码",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"url\(\s*['\"]?([^'\")]{1,900})", re.IGNORECASE)
_ROW = 2  # so many of the same names are a heading and a footing; more are a row of others' logos


class Mark(NamedTuple):
    """``url``: absolute, or ``data:`` for a picture written in the page itself."""

    role: str  # favicon, logo
    url: str


def marks_of(body: bytes, content_type: str, url: str) -> tuple[Mark, ...]:
    return marks(decode(body, content_type).text, url)


def marks(markup: str, url: str) -> tuple[Mark, ...]:
    """The icon and at most two logos. An SVG is none: it is drawn by a program, which nothing here runs."""
    if not markup or too_costly(markup):
        return ()
    tree = LexborHTMLParser(markup)
    base = tree.css_first("base[href]")
    resolver = Resolver(url)
    if base is not None:
        resolver = Resolver(resolver.join(base.attributes.get("href") or "") or url)
    logos = dict.fromkeys(found for written in _logos(tree) if (found := _picture(written, resolver)))
    icon = _icon(tree, resolver, Resolver(url).join("/favicon.ico"))
    worn = islice((one for one in logos if one != icon), MOST_LOGOS)
    return (*([Mark("favicon", icon)] if icon else []), *(Mark("logo", one) for one in worn))


def _icon(tree: LexborHTMLParser, resolver: Resolver, usual: str) -> str:
    """The icon that the page names, else the one for phones, else where browsers look. One that says it is empty is none."""
    found = {"icon": "", "apple-touch-icon": ""}
    for link in islice(tree.css("link[rel][href]"), MOST_LOOKED_AT):
        words = (link.attributes.get("rel") or "").lower().split()
        kind = next((kind for kind in found if kind in words), "")
        written = link.attributes.get("href") or ""
        if kind and not found[kind] and "svg" not in (link.attributes.get("type") or "").lower():
            found[kind] = written if written.strip() == "data:," else _picture(written, resolver)
    icon = found["icon"] or found["apple-touch-icon"] or usual
    return "" if icon.strip() == "data:," else icon


def _picture(written: str, resolver: Resolver) -> str:
    """The address of a picture that can be compared; empty where it is none."""
    written = written.strip()
    if written[:5].lower() == "data:":
        return written if written[:11].lower() == "data:image/" and written[11:14].lower() != "svg" and len(written) <= MOST_DATA else ""
    found = resolver.join(written).partition("#")[0]
    return "" if found.partition("?")[0].lower().endswith((".svg", ".svgz")) else found


def _logos(tree: LexborHTMLParser) -> list[str]:
    """Pictures that are called a logo, or stand in what is, in the order of the page; others' left out."""
    found: list[tuple[str, str]] = []  # (what it and the element around it are called, as written)
    for node in islice(tree.css('img, [style*="url("]'), MOST_LOOKED_AT):
        written = _source(node)
        around = list(_around(node))
        file = "" if written[:5] == "data:" else written.partition("?")[0].rpartition("/")[2]
        own = f"{node.attributes.get('alt') or ''} {node.attributes.get('title') or ''} {file}"
        if written and any(map(_WORD.search, (own, *around[:4]))) and not any(map(_OTHERS.search, (own, *around))):
            found.append((" > ".join(around[:2]), written))
    alike = Counter(called for called, _ in found)
    return [written for called, written in found if alike[called] <= _ROW]


def _source(node: LexborNode) -> str:
    said = node.attributes
    if node.tag == "img":
        named = said.get("data-original") or said.get("data-src") or said.get("src")
        return named or next(iter((said.get("srcset") or "").replace(",", " ").split()), "")
    background = _BACKGROUND.search((said.get("style") or "")[:2_000])
    return background.group(1) if background else ""


def _around(node: LexborNode) -> Iterator[str]:
    """What the picture and the elements around it are called: class and id, or the name of the tag where they have none."""
    at: LexborNode | None = node
    for _ in range(_UP + 1):
        if at is None or at.tag in ("body", "html", "-undef"):
            return
        yield f"{at.attributes.get('class') or ''} {at.attributes.get('id') or ''}".strip()[:300] or (at.tag or "")
        at = at.parent
