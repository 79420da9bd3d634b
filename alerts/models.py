"""What the office keeps about platforms: dossiers, leads, alerts, messages waiting to go out, and who did what.

Nothing here is derived from the index alone: a lead holds a **copy** of the findings it rests on, so that `adpatrol rebuild`
(design/promises.md, I7) never touches it. Times are UTC; levels are 1 蓝 … 4 红. History tables are append-only.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from alerts.errors import AppendOnly

LEVEL_NAMES = {1: "蓝", 2: "黄", 3: "橙", 4: "红"}
LEVEL_KEYS = {1: "blue", 2: "yellow", 3: "orange", 4: "red"}


class Level(models.IntegerChoices):
    BLUE = 1, "蓝"
    YELLOW = 2, "黄"
    ORANGE = 3, "橙"
    RED = 4, "红"


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows are added, never changed or removed."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly(self.model.__name__)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly(self.model.__name__)


class AppendOnlyModel(models.Model):
    """Base of the history tables: saving a stored row again, or deleting one, is refused."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            raise AppendOnly(type(self).__name__)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly(type(self).__name__)


class Platform(models.Model):
    """一户一档: everything held about one platform. ``key`` is the registrable domain (or address:port), ``sites`` the origins seen
    under it. Company and ICP are what the pages display: shown, not checked."""

    key = models.CharField("标识", max_length=255, unique=True)
    name = models.CharField("名称", max_length=300, blank=True)
    sites = models.JSONField("网站", default=list, blank=True)
    companies = models.JSONField("页面所示主办者", default=list, blank=True)
    icp = models.JSONField("页面所示备案号", default=list, blank=True)
    level = models.PositiveSmallIntegerField("风险等级", choices=Level.choices, default=Level.BLUE)
    first_seen = models.DateTimeField("首次发现")
    last_seen = models.DateTimeField("最近发现")

    class Meta:
        verbose_name = "平台"
        ordering = ("-level", "-last_seen", "key")

    def __str__(self) -> str:
        return self.name or self.key

    @property
    def level_key(self) -> str:
        return LEVEL_KEYS[self.level]


class Lead(models.Model):
    """线索: the findings of one platform, code and wording on all their pages, decided once. 涉嫌 until an organ decides."""

    class State(models.TextChoices):
        WAITING = "waiting", "待核查"
        CONFIRMED = "confirmed", "已确认"
        DISMISSED = "dismissed", "已排除"

    class Source(models.TextChoices):
        MONITORING = "monitoring", "监测"
        TIP = "tip", "举报"
        ASSIGNED = "assigned", "交办"
        REFERRED = "referred", "移送"
        FORWARDED = "forwarded", "转办"

    year = models.PositiveSmallIntegerField("年度")
    serial = models.PositiveIntegerField("流水号")
    number = models.CharField("线索号", max_length=20, unique=True)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="leads", verbose_name="平台")
    code = models.CharField("类型", max_length=60)
    wording = models.CharField("归一化表述", max_length=300)
    span = models.TextField("页面原文")
    level = models.PositiveSmallIntegerField("风险等级", choices=Level.choices)
    suggestion = models.CharField("处置建议", max_length=60, blank=True)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.WAITING)
    source = models.CharField("来源", max_length=12, choices=Source.choices, default=Source.MONITORING)
    first_seen = models.DateTimeField("首次发现")
    last_seen = models.DateTimeField("最近发现")
    registered_at = models.DateTimeField("登记时间")
    pages = models.PositiveIntegerField("页面数", default=0)
    confidence = models.FloatField("把握", default=0)  # of the finding that stands for the lead; orders the queue within a level

    class Meta:
        verbose_name = "线索"
        ordering = ("-level", "-first_seen", "number")
        constraints = (
            models.UniqueConstraint(fields=("platform", "code", "wording"), name="one_lead_per_wording"),
            models.UniqueConstraint(fields=("year", "serial"), name="one_lead_per_number"),
        )
        indexes = (models.Index(fields=("state", "-level", "-first_seen"), name="lead_queue"),)

    def __str__(self) -> str:
        return self.number

    @property
    def level_key(self) -> str:
        return LEVEL_KEYS[self.level]


