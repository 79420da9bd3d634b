"""AutoThrottle that never goes below what the plan asks for a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.extensions.throttle import AutoThrottle

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot
    from scrapy.http import Response


class SiteThrottle(AutoThrottle):
    """Scrapy's floor is one for all sites (DOWNLOAD_DELAY); ours is each slot's own delay in DOWNLOAD_SLOTS."""

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        key = response.meta.get("download_slot", "")
        floor = float(self.crawler.settings.getdict("DOWNLOAD_SLOTS").get(key, {}).get("delay", 0.0))
        super()._adjust_delay(slot, latency, response)
        slot.delay = max(slot.delay, floor)
