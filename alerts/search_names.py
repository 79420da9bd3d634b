"""The Chinese names by which officers ask for types, provisions and what the indexer keeps (indexer.search.fields.Names)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

from alerts.names import CODE_NAMES
from classifiers.errors import ConfigError
from classifiers.knowledge import load_knowledge
from indexer.words import GATES, GENRES, OUTCOMES

log = logging.getLogger(__name__)


def names(field: str) -> Mapping[str, str]:
    """Value -> name; empty for a field without names."""
    if field == "provision":
        return provisions()
    return {"code": CODE_NAMES, "gate": GATES, "genre": GENRES, "outcome": OUTCOMES}.get(field, {})


@lru_cache(maxsize=1)
def provisions() -> Mapping[str, str]:
    """Id -> law, article and paragraph; none where the settings cannot be read: then provisions are found by id alone."""
    try:
        known = load_knowledge(settings.CONFIG_FOLDERS).provisions
    except ConfigError as error:
        log.warning("条款库无法读取：%s", error)
        return {}
    return {id: f"{one.law}{one.article}{one.paragraph_item or ''}" for id, one in known.items()}


_LONG = re.compile(r"《(?:中华人民共和国)?([^》]*)》(?:（[^）]*）)?")


def short_name(provision: str) -> str:
    """《广告法》第二十五条第（一）项: without the state's name and the year of the revision, for lists."""
    return _LONG.sub(r"《\1》", name_of("provision", provision))


def name_of(field: str, value: str) -> str:
    return names(field).get(value, value)
