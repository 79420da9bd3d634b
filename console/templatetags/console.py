"""What the templates say often: levels as labelled chips, times in Beijing, addresses that never lead out directly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.models import LEVEL_KEYS
from console.facts import record_name
from console.leaving import signed
from console.marking import shown
from console.present import BEIJING, LEVEL_HINTS, LEVELS, STATES, label

register = template.Library()
MAX_ADDRESS = 90
MAX_TIP = 1_000


@register.simple_tag
def level(value: int | str | None) -> SafeString:
    """A chip with the level's name: never colour alone."""
    key = LEVEL_KEYS.get(value, "") if isinstance(value, int) else (value or "")
    if key not in LEVELS:
        return format_html('<span class="chip chip-none">{}</span>', "未见")
    return format_html('<span class="chip chip-{}" title="{}">{}</span>', key, LEVEL_HINTS[key], LEVELS[key])


@register.simple_tag
def state(value: str) -> SafeString:
    return format_html('<span class="state state-{}">{}</span>', value if value in STATES else "other", STATES.get(value, value))


@register.simple_tag
def beijing(value: Any, how: str = "full") -> SafeString:
    """A time of the database in Asia/Shanghai, with UTC in its title. ``how``: full (seconds), minute (the year only where it is another), day."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if value is None:
        return format_html("{}", "—")
    shape = {"full": "%Y-%m-%d %H:%M:%S", "minute": "%m-%d %H:%M", "day": "%Y-%m-%d"}[how]
    if how == "minute" and value.astimezone(BEIJING).year != datetime.now(BEIJING).year:
        shape = "%Y-%m-%d %H:%M"
    utc = value.astimezone(UTC)
    return format_html('<time datetime="{}" title="UTC {}">{}</time>', utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S"),
                       value.astimezone(BEIJING).strftime(shape))


@register.filter
def words(value: str, kind: str) -> str:
    return label(kind, str(value or "")) or "—"


@register.simple_tag
def outside(url: str, most: int = MAX_ADDRESS) -> SafeString:
    """An address of a patrolled site: its text, and a link to the leaving page; never a direct link."""
    if not url.lower().startswith(("http://", "https://")):
        return address(url, most)
    return format_html('{} <a class="out" href="{}" rel="noreferrer nofollow">访问…</a>', address(url, most), signed(url))


@register.simple_tag
def address(url: str, most: int = MAX_ADDRESS) -> SafeString:
    """An address as text only."""
    return format_html('<bdi class="url" title="{}">{}</bdi>', shown(url, MAX_TIP), shown(url, most))


@register.simple_tag(takes_context=True)
def swap(context: dict[str, Any], **changes: Any) -> str:
    """The address of this page with some of its parameters changed; an empty value takes one out. The cursor and page never survive."""
    asked = context["request"].GET.copy()
    for gone in ("cursor", "page", "format", "poll"):
        asked.pop(gone, None)
    for name, value in changes.items():
        if value in ("", None):
            asked.pop(name, None)
        else:
            asked[name] = str(value)
    query = asked.urlencode()
    return f"?{query}" if query else "?"


@register.filter
def percent(value: float) -> str:
    return f"{value:.0%}"


@register.filter
def one_line(value: str, most: int = 60) -> str:
    return shown(str(value), most)


@register.filter
def split(value: str) -> list[str]:
    return value.split(",")


@register.filter
def item(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key, "")


@register.simple_tag
def record(type: str, uri: str) -> str:
    return record_name(type, uri)


@register.filter
def session_name(file: str) -> str:
    """How the archive names a file of a 取证会话: frame-000001.jpg → frame:000001, shot-01-window.png → shot:01-window.png."""
    kind, _, rest = file.partition("-")
    return f"{kind}:{rest.rpartition('.')[0] if kind == 'frame' else rest}"
