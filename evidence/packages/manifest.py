"""The manifest of a package and its two lists of digests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import rfc8785

from evidence.packages.model import FORMAT, Authority, Missing, Order, Sealed
from evidence.packages.notes import utc
from evidence.packages.staging import Staged


def manifest(
    order: Order, captures: Sequence[Mapping[str, str | int]], files: Mapping[str, Staged], *, ledger: str, key: str, missing: Sequence[Missing]
) -> bytes:
    """``captures``: id, url, time and seq of each, as the ledger writes them."""
    return rfc8785.dumps({
        "format": FORMAT, "id": order.id, "made": utc(order.made), "office": order.office,
        "subject": {"kind": order.subject.kind, "number": order.subject.number, "title": order.subject.title}, "ledger": ledger, "key": key,
        "captures": [dict(one) for one in captures],
        "missing": [{"element": one.element, "label": one.label, "why": one.why} for one in missing], "sealed_without": _sealed(order.sealed if missing else None),
        "authorities": [_authority(one) for one in order.authorities],
        "files": {name: {"size": one.size, "sha256": one.sha256, "sm3": one.sm3} for name, one in files.items()},
    })


def sums(files: Iterable[Staged], digest: str) -> bytes:
    """``digest``: sha256 or sm3; as `sha256sum` writes it, sorted by name."""
    rows = sorted(files, key=lambda one: one.name.encode())
    return "".join(f"{getattr(one, digest)}  {one.name}\n" for one in rows).encode()


def _sealed(sealed: Sealed | None) -> dict[str, str] | None:
    return None if sealed is None else {"who": sealed.who, "reason": sealed.reason, "time": utc(sealed.time)}


def _authority(one: Authority) -> dict[str, str]:
    return {"name": one.name, "root_sha256": one.root_sha256}
