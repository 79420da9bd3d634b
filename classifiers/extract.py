"""Text as people see it, with the role of every block and exact offsets (design/commands.md); what stands aside; links; the operator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import re2
from selectolax.lexbor import LexborHTMLParser

from classifiers.bounds import too_costly
from classifiers.dom import CELL, END, MARK, ROW, Reading, blanked, walk
from classifiers.encoding import Decoded, decode
from classifiers.identity import identify
from classifiers.links import Resolver
from classifiers.model import Block, Document, Link, Page, Role
from classifiers.needs import SHELL_SCAN, may_need_browser, needs_browser, shell_signs
from classifiers.tags import LETTERS

MAX_BYTES = 32 * 1024 * 1024
MAX_COARSE = 1_000_000  # characters read of a page that is not parsed
MAX_SCRIPT_STRINGS = 500
MAX_SCRIPT_CHARS = 2_000_000  # of one page, read for strings
MAX_STRING = 2_000
MAX_LITERALS = 20_000
MAX_ALIKE = 5_000  # asides kept of one page
# One class or fixed literals each: linear, so the plain engine, which needs no copy of the text, will do.
_CHINESE = re.compile("[\u4e00-\u9fff]")
_ROW = re.compile(f"{ROW}([^{ROW}{END}]*){END}")
_SEPARATORS = re.compile(f"[{MARK}{CELL}{ROW}][A-Z]|{END}")
# RE2: code of foreign pages is full of quotes that nothing closes, and the plain engine would go back over each of them.
_LITERAL = re2.compile(r'''"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`''')
_TAGS = re.compile(r"<[^<>]*>")
_STATE = ("__INITIAL_STATE__", "__NEXT_DATA__", "__NUXT__", "__PRELOADED_STATE__", "__APOLLO_STATE__", "__INITIAL_DATA__")


def extract(document: Document) -> Page:
    """Never raises on foreign bytes: what cannot be read whole says so in ``Page.refused``, and is read as far as it goes."""
    if document.plain:
        return _plain(document)
    return _page(document, _read(document))


@dataclass(frozen=True, slots=True)
class Outline:
    """What a crawler needs of a page, at two thirds of the cost of reading it whole. ``text`` and ``links`` are those of the ``Page``;
    ``browser``: as ``needs_browser`` says of it."""

    text: str = ""
    links: tuple[Link, ...] = ()
    refused: str = ""
    browser: str = ""


def outline(document: Document) -> Outline:
    """As ``extract``, for who follows links; markup only. A page that may need the browser is read whole."""
    sketch = _read(document)
    text = "\n".join([words for words, _ in _segments(sketch.reading.out, sketch.reading.rows)])
    if may_need_browser(text):
        page = _page(document, sketch)
        return Outline(page.text, page.links, page.refused, needs_browser(page))
    return Outline(text, _links(sketch.reading, Resolver(_base(document.url, sketch.reading.base))), sketch.refused)


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A page walked, its parts not yet put together."""

    reading: Reading
    decoded: Decoded
    refused: str
    markup: str


def _read(document: Document) -> _Sketch:
    body, refused = document.body, ""
    if len(body) > MAX_BYTES:
        body, refused = body[:MAX_BYTES], f"页面超过 {MAX_BYTES // 2**20} MiB，只读取了开头部分"
    decoded = decode(body, document.content_type)
    costly = too_costly(decoded.text)
    if costly:
        refused, markup = costly, decoded.text[:MAX_COARSE]
    else:
        markup = LexborHTMLParser(decoded.text).html or ""
    markup = blanked(markup)
    return _Sketch(walk(markup, coarse=bool(costly)), decoded, refused, markup)


def _page(document: Document, sketch: _Sketch) -> Page:
    reading = sketch.reading
    text, blocks = _join(_segments(reading.out, reading.rows), 0)
    title = " ".join(_plain_text(reading.title).split())
    aside_parts = list(_asides(reading, {block.text for block in blocks}, title, text))
    full = text
    asides: tuple[Block, ...] = ()
    if aside_parts:
        rest, asides = _join(aside_parts, len(text) + 1)
        full = f"{text}\n{rest}"
    shell: tuple[str, ...] = ()
    if len(text) <= SHELL_SCAN and (reading.script_bytes or reading.hidden):
        shell = shell_signs(sketch.markup, reading.scripts, "".join(reading.hidden) + text[:200])  # a <noscript> of the head is read as text
    resolver = Resolver(_base(document.url, reading.base))
    return Page(
        url=document.url, title=title, text=text, full_text=full, blocks=blocks, asides=asides,
        links=_links(reading, resolver), images=tuple(dict.fromkeys(filter(None, map(resolver.join, dict.fromkeys(reading.images))))),
        identity=identify(full), language="zh" if _CHINESE.search(text) else "", encoding_declared=sketch.decoded.declared, encoding=sketch.decoded.found,
        script_bytes=reading.script_bytes, has_password_field=reading.password, refused=sketch.refused, shell=shell, markup=sketch.decoded.text,
    )


def _plain(document: Document) -> Page:
    """The text is the input itself, whatever stands in it; blocks are its lines."""
    try:
        text = document.body.decode("utf-8", "surrogatepass")  # lone surrogates of a JSON escape come encoded so; keeping them keeps the offsets
    except UnicodeDecodeError:
        text = document.body.decode("utf-8", "replace")
    blocks, at = [], 0
    for line in text.split("\n"):
        if line.strip():
            blocks.append(Block(line, Role.MAIN, at, at + len(line)))
        at += len(line) + 1
    language = "zh" if _CHINESE.search(text) else ""
    return Page(url=document.url, text=text, full_text=text, blocks=tuple(blocks), identity=identify(text), language=language, encoding="utf-8")


