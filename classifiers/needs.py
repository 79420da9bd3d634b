"""Is the static page what people see? Says why a browser must look, from what was read; a browser costs hundreds of static pages.

A page is sent to the browser where little is said and something else would say it: scripts that write, an empty container that applications
fill, state kept as data, templates not filled in, a jump by script. Little text alone is no reason, nor are scripts alone.
"""

from __future__ import annotations

import re

import re2

from classifiers.model import Page, Role

THIN = 200  # characters of visible text below which scripts of any size may have the rest
BARE = 80
EMPTY = 20  # nobody makes a page of so little and puts a script on it
SCANT = 600  # up to here an empty container, or data that is not shown, means that the text is elsewhere
SHELL_SCAN = 800  # characters of text beyond which a page is not looked at for signs
LARGE = 2_000  # bytes of scripts
DATA_CHARS = 120  # Chinese characters in scripts that the page does not show
CONTAINER = "空的应用容器"
# Containers that applications are mounted in: Vue, React, Next, Nuxt, umi, Quasar, uni-app, Angular, Svelte, Ember, Taro.
_ROOT = re.compile(  # attributes as the parser writes them; begun at the name, which is rarer than the tag
    r""" id="(app|root|main-app|mainapp|app-?main|application|vue-?app|react-?(?:app|root)|__next|__nuxt|__layout|q-app|umi|ice-container"""
    r"""|micro-?app|single-spa[\w-]{0,40}|uni-app|taro_page|svelte|page-app|wap-?app|h5-?app|webapp|container-app)"[^<>]{0,300}>(?:\s|<!--[^<>]{0,200}-->)*</""",
)
_ELEMENT = re.compile(r"<(app-root|router-view|ion-app)\b[^<>]{0,300}>\s*</")
_NOSCRIPT = re2.compile(
    r"(?:启用|开启|打开|允许|支持|禁用了?|不支持|需要).{0,10}(?i:javascript|js脚本|JS\b|脚本)|(?i:enable javascript|javascript (?:to run|is (?:required|disabled|not enabled))|without javascript)")
_WAITING = re2.compile(r"^\W*(?:(?:正在|努力|拼命|数据|页面)*(?:加载|载入|跳转)中?|请稍[候等后]|(?i:loading|please wait|redirecting))[\W]*$")
_UNFILLED = re.compile(r"\{\{[^{}\n]{1,80}\}\}|\$\{[\w.]{1,60}\}|<%=?[^%\n]{1,80}%>|\[\[[\w. |()']{2,60}\]\]")
_TEMPLATES = ("{", "<%", "[[")
_JUMP = re2.compile(r"(?:window\.|document\.|self\.|top\.|this\.)?location(?:\.href)?\s*=[^=]|location\.(?:replace|assign)\(")
_WRITES = re2.compile(
    r"\$\.(?:ajax|get|post|getJSON)\b|\bfetch\(|XMLHttpRequest|axios|\.innerHTML\s*[+]?=|document\.write|createElement|\.(?:html|append|prepend|load|text)\(|new Vue\b|createApp\(|ReactDOM|v-for"
    r"|template\(|webpackJsonp|__webpack_require__|import\(|eval\(|atob\(|unescape\(|fromCharCode")
_PROMISE = re2.compile(r"保本|保息|本息|兜底|刚兑|稳赚|零风险|无风险|年化.{0,12}\d|\d+(?:\.\d+)?%.{0,8}(?:收益|年化|利率)|收益率?.{0,8}\d+(?:\.\d+)?%|高收益|日息|月息")


def shell_signs(markup: str, scripts: list[tuple[str, bool]], noscript: str) -> tuple[str, ...]:
    """What in the markup says that scripts write the page. Called for pages of little text only; ``noscript``: hidden text, read there."""
    signs = []
    root, element = _ROOT.search(markup), _ELEMENT.search(markup)
    if root or element:
        signs.append(f"{CONTAINER} #{root.group(1)}" if root else f"{CONTAINER} <{element.group(1) if element else ''}>")
    if _NOSCRIPT.search(noscript):
        signs.append("页面声明须启用 JavaScript")
    code = [source for source, is_json in scripts if not is_json]
    if any(_JUMP.search(source[:20_000]) for source in code):
        signs.append("脚本跳转")
    if any(_WRITES.search(source[:200_000]) for source in code):
        signs.append("脚本写入内容")
    return tuple(signs)


def may_need_browser(text: str) -> bool:
    """Whether a page of this text could be one that ``needs_browser`` sends to the browser: a long one only by templates not filled in."""
    return len(text) <= SHELL_SCAN + 2 or any(sign in text for sign in _TEMPLATES)


def needs_browser(page: Page) -> str:
    """Why the static page is likely not what a person sees, in Chinese; empty where it is."""
    text = page.text.strip()
    chars = len(text)
    if not page.script_bytes and not page.shell:
        return ""
    unfilled = len(_UNFILLED.findall(text)) if any(sign in text for sign in _TEMPLATES) else 0
    if unfilled >= 2 or (unfilled and chars < SCANT):
        return f"静态文字里有 {unfilled} 处未填充的模板（如 {{{{…}}}}），须由脚本填写"
    if chars > SHELL_SCAN:
        return ""
    said = f"静态文字只有 {chars} 字"
    container = next((sign for sign in page.shell if sign.startswith(CONTAINER)), "")
    if container and chars < SCANT:
        return f"{said}，{container}由脚本填充{_hint(page)}"
    if "页面声明须启用 JavaScript" in page.shell and chars < THIN:
        return f"{said}，页面声明须启用 JavaScript{_hint(page)}"
    unseen = _unseen_chars(page) if chars < SCANT else 0
    hint = _hint(page)
    if unseen >= max(DATA_CHARS, chars) and (chars < THIN or hint):
        return f"{said}，而脚本数据里有 {unseen} 个汉字未显示{hint}"
    writes = "脚本写入内容" in page.shell
    main = sum(len(block.text) for block in page.blocks if block.role not in (Role.NAV, Role.FOOTER))
    if main < BARE and "脚本跳转" in page.shell and chars < THIN:
        return f"{said}，由脚本跳转到别处{hint}"
    if chars < EMPTY:
        return f"{said}，页面由脚本生成{hint}"
    if main < BARE and (writes or _WAITING.search(text) or (chars < THIN and page.script_bytes > LARGE) or (chars < BARE // 2 and page.script_bytes >= LARGE)):
        return f"{said}（正文 {main} 字），而脚本有 {page.script_bytes} 字节{hint}"
    if chars < THIN and page.script_bytes > LARGE and writes:
        return f"{said}，而脚本有 {page.script_bytes} 字节，会写入内容{hint}"
    return ""


def _unseen_chars(page: Page) -> int:
    """Chinese characters in strings of scripts that the page does not show."""
    return sum(sum("\u4e00" <= c <= "\u9fff" for c in block.text) for block in page.asides if block.role is Role.SCRIPT and block.text not in page.text)


def _hint(page: Page) -> str:
    """Promises seen in scripts: what the browser is to confirm."""
    for block in page.asides:
        if block.role is Role.SCRIPT:
            found = _PROMISE.search(block.text)
            if found:
                at = max(0, found.start() - 8)
                return f"；脚本数据中有“{block.text[at:found.end() + 8].strip()}”字样"
    return ""
