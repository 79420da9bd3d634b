"""Draw the banner pictures of the sample site whose promises stand in images only: `python -m demo.banners` (Noto CJK needed).

The pictures are committed; run this only to change them.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).resolve().parent / "sites" / "jinhesui" / "images"
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
BANNERS = (
    ("banner-1.png", "认养一亩田，本金保障", "年化收益率16%，到期全额返还", "#2e7d32", "#fff59d"),
    ("banner-2.png", "稳赚不赔的绿色财富", "国资背景 · 保险公司承保", "#ef6c00", "#ffffff"),
    ("banner-3.png", "第十二期：日收益0.05%", "保本保息，按月派息", "#1b5e20", "#ffcc80"),
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    large, small = ImageFont.truetype(FONT, 64, index=2), ImageFont.truetype(FONT, 36, index=2)
    for name, first, second, ground, ink in BANNERS:
        image = Image.new("RGB", (960, 300), ground)
        draw = ImageDraw.Draw(image)
        draw.ellipse((720, -80, 1040, 240), fill=ink, outline=ink)
        draw.ellipse((740, -60, 1020, 220), fill=ground)
        draw.text((60, 80), first, font=large, fill=ink)
        draw.text((62, 190), second, font=small, fill="#ffffff")
        image.quantize(32).save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()
