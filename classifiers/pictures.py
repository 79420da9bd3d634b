"""Pictures by their look: a 64-bit perceptual hash (pHash) over image bytes, and the nearest brand of the office's own list.

The hash: grey on white, brought to one size and one sharpness, uniform borders cut off, 32 × 32, cosine transform, signs of the 64 lowest
frequencies against their median (Zauner 2010). Size and sharpness come first, as the edge of an icon of 16 pixels cannot be cut where that of
the same mark of 512 is: measured on marks of our own, half of the icons of 32 pixels were not known again without it, all are with it. Written here on Pillow alone: the library of that name brings numpy, scipy and pywavelets, four times a worker's memory.

Image bytes are foreign: the caller decodes them in a child process under limits of memory and time, as with every foreign binary; besides,
only six formats are opened, and only below a number of bytes and pixels that is looked at before anything is decoded.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from classifiers.errors import ConfigError
from classifiers.model import Picture
from classifiers.registers_read import domains_of

if TYPE_CHECKING:
    from PIL.Image import Image  # loaded where a picture is read: who only compares hashes needs no decoder

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "ICO", "BMP")
MOST_BYTES = 8 << 20
MOST_PIXELS = 16_000_000
LEAST_SIDE = 12  # pixels; smaller pictures say nothing
SAME, NEAR = 6, 10  # bits of 64 that differ: the same picture at another size or quality; alike
_SIDE, _KEPT = 32, 8
_WORKED, _BLUR = 256, 6  # pixels: the size and the sharpness at which marks are compared
_PNG = b"\x89PNG\r\n\x1a\n"
_COLUMNS = ("name", "kind", "phash", "domain", "note")
_HEADINGS = {"domains": "domain", "备注": "note"} | {name: name for name in _COLUMNS}
_COSINES = [[math.cos(math.pi * (2 * x + 1) * u / (2 * _SIDE)) for x in range(_SIDE)] for u in range(_KEPT)]


@dataclass(frozen=True, slots=True)
class BrandPicture:
    """A picture of an institution, from the office's own collection. ``domain``: its own, without www; several with | between."""

    name: str
    kind: str  # favicon, logo
    phash: str  # 16 hexadecimal digits
    domain: str = ""

    def own(self, host: str) -> bool:
        """Is ``host`` (without www) one of the institution's own domains, or below one?"""
        return any(host == domain or host.endswith("." + domain) for domain in self.domain.split("|") if domain)


class Hashed(NamedTuple):
    """``phash``: sixteen hexadecimal digits, empty where there are none; ``refused``: why, in Chinese."""

    phash: str
    refused: str = ""


def phash(data: bytes) -> str:
    """Sixteen hexadecimal digits; empty for what is no picture of the six formats, too large, damaged, tiny, or of one colour."""
    return hashed(data).phash


def hashed(data: bytes) -> Hashed:
    """The hash of a picture, or why there is none."""
    from PIL import Image, UnidentifiedImageError

    if not data or len(data) > MOST_BYTES:
        return Hashed("", "没有内容" if not data else f"超过 {MOST_BYTES >> 20} MB")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            refused = _unfit(*picture.size) or (_unfit_within(data) if picture.format == "ICO" else "")
            if refused:
                return Hashed("", refused)
            picture.draft("L", (_WORKED, _WORKED))
            grey = _grey(picture)
    except UnidentifiedImageError:
        return Hashed("", f"不是可比对的图片（{'、'.join(FORMATS)}）")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return Hashed("", "像素过多，未展开")
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error):
        return Hashed("", "图片已损坏，无法读取")  # hostile or broken: a picture that cannot be read proves nothing
    code = _hash(grey)
    return Hashed(code, "" if code else "只有一种颜色，无从比对")


def _unfit(width: int, height: int) -> str:
    """Why a picture of that size is not decoded, in Chinese."""
    if width * height > MOST_PIXELS:
        return f"像素过多（{width}×{height}），未展开"
    small = min(width, height) < LEAST_SIDE or max(width, height) > 16 * min(width, height)
    return f"过小或过窄（{width}×{height}）" if small else ""


def _unfit_within(data: bytes) -> str:
    """An icon's own table may tell another size than the PNG within it."""
    at = data.find(_PNG)
    while at >= 0:
        if len(head := data[at + 16:at + 24]) == 8 and (refused := _unfit(*struct.unpack(">II", head))).startswith("像素"):
            return refused
        at = data.find(_PNG, at + 1)
    return ""


