"""Two pictures on standard input, the first on standard output as JPEG, with numbered boxes around what the second does not show there. Run
as a child process, under limits of memory and time.

The rows of pixels of both pictures are aligned as lines of text are: a banner put in at the top moves the rest of the page, and does not
change it. Input: the length of the first picture (8 bytes, big endian), the first, the second.
"""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 40_000_000
WIDTH = 1_000  # pixels of what is shown and compared
MAX_HEIGHT = 12_000
NEAR = 14  # rows: changes closer than that are framed as one
STEPS = 6  # bits of grey that are dropped: what an encoder changes is no change
MOST_BOXES = 40
MEMORY = 1 << 30
CPU_S = 20
Box = tuple[int, int, int, int]


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    from PIL import Image, ImageFile

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    data = sys.stdin.buffer.read(2 * MAX_BYTES + 9)
    size = int.from_bytes(data[:8], "big")
    first, second = data[8:8 + size], data[8 + size:]
    if not first or not second or max(len(first), len(second)) > MAX_BYTES:
        return 2
    width = min(WIDTH, _width(first), _width(second))
    shown, other = _read(first, width), _read(second, width)
    _boxed(shown, boxes(shown, other)).save(sys.stdout.buffer, "JPEG", quality=85)
    return 0


def _width(data: bytes) -> int:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
        if picture.width * picture.height > MAX_PIXELS or max(picture.size) > 65_000:
            raise ValueError("too large")
        return picture.width


def _read(data: bytes, width: int) -> Image:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
        flat = picture.convert("RGB")
    if flat.width != width:
        flat = flat.resize((width, max(1, round(flat.height * width / flat.width))), Image.Resampling.BOX)
    return flat.crop((0, 0, width, min(flat.height, MAX_HEIGHT)))


def boxes(shown: Image, other: Image) -> list[Box]:
    """Around the stretches of ``shown`` that ``other`` lacks, from the top; both of one width."""
    from indexer.compare import aligned

    mine, theirs = _rows(shown), _rows(other)
    ranges: list[tuple[int, int, int, int]] = []  # rows of mine, and those that stand in their place
    at = bt = 0
    for i, j, size in [*aligned(mine, theirs), (len(mine), len(theirs), 0)]:
        if at < i:
            if ranges and at - ranges[-1][1] < NEAR:
                ranges[-1] = (ranges[-1][0], i, ranges[-1][2], j)
            else:
                ranges.append((at, i, bt, j))
        at, bt = i + size, j + size
    return [box for low, high, below, above in ranges if (box := _across(mine[low:high], theirs[below:above], low, shown.width))]


def _rows(picture: Image) -> list[bytes]:
    grey = picture.convert("L").point([value >> STEPS << STEPS for value in range(256)])
    rows = grey.tobytes()
    return [rows[at:at + grey.width] for at in range(0, len(rows), grey.width)]


def _across(mine: list[bytes], theirs: list[bytes], top: int, width: int) -> Box | None:
    """Where rows stand against as many, only as wide as they differ; else as wide as what they show; None where that is nothing."""
    facing = theirs if len(theirs) == len(mine) else [row[:1] * width for row in mine]
    seen = [(at, row, other) for at, (row, other) in enumerate(zip(mine, facing, strict=True)) if row != other]
    if not seen:
        return None
    left = min(next(x for x in range(width) if a[x] != b[x]) for _, a, b in seen)
    right = max(next(x for x in range(width - 1, -1, -1) if a[x] != b[x]) for _, a, b in seen)
    return max(0, left - 5), max(0, top + seen[0][0] - 4), min(width, right + 6), top + seen[-1][0] + 5


def _boxed(picture: Image, found: list[Box]) -> Image:
    """A red frame on a white one, and a number: seen in print and by who sees no red."""
    from PIL import ImageDraw, ImageFont

    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(16)
    for number, (left, top, right, bottom) in enumerate(found[:MOST_BOXES], 1):
        box = (left, top, max(left + 6, right - 1), max(top + 6, bottom - 1))
        draw.rectangle(box, outline="white", width=6)
        draw.rectangle(box, outline="#c0281e", width=3)
        label = str(number) if number < MOST_BOXES or len(found) <= MOST_BOXES else f"{number}+"
        wide = draw.textlength(label, font=font) + 10
        at = (box[0], box[1] - 22) if box[1] >= 22 else (max(0, box[0] - wide), box[1])  # above the frame or beside it, not on the words
        draw.rectangle((at[0], at[1], at[0] + wide, at[1] + 22), fill="#c0281e")
        draw.text((at[0] + 5, at[1] + 2), label, fill="white", font=font)
    return picture


if __name__ == "__main__":
    sys.exit(main())
