"""A sheet as PDF, by WeasyPrint: nothing is fetched, the same bytes every time."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from alerts.evidence_papers.sheet import Block, Column, Heading, Pairs, Picture, Sheet, Signatures, Table, Text
from alerts.evidence_papers.weasy import NOT_HERE
from alerts.papers.referral import PaperError

PRINT_S = 240

_BASE = """
@page { size: A4 %(orient)s; margin: %(margins)s; @bottom-center { content: %(foot)s counter(page) " 页，共 " counter(pages) " 页"; font: 9pt SimSun, "Noto Serif CJK SC", serif; } }
* { box-sizing: border-box; }
html { font: 14pt/23pt FangSong_GB2312, FangSong, STFangsong, "Noto Serif CJK SC", "Source Han Serif SC", serif; }
body, p, h1, h2, h3 { margin: 0; font-weight: normal; }
h1 { font: 22pt/32pt FZXiaoBiaoSong-B05S, "Noto Serif CJK SC", serif; font-weight: bold; text-align: center; }
h2 { font: bold 15pt/26pt SimHei, "Noto Sans CJK SC", sans-serif; margin-top: 6pt; break-after: avoid; font-weight: bold; }
h3 { font: 14pt/23pt KaiTi_GB2312, KaiTi, STKaiti, "Noto Serif CJK SC", serif; margin-top: 4pt; break-after: avoid; font-weight: bold; }
p { text-align: justify; overflow-wrap: anywhere; } p.indent { text-indent: 2em; } p.small { font-size: 12pt; line-height: 18pt; }
.number { text-align: right; font-size: 12pt; margin-bottom: 6pt; }
table { border-collapse: collapse; width: 100%%; table-layout: fixed; margin-bottom: 8pt; }
td, th { border: 0.5pt solid #000; padding: 2pt 4pt; vertical-align: middle; overflow-wrap: anywhere; font-size: 10.5pt; line-height: 14pt; font-weight: normal; text-align: left; }
th { font-family: SimHei, "Noto Sans CJK SC", sans-serif; text-align: center; } thead { display: table-header-group; } tr { break-inside: avoid; }
td.center { text-align: center; } td.right { text-align: right; }
td.code { font: 7pt/9.5pt Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; word-break: break-all; }
.pairs td { font-size: 12pt; line-height: 17pt; }
td.label { font-family: SimHei, "Noto Sans CJK SC", sans-serif; text-align: center; font-size: 10.5pt; width: 38mm; }
figure { margin: 6pt 0; text-align: center; break-inside: avoid; } figure img { border: 0.5pt solid #808080; } figcaption { font: 10.5pt/15pt KaiTi_GB2312, KaiTi, "Noto Serif CJK SC", serif; }
.sign { break-inside: avoid; } .sign td { border: 0; font-size: 12pt; height: 22mm; vertical-align: top; padding-top: 6pt; } .sign .date { display: block; text-align: right; margin-top: 8mm; }
"""


def pdf(sheet: Sheet) -> bytes:
    """Made by a child process, which takes its memory with it when it ends. Raises PaperError where the library or its fonts are not on this machine."""
    try:
        done = subprocess.run([sys.executable, "-m", "alerts.evidence_papers.weasy"], input=html(sheet).encode(), capture_output=True, timeout=PRINT_S, check=False,
                              cwd=Path(__file__).resolve().parents[2])
    except subprocess.TimeoutExpired:
        raise PaperError(f"《{sheet.title}》的 PDF 在 {PRINT_S} 秒内没有排完，请减少页面后再导出") from None
    if done.returncode == NOT_HERE:
        raise PaperError("不能生成 PDF：缺少 WeasyPrint 或系统库 pango。请运行 make system install，或让管理员安装 libpango-1.0-0 libpangoft2-1.0-0")
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise PaperError(f"《{sheet.title}》的 PDF 没有生成（{' '.join(done.stderr.decode('utf-8', 'replace').split())[-200:]}）")
    return done.stdout


def html(sheet: Sheet) -> str:
    """What is printed."""
    body = "".join(map(_block, sheet.blocks))
    margins, orient = ("22mm 25mm 20mm 25mm", "landscape") if sheet.landscape else ("32mm 26mm 28mm 28mm", "portrait")
    style = _BASE % {"orient": orient, "margins": margins, "foot": _quoted(f"{sheet.foot}　　第 ")}
    return (f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(sheet.title)}</title><style>{style}</style></head>'
            f'<body><h1>{escape(sheet.title)}</h1><p class="number">{escape(sheet.number)}</p>{body}</body></html>')


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level + 1}>{escape(text)}</h{level + 1}>"
        case Text(text, align, indent, small):
            names = " ".join(["indent"] * indent + ["small"] * small)
            return f'<p class="{names}" style="text-align: {"justify" if align == "both" else align}">{escape(text)}</p>'
        case Pairs(pairs):
            inner = "".join(f'<tr><td class="label">{escape(label)}</td><td>{_lines(value)}</td></tr>' for label, value in pairs)
            return f'<table class="pairs">{inner}</table>'
        case Table(columns, rows):
            return _table(columns, rows)
        case Picture():
            source = base64.b64encode(block.jpeg).decode("ascii")
            return f'<figure><img src="data:image/jpeg;base64,{source}" style="width: {block.mm:g}mm"><figcaption>{escape(block.caption)}</figcaption></figure>'
        case Signatures(places):
            cells = [f'<td>{escape(place)}：<span class="date">　　　　年　　月　　日</span></td>' for place in places]
            cells += ["<td></td>"] * (len(cells) % 2)
            rows_ = "".join(f"<tr>{left}{right}</tr>" for left, right in zip(cells[::2], cells[1::2], strict=True))
            return f'<table class="sign">{rows_}</table>'


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    whole = sum(column.width for column in columns)
    head = "".join(f'<th style="width: {100 * column.width / whole:.3f}%">{_lines(column.head)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td{_kind(column)}>{_lines(cell)}</td>" for column, cell in zip(columns, row, strict=True)) + "</tr>"
                   for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _kind(column: Column) -> str:
    """Classes, not styles of its own: each style is computed apart, and a long list has thousands of cells."""
    names = " ".join(["code"] * column.code + [column.align] * (column.align != "left"))
    return f' class="{names}"' if names else ""


def _lines(text: str) -> str:
    return "<br>".join(map(escape, text.split("\n")))


def _quoted(text: str) -> str:
    """As a string of CSS."""
    return '"' + "".join(c if c.isalnum() or c in " ，、。：-" or ord(c) > 0x2E80 else f"\\{ord(c):x} " for c in text) + '"'
