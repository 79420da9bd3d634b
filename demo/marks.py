"""Draw the mark of the sample bank, lay it on the site that imitates it, and list its hash: `python -m demo.marks`.

The pictures and the list are committed; run this only to change them.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

from classifiers.pictures import BrandPicture, phash, write_brand_pictures

HERE = Path(__file__).resolve().parent
BANK = "云麓清河银行股份有限公司"
OWN = "127.0.0.11"
LIST = HERE / "config" / "registers" / "brand_pictures.csv"


def main() -> None:
    mark = drawn()
    mark.resize((48, 48), Image.Resampling.LANCZOS).save(HERE / "sites" / "qinghe-yinhang" / "favicon.ico", sizes=[(48, 48)])
    copied = Image.new("RGB", mark.size, "white")  # as a forger takes it: from a picture on the web, saved once more
    copied.paste(mark, mask=mark)
    kept = io.BytesIO()
    copied.resize((90, 90)).save(kept, "JPEG", quality=60)
    Image.open(kept).resize((32, 32), Image.Resampling.LANCZOS).save(HERE / "sites" / "qingheyinhang-licai" / "favicon.ico", sizes=[(32, 32)])
    whole = io.BytesIO()
    mark.save(whole, "PNG")
    write_brand_pictures(LIST, [BrandPicture(BANK, "favicon", phash(whole.getvalue()), OWN)])


def drawn() -> Image.Image:
    """A red disc with two white waves, as in the head of the bank's pages."""
    image = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((6, 6, 506, 506), fill="#a5151f")
    for top in (112, 256):
        pen.arc((92, top, 276, top + 150), 180, 360, fill="white", width=50)
        pen.arc((226, top - 4, 410, top + 146), 0, 180, fill="white", width=50)
    return image


if __name__ == "__main__":
    main()
