"""What the sameness worker keeps: signals by site, sketches of pages, and how far it has read. Derived: thrown away and made again at will."""

from __future__ import annotations

from django.db import models


class Signal(models.Model):
    """One value on one site. ``capture_id``: where it was last seen; ``seq`` its place in the archive."""

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=160)
    site = models.CharField(max_length=300)
    platform = models.CharField(max_length=255)
    capture_id = models.CharField(max_length=80)
    seq = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        app_label = "indexer"
        verbose_name = "共同点"
        constraints = (models.UniqueConstraint(fields=("kind", "value", "site"), name="signal_once"),)
        indexes = (models.Index(fields=("platform", "kind"), name="signal_platform"), models.Index(fields=("site",), name="signal_site"))


class Sketch(models.Model):
    """The text of an address as it was last seen (indexer.sameness.likeness)."""

    url_key = models.CharField(max_length=64, unique=True)
    url = models.TextField()
    site = models.CharField(max_length=300)
    platform = models.CharField(max_length=255, db_index=True)
    capture_id = models.CharField(max_length=80)
    seq = models.BigIntegerField()
    signature = models.BinaryField()

    class Meta:
        app_label = "indexer"
        verbose_name = "文字摘要"


class Band(models.Model):
    """Sketches that share a band are worth comparing."""

    band = models.BigIntegerField(db_index=True)
    sketch = models.ForeignKey(Sketch, on_delete=models.CASCADE, related_name="bands")

    class Meta:
        app_label = "indexer"
        verbose_name = "文字分组"


class SamenessPosition(models.Model):
    """How far the stored pages have been read: ``seq`` and the capture that stood there; ``version`` of what is extracted."""

    name = models.CharField(max_length=20, unique=True)
    seq = models.BigIntegerField(default=0)
    mark = models.CharField(max_length=80, blank=True)
    version = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "indexer"
        verbose_name = "比对位置"
