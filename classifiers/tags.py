"""What a tag means: does it open a block, in which role; is what is inside shown; what stands aside in its attributes, where it leads.

A tag means the same wherever it stands, so meanings are remembered between pages: most tags of a page have been met before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from classifiers.model import Role

LETTERS = {
    "M": Role.MAIN, "N": Role.NAV, "A": Role.AD, "B": Role.BUTTON, "F": Role.FORM, "T": Role.TABLE, "O": Role.FOOTER,
    "S": Role.SCRIPT, "L": Role.ALT, "E": Role.META, "H": Role.HIDDEN,
}
BLOCK_TAGS = frozenset((
    "address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
    "html", "legend", "li", "main", "marquee", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search", "section", "select",
    "summary", "table", "tbody", "tfoot", "thead", "ul", "textarea", "text", "head",
))
VOID_TAGS = frozenset((
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param",
    "source", "track", "wbr",
))
RAW_TAGS = frozenset(("script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"))
HIDDEN_TAGS = frozenset(("noscript", "template", "video", "audio", "canvas", "object", "datalist", "rt", "rp"))
EVERYWHERE = "MNABFTO"
# Layout by tables and pages that are one form are common: these two say something only where nothing better is known.
ROLE_TAGS = {
    "nav": ("N", EVERYWHERE), "footer": ("O", EVERYWHERE), "button": ("B", EVERYWHERE), "select": ("F", EVERYWHERE),
    "textarea": ("F", EVERYWHERE), "form": ("F", "MT"), "table": ("T", "M"), "tr": ("T", "M"),
}
BY_NAME = "MTF"
_LOOSE = re.compile(r"""[\s/"']([^\s="'<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")  # attributes as people write them
_ATTRIBUTE = re.compile(r'\s([^\s="<>/]+)="([^"]*)"')
_CHINESE = re.compile("[\u4e00-\u9fff]")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_VANISHING = re.compile(r"font-size\s*:\s*0(?:\.0+)?(?:px|pt|r?em|%)?\s*(?:;|!|$)", re.IGNORECASE)  # within a line; around blocks it only closes gaps
_BACKGROUND = re.compile(r"url\(\s*['\"]?([^'\")]{1,900})", re.IGNORECASE)
# Libraries that draw nothing by themselves, by the name of their file: they say nothing of who writes the page.
_LIBRARY = re.compile(
    r"(?:jquery|bootstrap|swiper|slick|owl\.carousel|echarts|highcharts|layer|layui|superslide|unslider|html5shiv|respond|modernizr|ie8|pie|hm\.js|h\.js"
    r"|analytics|gtag|gtm|cnzz|51\.la|tongji|umeng|sensors|jweixin|wow|placeholder|validat|datepicker|laydate|lazyload|artdialog|base64|md5|fastclick|rem|flexible"
    r"|share|qrcode|clipboard|polyfill|es5|json2|sea|require|common\.min)[^/]*$",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?P<O>foot|footer|footbar|copyright|bottom)|(?P<N>nav|navbar|menu|breadcrumb|breadcrumbs|crumbs)"
    r"|(?P<A>ads?|adv|advert|advertisement|advertising|adbox|adslot|adsbygoogle|adwrap|guanggao|sponsor|sponsored|ad\d{1,4}))(?=$|[\s_-])",
    re.IGNORECASE,
)
_LOCATION = re.compile(r"""(?:location(?:\.href)?\s{0,3}=\s{0,3}|(?:window\.open|location\.(?:assign|replace))\(\s{0,3})['"]([^'"]{1,900})""")
_REFRESH = re.compile(r"url\s{0,3}=\s{0,3}['\"]?([^'\">]{1,900})", re.IGNORECASE)

# What a tag does, by cost: small numbers for what most tags are, a Special for the rest.
NO_ASIDE = ("", "")
OPEN, CLOSE, BLOCK_OPEN, BLOCK_CLOSE, NOTHING, BREAK = range(6)


@dataclass(frozen=True, slots=True)
class Special:
    """A tag that does more than open or close."""

    tag: str
    void: bool = False
    block: bool = False
    closing: bool = False
    raw: bool = False  # what is inside is not markup
    letter: str = ""  # role of what is inside
    over: str = ""  # where the role counts: letters of the roles it may stand in
    hidden: bool = False
    links: tuple[tuple[str, str], ...] = ()  # (as written, kind)
    image: str = ""
    aside: tuple[str, str] = NO_ASIDE  # (text, letter)
    value: str = ""  # caption of an input that is a button
    password: bool = False
    base: str = ""
    src: bool = False  # a script by address that may write the page
    library: bool = False  # a script by address that draws nothing by itself
    inner: str = ""  # a page given in the tag itself (srcdoc)
    json: bool = False


