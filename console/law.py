"""The law texts of the office's settings, read once a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from alerts.papers.referral import may_print
from classifiers.errors import ConfigError
from classifiers.knowledge import Provision, load_knowledge


@dataclass(frozen=True, slots=True)
class Cited:
    """A provision as shown. ``status``: 现行 where the text was read whole in a law text and is plainly in force, else 待核."""

    id: str
    name: str
    text: str
    status: str
    authority: str


@lru_cache(maxsize=1)
def law_texts() -> Mapping[str, Provision]:
    """Provisions by id. Raises ConfigError where the settings cannot be read."""
    return load_knowledge(settings.CONFIG_FOLDERS).provisions


def provisions(ids: Iterable[str]) -> list[Cited]:
    """As shown; where the settings cannot be read, by id alone, and it says so: reading evidence never waits for a settings file."""
    try:
        known = law_texts()
    except ConfigError as error:
        return [Cited(id, id, "", f"条款库无法读取：{error}", "") for id in dict.fromkeys(ids)]
    return [cited(known[id]) if id in known else Cited(id, id, "", "待核：库中没有这一条款", "") for id in dict.fromkeys(ids)]


def cited(provision: Provision) -> Cited:
    """One provision as shown."""
    name = f"{provision.law}{provision.article}{provision.paragraph_item or ''}"
    return Cited(provision.id, name, provision.text, "现行" if may_print(provision) else "待核", provision.competent_authority or "")
