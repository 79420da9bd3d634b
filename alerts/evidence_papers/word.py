"""A sheet as DOCX, part by part like our 公文 (alerts.gongwen): no other program's defaults come in, the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from itertools import count
from xml.sax.saxutils import escape

from alerts.evidence_papers.sheet import Block, Column, Heading, Pairs, Picture, Sheet, Signatures, Table, Text
from alerts.gongwen import FANG, HEAD, HEI, KAI, SONG, TITLE, R, W, mm

_DRAW = ('xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
         'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"')
_EMU = 36_000  # a millimetre
_MONO = "Consolas"


def docx(sheet: Sheet) -> bytes:
    pictures = [block for block in sheet.blocks if isinstance(block, Picture)]
    numbers = count(1)
    body = _run(sheet.title, font=TITLE, points=22)
    parts = [_paragraph(body, align="center", line=""), _paragraph(_run(sheet.number, points=12), align="right", line="", after=120)]
    parts += [_block(block, sheet, numbers) for block in sheet.blocks]
    return _zip(sheet, "".join(parts), pictures)


def _block(block: Block, sheet: Sheet, numbers: count[int]) -> str:
    match block:
        case Heading(text, level):
            return _paragraph(_run(text, font=HEI if level == 1 else KAI, points=16 if level == 1 else 14), before=120, keep=True)
        case Text(text, align, indent, small):
            return _paragraph(_run(text, points=12 if small else 14), align=align, indent=(24 if small else 28) * 20 if indent else 0, line="" if small else _LINE)
        case Pairs(rows):
            columns = (Column("", 38), Column("", sheet.width - 38))
            return _table(columns, rows, heads=False)
        case Table(columns, rows):
            return _table(columns, rows, heads=True)
        case Picture():
            return _picture(block, next(numbers))
        case Signatures(places):
            return _signatures(places, sheet.width)


_LINE = ' w:line="460" w:lineRule="exact"'


def _run(text: str, *, font: str = FANG, points: float = 14, bold: bool = False, latin: str = "Times New Roman") -> str:
    fonts = f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{font}" w:hint="eastAsia"/>'
    size = round(points * 2)
    return (f'<w:r><w:rPr>{fonts}{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'
            f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>')


def _paragraph(*runs: str, align: str = "both", indent: int = 0, line: str = _LINE, before: int = 0, after: int = 0, keep: bool = False) -> str:
    """Lengths in twentieths of a point."""
    return (f'<w:p><w:pPr>{"<w:keepNext/>" if keep else ""}<w:spacing w:before="{before}" w:after="{after}"{line or _AUTO}/>'
            f'{f"""<w:ind w:firstLine="{indent}"/>""" if indent else ""}<w:jc w:val="{align}"/></w:pPr>{"".join(runs)}</w:p>')


_AUTO = ' w:line="240" w:lineRule="auto"'


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, heads: bool) -> str:
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    grid = "".join(f'<w:gridCol w:w="{mm(column.width)}"/>' for column in columns)
    head = ""
    if heads:
        cells = "".join(_cell("".join(_paragraph(_run(line, font=HEI, points=10.5), align="center", line="") for line in column.head.split("\n")), column.width)
                        for column in columns)
        head = f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"
    body = "".join(f'<w:tr><w:trPr><w:cantSplit/></w:trPr>{"".join(_text_cell(cell, column, heads, n) for n, (cell, column) in enumerate(zip(row, columns, strict=True)))}</w:tr>'
                   for row in rows)
    margins = '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>'
    width = mm(sum(column.width for column in columns))
    return (f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>{margins}</w:tblPr>'
            f'<w:tblGrid>{grid}</w:tblGrid>{head}{body}</w:tbl>' + _paragraph(line=' w:line="160" w:lineRule="exact"'))


def _text_cell(text: str, column: Column, heads: bool, number: int) -> str:
    label = not heads and number == 0
    font, points = (HEI, 10.5) if label else (FANG, 7 if column.code else 10.5 if heads else 12)
    latin = _MONO if column.code else "Times New Roman"
    lines = [_paragraph(_run(line, font=font, points=points, latin=latin), align="center" if label else column.align, line="") for line in text.split("\n")]
    return _cell("".join(lines), column.width)


def _cell(inner: str, width: float) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{mm(width)}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>{inner}</w:tc>'


def _picture(picture: Picture, number: int) -> str:
    wide = round(picture.mm * _EMU)
    high = round(wide * picture.height / max(picture.width, 1))
    inner = (
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{number}" name="p{number}" descr="{escape(picture.caption, _QUOTES)}"/>'
        f'<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="p{number}"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:embed="pic{number}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext cx="{wide}" cy="{high}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:ln w="6350"><a:solidFill><a:srgbClr val="808080"/></a:solidFill></a:ln>'
        "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>"
    )
    return (_paragraph(f"<w:r><w:drawing>{inner}</w:drawing></w:r>", align="center", line="", before=80, keep=True)
            + _paragraph(_run(picture.caption, font=KAI, points=10.5), align="center", line="", after=80))


_QUOTES = {'"': "&quot;"}


def _signatures(places: Sequence[str], width: float) -> str:
    """Two a row, each with room to sign and its date."""
    cells = [_paragraph(_run(f"{place}：", points=12), line="", before=200, align="left") + _paragraph(_run("　　　　年　　月　　日", points=12), line="", before=240, align="right")
             for place in places]
    cells += [_paragraph()] * (len(cells) % 2)
    rows = "".join(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{_cell(left, width / 2)}{_cell(right, width / 2)}</w:tr>" for left, right in zip(cells[::2], cells[1::2], strict=True))
    return (f'<w:tbl><w:tblPr><w:tblW w:w="{mm(width)}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid><w:gridCol w:w="{mm(width / 2)}"/>'
            f'<w:gridCol w:w="{mm(width / 2)}"/></w:tblGrid>{rows}</w:tbl>' + _paragraph(line=' w:line="160" w:lineRule="exact"'))


def _zip(sheet: Sheet, body: str, pictures: Sequence[Picture]) -> bytes:
    long, short = mm(297), mm(210)
    size = f'<w:pgSz w:w="{long}" w:h="{short}" w:orient="landscape"/>' if sheet.landscape else f'<w:pgSz w:w="{short}" w:h="{long}"/>'
    edges = (22, 25, 20, 25) if sheet.landscape else (32, 26, 28, 28)  # top, right, bottom, left
    margins = "".join(f' w:{side}="{mm(value)}"' for side, value in zip(("top", "right", "bottom", "left"), edges, strict=True))
    section = (f'<w:sectPr><w:footerReference w:type="default" r:id="rId3"/>{size}<w:pgMar{margins} w:header="{mm(12)}" w:footer="{mm(12)}" w:gutter="0"/></w:sectPr>')
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(f'<Relationship Id="rId{n}" Type="{kind}/{what}" Target="{target}"/>' for n, (what, target) in enumerate(
        (("styles", "styles.xml"), ("settings", "settings.xml"), ("footer", "footer1.xml")), 1))
    relations += "".join(f'<Relationship Id="pic{n}" Type="{kind}/image" Target="media/{n}.jpeg"/>' for n in range(1, len(pictures) + 1))
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    types = "".join(f'<Override PartName="/word/{name}.xml" ContentType="{main}{what}+xml"/>' for name, what in (
        ("document", "document.main"), ("styles", "styles"), ("settings", "settings"), ("footer1", "footer")))
    package = "http://schemas.openxmlformats.org/package/2006"
    parts: dict[str, bytes] = {
        "[Content_Types].xml": (f'{HEAD}<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                                f'<Default Extension="xml" ContentType="application/xml"/><Default Extension="jpeg" ContentType="image/jpeg"/>{types}</Types>').encode(),
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{kind}/officeDocument" Target="word/document.xml"/></Relationships>'.encode(),
        "word/document.xml": f"{HEAD}<w:document {W} {R} {_DRAW}><w:body>{body}{section}</w:body></w:document>".encode(),
        "word/_rels/document.xml.rels": f'{HEAD}<Relationships xmlns="{package}/relationships">{relations}</Relationships>'.encode(),
        "word/styles.xml": _styles().encode(), "word/settings.xml": f'{HEAD}<w:settings {W}><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'.encode(),
        "word/footer1.xml": f"{HEAD}<w:ftr {W}>{_footer(sheet)}</w:ftr>".encode(),
    }
    parts |= {f"word/media/{n}.jpeg": picture.jpeg for n, picture in enumerate(pictures, 1)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2012, 7, 1, 0, 0, 0)), data)
    return out.getvalue()


def _footer(sheet: Sheet) -> str:
    def field(code: str) -> str:
        pieces = (f'<w:fldChar w:fldCharType="{kind}"/>' if kind else f'<w:instrText xml:space="preserve"> {code} </w:instrText>' for kind in ("begin", "", "separate"))
        fonts = f'<w:rPr><w:rFonts w:eastAsia="{SONG}"/><w:sz w:val="18"/></w:rPr>'
        return "".join(f"<w:r>{fonts}{piece}</w:r>" for piece in pieces) + _run("1", font=SONG, points=9) + f'<w:r>{fonts}<w:fldChar w:fldCharType="end"/></w:r>'

    return _paragraph(_run(f"{sheet.foot}　　第 ", font=SONG, points=9), field("PAGE"), _run(" 页，共 ", font=SONG, points=9), field("NUMPAGES"),
                      _run(" 页", font=SONG, points=9), align="center", line="")


def _styles() -> str:
    fonts = f'<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{FANG}" w:cs="Times New Roman"/>'
    return (f'{HEAD}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr>{fonts}<w:sz w:val="28"/><w:szCs w:val="28"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>'
            '<w:pPrDefault><w:pPr><w:spacing w:after="0"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
            '</w:style></w:styles>')