Action = int | Special
_FIXED: dict[str, Action] = {}
KNOWN: dict[str, Action] = {}  # meanings of tags with attributes; a pure function of the tag, so sharing it changes nothing
NEVER = -(1 << 60)  # a depth that is not reached: more closing tags than opening ones are harmless
MAX_LEARNED = 20_000
MAX_TAG = 20_000  # characters of one tag read for attributes
MAX_ASIDE = 2_000


def learn(tag: str) -> Action:
    """What the tag between ``<`` and ``>`` does; remembered, but for odd ones, so that every name remembered is a whole tag."""
    action = _meaning(tag)
    if len(tag) < 300 and "<" not in tag and tag[:1] != "!":
        if len(KNOWN) >= MAX_LEARNED:
            KNOWN.clear()
            KNOWN.update(_FIXED)
        KNOWN[tag] = action
    return action


def _meaning(tag: str) -> Action:
    if tag[:1] == "/":
        name = tag[1:]
        if name in ("a", "tr", "td", "th"):
            return Special(name, closing=True)
        return BLOCK_CLOSE if name in BLOCK_TAGS else CLOSE
    if tag[:1] in "!?":
        return NOTHING
    name = tag.split(None, 1)[0].rstrip("/") if tag else ""
    attributes = dict(_ATTRIBUTE.findall(tag)) if len(tag) > len(name) else {}
    if "&" in tag:
        attributes = {key: unescape(value) for key, value in attributes.items()}
    return _element(name, attributes)


def _element(name: str, attributes: dict[str, str]) -> Action:
    if name in ("br", "hr"):
        return BREAK
    if name == "meta":
        return _meta(attributes)
    if name == "base":
        return Special(name, void=True, base=attributes.get("href", ""))
    if name == "link":
        canonical = "canonical" in attributes.get("rel", "").lower().split() and attributes.get("href")
        return Special(name, void=True, links=((attributes["href"], "canonical"),)) if canonical else NOTHING
    if name == "img":
        source = attributes.get("data-original") or attributes.get("data-src") or attributes.get("src") or _first(attributes.get("srcset", ""))
        return Special(name, void=True, image=source, aside=_words(attributes, "alt", "title"), links=_onclick(attributes))
    if name == "input":
        return _input(attributes)
    if name in ("frame", "embed"):
        return Special(name, void=True, links=_link(attributes.get("src"), "frame") if name == "frame" else ())
    if name == "source" and attributes.get("srcset"):
        return Special(name, void=True, image=_first(attributes["srcset"]))
    if name in VOID_TAGS:
        return Special(name, void=True, links=_link(attributes.get("href"), "a")) if name == "area" else NOTHING
    if name in RAW_TAGS:
        if name == "iframe":
            inner = attributes.get("srcdoc", "")
            links = () if inner else _link(attributes.get("src"), "frame")
            return Special(name, raw=True, hidden=_is_hidden(attributes), inner=inner, links=links)
        source = attributes.get("src", "").partition("?")[0]
        ours = bool(source) and ("data-main" in attributes or not _LIBRARY.search(source))
        return Special(name, raw=True, src=ours, library=bool(source) and not ours, json="json" in attributes.get("type", "").lower())
    if name == "title":
        return Special(name, raw=True)
    if name in ("td", "th", "tr"):
        letter, over = ROLE_TAGS.get(name, ("", ""))
        return Special(name, hidden=_is_hidden(attributes), letter=letter, over=over, links=_onclick(attributes))
    return _container(name, attributes)


