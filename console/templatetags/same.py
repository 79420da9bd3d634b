"""The card “同一主办者或同模板的其他网站” on the pages of a platform and of a capture."""

from __future__ import annotations

from typing import Any

from django import template

from console.views.sameness import beside
from indexer.platforms import platform_key

register = template.Library()


@register.inclusion_tag("console/same_card.html")
def same_card(site: str, all_at: str) -> dict[str, Any]:
    """``site``: an origin or a platform's key; ``all_at``: the address of the whole list."""
    return beside(platform_key(site)) | {"all_at": all_at}
