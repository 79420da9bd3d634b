"""As much DER (X.690) as a TimeStampResp needs before a library reads it."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType

# What cryptography raises, beside ValueError and TypeError, of a certificate that is not quite one.
UNREADABLE = (InvalidVersion, DuplicateExtension, UnsupportedGeneralNameType, UnsupportedAlgorithm)


def parts(der: bytes) -> list[tuple[int, bytes]]:
    """(tag, whole element with its header) of elements one behind the other. Raises ValueError where they do not fill ``der`` exactly."""
    found, at = [], 0
    while at < len(der):
        end = _end(der, at)
        found.append((der[at], der[at:end]))
        at = end
    return found


def content(element: bytes) -> bytes:
    """What is inside one element."""
    return element[_header(element, 0) :]


def whole(der: bytes) -> bool:
    """One SEQUENCE with a definite length, and nothing behind it."""
    try:
        return [tag for tag, _ in parts(der)] == [0x30]
    except ValueError:
        return False


def with_sorted_certificates(response: bytes) -> bytes:
    """The same TimeStampResp (RFC 3161, RFC 5652) with SignedData.certificates in the order DER asks of a SET: `openssl ts` writes them as they
    come, and strict readers refuse that. They are not under the signature. As it is where it has no such part."""
    try:
        _status, (_, token) = parts(content(response))
        _kind, (_, explicit) = parts(content(token))
        fields = parts(content(content(explicit)))
        spot = next(number for number, (tag, _) in enumerate(fields) if tag == 0xA0)
        old = fields[spot][1]
        head = _header(old, 0)
        new = old[:head] + b"".join(sorted(element for _, element in parts(old[head:])))
    except (ValueError, StopIteration):
        return response
    return response.replace(old, new, 1)


def _end(der: bytes, at: int) -> int:
    """Behind the element that begins at ``at``."""
    if at + 2 > len(der) or der[at] & 0x1F == 0x1F:
        raise ValueError("no DER")
    first, start = der[at + 1], _header(der, at)
    end = start + (first if first < 0x80 else int.from_bytes(der[at + 2 : start], "big"))
    if end > len(der):
        raise ValueError("no DER")
    return end


def _header(der: bytes, at: int) -> int:
    first = der[at + 1] if at + 1 < len(der) else 0x80
    size = 0 if first < 0x80 else first & 0x7F
    if first == 0x80 or size > 4 or at + 2 + size > len(der):
        raise ValueError("no DER")
    return at + 2 + size