class LeadFinding(models.Model):
    """A copy of the finding a lead rests on: one for each page (URL) and level. The copy is of the earliest capture that showed it;
    ``last_capture`` and ``last_seen`` tell when it was last met."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="findings", verbose_name="线索")
    key = models.CharField("发现标识", max_length=120)
    capture_id = models.CharField("快照", max_length=80, db_index=True)
    seq = models.BigIntegerField("存档顺序")
    run = models.CharField("巡查", max_length=80, blank=True)
    site = models.CharField("网站", max_length=300)
    url = models.TextField("网址")
    final_url = models.TextField("应答网址", blank=True)
    url_key = models.CharField(max_length=64)  # SHA-256 of url: an index over addresses of any length
    client = models.CharField("访问方式", max_length=40, blank=True)
    title = models.TextField("标题", blank=True)
    captured_at = models.DateTimeField("取证时间")
    code = models.CharField("类型", max_length=60)
    span = models.TextField("页面原文")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    role = models.CharField("位置", max_length=20, blank=True)
    level = models.PositiveSmallIntegerField("风险等级", choices=Level.choices)
    confidence = models.FloatField("把握", default=0)
    suggestion = models.CharField("处置建议", max_length=60, blank=True)
    reasons = models.JSONField("理由", default=list)
    provisions = models.JSONField("条款", default=list)
    claim = models.JSONField("广告语", default=dict)
    rule = models.CharField("规则", max_length=120)
    ruleset = models.CharField("规则集", max_length=80)
    last_capture = models.CharField("最近快照", max_length=80)
    last_seen = models.DateTimeField("最近发现")

    class Meta:
        verbose_name = "线索所据涉嫌违法点"
        ordering = ("seq", "start")
        constraints = (models.UniqueConstraint(fields=("lead", "url_key", "level"), name="one_copy_per_page_and_level"),)

    def __str__(self) -> str:
        return f"{self.lead_id}:{self.span}"

    @property
    def level_key(self) -> str:
        return LEVEL_KEYS[self.level]


class LeadEvent(AppendOnlyModel):
    """One step in a lead's history: who, when, what, why, from which state to which."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="events", verbose_name="线索")
    at = models.DateTimeField("时间")
    who = models.CharField("人员", max_length=150)
    act = models.CharField("行为", max_length=20)  # 登记 等级上升 确认 排除 撤销
    reason = models.TextField("理由", blank=True)
    was = models.CharField("原状态", max_length=12, blank=True)
    now = models.CharField("新状态", max_length=12)

    class Meta:
        verbose_name = "线索经过"
        ordering = ("id",)


class Alert(models.Model):
    """What people are told of: one for one (platform, code, normalised claim), or for one degraded run. ``version`` grows, and a
    message goes out again, only when ``digest`` changes."""

    class Kind(models.TextChoices):
        LEAD = "lead", "线索"
        RUN = "run", "巡查质量"
        SEARCH = "search", "检索"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=64, unique=True)  # SHA-256 of the kind and what it is about
    lead = models.OneToOneField(Lead, on_delete=models.PROTECT, null=True, blank=True, related_name="alert")
    run = models.CharField(max_length=80, blank=True)
    search = models.ForeignKey("SavedSearch", on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts")
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    numbers = models.JSONField(default=list)  # every number the wording was read as, sorted: part of the digest
    digest = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    text = models.TextField(blank=True)
    raised_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "预警"
        ordering = ("-changed_at", "-id")


class SavedSearch(models.Model):
    """A search that somebody keeps: what was asked, by its address. ``alerting``: new pages among its hits are told of. ``position``: the
    archive ``seq`` up to which pages were looked at; it never goes back, so that a rebuild tells of nothing twice."""

    name = models.CharField("名称", max_length=60)
    owner = models.CharField("建立人", max_length=150, db_index=True)
    shared = models.BooleanField("全队可见", default=False)
    alerting = models.BooleanField("有新命中时提醒", default=False)
    asked = models.TextField("检索条件")  # the query string of the search page: q, fields, not_ fields, sort
    position = models.BigIntegerField("已看到", default=0)
    problem = models.TextField("不能检索的原因", blank=True)
    created_at = models.DateTimeField("建立时间")

    class Meta:
        verbose_name = "已存检索"
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="one_search_per_name"),)

    def __str__(self) -> str:
        return self.name


class OutboxMessage(models.Model):
    """A message that must leave, written in the transaction of what it announces. ``key`` is its Idempotency-Key, fixed for ever, and the
    left part of its Message-ID. An attempt is recorded before the wire is touched."""

    class State(models.TextChoices):
        QUEUED = "queued", "排队"
        SENDING = "sending", "进行"
        DONE = "done", "完成"
        FAILED = "failed", "失败"

    channel = models.CharField("渠道", max_length=60)
    key = models.CharField(max_length=64, unique=True)
    message_id = models.CharField(max_length=200)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("正文")
    payload = models.JSONField(default=dict)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField("次数", default=0)
    created_at = models.DateTimeField("写入时间")
    next_attempt_at = models.DateTimeField("下次发送")
    last_attempt_at = models.DateTimeField("最近发送", null=True, blank=True)
    sent_at = models.DateTimeField("完成时间", null=True, blank=True)
    delivered_to = models.JSONField(default=list)  # recipients who have it already: a retry leaves them out
    may_repeat = models.BooleanField("可能重复", default=False)
    last_error = models.TextField("最近错误", blank=True)

    class Meta:
        verbose_name = "待发消息"
        ordering = ("id",)
        indexes = (models.Index(fields=("state", "next_attempt_at"), name="outbox_due"),)


class AuditEntry(AppendOnlyModel):
    """One applied change: who did what to which object. Refused changes leave none (I5)."""

    at = models.DateTimeField("时间")
    who = models.CharField("人员", max_length=150)
    act = models.CharField("行为", max_length=60)
    subject = models.CharField("对象", max_length=120, db_index=True)  # lead:XS2026000001, outbox:12, user:…
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = "审计记录"
        ordering = ("id",)


class FollowPosition(models.Model):
    """How far ``alerts.follow`` has read what the indexer stores."""

    name = models.CharField(max_length=40, unique=True)
    position = models.BigIntegerField(default=0)
    mark = models.CharField(max_length=200, blank=True)  # capture and rule set at that position: another one there means a rebuild
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "读取位置"


from alerts.sessions.models import (  # noqa: E402, F401 - Django looks for models here; they build on the above
    AttendedSession,
    Certificate,
    SessionEvent,
    SessionSigner,
    SignedPaper,
)
