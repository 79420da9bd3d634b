"""The annotated copy of a screenshot: a numbered box around every claim, and below the picture the legend that says what each is.

Pure: bytes in, bytes out; the original is never touched. Pictures come from the web: where the caller is a server, let ``apart`` do it, in a child
process under limits. As a program (``python -m evidence.annotate``) it reads what ``_packed`` writes and prints a PNG.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from PIL import Image, ImageDraw, ImageFile, ImageFont, ImageStat

from evidence.boxes import Box, Cited, Rect
from evidence.errors import EvidenceError

MAX_PIXELS = 80_000_000
MAX_PNG = 64 * 1024 * 1024
MAX_SPAN = 300  # characters of a claim in the legend
APART_S = 60
MEMORY = 2 << 30
CPU_S = 50
COLOURS = {"red": (192, 24, 24), "orange": (201, 96, 0), "yellow": (140, 112, 0), "blue": (20, 84, 160)}
LEVELS = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
NOTE = "本图为标注副本：方框与编号由程序加在截图的复制件上，截图原件未作任何改动。"
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJKsc-Regular.otf",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc", "/System/Library/Fonts/PingFang.ttc",
)
_CLOSING, _OPENING = frozenset("；，。、：）》”』】！？"), frozenset("（《“『【")
Font = ImageFont.FreeTypeFont
Colour = tuple[int, int, int]


class FontMissing(EvidenceError):
    """No font with Chinese characters on this machine."""


class PictureUnreadable(EvidenceError):
    """Not a picture, a broken one, or one too large."""


def annotate(png: bytes, boxes: Sequence[Box], cited: Sequence[Cited], *, scale: float = 1.0, heading: str = "") -> bytes:
    """PNG of the picture with the boxes on it and the legend below. ``scale``: picture pixels a CSS pixel (Geometry.scale); ``heading``: the first line
    of the legend, such as the address and the time. Raises PictureUnreadable, FontMissing."""
    font = font_path()
    picture = _opened(png)
    number_of = {one.number: one for one in cited}
    size = max(round(14 * scale), 12)
    _draw(picture, [(box, number_of.get(box.number)) for box in boxes], scale, ImageFont.truetype(str(font), size))
    legend = _legend(max(picture.width, 700), [(one, next((b for b in boxes if b.number == one.number), None)) for one in cited], font, heading, size)
    sheet = Image.new("RGB", (max(picture.width, legend.width), picture.height + legend.height), "white")
    sheet.paste(picture, (0, 0))
    sheet.paste(legend, (0, picture.height))
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=3)
    return out.getvalue()


def legend_json(boxes: Sequence[Box], cited: Sequence[Cited], *, scale: float = 1.0) -> bytes:
    """The legend as JSON: each claim with its number, code, sentence, provisions, level and rectangles in CSS pixels; ``scale`` turns them into the
    picture's. Made the same way every time, so that its digest can be told."""
    by_number = {box.number: box for box in boxes}
    rows = []
    for one in cited:
        box = by_number.get(one.number, Box(number=one.number))
        rows.append({"number": one.number, "code": one.code, "name": one.name, "sentence": one.span, "provisions": list(one.provisions), "level": one.level,
                     "rects": [[round(v, 2) for v in (r.x, r.y, r.width, r.height)] for r in box.rects], "unseen": box.unseen})
    told = {"format": "adpatrol-legend/1", "note": NOTE, "scale": scale, "claims": rows}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode("utf-8", "replace")


def apart(png: bytes, boxes: Sequence[Box], cited: Sequence[Cited], *, scale: float = 1.0, heading: str = "") -> bytes | None:
    """As ``annotate``, in a child process under limits of memory and time; None where the child refused, crashed or took too long."""
    if len(png) > MAX_PNG:
        return None
    try:
        done = subprocess.run([sys.executable, "-m", "evidence.annotate"], input=_packed(png, boxes, cited, scale, heading), capture_output=True,
                              timeout=APART_S, check=False, cwd=Path(__file__).resolve().parent.parent)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout[:8] == b"\x89PNG\r\n\x1a\n" else None


