"""Addresses as the frontier keeps them: one form for one page, what is in scope, what is a trap, what comes first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

MAX_URL = 2_000
MAX_SEGMENTS = 16
MAX_REPEATS = 3  # of one path segment: /a/b/a/b/a/b is a server that answers whatever is asked
MAX_SAME_SHAPE = 20_000  # addresses that differ only in numbers and query values
MAX_SAME_QUERY = {1: 1_000, 2: 150}  # of one path, by the number of its parameters; a list by id is honest, combinations are not
MAX_COMBINATIONS = 40  # of one path with three parameters or more
MAX_DATES = 36  # pages of one calendar
PLENTY = {"date": 6, "token": 1, "query1": 50, "query": 20}  # so many of one form come in their own order; the others after all that is unlike them
LATE = 9  # the priority of those others
MAX_MEMORY = 50_000  # shapes remembered for one site

_TRACKING = re.compile(r"^(utm_\w{1,20}|spm|from_source|share_token|gclid|fbclid|_t|timestamp|rnd|random|nocache|_)$", re.IGNORECASE)
_SESSION = re.compile(r"^(jsessionid|phpsessid|aspsessionid\w{0,20}|asp\.net_sessionid|sessionid|session_id|sid|sessid|cfid|cftoken|zenid|osCsid)$", re.IGNORECASE)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]{0,200}", re.IGNORECASE)
_ASP_SESSION = re.compile(r"/\((?:S|X|A|F)\([0-9a-z]{10,60}\)\)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-z])(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{16,}(?![0-9a-z])", re.IGNORECASE)
_DATE_PATH = re.compile(r"/(?:19|20)\d{2}[-/_.]?(?:0?[1-9]|1[0-2])(?:[-/_.]?(?:[0-2]?\d|3[01]))?/?$")
_DATE_NAME = re.compile(r"(?:^|&)(?:year|month|day|date|ym|cal|calendar)=", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_NOT_PAGES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|bmp|svg|ico|css|js|mjs|map|woff2?|ttf|eot|mp[34]|avi|mov|flv|wmv|m3u8|ts|zip|rar|7z|gz|tar|exe|msi|dmg|iso|apk|ipa"
    r"|pdf|docx?|xlsx?|pptx?|swf|xml\.gz)$", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}", re.IGNORECASE)  # what a resolver can be asked; a page may write anything
_QUERY_SAFE = "!$'()*+,;:@/?-._~"


def canonical(url: str) -> str:
    """One form for one page: lower-case host, no default port, no fragment, no session or tracking parameter, percent-encoded. "" for
    what is no web address (RFC 3986 section 6)."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii") if parts.hostname and not parts.hostname.isascii() else (
            parts.hostname or "").rstrip(".")
    except (ValueError, UnicodeError):
        return ""
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not _HOST.fullmatch(host) or len(url) > MAX_URL:
        return ""
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port is None or port == (443 if scheme == "https" else 80) else f"{host}:{port}"
    path = _ASP_SESSION.sub("", _PATH_SESSION.sub("", parts.path)) or "/"
    whole = urlunsplit((scheme, netloc, quote(path, safe="%/!$&'()*+,;=:@-._~", errors="ignore"), _query(parts.query), ""))
    return _PERCENT.sub(lambda found: found[0].upper(), whole) if "%" in whole else whole


def _query(query: str) -> str:
    if not query:
        return ""
    names = [piece.partition("=")[0] for piece in query.split("&")]
    if not any(_TRACKING.match(name) or _SESSION.match(name) for name in names):
        return quote(query, safe="%&=" + _QUERY_SAFE, errors="ignore")
    kept = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not (_TRACKING.match(k) or _SESSION.match(k))]
    return urlencode(kept, safe=_QUERY_SAFE, errors="ignore")


def without_token(text: str) -> str:
    """A session, a UUID, a hash by a star."""
    if len(text) < 16:
        return text
    bare, tokens = _TOKEN.subn("*", text)
    return bare if tokens else text


def host_of(url: str) -> str:
    """host:port as a slot of politeness; the port only where it is not the scheme's own."""
    return urlsplit(url).netloc.lower()


def looks_like_a_page(url: str) -> bool:
    return not _NOT_PAGES.search(urlsplit(url).path)


