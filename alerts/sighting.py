"""What the indexer stored of one finding, as leads need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One finding on one captured page, as the indexer stored it. ``time`` is when the page was captured, UTC; ``level`` 1–4."""

    key: str
    capture_id: str
    seq: int
    site: str
    url: str
    time: datetime
    code: str
    span: str
    start: int
    end: int
    level: int
    rule: str
    ruleset: str
    run: str = ""
    final_url: str = ""
    client: str = ""
    title: str = ""
    role: str = ""
    confidence: float = 0.0
    suggestion: str = ""
    reasons: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()
    claim: dict[str, Any] = field(default_factory=dict)
    companies: tuple[str, ...] = ()
    icp: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, int, str]:
        """Archive order, then place on the page: what is the earliest does not depend on who came first here."""
        return (self.seq, self.start, self.key)
