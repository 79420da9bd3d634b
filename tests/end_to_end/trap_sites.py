"""Sites that never end, each with the same sixteen honest pages in its midst."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from web import Answer, html

Site = Callable[[str], Answer | None]
# path -> (what the link to it says, where it is linked)
HONEST = {
    "/": ("首页", ""), "/safe.html": ("安全保障", "/"), "/product/": ("产品列表", "/"), "/about.html": ("关于我们", "/"), "/help.html": ("帮助中心", "/"),
    "/news/": ("新闻动态", "/"), "/download.html": ("客户端下载", "/"), "/contact.html": ("联系方式", "/"), "/team.html": ("团队", "/about.html"),
    **{f"/product/{n}.html": (f"第{n}期", "/product/") for n in (1, 2, 3, 4)}, **{f"/news/{n}.html": (f"第{n}条", "/news/") for n in (1, 2, 3)},
}
_COUNT = itertools.count(1)


def honest(path: str, link: Callable[[str], str] = lambda path: path) -> str | None:
    """The honest page at ``path``, its links written by ``link``."""
    if path not in HONEST:
        return None
    words = f"本页介绍{HONEST[path][0]}，编号{hashlib.sha256(path.encode()).hexdigest()[:12]}，内容与其他页不同。" * 3
    links = "".join(f'<a href="{link(to)}">{said}</a>' for to, (said, source) in HONEST.items() if source in (path, "/", ""))
    return f"<title>{HONEST[path][0]}</title><h1>{HONEST[path][0]}</h1><p>{words}</p>{links}"


def beside(path: str, trap: str) -> Answer | None:
    """The honest page with the trap's links before all others."""
    found = honest(path)
    return html(trap + found) if found else None


def calendar(path: str) -> Answer | None:
    """Every month leads to the next and the one before, by query and by path, to the end of days."""
    at = parse_qs(urlsplit(path).query)
    if "month" in at:
        month = int(at["month"][0])
    elif (found := re.match(r"/archive/(\d+)/(\d+)/$", path)) is not None:
        month = int(found[1]) * 12 + int(found[2])
    elif urlsplit(path).path == "/events" or path in HONEST:
        month = 24_000
    else:
        return None
    links = "".join(f'<a href="/events?year={m // 12}&amp;month={m}">{m}</a><a href="/archive/{m // 12}/{m % 12 + 1:02}/">{m}</a>' for m in (month + 1, month - 1, month + 12))
    return beside(path, links) or html(f"<title>日历</title><p>{month // 12}年{month % 12 + 1}月的活动安排</p>{links}")


def session_in_query(path: str) -> Answer | None:
    """A new session in every link."""
    page = honest(urlsplit(path).path, lambda to: f"{to}?PHPSESSID={next(_COUNT):032x}")
    return html(page) if page else None


def session_of_its_own(path: str) -> Answer | None:
    """The same under a name nobody knows."""
    page = honest(urlsplit(path).path, lambda to: f"{to}?tk={hashlib.sha256(str(next(_COUNT)).encode()).hexdigest()[:24]}")
    return html(page) if page else None


def session_in_path(path: str) -> Answer | None:
    """A new session in every link, as the first folder."""
    bare = re.sub(r"^/u-[0-9a-f]{20}(?=/)", "", path)
    page = honest(bare, lambda to: f"/u-{hashlib.sha256(str(next(_COUNT)).encode()).hexdigest()[:20]}{to}")
    return html(page) if page else None


def combinations(path: str) -> Answer | None:
    """A list by every order, colour and page."""
    parts = urlsplit(path)
    if parts.path != "/list":
        return beside(path, '<a href="/list?sort=a&amp;color=1&amp;page=1">项目列表</a>')
    page = int(parse_qs(parts.query)["page"][0])
    links = "".join(f'<a href="/list?sort={s}&amp;color={c}&amp;page={page + d}">筛选</a>' for s in "abc" for c in range(4) for d in (0, 1))
    return html(f"<title>列表</title><p>筛选结果 {parts.query}</p>{links}")


def endless_chain(path: str) -> Answer | None:
    """One more, and one more."""
    parts = urlsplit(path)
    if parts.path != "/more":
        return beside(path, '<a href="/more?n=1">更多产品</a>')
    number = int(parse_qs(parts.query)["n"][0])
    return html(f"<title>更多</title><p>第 {number} 屏</p><a href='/more?n={number + 1}'>下一屏产品</a><a href='/more?n={number * 2}'>跳转</a>")


def soft_404(path: str) -> Answer | None:
    """200 to every made-up path, which it repeats, with links that make up more."""
    made_up = '<a href="more/">更多</a><a href="../x/next/">下一步</a><a href="index/list/">列表</a>'
    return beside(path, made_up) or html(f"<title>页面不存在</title><p>您访问的页面 {path} 已经删除或者不存在，请返回首页重新查找您要的内容。</p>{made_up}")


def mirrored(path: str) -> Answer | None:
    """Whatever the folder, the last name decides what is shown; and its links are relative."""
    name = path.rstrip("/").rpartition("/")[2]
    known = {to.rstrip("/").rpartition("/")[2]: to for to in HONEST if to.count("/") == 1 or to.endswith("/")}
    page = honest(path) or honest(known.get(name, ""), lambda to: to.strip("/") or "./")
    return html(f'<a href="a/">甲</a><a href="b/">乙</a>{page}') if page else html('<title>目录</title><p>目录内容见下，请选择要看的栏目。</p><a href="a/">甲</a><a href="b/">乙</a>')


TRAPS: dict[str, Site] = {
    "calendar": calendar, "session_in_query": session_in_query, "session_of_its_own": session_of_its_own, "session_in_path": session_in_path,
    "combinations": combinations, "endless_chain": endless_chain, "soft_404": soft_404, "mirrored": mirrored,
}