@dataclass(slots=True)
class Traps:
    """What one site has shown so far. Bounded. ``trapped`` counts an address, and says why it leads nowhere new ("" where it may be visited);
    ``rank`` then says when: the more of one form have come, the later, so that what is unlike the others is not lost among them."""

    shapes: Counter[str] = field(default_factory=Counter)
    dated: Counter[str] = field(default_factory=Counter)
    queries: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)

    def trapped(self, url: str) -> str:
        form = _Form.of(url)
        if len(form.segments) > MAX_SEGMENTS:
            return "路径过深"
        if len(form.segments) >= 2 * MAX_REPEATS and max(Counter(form.segments).values()) > MAX_REPEATS:
            return "路径循环重复"
        if form.date and self._full(self.dated, form.shape, MAX_DATES):
            return "日历式无尽翻页"
        if form.names and self._full(self.queries, form.query, MAX_SAME_QUERY.get(form.parameters, MAX_COMBINATIONS)):
            return "查询参数组合过多"
        if form.token:
            self._full(self.tokens, form.token, MAX_SAME_SHAPE)
        return "同一形式的地址过多" if self._full(self.shapes, form.shape, MAX_SAME_SHAPE) else ""

    def rank(self, url: str, priority: int) -> int:
        """``priority`` of an address just counted, lowered by how many like it there are; 1 at least."""
        form = _Form.of(url)
        many = (
            (form.date and self.dated[form.shape] > PLENTY["date"]) or (form.token and self.tokens[form.token] > PLENTY["token"])
            or (form.names and self.queries[form.query] > PLENTY["query1" if form.parameters == 1 else "query"]))
        return max(1, min(priority - min(15, 2 * max(0, self.shapes[form.shape].bit_length() - 3)), LATE if many else 1_000))

    @staticmethod
    def _full(counts: Counter[str], shape: str, limit: int) -> bool:
        if counts[shape] >= limit or (len(counts) >= MAX_MEMORY and shape not in counts):
            return True
        counts[shape] += 1
        return False


@dataclass(frozen=True, slots=True)
class _Form:
    """What addresses of one kind have in common. ``token``: the address without a token in a folder or a query (a session under a name of
    its own looks like that; an article's id is the last segment), "" where it has none."""

    segments: tuple[str, ...]
    names: str
    parameters: int
    shape: str
    query: str
    token: str
    date: bool

    @classmethod
    @lru_cache(maxsize=256)  # asked twice of each address
    def of(cls, url: str) -> _Form:
        parts = urlsplit(url)
        folder, slash, last = parts.path.rpartition("/")
        names = "&".join(sorted({piece.partition("=")[0] for piece in parts.query.split("&")})) if parts.query else ""
        plain_folder, plain_query = without_token(folder), without_token(parts.query)
        token = f"{plain_folder}{slash}{last}?{plain_query}" if plain_folder is not folder or plain_query is not parts.query else ""
        return cls(
            tuple(segment for segment in parts.path.split("/") if segment), names, names.count("&") + 1 if names else 0,
            f"{_DIGITS.sub('0', plain_folder + slash + without_token(last))}?{names}", f"{parts.path}?{names}",
            token, bool(_DATE_PATH.search(parts.path) or (names and _DATE_NAME.search(parts.query))))


# Pages likely to carry claims come first (issue: home, product, 安全保障, about, help, news of the platform, download).
_FIRST = (
    (90, ("安全保障", "保障", "safe", "security", "anquan", "baozhang", "guarantee")),
    (80, ("理财", "投资", "产品", "项目", "收益", "众筹", "借款", "标的", "product", "invest", "licai", "touzi", "project", "borrow", "loan", "wealth", "finance")),
    (70, ("关于", "平台介绍", "公司简介", "资质", "about", "guanyu", "company", "intro")),
    (60, ("新手", "帮助", "常见问题", "指引", "help", "guide", "faq", "bangzhu", "newuser")),
    (50, ("下载", "app", "download", "客户端", "mobile")),
    (40, ("公告", "活动", "动态", "新闻", "notice", "news", "activity", "article", "media")),
)
_LAST = ("login", "register", "signup", "logout", "passport", "captcha", "登录", "注册", "退出")

_FIRST_ANY = tuple((score, re.compile("|".join(map(re.escape, words)))) for score, words in _FIRST)
_LAST_ANY = re.compile("|".join(map(re.escape, _LAST)))


def priority(url: str, words: str, depth: int) -> int:
    """0–120, the higher the sooner. ``words``: what the link says."""
    path = urlsplit(url).path.lower()
    if path in ("/", "/index.html", "/index.htm", "/index.php"):
        return 120 - depth
    said = f"{path} {words.lower()}"
    if _LAST_ANY.search(said):
        return 5
    return next((score for score, known in _FIRST_ANY if known.search(said)), 20) - min(depth, 10)


def origin_of(url: str) -> str:
    """scheme://host[:port] of an address, as a site is named; "" for what is no web address."""
    whole = canonical(url)
    parts = urlsplit(whole)
    return f"{parts.scheme}://{parts.netloc}" if whole else ""