def font_path() -> Path:
    """ADPATROL_FONT, else the first font with Chinese characters found where systems keep them. Raises FontMissing."""
    named = os.environ.get("ADPATROL_FONT")
    for path in map(Path, (named, *FONTS) if named else FONTS):
        if path.is_file():
            return path
    raise FontMissing("没有中文字体，不能作标注图：请安装 fonts-noto-cjk，或用 ADPATROL_FONT 指明字体文件")


def _opened(png: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(png), formats=("PNG", "JPEG")) as found:
            if found.width * found.height > MAX_PIXELS:
                raise PictureUnreadable("截图过大，不能标注")
            return found.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureUnreadable(f"截图无法读取（{type(error).__name__}）") from error


def _draw(picture: Image.Image, marked: Sequence[tuple[Box, Cited | None]], scale: float, font: Font) -> None:
    """Frames stand around the words with a white rim, for pages of any colour; the numbers beside them where the page is emptiest, those of one place
    together."""
    pen = ImageDraw.Draw(picture)
    line = max(round(2 * scale), 2)
    rim = max(line // 2, 1)
    plain = picture.copy()
    tags: dict[tuple[float, float, float, float], list[tuple[str, Colour]]] = {}
    for box, one in marked:
        colour = COLOURS.get(one.level if one else "red", COLOURS["red"])
        for n, rect in enumerate(box.rects):
            left, top, right, bottom = _pixels(rect, scale, picture.size)
            frame = (left - line, top - line, right + line, bottom + line)
            if n == 0:
                tags.setdefault(frame, []).append((str(box.number), colour))
            if n or len(tags[frame]) == 1:  # the first of those that say the same gives the colour: findings are told the gravest first
                pen.rectangle((frame[0] - rim, frame[1] - rim, frame[2] + rim, frame[3] + rim), outline="white", width=rim)
                pen.rectangle(frame, outline=colour, width=line)
    taken: list[tuple[float, float, float, float]] = list(tags)
    for frame, told in tags.items():
        taken.append(_tag(plain, pen, frame, " ".join(number for number, _ in told), told[0][1], font, taken))


def _pixels(rect: Rect, scale: float, size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top = max(0.0, rect.x * scale), max(0.0, rect.y * scale)
    right, bottom = min(size[0] - 1.0, (rect.x + rect.width) * scale), min(size[1] - 1.0, (rect.y + rect.height) * scale)
    return left, top, max(right, left), max(bottom, top)


def _tag(plain: Image.Image, pen: ImageDraw.ImageDraw, frame: tuple[float, float, float, float], words: str, colour: Colour, font: Font,
         taken: Sequence[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    """The numbers on their own ground: of the places around the frame the one that covers least of the page, not upon another number or frame."""
    width, height, size = pen.textlength(words, font=font) + 8, float(font.size + 6), plain.size
    places = [(frame[0], frame[1] - height - 1), (frame[0] - width - 1, frame[1]), (frame[2] + 1, frame[1]), (frame[0], frame[3] + 1), (0.0, frame[1])]
    inside = [(x, y) for x, y in places if x >= 0 and x + width <= size[0] and y >= 0 and y + height <= size[1]] or [(max(0.0, frame[0]), max(0.0, frame[1]))]
    free = [at for at in inside if not any(at[0] < t[2] and t[0] < at[0] + width and at[1] < t[3] and t[1] < at[1] + height for t in taken)]
    x, y = min(free or inside, key=lambda at: _ink(plain, (at[0], at[1], at[0] + width, at[1] + height)))
    pen.rectangle((x, y, x + width, y + height), fill=colour)
    pen.text((x + 4, y + height / 2), words, fill="white", font=font, anchor="lm")
    return x, y, x + width, y + height


def _ink(picture: Image.Image, area: tuple[float, float, float, float]) -> int:
    """How much stands there: the span of brightness; 0 for an even ground."""
    left, top, right, bottom = (round(v) for v in area)
    low, high = ImageStat.Stat(picture.crop((left, top, max(right, left + 1), max(bottom, top + 1))).convert("L")).extrema[0]
    return int(high) - int(low)


def _legend(width: int, rows: Sequence[tuple[Cited, Box | None]], font_file: Path, heading: str, size: int) -> Image.Image:
    font = ImageFont.truetype(str(font_file), size)
    margin, step, indent = size, round(size * 1.6), size * 3
    lines: list[tuple[int, str, tuple[int, int, int], str]] = []  # indent, words, colour, number to be shown as a tag
    for text in filter(None, (heading, NOTE)):
        lines += [(0, words, (60, 60, 60), "") for words in _wrapped(text, font, width - 2 * margin)]
    for one, box in rows:
        colour = COLOURS.get(one.level, COLOURS["red"])
        title = f"涉嫌{one.name or one.code}（{LEVELS.get(one.level, one.level)}）"
        span = one.span if len(one.span) <= MAX_SPAN else one.span[: MAX_SPAN - 1] + "…"
        told = [(title, colour), (f"“{' '.join(span.split())}”", (0, 0, 0))]
        told += [("依据：" + "；".join(one.provisions), (60, 60, 60))] if one.provisions else []
        told += [(f"图上没有方框：{box.unseen if box and box.unseen else '没有版面记录'}", (120, 60, 0))] if box is None or not box.rects else []
        number = str(one.number)
        for text, shade in told:
            for words in _wrapped(text, font, width - 2 * margin - indent):
                lines.append((indent, words, shade, number))
                number = ""
    sheet = Image.new("RGB", (width, 2 * margin + step * len(lines)), "white")
    pen = ImageDraw.Draw(sheet)
    pen.line((0, 0, width, 0), fill=(60, 60, 60), width=max(size // 7, 2))
    y = float(margin)
    for indented, words, shade, number in lines:
        if number:
            pen.rectangle((margin, y + 2, margin + pen.textlength(number, font=font) + 8, y + step - 2), fill=shade)
            pen.text((margin + 4, y + step / 2), number, fill="white", font=font, anchor="lm")
        pen.text((margin + indented, y + step / 2), words, fill=shade, font=font, anchor="lm")
        y += step
    return sheet


def _wrapped(text: str, font: Font, width: int) -> list[str]:
    """Lines that fit; Chinese breaks anywhere."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    lines, start = [], 0
    while start < len(shown):
        end = min(len(shown), start + max(int(width // (font.size * 0.25)), 1))
        while end > start + 1 and font.getlength(shown[start:end]) > width:
            end = start + max(1, min(end - start - 1, int((end - start) * width / font.getlength(shown[start:end]))))
        while end < len(shown) and shown[end] in _CLOSING and end - start < 400:  # what closes hangs in the margin
            end += 1
        while end < len(shown) and end - 1 > start and shown[end - 1] in _OPENING:
            end -= 1
        lines.append(shown[start:end])
        start = end
    return lines or [""]


def _packed(png: bytes, boxes: Sequence[Box], cited: Sequence[Cited], scale: float, heading: str) -> bytes:
    told = json.dumps({"boxes": [asdict(b) for b in boxes], "cited": [asdict(c) for c in cited], "scale": scale, "heading": heading}).encode("utf-8")
    return len(told).to_bytes(8, "big") + told + png


def main() -> int:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    data = sys.stdin.buffer.read(MAX_PNG + (64 << 20))
    length = int.from_bytes(data[:8], "big")
    told = json.loads(data[8 : 8 + length])
    found = [Box(number=b["number"], rects=tuple(Rect(**r) for r in b["rects"]), unseen=b["unseen"]) for b in told["boxes"]]
    cited = [Cited(**(c | {"provisions": tuple(c["provisions"])})) for c in told["cited"]]
    try:
        sys.stdout.buffer.write(annotate(data[8 + length :], found, cited, scale=told["scale"], heading=told["heading"]))
    except EvidenceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
