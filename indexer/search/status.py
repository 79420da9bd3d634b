"""How the index stands, for the command line and the console: from what is noted, without asking the cluster."""

from __future__ import annotations

from typing import Any

from indexer.models import IndexedFact, Page
from indexer.search import backend
from indexer.search.state import ClusterHealth, IndexVersion, ParkedDocument, behind


def status() -> dict[str, Any]:
    """``cluster`` is None where none is set."""
    found = backend.cluster()
    told: dict[str, Any] = {"pages": Page.objects.count(), "embedded": IndexedFact.objects.count(), "cluster": None}
    if found is None:
        return told
    versions = {version.state: version for version in IndexVersion.objects.exclude(state=IndexVersion.State.GONE)}
    live, filling, kept = (versions.get(state) for state in ("live", "filling", "kept"))
    health = ClusterHealth.objects.order_by("pk").first()
    told["cluster"] = {
        "url": "，".join(found.urls), "index": found.index, "up": bool(health and health.up), "said": health.said if health else "还没有连接过（随 adpatrol serve 启动）",
        "since": health.since if health else None, "checked": health.checked_at if health else None, "live": live.name if live else "",
        "behind": behind(live), "filling": filling.name if filling else "", "filling_behind": behind(filling) if filling else 0, "held": bool(filling and filling.hold),
        "kept": kept.name if kept else "", "parked": ParkedDocument.objects.count(),
    }
    return told