def _container(name: str, attributes: dict[str, str]) -> Action:
    block = name in BLOCK_TAGS
    hidden = name in HIDDEN_TAGS or (bool(attributes) and _is_hidden(attributes)) or (name == "dialog" and "open" not in attributes)
    if hidden and name == "template" and "shadowrootmode" in attributes:
        hidden = False  # drawn where it stands
    style = attributes.get("style", "") if attributes else ""
    if style and not hidden and not block:
        hidden = bool(_VANISHING.search(style))
    background = _BACKGROUND.search(style) if "url(" in style else None
    letter, over = ROLE_TAGS.get(name, ("", ""))
    if not letter and attributes and name not in ("body", "html"):
        named = _NAMES.search(f"{attributes.get('class', '')} {attributes.get('id', '')}")
        if named and (block or named.lastgroup == "A"):
            letter, over = named.lastgroup or "", BY_NAME
    links = _onclick(attributes) if attributes else ()
    if name == "a":
        links = (*_link(attributes.get("href"), "a"), *links)
    aside = _words(attributes, "title", "aria-label", "placeholder") if attributes else NO_ASIDE
    if letter or hidden or links or aside[0] or background:
        image = background.group(1) if background else ""
        return Special(name, block=block or letter == "A", letter=letter, over=over, hidden=hidden, links=links, aside=aside, image=image)
    return BLOCK_OPEN if block else OPEN


def _first(candidates: str) -> str:
    """The first address of a ``srcset``."""
    return next(iter(candidates.replace(",", " ").split()), "")


def _words(attributes: dict[str, str], *names: str) -> tuple[str, str]:
    """What an element says of itself: the first of these attributes that says something."""
    return next((attributes[name] for name in names if attributes.get(name)), "")[:MAX_ASIDE], "L"


def _is_hidden(attributes: dict[str, str]) -> bool:
    return "hidden" in attributes or ("style" in attributes and bool(_HIDING.search(attributes["style"])))


def _link(target: str | None, kind: str) -> tuple[tuple[str, str], ...]:
    if not target:
        return ()
    if target[:11].lower() == "javascript:":
        found = _LOCATION.search(target)
        return ((found.group(1), kind),) if found else ()
    return ((target, kind),) if target[0] != "#" else ()


def _onclick(attributes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found = _LOCATION.search(attributes["onclick"]) if "onclick" in attributes else None
    return ((found.group(1), "a"),) if found else ()


def _meta(attributes: dict[str, str]) -> Action:
    content = attributes.get("content", "")
    name = (attributes.get("name") or attributes.get("property") or "").lower()
    if not content:
        return NOTHING
    if name in ("description", "keywords", "og:description", "og:title", "twitter:description", "twitter:title"):
        return Special("meta", void=True, aside=(content[:MAX_ASIDE], "E"))
    if attributes.get("http-equiv", "").lower() == "refresh":
        found = _REFRESH.search(content)
        return Special("meta", void=True, links=((found.group(1), "refresh"),)) if found else NOTHING
    return NOTHING


def _input(attributes: dict[str, str]) -> Action:
    kind = attributes.get("type", "").lower()
    button = attributes.get("value", "") if kind in ("submit", "button", "reset") and not _is_hidden(attributes) else ""
    links, aside = _onclick(attributes), NO_ASIDE
    if kind == "image":
        aside = _words(attributes, "alt", "title")
    elif kind == "hidden" and _CHINESE.search(attributes.get("value", "")):
        aside = (attributes["value"][:MAX_ASIDE], "H")
    elif not button:
        aside = _words({key: value for key, value in attributes.items() if _CHINESE.search(value)}, "value", "placeholder", "title", "aria-label")
    if not (button or links or aside[0] or kind == "password"):
        return NOTHING
    return Special("input", void=True, value=button, password=kind == "password", links=links, aside=aside)


for _name in ("a", "b", "i", "u", "s", "em", "span", "font", "strong", "small", "big", "label", "sub", "sup", "ins", "del", *sorted(BLOCK_TAGS)):
    _FIXED[_name], _FIXED["/" + _name] = _meaning(_name), _meaning("/" + _name)
for _name in ("br", "wbr", "hr", "tr", "td", "th", "/tr", "/td", "/th", "script", "style", "title"):
    _FIXED[_name] = _meaning(_name)
KNOWN.update(_FIXED)


def loose(tag: str) -> Action:
    """What a tag as its author wrote it does."""
    closing = tag[:1] == "/"
    name, *rest = tag[closing:].split(None, 1) or [""]
    name = name.rstrip("/").lower()
    if closing or (name in _FIXED and not rest):
        return _FIXED.get("/" + name if closing else name) or _meaning("/" + name if closing else name)
    if tag[:1] in "!?" or not name[:1].isalpha():
        return NOTHING
    found = _LOOSE.findall(" " + rest[0][:MAX_TAG]) if rest else []
    return _element(name, {key.lower(): unescape(a or b or c) for key, a, b, c in reversed(found)})
