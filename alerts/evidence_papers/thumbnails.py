"""Small pictures for papers, made in one child process under limits: what came from the web is decoded nowhere else.

As a program (``python -m alerts.evidence_papers.thumbnails``): pictures on standard input, each after its length (8 bytes, big endian); on standard
output for each its width, height and JPEG (4, 4, 8 bytes of length), all noughts where it cannot be read.
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 80_000_000
MEMORY, CPU_S, EACH_S = 2 << 30, 120, 2
WIDTH, TALLEST = 900, 1.3  # pixels; height by width: of a taller page the upper part is shown
_HEAD = struct.Struct(">IIQ")


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """``whole`` False where only the upper part of the page is shown."""

    jpeg: bytes
    width: int
    height: int
    whole: bool


def thumbnails(names: Sequence[str], read: Callable[[str], bytes]) -> dict[str, Thumbnail]:
    """By name, of those that could be read; a picture that kills the child costs the rest of its batch nothing but a second start."""
    found: dict[str, Thumbnail] = {}
    left = list(names)
    while left:
        done = _batch(left, read, found)
        left = left[max(done, 1) :]
    return found


def _batch(names: Sequence[str], read: Callable[[str], bytes], found: dict[str, Thumbnail]) -> int:
    """How many of the names were dealt with; the one after them is what the child died of."""
    child = subprocess.Popen([sys.executable, "-m", "alerts.evidence_papers.thumbnails"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, cwd=Path(__file__).resolve().parents[2])
    try:
        for number, name in enumerate(names):
            data = read(name)
            if len(data) > MAX_BYTES:
                continue
            one = _asked(child, data)
            if one is None:
                return number + 1
            if one.jpeg:
                found[name] = one
        return len(names)
    finally:
        child.kill()
        child.communicate()


def _asked(child: subprocess.Popen[bytes], data: bytes) -> Thumbnail | None:
    """None where the child is gone. The limit on its processor time ends a picture that never ends."""
    assert child.stdin is not None and child.stdout is not None  # noqa: S101 - pipes were asked for
    try:
        child.stdin.write(struct.pack(">Q", len(data)) + data)
        child.stdin.flush()
    except OSError:
        return None
    head = child.stdout.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    width, height, size = _HEAD.unpack(head)
    jpeg = child.stdout.read(size & 0x7FFFFFFF)
    return Thumbnail(jpeg, width, height, not size >> 63) if len(jpeg) == size & 0x7FFFFFFF else None


def _main() -> int:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    spent = 0
    while head := sys.stdin.buffer.read(8):
        spent += CPU_S if spent == 0 else EACH_S
        resource.setrlimit(resource.RLIMIT_CPU, (spent, resource.RLIM_INFINITY))
        width, height, whole, jpeg = _small(sys.stdin.buffer.read(struct.unpack(">Q", head)[0]))
        sys.stdout.buffer.write(_HEAD.pack(width, height, len(jpeg) | (0 if whole else 1 << 63)) + jpeg)
        sys.stdout.buffer.flush()
    return 0


def _small(data: bytes) -> tuple[int, int, bool, bytes]:
    from PIL import Image, ImageFile

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MAX_PIXELS or max(picture.size) > 65_000:
                return 0, 0, True, b""
            tall = min(picture.height, round(picture.width * TALLEST))
            flat = picture.crop((0, 0, picture.width, tall)).convert("RGB")
            whole = tall == picture.height
        flat.thumbnail((WIDTH, round(WIDTH * TALLEST)), Image.Resampling.BOX, reducing_gap=2.0)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return 0, 0, True, b""
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=72)
    return flat.width, flat.height, whole, out.getvalue()


if __name__ == "__main__":
    sys.exit(_main())
