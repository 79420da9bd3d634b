"""Is the static page what people see? Says why a browser must look, from what was read; a browser costs hundreds of static pages."""

from __future__ import annotations

from classifiers.model import Page


def needs_browser(page: Page) -> str:
    """Why the static page is likely not what a person sees, in Chinese; empty where it is."""
    chars = len(page.text.strip())
    if chars < 200 and page.script_bytes > 2_000:
        return f"静态文字只有 {chars} 字，而脚本有 {page.script_bytes} 字节"
    if chars < 80 and page.script_bytes > 0:
        return f"静态文字只有 {chars} 字，页面由脚本生成"
    return ""
