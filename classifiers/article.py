"""The second view of a page: is there an article, and what is its body? Slogans are boilerplate to it, so it never feeds the claim rules: it is asked
only on pages of news, law or teaching, for what was found in a block that calls on the reader to act, and only where the answer changes what is said of
it. It says what stands outside of the article, where the page's genre clears nothing.

The body is trafilatura's; its metadata are not asked for (they cost ten times the body, design/performance.md). Title, date and author are
read from the tags and the line under the headline in which Chinese media give them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from classifiers.bounded import bounded
from classifiers.model import Block, Page, Role

MAX_MARKUP = 1_000_000  # characters: larger pages have no second view
LEAST_BODY = 120  # characters, below which there is no article
_DATE = bounded(r"(20[0-3]\d)[-年/.](0?[1-9]|1[0-2])[-月/.](0?[1-9]|[12]\d|3[01])(?:日|\b)")
_META_DATE = re.compile(r"""<meta[^<>]{0,200}?(?:published_time|publishdate|pubdate|"?date"?)[^<>]{0,60}?content=["']?(20[0-3]\d-[01]?\d-[0-3]?\d)""", re.IGNORECASE)
_AUTHOR = bounded("(?:作者|记者|编辑|撰文|责编|责任编辑)[:：/ ]{0,2}([\u4e00-\u9fff·]{2,8})")
_CALLS = bounded("立即|马上|点击(?:进入|领取|参与|申请|投资|开户|了解)|免费(?:领|开户|注册)|注册(?:即|送|就)|下载app|扫码|加微信|开户|抢(?:购|投)|预约|投资热线|咨询热线|我要(?:投资|理财|借款)")
_BLANKS = re.compile(r"\s+")
HEAD = 600  # characters of the visible text in which the line under the headline stands


@dataclass(frozen=True, slots=True)
class Article:
    """``body``: its text with all blanks removed, for comparison; ``date`` as YYYY-MM-DD; empty strings where the page does not say."""

    title: str
    date: str
    author: str
    body: str

    def holds(self, block: Block) -> bool:
        """Does the block stand in the body?"""
        return _BLANKS.sub("", block.text) in self.body


def article_of(page: Page) -> Article | None:
    """None where the page is no article, was not read whole, or is plain text."""
    if not page.markup or page.refused or len(page.markup) > MAX_MARKUP:
        return None
    import trafilatura  # 20 MB, and wanted on few pages

    body = trafilatura.extract(page.markup, include_comments=False, include_tables=True, favor_recall=True, deduplicate=False, with_metadata=False) or ""
    body = _BLANKS.sub("", body)
    if len(body) < LEAST_BODY:
        return None
    return Article(page.title, _date(page), _author(page), body)


def _date(page: Page) -> str:
    found = _META_DATE.search(page.markup[:50_000])
    if found:
        year, month, day = found.group(1).split("-")
        return f"{year}-{int(month):02}-{int(day):02}"
    shown = _DATE.search(page.text[:HEAD])
    return f"{shown.group(1)}-{int(shown.group(2)):02}-{int(shown.group(3)):02}" if shown else ""


def _author(page: Page) -> str:
    found = _AUTHOR.search(page.text[:HEAD])
    return found.group(1) if found else ""


def may_stand_beside(block: Block) -> bool:
    """Whatever the article is: can the block be an advertisement beside it? It calls on the reader to act; teasers of other news do not."""
    return block.role in (Role.AD, Role.BUTTON) or (block.role in (Role.MAIN, Role.NAV, Role.TABLE) and _CALLS.search(block.text) is not None)


def beside(article: Article, block: Block) -> bool:
    """Is the block, which may stand beside an article, an advertisement beside this one, outside of its body?"""
    return block.role in (Role.AD, Role.BUTTON) or not article.holds(block)