def _grey(picture: Image) -> Image:
    """Grey on white, of one size and sharpness, the border of one colour cut off."""
    from PIL import Image, ImageChops, ImageFilter

    if picture.mode in ("RGBA", "LA", "PA", "P") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        grey = Image.alpha_composite(ground, clear).convert("L")
    else:
        grey = picture.convert("L")
    scale = _WORKED / max(grey.size)
    size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    grey = grey.resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(_BLUR))
    off = ImageChops.difference(grey, Image.new("L", grey.size, grey.getpixel((0, 0))))
    edge = max(24.0, 0.35 * max(off.tobytes()))
    box = off.point([255 * (value > edge) for value in range(256)]).getbbox()
    if box and box[2] - box[0] >= LEAST_SIDE and box[3] - box[1] >= LEAST_SIDE:
        grey = grey.crop(box)
    return grey.resize((_SIDE, _SIDE), Image.Resampling.BOX)


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
    """Columns name, kind, phash, domain (several with | between), note. Raises ConfigError."""
    rows = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            columns = _columns(file, next(reader, []))
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    rows.append(_row(file, reader.line_num, dict(zip(columns, (cell.strip() for cell in cells), strict=False))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(str(file), "不是有效的 CSV（UTF-8）") from error
    return rows


def _columns(file: Path, headings: Sequence[str]) -> list[str]:
    """A misspelt heading would lose an institution's own domains, and accuse its own site: it is refused."""
    columns = []
    for heading in (cell.strip().lower() for cell in headings):
        if heading not in _HEADINGS:
            near = difflib.get_close_matches(heading, _HEADINGS, n=1)
            instead = f"是否想写 {near[0]}" if near else f"可写 {'、'.join(_COLUMNS)}"
            raise ConfigError(str(file), f"图样表没有“{heading}”这一列，{instead}", line=1, field=heading)
        columns.append(_HEADINGS[heading])
    if not {"name", "phash"} <= set(columns):
        raise ConfigError(str(file), "图样表须有 name 和 phash 两列（kind、domain 可空）", line=1)
    return columns


def _row(file: Path, line: int, row: dict[str, str]) -> BrandPicture:
    code, kind = row.get("phash", "").lower(), row.get("kind") or "logo"
    if not row.get("name"):
        raise ConfigError(str(file), "缺少机构名称，请写全称", line=line, field="name")
    if kind not in ("favicon", "logo"):
        raise ConfigError(str(file), f"“{kind}”不是图样的种类，只能写 favicon（网站图标）或 logo（标识）", line=line, field="kind")
    if len(code) != 16 or distance(code, code):
        raise ConfigError(str(file), "phash 应为 16 位十六进制；可用 adpatrol registers pictures 由图片算出", line=line, field="phash")
    domains: list[str] = []
    for part in filter(None, re.split(r"[|;；、,，\s]+", row.get("domain", ""))):
        read = domains_of(part)
        if not read:
            raise ConfigError(str(file), f"“{part}”不是域名，应如 bank.example；多个用 | 隔开", line=line, field="domain")
        domains += read
    return BrandPicture(row["name"], kind, code, "|".join(dict.fromkeys(domains)))


def hash_folder(folder: Path) -> tuple[list[BrandPicture], list[str]]:
    """The office's own pictures, one folder an institution (``机构名称＠域名/favicon.ico``; ＠域名 may be left out) -> rows, and files that are
    no usable pictures."""
    rows, refused = [], []
    for sub in sorted(path for path in folder.iterdir() if path.is_dir()):
        name, _, domain = sub.name.replace("＠", "@").partition("@")
        for file in sorted(path for path in sub.iterdir() if path.is_file() and not path.name.startswith(".")):
            code = phash(file.read_bytes()) if file.stat().st_size <= MOST_BYTES else ""
            if code:
                kind = "favicon" if "favicon" in file.name.lower() or file.suffix.lower() == ".ico" else "logo"
                rows.append(BrandPicture(name.strip(), kind, code, "|".join(domains_of(domain))))
            else:
                refused.append(f"{sub.name}/{file.name}")
    return rows, refused


def write_brand_pictures(file: Path, rows: Sequence[BrandPicture]) -> None:
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("name", "kind", "phash", "domain"))
        writer.writerows((row.name, row.kind, row.phash, row.domain) for row in rows)
