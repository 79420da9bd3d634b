"""Is it the page at all? A block page, captcha, login wall or parked domain must never carry a finding."""

from __future__ import annotations

from dataclasses import dataclass

import re2

from classifiers.model import Page


@dataclass(frozen=True, slots=True)
class Gate:
    kind: str  # page, block, captcha, login, near_empty, soft_404, parked, shrunk
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Prior:
    """What the last visit to the same address by the same client showed."""

    text_chars: int
    not_found_text: str = ""


NEAR_EMPTY_CHARS = 20
SHORT_CHARS = 600  # interstitials are short; a long page that mentions a captcha is a page
_SHORT_KINDS = (
    ("block", "拦截页", re2.compile(r"访问被(?:拦截|拒绝|阻断)|请求被(?:拦截|拒绝)|网站防火墙|安全防护|(?i:access denied|request blocked|forbidden)")),
    ("captcha", "验证码页", re2.compile(r"人机验证|滑动验证|请完成(?:安全)?验证|输入.{0,6}验证码.{0,10}继续|(?i:verify you are human)")),
    ("parked", "域名停放页", re2.compile(r"域名.{0,8}(?:出售|转让|停放|已过期)|(?i:domain.{0,20}for sale|this domain)")),
    ("soft_404", "名为正常、实为“未找到”的页", re2.compile(r"页面(?:不存在|未找到|走丢)|您(?:访问|查找)的页面|(?i:404 not found|page not found)")),
)


def gate(page: Page, *, status: int | None, prior: Prior | None = None) -> Gate:
    """``status`` of the answer, None where there was none (a file, a text). ``prior`` makes soft 404 and shrinking visible."""
    text = page.text.strip()
    if len(text) <= SHORT_CHARS:
        for kind, name, pattern in _SHORT_KINDS:
            found = pattern.search(f"{page.title}\n{text}")
            if found:
                return Gate(kind, f"像{name}：“{found.group(0)}”")
    if prior is not None and prior.not_found_text and text == prior.not_found_text:
        return Gate("soft_404", "与该站不存在网址的回应相同")
    if status is not None and len(text) < NEAR_EMPTY_CHARS:
        return Gate("near_empty", f"可见文字只有 {len(text)} 字")
    if page.has_password_field and len(text) < 200:
        return Gate("login", "几乎只有登录表单")
    if prior is not None and prior.text_chars >= 400 and len(text) * 5 < prior.text_chars:
        return Gate("shrunk", f"可见文字由 {prior.text_chars} 字骤减为 {len(text)} 字")
    return Gate("page")


def needs_browser(page: Page) -> str:
    """Why the static page is likely not what a person sees, in Chinese; empty where it is."""
    chars = len(page.text.strip())
    if chars < 200 and page.script_bytes > 2_000:
        return f"静态文字只有 {chars} 字，而脚本有 {page.script_bytes} 字节"
    if chars < 80 and page.script_bytes > 0:
        return f"静态文字只有 {chars} 字，页面由脚本生成"
    return ""
