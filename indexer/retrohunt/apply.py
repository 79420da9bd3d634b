"""A trial applied: the rules go into the office's own settings, the pages they touch are judged anew, the others stay as they are.

On record first, done after: ``begin`` sets the state (and whatever the caller adds, the audit entry, in the same transaction); ``finish``
does it, and does it again after a kill, with the same end. Pages that do not change keep the rule version they were judged by, and so does
each finding that says the same as before; leads keep their copies.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from classifiers.yaml_files import read_yaml
from evidence.disk import sync
from indexer.apart import ReaderApart
from indexer.models import Finding, Page
from indexer.patience import patiently
from indexer.reading import Reading
from indexer.retrohunt import rulesets
from indexer.retrohunt.differences import content
from indexer.retrohunt.hunt import BATCH, HuntRefused, look, only_hunt, proposal_of, read_again
from indexer.retrohunt.sieve import Sieve
from indexer.retrohunt.tables import Hunt, HuntPage
from indexer.store import position, store

NO_FOLDER = "没有设置办公室自己的设置目录：请系统管理员设置 ADPATROL_CONFIG（见系统管理员手册），再启用规则；试运行的结果会保留"


def begin(hunt: Hunt, overlay: Path | None, folders: Sequence[Path], who: str, record: Callable[[Hunt], object]) -> Hunt:
    """Raises HuntRefused or ConfigError; then nothing has changed."""
    if overlay is None:
        raise HuntRefused(NO_FOLDER)
    if hunt.state != Hunt.State.DONE:
        raise HuntRefused("试运行完成以后才能启用")
    if hunt.wrong:
        raise HuntRefused(f"规则自带的例句有 {len(hunt.wrong)} 条不符，请先改好规则再试运行")
    if proposal_of(hunt, folders).old.digest != hunt.old_ruleset:
        raise HuntRefused("试运行以后规则集已经变了，预览不再作数：请重新试运行")
    try:
        (overlay / "rules").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HuntRefused(f"设置目录 {overlay} 不能写入（{error.strerror}）：请系统管理员检查权限") from error
    if not os.access(overlay / "rules", os.W_OK):
        raise HuntRefused(f"设置目录 {overlay} 不能写入：请系统管理员检查权限")
    with transaction.atomic():
        moved = Hunt.objects.filter(pk=hunt.pk, state=Hunt.State.DONE).update(
            state=Hunt.State.APPLYING, applied_by=who[:150], applied_at=timezone.now(), applied_seq=0)
        if not moved:
            raise HuntRefused("已经启用，或正在启用")
        hunt.refresh_from_db()
        record(hunt)
    return hunt


def finish(hunt: Hunt, archive: Path, overlay: Path, folders: Sequence[Path], *, at_end: Callable[[], object], told: Callable[[Hunt], object] = lambda hunt: None) -> Hunt:
    """``at_end`` is called in the transaction that calls it applied. Raises HuntBusy."""
    with only_hunt(archive.parent):
        proposal = proposal_of(hunt, folders)
        rulesets.keep(archive.parent, folders, proposal.old)
        for id, text in proposal.texts.items():
            put(overlay, id, text)
        rulesets.keep(archive.parent, folders, proposal.new)
        with ReaderApart(archive, proposal.new) as reader:
            sieve = Sieve(proposal.rules())
            while True:
                hunt.refresh_from_db()
                if _judge(hunt, archive, reader):
                    told(hunt)
                elif not look(hunt, archive, reader, sieve):  # captures that came in since, judged by the old rules
                    break
        with transaction.atomic():
            at_end()
            Hunt.objects.filter(pk=hunt.pk).update(state=Hunt.State.APPLIED, ended_at=timezone.now())
    hunt.refresh_from_db()
    return hunt


def put(overlay: Path, id: str, text: str) -> Path:
    """The rule as a file of the office's own: where one there bears the id it is replaced, whatever its name."""
    folder = overlay / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    same = [file for file in sorted(folder.glob("*.yaml")) if (data := read_yaml(file)) and isinstance(data, dict) and data.get("id") == id]
    target = same[0] if same else folder / f"{id}.yaml"
    draft = folder / f".{target.name}.draft"
    draft.write_text(text, encoding="utf-8")
    sync(draft)
    draft.replace(target)
    sync(folder)
    return target


def _judge(hunt: Hunt, archive: Path, reader: ReaderApart) -> int:
    """The next pages of which something changes; answers how many."""
    coming = list(HuntPage.objects.filter(hunt=hunt, seq__gt=hunt.applied_seq).order_by("seq")[:BATCH])
    if not coming:
        return 0
    readings = []
    for page in Page.objects.filter(capture_id__in=[one.capture_id for one in coming]).order_by("seq"):
        reading = read_again(page, archive, reader)
        if reading is not None:
            readings.append(_versioned(page, reading))
    patiently(partial(_store, hunt, readings, coming[-1].seq))
    return len(coming)


def _versioned(page: Page, reading: Reading) -> Reading:
    """What says the same as before keeps the rule version by which it was said."""
    before = {row.key: row for row in Finding.objects.filter(page=page)}
    for row in reading.findings:
        was = before.get(row.key)
        if was is not None and content(was) == content(row):
            row.ruleset = was.ruleset
    return reading


def _store(hunt: Hunt, readings: Sequence[Reading], seq: int) -> None:
    with transaction.atomic():
        known = position()  # a rebuild under way reads what it has not come to by the new rules itself
        store([reading for reading in readings if reading.capture.seq <= known])
        Hunt.objects.filter(pk=hunt.pk).update(applied_seq=seq)
