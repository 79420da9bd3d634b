"""Lists of sites as offices keep them: title rows above the header, merged headers, full-width digits, several addresses in a cell.

Good rows go in; every other row is told with its number and the reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawler.plans.plan import Problem
from crawler.plans.resolve import Layered
from crawler.plans.sheets import Sheet, read_sheets
from crawler.plans.urls import AddressError, origin, typed_address

MAX_ROWS = 200_000
MAX_PROBLEMS = 10_000
_HEADER_ROWS = 30  # how far down a header is looked for
_SAMPLE = 200

# What a column holds -> the names offices give it, the surer first. Compared in half width, lower case, without blanks and remarks in brackets.
HEADERS: dict[str, tuple[str, ...]] = {
    "url": ("url", "网址", "网站地址", "网站网址", "平台网址", "平台地址", "官网地址", "官网网址", "官方网址", "官网", "官方网站", "网站链接", "链接地址", "链接", "链接网址",
            "首页地址", "首页网址", "网站首页", "主页", "网页地址", "访问地址", "域名", "网站域名", "平台域名", "主域名", "website", "link", "domain", "homepage", "网站"),
    "site": ("site", "所属网站"),
    "name": ("平台名称", "网站名称", "平台", "平台名", "名称", "站点名称", "项目名称", "name", "title"),
    "company": ("公司", "公司名称", "企业名称", "运营主体", "运营公司", "运营企业", "主办单位", "主体名称", "单位名称", "所属公司", "公司全称", "company"),
    "icp": ("备案号", "icp备案号", "icp", "icp备案", "网站备案号", "备案许可证号", "备案/许可证号", "网站备案/许可证号"),
    "region": ("地区", "所在地区", "所属地区", "属地", "所在地", "区域", "辖区", "省份", "省市", "城市", "注册地", "region", "jurisdiction"),
}
_BY_NAME = {name: (kind, rank) for kind, names in HEADERS.items() for rank, name in enumerate(names)}

_REMARK = re.compile(r"[(（\[【][^()（）\[\]【】]{0,60}[)）\]】]")
_TAIL = re.compile(r"\s*[(（【][^()（）【】]{0,200}[一-鿿][^()（）【】]{0,200}[)）】]\s*$")
_ALWAYS = re.compile(r"[\r\n]+|[，、；｜](?![／/])")
_PARTS = re.compile(r"[\s;,|]+")
_PARTED = re.compile(r"[\s，、；｜;,|（(【]")
_HAN = re.compile(r"[一-鿿]")
_SCHEME = re.compile(r"\s*(?:https?[:;]|www\.)", re.IGNORECASE)
_NOTHING = frozenset({"", "-", "--", "/", "无", "无网址", "暂无", "没有", "n/a", "null", "none"})


@dataclass(frozen=True, slots=True)
class ListedSite:
    """One address of the list. ``row``: its number in the file; ``note``: what was assumed; the rest as the office wrote it."""

    row: int
    url: str
    site: str = ""
    name: str = ""
    company: str = ""
    icp: str = ""
    region: str = ""
    sheet: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SiteList:
    rows: Sequence[ListedSite]
    problems: Sequence[Problem]
    path: Path = Path()


def read_sites(path: Path) -> SiteList:
    """Raises ConfigError for a file that is no list at all; otherwise whatever is wrong is a Problem of its row."""
    reader = _Reader()
    sheets = read_sheets(path)
    for sheet in sheets:
        reader.read(sheet, named=len(sheets) > 1)
    return SiteList(tuple(reader.rows), tuple(reader.problems), path)


def by_origin(found: SiteList, outer: Layered) -> Iterator[tuple[Layered, list[ListedSite]]]:
    """The rows of each origin together, with the settings they inherit: a region written in the list is their jurisdiction."""
    together: dict[str, list[ListedSite]] = {}
    for row in found.rows:
        together.setdefault(origin(row.url), []).append(row)
    for rows in together.values():
        region = next((row for row in rows if row.region), None)
        yield (outer.with_value("jurisdiction", region.region[:100], f"{found.path}:{region.row}") if region else outer), rows


class _Reader:
    def __init__(self) -> None:
        self.rows: list[ListedSite] = []
        self.problems: list[Problem] = []
        self._seen: dict[str, str] = {}  # address -> where it stood first
        self._count = 0

    def read(self, sheet: Sheet, *, named: bool) -> None:
        name = sheet.name if named else ""
        rows = self._bounded(sheet.rows, name)
        if not rows:
            return
        columns, data = _columns(rows, alone=not name)
        if not columns.get("url"):
            if name:
                return  # a sheet of remarks beside the lists
            self._problem(rows[0][0], "", "找不到网址一列：请给表头写上“网址”", name)
            return
        for number, cells in data:
            self._row(number, cells, columns, name)

    def _bounded(self, rows: Iterator[tuple[int, list[str]]], sheet: str) -> list[tuple[int, list[str]]]:
        kept = []
        for number, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            self._count += 1
            if self._count > MAX_ROWS:
                self._problem(number, "", f"超过 {MAX_ROWS} 行，这一行及以后没有读入", sheet)
                break
            kept.append((number, cells))
        return kept

    def _row(self, number: int, cells: list[str], columns: dict[str, list[int]], sheet: str) -> None:
        written = next((cells[c].strip() for c in columns["url"] if c < len(cells) and cells[c].strip().lower() not in _NOTHING), "")
        if not written:
            self._problem(number, next((cell.strip() for cell in cells if cell.strip()), ""), "没有网址", sheet)
            return
        about = {kind: _first(cells, columns.get(kind, ())) for kind in HEADERS if kind != "url"}
        for part in _addresses(written):
            try:
                url = typed_address(part)
            except AddressError as error:
                self._problem(number, part, str(error), sheet)
                continue
            here = f"{f'工作表“{sheet}”' if sheet else ''}第 {number} 行"
            first = self._seen.setdefault(url, here)
            if first != here:
                self._problem(number, part, f"与{first}重复", sheet)
            elif not any(row.url == url and row.row == number for row in self.rows[-20:]):
                note = "" if unicodedata.normalize("NFKC", part).strip().lower().startswith("http") else "没有写协议，按 http:// 访问"
                self.rows.append(ListedSite(number, url, sheet=sheet, note=note, **about))

    def _problem(self, number: int, value: str, reason: str, sheet: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(number, " ".join(value.split())[:200], (f"工作表“{sheet}”：" if sheet else "") + reason))


def _first(cells: list[str], columns: Sequence[int]) -> str:
    found = next((cells[c] for c in columns if c < len(cells) and cells[c].strip()), "")
    return " ".join(unicodedata.normalize("NFKC", found).split())[:300]


def _addresses(written: str) -> list[str]:
    """The addresses of one cell. Line ends and full-width signs part them always; commas and blanks, which also stand within addresses,
    only where every piece is one by itself, or where the rest is words. What is no address at all stays whole, to be told."""
    if not _PARTED.search(written):
        return [written]
    found: list[str] = []
    for line in _ALWAYS.split(written):
        line = _TAIL.sub("", line).strip()
        pieces = [piece for piece in _PARTS.split(line) if piece]
        good = [piece for piece in pieces if _is_address(piece)]
        words = any(_HAN.search(piece) for piece in pieces if piece not in good)
        schemes = [bool(_SCHEME.match(unicodedata.normalize("NFKC", piece))) for piece in pieces]
        several = len(pieces) > 1 and len(good) == len(pieces) and (all(schemes) or not any(schemes))
        found += good if several or (good and (words or not _is_address(line))) else [line] if line else []
    return [one for one in found if _is_address(one)] or found[:1]


def _is_address(text: str) -> bool:
    try:
        typed_address(text)
    except AddressError:
        return False
    return True


def _columns(rows: list[tuple[int, list[str]]], *, alone: bool) -> tuple[dict[str, list[int]], list[tuple[int, list[str]]]]:
    """Which columns hold what, and the rows below the header; without a header, the column in which most cells are addresses."""
    for at, (_, cells) in enumerate(rows[:_HEADER_ROWS]):
        if not any(_kind(cell) == "url" for cell in cells):
            continue
        if sum(_is_address(cell) for cell in cells if cell.strip()) > 0:
            break  # data: a cell that merely reads like a header
        below = at + 1
        # A merged header spreads over rows; the lower one says more exactly what a column holds.
        header = ([rows[at - 1][1]] if at else []) + [cells]
        while below < len(rows) and below <= at + 2 and _is_header(rows[below][1]):
            header.append(rows[below][1])
            below += 1
        known = {c: _BY_NAME[_plain(cell)] for line in header for c, cell in enumerate(line) if _plain(cell) in _BY_NAME}
        surest = sorted(known, key=lambda c: (known[c][1], c))
        return {kind: [c for c in surest if known[c][0] == kind] for kind in HEADERS}, rows[below:]
    sample = rows[:_SAMPLE]
    width = max(len(cells) for _, cells in sample)
    counts = [sum(_is_address(cells[c]) for _, cells in sample if c < len(cells)) for c in range(width)]
    best = max(range(width), key=lambda c: counts[c], default=0)
    return ({"url": [best]} if counts and (counts[best] or (width == 1 and alone)) else {}), rows


def _is_header(cells: list[str]) -> bool:
    return any(_kind(cell) for cell in cells) and not any(_is_address(cell) for cell in cells if cell.strip())


def _kind(cell: str) -> str:
    return _BY_NAME.get(_plain(cell), ("", 0))[0]


def _plain(cell: str) -> str:
    text = _REMARK.sub("", unicodedata.normalize("NFKC", cell[:100]))
    return re.sub(r"[\s*:：_]+", "", text).lower()
