"""One gzip member (RFC 1952) of what is stored. The packer's choice changes how many bytes are kept, never what they unpack to: every digest of the
archive is of the member as written, and every reader uses its own gzip."""

from __future__ import annotations

import zlib
from collections.abc import Callable

ISAL_LEVEL = 3  # measured on platform pages: docs/decisions/0003
ZLIB_LEVEL = 4


def by_zlib(data: bytes) -> bytes:
    """``data`` as one whole gzip member, without name or time, by the standard library alone."""
    packer = zlib.compressobj(ZLIB_LEVEL, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def _fastest() -> Callable[[bytes], bytes]:
    """ISA-L's, where there is a wheel for the processor; elsewhere the standard library's: slower, the same records."""
    try:
        from isal import igzip_lib
    except ImportError:
        return by_zlib

    def by_isal(data: bytes) -> bytes:
        return igzip_lib.compress(data, ISAL_LEVEL, igzip_lib.COMP_GZIP)

    return by_isal


packed = _fastest()
