"""The base document of our 公文, built part by part: no other program's defaults come in (python-docx's own template falls back to a
Japanese font). Page, grid and fonts after GB/T 9704—2012, 5.1–5.2 and 7.2.5: A4; top 37 mm, left 28 mm, text block 156 × 225 mm;
3号仿宋; 22 lines of 28 characters; 〔〕 round the year.

Fonts are named, not shipped: 仿宋_GB2312, 楷体_GB2312, 黑体 and 方正小标宋简体 are the office's own.

``python -m alerts.gongwen config/templates/referral.docx`` writes the shipped template; a test holds the file to it.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

TWIPS_PER_MM = 1440 / 25.4
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SIZE = {"小标宋22": 44, "小标宋28": 56, "三号": 32, "四号": 28, "小四": 24}  # half points
FANG, KAI, HEI, TITLE, SONG = "仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体", "宋体"


def mm(value: float) -> int:
    return round(value * TWIPS_PER_MM)


def run(text: str, *, font: str = FANG, size: str = "三号", colour: str = "") -> str:
    """Text of one font; w:eastAsia is set, or Word takes its own for Chinese."""
    fonts = f'<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{font}" w:hint="eastAsia"/>'
    shade = f'<w:color w:val="{colour}"/>' if colour else ""
    points = SIZE[size]
    return (f'<w:r><w:rPr>{fonts}{shade}<w:sz w:val="{points}"/><w:szCs w:val="{points}"/></w:rPr>'
            f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>')


def paragraph(
    *runs: str, indent: bool = True, align: str = "both", before: int = 0, border: str = "", right: int = 0, tall: bool = False
) -> str:
    """A paragraph of lines 225 mm / 22 high; first line in by two characters unless told otherwise. ``before``: empty lines above;
    ``right``: characters left free at the right; ``tall``: as high as its characters need."""
    first = f'<w:ind w:firstLineChars="200" w:firstLine="640" w:rightChars="{right * 100}" w:right="{right * 320}"/>' if indent or right else ""
    first = first if indent else first.replace('w:firstLineChars="200" w:firstLine="640" ', "")
    above = f' w:beforeLines="{before * 100}" w:before="{before * 579}"' if before else ""
    space = f"<w:spacing{above}" + (' w:line="240" w:lineRule="auto"' if tall else "") + "/>"
    return f'<w:p><w:pPr>{border}{space}{first}<w:jc w:val="{align}"/></w:pPr>{"".join(runs)}</w:p>'


def tag(text: str) -> str:
    """A paragraph that holds one {%p … %} tag and vanishes when filled."""
    return paragraph(run(text), indent=False)


RED_LINE = '<w:pBdr><w:bottom w:val="single" w:sz="18" w:space="4" w:color="FF0000"/></w:pBdr>'


def letter() -> list[str]:
    """The 线索移送函. Every word that is not a fact of the lead stands here, where officers can edit it."""
    def head(text: str, font: str = HEI) -> str:
        """A heading stays on the page of what it heads."""
        return paragraph(run(text, font=font)).replace("<w:pPr>", "<w:pPr><w:keepNext/>")

    return [
        paragraph(run("{{ office }}", font=TITLE, size="小标宋28", colour="FF0000"), indent=False, align="center", tall=True),
        paragraph(run("{{ document_number }}"), indent=False, align="center", before=2, border=RED_LINE),
        paragraph(run("关于移送涉嫌违法互联网金融广告线索的函", font=TITLE, size="小标宋22"), indent=False, align="center", before=2),
        paragraph(run("{{ recipient }}："), indent=False, before=1),
        paragraph(run("我单位在互联网金融广告监测中发现，{{ platform }}涉嫌发布违法互联网金融广告（线索号{{ number }}）。"
                      "该线索由系统监测形成，有关行为是否违法尚待认定。现移送你单位，请依法核查处理。")),
        head("一、涉嫌主体（据页面显示，尚未核实）"),
        paragraph(run("平台：{{ platform }}。"), align="left"),
        paragraph(run("网站：{{ sites }}。"), align="left"),
        paragraph(run("页面所示主办者：{{ companies }}。"), align="left"),
        paragraph(run("页面所示备案号：{{ icp }}。"), align="left"),
        head("二、涉嫌违法的广告内容"),
        paragraph(run("涉嫌类型：{{ code_name }}。共在{{ pages }}个页面发现，摘录如下（引号内为页面原文）：")),
        tag("{%p for item in items %}"),
        head("（{{ item.ordinal }}）“{{ item.span }}”", font=KAI),
        paragraph(run("网址：{{ item.url }}"), align="left"),
        paragraph(run("取证时间（北京时间）：{{ item.captured }}；最近一次发现：{{ item.last_seen }}。")),
        paragraph(run("快照编号：{{ item.capture }}"), align="left"),
        paragraph(run("存档记录SHA-256："), align="left"),
        paragraph(run("{{ item.sha256 }}", size="小四"), indent=False, align="left"),
        tag("{%p endfor %}"),
        tag("{%p if more_pages %}"),
        paragraph(run("其余{{ more_pages }}个页面见所附监测记录。")),
        tag("{%p endif %}"),
        head("三、涉嫌违反的规定"),
        tag("{%p for law in printed %}"),
        paragraph(run("{{ law.name }}：“{{ law.text }}”")),
        tag("{%p endfor %}"),
        tag("{%p if named %}"),
        paragraph(run("下列规定只列名称，条文待核，签发前由法制审核员对照正式文本：")),
        tag("{%p endif %}"),
        tag("{%p for law in named %}"),
        paragraph(run("{{ law.name }}（待核）。")),
        tag("{%p endfor %}"),
        head("四、提请事项"),
        paragraph(run("请对上述线索是否涉嫌违反有关规定进行核查、认定，并将处理结果函复我单位。")),
        paragraph(run("附件：互联网广告监测记录及证据材料"), before=1),
        paragraph(run("{{ office }}"), indent=False, align="right", before=2, right=4),
        paragraph(run("{{ date }}"), indent=False, align="right", right=4),
        paragraph(run("（联系人：{{ contact }}）"), align="left"),
        tag("{%p if gaps %}"),
        paragraph(run("拟稿提示（签发前删除以下各行）：尚缺的证据要素", font=HEI, size="小四"), indent=False, before=1, align="left"),
        tag("{%p endif %}"),
        tag("{%p for gap in gaps %}"),
        paragraph(run("□ {{ gap }}", size="小四"), indent=False, align="left"),
        tag("{%p endfor %}"),
    ]


def build(body: list[str]) -> bytes:
    """The whole document; the same bytes every time."""
    # half the difference between the 28-character grid and a 16-point character, in 4096ths of a point (ECMA-376, docGrid)
    grid = f'<w:docGrid w:type="linesAndChars" w:linePitch="{int(mm(225) / 22)}" w:charSpace="{round((156 / 25.4 * 72 / 28 - 16) * 4096)}"/>'
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId3"/><w:headerReference w:type="even" r:id="rId3"/>'
        '<w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="even" r:id="rId5"/>'
        f'<w:pgSz w:w="{mm(210)}" w:h="{mm(297)}"/><w:pgMar w:top="{mm(37)}" w:right="{mm(26)}" w:bottom="{mm(35)}" w:left="{mm(28)}"'
        f' w:header="{mm(15)}" w:footer="{mm(24)}" w:gutter="0"/>{grid}</w:sectPr>'
    )
    draft = paragraph(run("草稿　未经审核签发，不得外发　线索号{{ number }}", font=HEI, size="四号"), indent=False, align="left")
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations([("officeDocument", "word/document.xml")]),
        "word/document.xml": f'{HEAD}<w:document {W} {R}><w:body>{"".join(body)}{section}</w:body></w:document>',
        "word/_rels/document.xml.rels": _relations([
            ("styles", "styles.xml"), ("settings", "settings.xml"), ("header", "header1.xml"), ("footer", "footer1.xml"),
            ("footer", "footer2.xml"),
        ]),
        "word/styles.xml": _styles(),
        "word/settings.xml": f'{HEAD}<w:settings {W}><w:evenAndOddHeaders/><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>',
        "word/header1.xml": f"{HEAD}<w:hdr {W}>{draft}</w:hdr>",
        "word/footer1.xml": f'{HEAD}<w:ftr {W}>{_page_number("right")}</w:ftr>',
        "word/footer2.xml": f'{HEAD}<w:ftr {W}>{_page_number("left")}</w:ftr>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # stored: the same bytes whatever the zlib
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2012, 7, 1, 0, 0, 0)), text.encode())
    return out.getvalue()


def _page_number(side: str) -> str:
    """4号, with a line on either side; odd pages right, even pages left, one character from the edge."""
    def field(kind: str) -> str:
        return f'<w:r><w:rPr><w:rFonts w:eastAsia="{SONG}"/><w:sz w:val="28"/></w:rPr><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = f'<w:r><w:rPr><w:rFonts w:eastAsia="{SONG}"/><w:sz w:val="28"/></w:rPr><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    one = run("1", font=SONG, size="四号")
    edge = f'<w:ind w:{side}Chars="100" w:{side}="280"/>'
    inner = run("— ", font=SONG, size="四号") + field("begin") + code + field("separate") + one + field("end") + run(" —", font=SONG, size="四号")
    return f'<w:p><w:pPr>{edge}<w:jc w:val="{side}"/></w:pPr>{inner}</w:p>'


def _styles() -> str:
    fonts = f'<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{FANG}" w:cs="Times New Roman"/>'
    return (
        f'{HEAD}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr>{fonts}<w:kern w:val="2"/><w:sz w:val="32"/><w:szCs w:val="32"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="0"/></w:pPr></w:pPrDefault>'
        '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        # The grid stands in the section for what officers add. Our own paragraphs keep its measure without it, because programs differ in
        # how they snap (LibreOffice gives a 16-point character two cells of 156 mm / 28): lines of exactly 225 mm / 22, characters
        # a quarter of a point closer.
        '<w:pPr><w:snapToGrid w:val="0"/><w:spacing w:line="579" w:lineRule="exact"/></w:pPr>'
        '<w:rPr><w:spacing w:val="-5"/><w:sz w:val="32"/><w:szCs w:val="32"/></w:rPr></w:style></w:styles>'
    )


def _relations(rows: list[tuple[str, str]]) -> str:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    inner = "".join(f'<Relationship Id="rId{n}" Type="{kind}{what}" Target="{target}"/>' for n, (what, target) in enumerate(rows, 1))
    return f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'


def _content_types() -> str:
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    rows = [("document", "document.main"), ("styles", "styles"), ("settings", "settings"), ("header1", "header"), ("footer1", "footer"),
            ("footer2", "footer")]
    inner = "".join(f'<Override PartName="/word/{name}.xml" ContentType="{main}{kind}+xml"/>' for name, kind in rows)
    return (f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{inner}</Types>')


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(build(letter()))