def _plain_text(markup: str) -> str:
    """Text as lexbor escapes it, read back."""
    if "&" not in markup:
        return markup
    return markup.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


def _segments(out: list[str], rows: bool) -> Iterator[tuple[str, Role]]:
    joined = _plain_text("".join(out))
    if rows:
        joined = _ROW.sub(_row, joined).replace(CELL, MARK).replace(ROW, MARK).replace(END, "")
    for segment in joined.split(MARK):
        words = segment[1:].split()
        if words:
            yield " ".join(words), LETTERS[segment[0]]


def _row(row: re.Match[str]) -> str:
    """Cells of one line each are put on one line, so that 年化收益率 and 12% stay together; a cell with more is broken as it stands."""
    inner = row.group(1)
    lines: list[str] = []
    plain: list[str] = []
    for cell in inner[1:].split(CELL):
        parts = [part for part in (MARK + cell if cell[:1].isupper() else MARK + "T" + cell).split(MARK) if part[1:].strip()]
        if len(parts) == 1:
            plain.append(parts[0])
            continue
        if not parts:
            continue
        lines.append(_one_line(plain))
        plain = []
        lines.extend(parts)
    lines.append(_one_line(plain))
    return MARK + MARK.join(line for line in lines if line) if any(lines) else ""


def _one_line(cells: list[str]) -> str:
    return cells[0][0] + " ".join(cell[1:] for cell in cells) if cells else ""


def _join(parts: Iterator[tuple[str, Role]] | list[tuple[str, Role]], at: int) -> tuple[str, tuple[Block, ...]]:
    blocks = []
    texts = []
    for text, role in parts:
        end = at + len(text)
        blocks.append(Block(text, role, at, end, "", role is Role.HIDDEN))
        texts.append(text)
        at = end + 1
    return "\n".join(texts), tuple(blocks)


def _asides(reading: Reading, shown: set[str], title: str, text: str) -> Iterator[tuple[str, Role]]:
    """``shown``: texts of the blocks; an alt or title that repeats one says nothing new. The page's own title stands aside where the page
    does not say it."""
    seen: set[tuple[str, str]] = set()
    if title and title not in text and len(_CHINESE.findall(title)) >= 4:
        seen.add((title, "E"))
        yield title, Role.META
    for text, letter in reading.asides[:MAX_ALIKE]:
        words = " ".join(text.split())
        if words and (words, letter) not in seen and (letter != "L" or words not in shown):  # the same alt stands under every icon of a list
            seen.add((words, letter))
            yield words, LETTERS[letter]
    if reading.hidden:
        for text, _ in _segments(reading.hidden, True):
            yield text, Role.HIDDEN
    kept: dict[str, None] = {}
    left = MAX_SCRIPT_CHARS
    for source, is_json in reading.scripts:
        source = source[:left] if len(source) > left else source
        left -= len(source)
        for text in _script_strings(source, is_json):
            kept[" ".join(text.split())] = None
            if len(kept) >= MAX_SCRIPT_STRINGS:
                break
    for text in kept:
        yield text, Role.SCRIPT


def _script_strings(source: str, is_json: bool) -> Iterator[str]:
    """Chinese sentences in the strings of JSON-LD, of initial state and of inline code."""
    escaped = "\\u" in source
    if source.isascii() and not escaped:
        return
    if is_json or (escaped and any(name in source for name in _STATE)):
        start = source.find("{")
        data: object = None
        with suppress(ValueError, RecursionError):  # not JSON after all: read as code below
            data = json.JSONDecoder().raw_decode(source[start:])[0] if start >= 0 else json.loads(source)
        if data is not None:
            yield from _json_strings(data)
            return
    if "`" not in source:  # then no literal spans lines, and those without Chinese need not be read
        source = "\n".join([line for line in source.split("\n") if not line.isascii() or "\\u" in line])
    for found in islice(_LITERAL.finditer(source), MAX_LITERALS):
        text = found.group(0)[1:-1]
        if "\\" in text:
            text = _unescape(text)
        if len(_CHINESE.findall(text)) >= 4:
            yield _TAGS.sub(" ", text)[:MAX_STRING]  # code writes markup: the words in it count


def _unescape(literal: str) -> str:
    try:
        value = json.loads('"' + literal.replace("\\'", "'").replace('"', '\\"').replace('\\\\"', '\\"') + '"')
    except ValueError:
        return literal
    return value if isinstance(value, str) and value.isprintable() else literal


def _json_strings(data: object) -> Iterator[str]:
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, str) and "<" not in value and _CHINESE.search(value):
            yield value.encode("utf-8", "replace").decode()  # JSON can write half a surrogate pair


def _base(url: str, base: str) -> str:
    return Resolver(url).join(base) or url if base else url


def _links(reading: Reading, resolver: Resolver) -> tuple[Link, ...]:
    resolved: dict[str, str] = {}
    links = []
    for written, kind, first, last in reading.links:
        url = resolved.get(written)
        if url is None:
            url = resolved[written] = resolver.join(written)
        if url:
            text = "".join(reading.out[first:last]) if last > first else ""
            if text:
                text = " ".join(_plain_text(_SEPARATORS.sub(" ", text)).split())[:200]
            links.append(Link(url, text, kind))
    return tuple(links)
