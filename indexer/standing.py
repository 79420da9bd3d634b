"""How people stand to a page: the states of the leads that rest on it, told from above (alerts) and kept through every rebuild."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from indexer.models import Standing
from indexer.search.sqlite import SqliteIndex
from indexer.search.state import note

CHUNK = 500


def put(states: Mapping[str, Sequence[str]]) -> int:
    """Sets the states of captures, by capture id; answers how many have changed. Repeatable; captures that are not stored yet may come later."""
    now = {capture_id: tuple(sorted(set(some))) for capture_id, some in states.items()}
    with transaction.atomic():
        before: dict[str, tuple[str, ...]] = {}
        for part in _parts(list(now)):
            before.update((id, tuple(some)) for id, some in Standing.objects.filter(capture_id__in=part).values_list("capture_id", "states"))
        changed = {id: some for id, some in now.items() if before.get(id, ()) != some}
        Standing.objects.bulk_create(
            [Standing(capture_id=id, states=list(some)) for id, some in changed.items()], batch_size=CHUNK,
            update_conflicts=True, unique_fields=["capture_id"], update_fields=["states"],
        )
        if changed:
            SqliteIndex().restate(changed)
            note(changed)  # the cluster follows
            note(changed)
    return len(changed)


def _parts(ids: list[str]) -> list[list[str]]:
    return [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)]
