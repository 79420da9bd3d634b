"""What a trial of rules keeps: the rules as given, how far it has come, what it found. Nothing here is derived: `rebuild` leaves it alone."""

from __future__ import annotations

from django.db import models


class Hunt(models.Model):
    """One trial. ``rules``: [{"name", "id", "text"}] as given. ``seq``: the last stored page looked at; ``upto``: the newest when it began.
    ``looked``: pages looked at; ``judged``: those with a word of the rules, judged in full; ``applied_seq``: how far applying has come."""

    class State(models.TextChoices):
        WAITING = "waiting", "排队"
        RUNNING = "running", "进行"
        STOPPED = "stopped", "已停止"
        DONE = "done", "完成"
        FAILED = "failed", "失败"
        APPLYING = "applying", "正在启用"
        APPLIED = "applied", "已启用"

    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.CharField(max_length=150)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING, db_index=True)
    wants_stop = models.BooleanField(default=False)
    rules = models.JSONField(default=list)
    seq = models.BigIntegerField(default=0)
    upto = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    looked = models.PositiveIntegerField(default=0)
    judged = models.PositiveIntegerField(default=0)
    old_ruleset = models.CharField(max_length=80, blank=True)
    new_ruleset = models.CharField(max_length=80, blank=True)
    wrong = models.JSONField(default=list)  # examples of the rules' own that come out otherwise: [{"rule", "text", "want"}]
    error = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.CharField(max_length=150, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_seq = models.BigIntegerField(default=0)

    class Meta:
        app_label = "indexer"
        verbose_name = "规则试运行"
        ordering = ("-id",)

    @property
    def names(self) -> str:
        return "、".join(str(rule["id"]) for rule in self.rules)

    @property
    def share(self) -> int:
        """Whole per cent of the pages looked at."""
        return 100 if self.state in (self.State.DONE, self.State.APPLYING, self.State.APPLIED) else min(99, self.looked * 100 // self.total) if self.total else 0


class HuntPage(models.Model):
    """A page of which something would change."""

    hunt = models.ForeignKey(Hunt, on_delete=models.CASCADE, related_name="pages")
    seq = models.BigIntegerField()
    capture_id = models.CharField(max_length=80)

    class Meta:
        app_label = "indexer"
        constraints = (models.UniqueConstraint(fields=("hunt", "seq"), name="hunt_page_once"),)


class HuntCount(models.Model):
    """How many findings of a kind would be new, gone, changed (or excused) on a platform."""

    hunt = models.ForeignKey(Hunt, on_delete=models.CASCADE, related_name="counts")
    change = models.CharField(max_length=10)
    platform = models.CharField(max_length=255)
    code = models.CharField(max_length=60)
    n = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "indexer"
        constraints = (models.UniqueConstraint(fields=("hunt", "change", "platform", "code"), name="hunt_count_once"),)


class HuntSample(models.Model):
    """One of them, with the words around."""

    hunt = models.ForeignKey(Hunt, on_delete=models.CASCADE, related_name="samples")
    change = models.CharField(max_length=10)
    code = models.CharField(max_length=60)
    platform = models.CharField(max_length=255)
    capture_id = models.CharField(max_length=80)
    seq = models.BigIntegerField()
    url = models.TextField()
    title = models.TextField(blank=True)
    before = models.TextField(blank=True)
    span = models.TextField()
    after = models.TextField(blank=True)
    was = models.PositiveSmallIntegerField(null=True)  # level
    now = models.PositiveSmallIntegerField(null=True)
    reasons = models.JSONField(default=list)
    rule = models.CharField(max_length=120)

    class Meta:
        app_label = "indexer"
        ordering = ("change", "code", "id")
