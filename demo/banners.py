"""Draw the banner pictures of the sample site whose promises stand in images only: `python -m demo.banners` (Noto CJK needed).

The pictures are committed; run this only to change them.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).resolve().parent / "sites" / "jinhesui" / "images"
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
SIZE = (1000, 340)
# file, first line, second line, sky above, sky below, hills, ink
BANNERS = (
    ("banner-1.png", "认养一亩田，本金保障", "年化收益率16%，到期全额返还", "#1c6b3a", "#8fc66a", "#c9b037", "#fff59d"),
    ("banner-2.png", "稳赚不赔的绿色财富", "国资背景 · 保险公司承保", "#c7480a", "#ffc15e", "#8a5a1c", "#ffffff"),
    ("banner-3.png", "第十二期：日收益0.05%", "保本保息，按月派息", "#0f4d3c", "#5fae7a", "#2c6b35", "#ffe0a3"),
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    large, small = ImageFont.truetype(FONT, 68, index=2), ImageFont.truetype(FONT, 36, index=2)
    for name, first, second, above, below, hills, ink in BANNERS:
        image = _sky(above, below)
        draw = ImageDraw.Draw(image)
        draw.ellipse((862, 34, 962, 134), fill=ink)
        for depth, shade in ((70, hills), (38, above)):
            edge = [(x, SIZE[1] - depth - 22 * math.sin(x / 130 + depth)) for x in range(0, SIZE[0] + 20, 20)]
            draw.polygon([(0, SIZE[1]), *edge, (SIZE[0], SIZE[1])], fill=shade)
        for x in range(640, 1000, 34):
            _ear(draw, x, SIZE[1] - 20 - x % 3 * 14, ink)
        draw.text((60, 80), first, font=large, fill=ink)
        draw.text((62, 186), second, font=small, fill="#ffffff")
        image.quantize(64).save(FOLDER / name, optimize=True)


def _sky(above: str, below: str) -> Image.Image:
    """A gradient from the one colour to the other."""
    mask = Image.linear_gradient("L").resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, below), Image.new("RGB", SIZE, above), mask)


def _ear(draw: ImageDraw.ImageDraw, x: int, foot: int, ink: str) -> None:
    """An ear of wheat."""
    draw.line((x, foot, x, foot - 70), fill=ink, width=3)
    for grain in range(5):
        y = foot - 70 + grain * 11
        draw.ellipse((x - 11, y - 6, x - 2, y + 6), fill=ink)
        draw.ellipse((x + 2, y - 6, x + 11, y + 6), fill=ink)


if __name__ == "__main__":
    main()
