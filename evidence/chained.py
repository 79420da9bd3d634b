"""A file of JSON lines, each bound to the one before: the journal and the recording of a 取证会话.

Each line holds ``chain``: SHA-256 of canonical JSON of ``[chain before, the line without chain]``. No line can be changed, taken out or put in without all that
follow showing it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

GENESIS = "0" * 64


def link(before: str, line: dict[str, Any]) -> str:
    """The next value of a chain, as anyone can recompute it."""
    text = json.dumps([before, line], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def lines(raw: bytes) -> list[dict[str, Any]]:
    """The whole lines; what a kill left of the last one is no line."""
    found = []
    for line in raw.split(b"\n")[:-1]:
        try:
            row = json.loads(line)
        except ValueError:
            break
        if not isinstance(row, dict):
            break
        found.append(row)
    return found


def unbroken(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether each line follows from the one before."""
    head = GENESIS
    for number, row in enumerate(rows, 1):
        head = link(head, {key: value for key, value in row.items() if key != "chain"})
        if row.get("chain") != head or row.get("n") != number:
            return False
    return True
