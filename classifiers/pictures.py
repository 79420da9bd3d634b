"""Pictures by their look: a 64-bit perceptual hash (pHash) over image bytes, and the nearest brand of the office's own list.

The hash: grey on white, uniform borders cut off, 32 × 32, cosine transform, signs of the 64 lowest frequencies against their median (Zauner
2010). Written here on Pillow alone: the library of that name brings numpy, scipy and pywavelets, four times a worker's memory.

Image bytes are foreign: the caller decodes them in a child process under limits of memory and time, as with every foreign binary; besides,
only six formats are opened, and only below a number of bytes and pixels that is looked at before anything is decoded.
"""

from __future__ import annotations

import csv
import io
import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING

from classifiers.errors import ConfigError
from classifiers.model import Picture

if TYPE_CHECKING:
    from PIL.Image import Image  # loaded where a picture is read: who only compares hashes needs no decoder

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "ICO", "BMP")
MOST_BYTES = 8 << 20
MOST_PIXELS = 16_000_000
LEAST_SIDE = 12  # pixels; smaller pictures say nothing
SAME, NEAR = 6, 10  # bits of 64 that differ: the same picture at another size or quality; alike
_SIDE, _KEPT = 32, 8
_COSINES = [[math.cos(math.pi * (2 * x + 1) * u / (2 * _SIDE)) for x in range(_SIDE)] for u in range(_KEPT)]


@dataclass(frozen=True, slots=True)
class BrandPicture:
    """A picture of an institution, from the office's own collection. ``domain``: its own, without www."""

    name: str
    kind: str  # favicon, logo
    phash: str  # 16 hexadecimal digits
    domain: str = ""


def phash(data: bytes) -> str:
    """Sixteen hexadecimal digits; empty for what is no picture of the six formats, too large, damaged, tiny, or of one colour."""
    from PIL import Image, UnidentifiedImageError

    if not data or len(data) > MOST_BYTES:
        return ""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS or min(width, height) < LEAST_SIDE or max(width, height) > 16 * min(width, height):
                return ""
            picture.draft("L", (_SIDE * 4, _SIDE * 4))
            grey = _grey(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error, MemoryError,
            Image.DecompressionBombError, Image.DecompressionBombWarning):
        return ""  # hostile or broken: a picture that cannot be read proves nothing
    return _hash(grey)


def _grey(picture: Image) -> Image:
    """Grey on white, the border of one colour cut off."""
    from PIL import Image, ImageChops

    if picture.mode in ("RGBA", "LA", "PA", "P") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        grey = Image.alpha_composite(ground, clear).convert("L")
    else:
        grey = picture.convert("L")
    corner = Image.new("L", grey.size, grey.getpixel((0, 0)))
    box = ImageChops.difference(grey, corner).point(lambda value: 255 if value > 24 else 0).getbbox()
    if box and box[2] - box[0] >= LEAST_SIDE // 2 and box[3] - box[1] >= LEAST_SIDE // 2:
        grey = grey.crop(box)
    return grey.resize((_SIDE, _SIDE), Image.Resampling.BOX if min(grey.size) > 4 * _SIDE else Image.Resampling.BILINEAR)


def _hash(grey: Image) -> str:
    low, high = grey.getextrema()
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or high - low < 16:
        return ""
    pixels = grey.tobytes()
    rows = [pixels[y * _SIDE:(y + 1) * _SIDE] for y in range(_SIDE)]
    across = [[sum(map(mul, wave, row)) for wave in _COSINES] for row in rows]
    waves = [sum(_COSINES[v][y] * across[y][u] for y in range(_SIDE)) for v in range(_KEPT) for u in range(_KEPT)]
    median = sorted(waves[1:])[31]  # without the mean brightness
    bits = 0
    for value in waves:
        bits = bits << 1 | (value > median)
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """Bits that differ, 0–64; 64 where one of them is no hash."""
    try:
        return (int(one, 16) ^ int(other, 16)).bit_count() if one and other else 64
    except ValueError:
        return 64


def nearest(pictures: Iterable[Picture], brands: Sequence[BrandPicture], *, within: int = SAME) -> list[tuple[BrandPicture, Picture, int]]:
    """Of favicons and logos, those that look like a brand's, nearest first. Pictures within the text are not compared: a partner's logo is lawful."""
    found = [
        (known, picture, far) for picture in pictures if picture.role in ("favicon", "logo") and picture.phash
        for known in brands if (far := distance(picture.phash, known.phash)) <= within
    ]
    return sorted(found, key=lambda item: item[2])


def read_brand_pictures(file: Path) -> list[BrandPicture]:
    """Columns name, kind, phash, domain. Raises ConfigError."""
    rows = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            if not {"name", "phash"} <= set(reader.fieldnames or ()):
                raise ConfigError(str(file), "图样表须有 name 和 phash 两列（kind、domain 可空）", line=1)
            for number, row in enumerate(reader, 2):
                code = (row.get("phash") or "").strip().lower()
                if len(code) != 16 or distance(code, code):
                    raise ConfigError(str(file), "phash 应为 16 位十六进制", line=number, field="phash")
                rows.append(BrandPicture((row["name"] or "").strip(), (row.get("kind") or "logo").strip(), code, (row.get("domain") or "").strip().lower().removeprefix("www.")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(str(file), "不是有效的 CSV（UTF-8）") from error
    return rows


def hash_folder(folder: Path) -> tuple[list[BrandPicture], list[str]]:
    """The office's own pictures, one folder an institution (``机构名称＠域名/favicon.ico``; ＠域名 may be left out) -> rows, and files that are
    no usable pictures."""
    rows, refused = [], []
    for sub in sorted(path for path in folder.iterdir() if path.is_dir()):
        name, _, domain = sub.name.replace("＠", "@").partition("@")
        for file in sorted(path for path in sub.iterdir() if path.is_file() and not path.name.startswith(".")):
            code = phash(file.read_bytes()) if file.stat().st_size <= MOST_BYTES else ""
            if code:
                rows.append(BrandPicture(name.strip(), "favicon" if "favicon" in file.name.lower() or file.suffix.lower() == ".ico" else "logo", code, domain.strip().lower().removeprefix("www.")))
            else:
                refused.append(f"{sub.name}/{file.name}")
    return rows, refused


def write_brand_pictures(file: Path, rows: Sequence[BrandPicture]) -> None:
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("name", "kind", "phash", "domain"))
        writer.writerows((row.name, row.kind, row.phash, row.domain) for row in rows)
