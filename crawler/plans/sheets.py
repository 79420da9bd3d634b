"""A list as offices keep it, as rows of text: CSV in whatever encoding, XLSX, XLS. Bounded: the file may be anything."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

from classifiers.errors import ConfigError

MAX_FILE = 50 << 20
MAX_UNPACKED = 500 << 20
MAX_CELLS = 20_000_000  # of the rectangle a sheet spans: one cell far out makes the reader fill all between
MAX_COLUMNS = 100
MAX_CELL = 5_000

_XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFERENCE = re.compile(rb'<c[^>]{0,200}?\sr="([A-Z]{1,3})(\d{1,7})"')
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class Sheet:
    """``rows``: (row number in the file, its cells as text). ``name``: "" where the file has no sheets."""

    name: str
    rows: Iterator[tuple[int, list[str]]]


def read_sheets(path: Path) -> list[Sheet]:
    """What kind of file it is, its first bytes say; the ending often lies. Raises ConfigError."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise ConfigError(str(path), f"文件超过 {MAX_FILE >> 20} MB")
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), f"读不了：{error.strerror or error}") from error
    if body.startswith(b"PK\x03\x04"):
        _check_package(path, body)
        return _workbook(path, body)
    if body.startswith(_XLS):
        return _workbook(path, body)
    if body[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<?xml")):
        raise ConfigError(str(path), "其实是网页或 XML，不是表格；请用表格软件打开后另存为 XLSX")
    text = _decoded(path, body)
    delimiter = _delimiter(text)
    return [Sheet("", _lines(text) if delimiter is None else _separated(path, text, delimiter))]


def _check_package(path: Path, body: bytes) -> None:
    """XLSX is a zip: its size unpacked, and the rectangle each sheet spans, before anything is built in memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            if sum(item.file_size for item in package.infolist()) > MAX_UNPACKED:
                raise ConfigError(str(path), f"解开后超过 {MAX_UNPACKED >> 20} MB")
            if "xl/workbook.xml" not in package.namelist():
                raise ConfigError(str(path), "不是 XLSX 表格；请另存为 XLSX、XLS 或 CSV")
            for item in package.infolist():
                if item.filename.startswith("xl/worksheets/") and item.filename.endswith(".xml"):
                    with package.open(item) as sheet:
                        _check_span(path, sheet)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ConfigError(str(path), "表格文件已损坏或加了密码") from error


def _check_span(path: Path, sheet: Any) -> None:
    rows = columns = read = 0
    rest = b""
    while chunk := sheet.read(1 << 20):
        read += len(chunk)
        if read > MAX_UNPACKED:
            raise ConfigError(str(path), f"解开后超过 {MAX_UNPACKED >> 20} MB")
        for found in _REFERENCE.finditer(rest + chunk):
            rows, columns = max(rows, int(found[2])), max(columns, _column(found[1]))
        rest = chunk[-300:]
    if rows * columns > MAX_CELLS:
        raise ConfigError(str(path), f"工作表跨 {rows} 行 {columns} 列，太大；请删去远处的零散单元格")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _workbook(path: Path, body: bytes) -> list[Sheet]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
        shown = [one.name for one in book.sheets_metadata if one.visible == python_calamine.SheetVisibleEnum.Visible
                 and one.typ == python_calamine.SheetTypeEnum.WorkSheet]
        return [Sheet(name, _cells(book.get_sheet_by_name(name))) for name in shown]
    except python_calamine.PasswordError as error:
        raise ConfigError(str(path), "表格加了密码；请去掉密码再导入") from error
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise ConfigError(str(path), "表格文件已损坏，或不是 XLSX、XLS") from error


def _cells(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    first = sheet.start[0] if sheet.start else 0
    left = sheet.start[1] if sheet.start else 0
    for number, row in enumerate(sheet.to_python(skip_empty_area=True), first + 1):
        yield number, [""] * min(left, MAX_COLUMNS) + [_text(value) for value in row[:MAX_COLUMNS]]


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)[:MAX_CELL]


def _decoded(path: Path, body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = _ENCODINGS
    for encoding in encodings:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ConfigError(str(path), "不是文本、CSV、XLSX 或 XLS（文本应为 UTF-8 或 GBK）")


def _delimiter(text: str) -> str | None:
    """The sign that parts the cells of most of the first lines; None for one address a line."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    counts = {sign: sum(sign in line for line in lines) for sign in "\t,;"}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] * 2 > len(lines) else None


def _separated(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            yield number, [cell[:MAX_CELL] for cell in row[:MAX_COLUMNS]]
    except csv.Error as error:
        raise ConfigError(str(path), "CSV 写法有误：引号没有闭合，或单元格过长") from error


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        yield number, [line.split("#", 1)[0] if line.lstrip().startswith("#") else line[:MAX_CELL]]
