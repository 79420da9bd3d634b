"""A picture on standard input, the same picture as JPEG on standard output, under limits of memory and time. Run as a child process."""

from __future__ import annotations

import resource
import sys

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 80_000_000
MEMORY = 1 << 30
CPU_S = 20


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    import io

    from PIL import Image, ImageFile

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        return 2
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
        if picture.width * picture.height > MAX_PIXELS or max(picture.size) > 65_000:
            return 2
        flat = picture.convert("RGB")
    flat.save(sys.stdout.buffer, "JPEG", quality=88)
    return 0


if __name__ == "__main__":
    sys.exit(main())
