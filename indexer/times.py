"""Times as people give them: a day in China, or a moment in ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


def read_time(text: str, *, end: bool = False) -> datetime:
    """UTC. A bare day begins at midnight in Asia/Shanghai; with ``end`` it is the midnight after. Raises ValueError."""
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"“{text}”不是日期；请写 2026-11-21 或 2026-11-21T08:00:00+08:00") from None
    if len(text.strip()) <= 10 and end:
        value += timedelta(days=1)
    return (value if value.tzinfo else value.replace(tzinfo=BEIJING)).astimezone(UTC)
