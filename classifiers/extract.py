"""Text as people see it, with the role and place of every block, in one walk over the tree (offsets: design/commands.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import re2
from selectolax.lexbor import LexborHTMLParser

from classifiers.encoding import decode
from classifiers.identity import identify
from classifiers.model import Block, Document, Link, Page, Role

MAX_BYTES = 16 * 1024 * 1024
MAX_LINKS = 5_000
MAX_UNCLOSED = 20_000  # start tags without an end: the parser's cost grows with the square of the depth (100,000 deep took 23 s)
MAX_SCRIPT_STRINGS = 500
BLOCK_TAGS = frozenset(
    ["address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "iframe", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"]
)
SILENT_TAGS = frozenset(["script", "style", "template", "noframes", "head", "title", "meta", "link", "object", "svg", "math", "textarea"])
ROLE_BY_TAG = {
    "nav": Role.NAV, "footer": Role.FOOTER, "button": Role.BUTTON, "form": Role.FORM, "select": Role.FORM, "label": Role.FORM, "table": Role.TABLE,
}
_HIDDEN = re2.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_ROLE_NAMES = (
    (re2.compile(r"(?i)(?:^|[\s_-])(?:footer|foot|copyright|bottom)(?:$|[\s_-])"), Role.FOOTER),
    (re2.compile(r"(?i)(?:^|[\s_-])(?:nav|menu|breadcrumb)(?:$|[\s_-])"), Role.NAV),
    (re2.compile(r"(?i)(?:^|[\s_-])(?:ad|ads|advert|advertisement|banner-ad)(?:$|[\s_-])"), Role.AD),
)
_REFRESH = re2.compile(r"(?i)url\s*=\s*['\"]?([^'\">]{1,900})")
_ONCLICK = re2.compile(r"""(?i)location(?:\.href)?\s*=\s*['"]([^'"]{1,900})""")
_CHINESE = re2.compile(r"[\x{4e00}-\x{9fff}]")


