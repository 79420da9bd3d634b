"""What is known of the search index beside the pages: what changed, which indices exist and how far each has come, what could not be
indexed and why, each step that was taken, and whether the cluster answers.

``Change`` is written in the transaction that changes a page or its findings (``note``), one row a capture, its newest: an index that has
come to change n holds every page as it was at n or later. Nothing is pushed to an index; it follows by its own position.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.db import connection, models
from django.utils import timezone

SYSTEM = "系统"
CHUNK = 500


class Change(models.Model):
    """``id`` only grows (AUTOINCREMENT), in the order of commits: writers of the database stand in line."""

    capture_id = models.CharField("快照", max_length=80, unique=True)

    class Meta:
        verbose_name = "待索引"

    def __str__(self) -> str:
        return f"{self.pk} {self.capture_id}"


class IndexVersion(models.Model):
    """One index on the cluster. ``position``: the last change it holds. ``uuid``: as the cluster named it, so that another index of the
    same name is not taken for it."""

    class State(models.TextChoices):
        FILLING = "filling", "正在填充"
        LIVE = "live", "在用"
        KEPT = "kept", "备用"
        GONE = "gone", "已删除"

    name = models.CharField("索引", max_length=120, unique=True)
    uuid = models.CharField(max_length=60, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.FILLING)
    hold = models.BooleanField("填完不切换", default=False)
    position = models.BigIntegerField("已到", default=0)
    created_at = models.DateTimeField("建立时间", default=timezone.now)

    class Meta:
        verbose_name = "索引版本"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} {self.get_state_display()}"


class ParkedDocument(models.Model):
    """A page that the cluster refuses, and its own words why. It is in the embedded index all the same."""

    capture_id = models.CharField("快照", max_length=80, unique=True)
    reason = models.TextField("原因")
    tries = models.PositiveIntegerField("次数", default=1)
    parked_at = models.DateTimeField("搁置时间", default=timezone.now)

    class Meta:
        verbose_name = "搁置的页面"
        ordering = ("-parked_at", "capture_id")

    def __str__(self) -> str:
        return self.capture_id


class IndexStep(models.Model):
    """What was done to an index, by whom, when: append-only."""

    at = models.DateTimeField("时间", default=timezone.now)
    who = models.CharField("谁", max_length=150, default=SYSTEM)
    act = models.CharField("动作", max_length=60)
    index = models.CharField("索引", max_length=120, blank=True)
    detail = models.JSONField("详情", default=dict)

    class Meta:
        verbose_name = "索引记录"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.act} {self.index}"


class ClusterHealth(models.Model):
    """One row: whether the cluster answers, what stands in the way, and since when."""

    up = models.BooleanField("可用", default=True)
    said = models.TextField("说明", blank=True)
    since = models.DateTimeField("自", default=timezone.now)
    checked_at = models.DateTimeField("最近一次", default=timezone.now)

    class Meta:
        verbose_name = "检索集群"

    def __str__(self) -> str:
        return "可用" if self.up else self.said


def note(capture_ids: Iterable[str]) -> None:
    """These captures are to be indexed anew, or taken out where their page is gone. Must be called inside the transaction of the change:
    RuntimeError otherwise."""
    if not connection.in_atomic_block:
        raise RuntimeError("a change is noted in its own transaction")
    source = iter(dict.fromkeys(capture_ids))
    while chunk := list(islice(source, CHUNK)):
        Change.objects.filter(capture_id__in=chunk).delete()
        Change.objects.bulk_create([Change(capture_id=one) for one in chunk])


def note_every_page() -> None:
    """As ``note``, for all that is stored."""
    if not connection.in_atomic_block:
        raise RuntimeError("a change is noted in its own transaction")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM indexer_change WHERE capture_id IN (SELECT capture_id FROM indexer_page)")
        cursor.execute("INSERT INTO indexer_change (capture_id) SELECT capture_id FROM indexer_page ORDER BY seq")


def behind(version: IndexVersion | None) -> int:
    """索引滞后: captures whose newest state this index does not hold; without an index, all."""
    return Change.objects.filter(id__gt=version.position if version else 0).count()


def step(act: str, index: str = "", *, who: str = SYSTEM, **detail: Any) -> None:
    IndexStep.objects.create(act=act, index=index, who=who[:150], detail=detail)


def told(up: bool, said: str = "", *, every_s: float = 60.0) -> None:
    """Remembers how the cluster answered; writes only where something is new, or once in ``every_s``."""
    now = timezone.now()
    known = ClusterHealth.objects.order_by("pk").first()
    if known is None:
        ClusterHealth.objects.create(pk=1, up=up, said=said, since=now, checked_at=now)
    elif known.up != up or known.said != said:
        ClusterHealth.objects.filter(pk=known.pk).update(up=up, said=said, checked_at=now, **({"since": now} if known.up != up else {}))
    elif (now - known.checked_at).total_seconds() >= every_s:
        ClusterHealth.objects.filter(pk=known.pk).update(checked_at=now)
