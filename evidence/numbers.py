"""The numbers that papers are cited by, derived from what is in the ledger: the same capture has the same number wherever it is named."""

from __future__ import annotations

from datetime import timedelta, timezone

from evidence.capture import Capture

_BEIJING = timezone(timedelta(hours=8))


def record_number(capture: Capture) -> str:
    """Of the 《互联网广告监测记录》 of one automatic capture: JC, the day in Beijing, and its place in the ledger, which no other capture has."""
    return f"JC{capture.time.astimezone(_BEIJING):%Y%m%d}-{capture.seq:06d}"