@dataclass(slots=True)
class _Walk:
    """What one walk gathers. ``pending`` is the block being read."""

    base: str
    blocks: list[tuple[str, Role, str]] = field(default_factory=list)
    asides: list[tuple[str, Role, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    script_bytes: int = 0
    password: bool = False
    rows: int = 0  # table rows now open: their cells stay on one line

    def flush(self, role: Role, hidden: bool, path: str) -> None:
        if not self.pending:
            return
        text = " ".join("".join(self.pending).split())
        self.pending.clear()
        if text:
            (self.asides if hidden else self.blocks).append((text, Role.HIDDEN if hidden else role, path))

    def link(self, target: str | None, kind: str, text: str = "") -> None:
        if not target or len(self.links) >= MAX_LINKS:
            return
        try:
            url = urljoin(self.base, target.strip())
            if urlsplit(url).scheme in ("http", "https"):
                self.links.append(Link(url=url, text=text, kind=kind))
        except ValueError:
            return


def extract(document: Document) -> Page:
    """Never raises on foreign bytes: what cannot be read whole says so in ``Page.refused``."""
    if document.plain:
        return _plain(document)
    if len(document.body) > MAX_BYTES:
        return Page(url=document.url, refused=f"页面超过 {MAX_BYTES // 2**20} MiB，未读取")
    if document.body.count(b"<") - 2 * document.body.count(b"</") > MAX_UNCLOSED:
        return Page(url=document.url, refused="标签嵌套过深，未读取")
    decoded = decode(document.body, document.content_type)
    tree = LexborHTMLParser(decoded.text)
    title_node = tree.css_first("title")
    base_node = tree.css_first("base[href]")
    walk = _Walk(urljoin(document.url, (base_node.attributes.get("href") or "") if base_node else ""))
    if tree.root is not None:
        _walk(tree.root, walk)
    title = " ".join(title_node.text().split()) if title_node else ""
    for node in tree.css("meta"):
        _meta(node.attributes, walk)
    text, blocks = _join(walk.blocks, 0)
    _, asides = _join(walk.asides, len(text) + 1)
    full = "\n".join([text, *(a.text for a in asides)]) if asides else text
    return Page(
        url=document.url, title=title, text=text, full_text=full, blocks=blocks, asides=asides, links=tuple(walk.links),
        images=tuple(walk.images), identity=identify(full), language="zh" if _CHINESE.search(text) else "",
        encoding_declared=decoded.declared, encoding=decoded.found, script_bytes=walk.script_bytes, has_password_field=walk.password,
    )


def _plain(document: Document) -> Page:
    text = document.body.decode("utf-8", "surrogatepass") if _surrogates(document.body) else document.body.decode("utf-8", "replace")
    blocks, at = [], 0
    for line in text.split("\n"):
        if line.strip():
            blocks.append(Block(text=line, role=Role.MAIN, start=at, end=at + len(line)))
        at += len(line) + 1
    return Page(url=document.url, text=text, full_text=text, blocks=tuple(blocks), identity=identify(text), encoding="utf-8")


def _surrogates(body: bytes) -> bool:
    """Lone surrogates of a JSON escape come encoded so; keeping them keeps the offsets."""
    try:
        body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _join(parts: list[tuple[str, Role, str]], at: int) -> tuple[str, tuple[Block, ...]]:
    blocks = []
    for text, role, path in parts:
        blocks.append(Block(text=text, role=role, start=at, end=at + len(text), path=path, hidden=role is Role.HIDDEN))
        at += len(text) + 1
    return "\n".join(b.text for b in blocks), tuple(blocks)


def _walk(root: Any, walk: _Walk) -> None:
    """Depth first without recursion: a page may be nested 100,000 deep."""
    # (node, role, hidden, leaving)
    stack: list[tuple[Any, Role, bool, bool]] = [(root, Role.MAIN, False, False)]
    while stack:
        node, role, hidden, leaving = stack.pop()
        tag = node.tag or ""
        if leaving:
            if tag == "tr":
                walk.rows -= 1
            if tag in ("td", "th"):
                walk.pending.append(" ")
            elif tag in BLOCK_TAGS and not (walk.rows and tag != "tr"):
                walk.flush(role, hidden, tag)
            continue
        if tag == "-text":
            walk.pending.append(node.text_content or "")
            continue
        if tag in SILENT_TAGS:
            _silent(node, tag, walk)
            continue
        if not tag[:1].isalpha():
            if tag.startswith("-doc"):
                stack.extend((child, role, hidden, False) for child in reversed(_children(node)))
            continue
        attributes = node.attributes
        block = tag in BLOCK_TAGS and not (walk.rows and tag != "tr")
        if block:
            walk.flush(role, hidden, tag)
        if tag == "tr":
            walk.rows += 1
        inner_role, inner_hidden = _context(tag, attributes, role, hidden)
        if inner_hidden != hidden and not block:
            walk.flush(role, hidden, tag)
        _element(node, tag, attributes, walk)
        stack.append((node, inner_role, inner_hidden, True))
        stack.extend((child, inner_role, inner_hidden, False) for child in reversed(_children(node)))
    walk.flush(Role.MAIN, False, "html")


def _children(node: Any) -> list[Any]:
    children, child = [], node.child
    while child is not None:
        children.append(child)
        child = child.next
    return children


def _context(tag: str, attributes: dict[str, str | None], role: Role, hidden: bool) -> tuple[Role, bool]:
    inner = ROLE_BY_TAG.get(tag, role)
    if not attributes:
        return inner, hidden
    if inner is role and role in (Role.MAIN, Role.TABLE):
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if names.strip():
            inner = next((found for pattern, found in _ROLE_NAMES if pattern.search(names)), role)
    style = attributes.get("style") or ""
    return inner, hidden or "hidden" in attributes or bool(style and _HIDDEN.search(style))


def _silent(node: Any, tag: str, walk: _Walk) -> None:
    if tag == "script":
        source = node.text() or ""
        walk.script_bytes += len(source) + (2_000 if node.attributes.get("src") else 0)
        kind = (node.attributes.get("type") or "").lower()
        if "json" in kind or "__INITIAL_STATE__" in source or "__NEXT_DATA__" in source:
            _script_strings(source, walk)
    elif tag == "head":
        for child in node.css("script"):
            _silent(child, "script", walk)
        for child in node.css("link[rel=canonical]"):
            walk.link(child.attributes.get("href"), "canonical")


def _script_strings(source: str, walk: _Walk) -> None:
    """Chinese strings of JSON-LD and initial state, as asides."""
    start = source.find("{")
    try:
        data = json.JSONDecoder().raw_decode(source[start:])[0] if start >= 0 else None
    except (ValueError, RecursionError):
        return
    waiting, kept = [data], 0
    while waiting and kept < MAX_SCRIPT_STRINGS:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and _CHINESE.search(value):
            walk.asides.append((" ".join(value.split()), Role.SCRIPT, "script"))
            kept += 1


def _element(node: Any, tag: str, attributes: dict[str, str | None], walk: _Walk) -> None:
    if tag == "a":
        walk.link(attributes.get("href"), "a", " ".join((node.text() or "").split())[:200])
    elif tag in ("iframe", "frame"):
        walk.link(attributes.get("src"), "frame")
    elif tag == "img":
        if attributes.get("src"):
            walk.images.append(urljoin(walk.base, attributes["src"] or "") if _joinable(attributes["src"] or "") else "")
        alt = " ".join((attributes.get("alt") or "").split())
        if alt:
            walk.asides.append((alt, Role.ALT, "img"))
    elif tag == "input":
        kind = (attributes.get("type") or "").lower()
        walk.password = walk.password or kind == "password"
        if kind in ("submit", "button") and attributes.get("value"):
            walk.pending.append(f" {attributes['value']} ")
    onclick = attributes.get("onclick")
    if onclick:
        found = _ONCLICK.search(onclick)
        if found:
            walk.link(found.group(1), "a")


def _joinable(target: str) -> bool:
    try:
        urlsplit(target)
    except ValueError:
        return False
    return not target.startswith("data:")


def _meta(attributes: dict[str, str | None], walk: _Walk) -> None:
    content = " ".join((attributes.get("content") or "").split())
    if not content:
        return
    if (attributes.get("name") or "").lower() in ("description", "keywords"):
        walk.asides.append((content, Role.META, "meta"))
    elif (attributes.get("http-equiv") or "").lower() == "refresh":
        found = _REFRESH.search(content)
        if found:
            walk.link(found.group(1), "refresh")
