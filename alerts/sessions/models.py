"""What the office keeps of its 取证会话. The material itself lies in the archive; here stand who, why, where, and how it came to its end."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from alerts.models import AppendOnlyModel, Lead


class Certificate(models.Model):
    """执法证 of one user. Both days of its validity are included."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="certificate", verbose_name="人员")
    name = models.CharField("姓名", max_length=60)
    number = models.CharField("执法证号", max_length=40, unique=True)
    organ = models.CharField("发证机关", max_length=120, blank=True)
    valid_from = models.DateField("有效期起")
    valid_until = models.DateField("有效期止")
    changed_by = models.CharField("登记人", max_length=150)
    changed_at = models.DateTimeField("登记时间", auto_now=True)

    class Meta:
        verbose_name = "执法证"
        ordering = ("user__username",)

    def __str__(self) -> str:
        return f"{self.name}（{self.number}）"


class AttendedSession(models.Model):
    """One 取证会话. ``number`` is used once; ``capture_id`` its visit in the archive. What is finished or interrupted stays so."""

    class State(models.TextChoices):
        OPENED = "opened", "待签到"
        CHECKING = "checking", "自检中"
        READY = "ready", "待开始"
        RUNNING = "running", "取证中"
        ENDING = "ending", "存证中"
        FINISHED = "finished", "已结束"
        INTERRUPTED = "interrupted", "中断"
        CANCELLED = "cancelled", "已取消"

    year = models.PositiveSmallIntegerField("年度")
    serial = models.PositiveIntegerField("流水号")
    number = models.CharField("会话号", max_length=20, unique=True)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name="线索")
    url = models.TextField("网址")
    cause = models.CharField("案由", max_length=200)
    case_number = models.CharField("案件编号", max_length=100, blank=True)
    place = models.CharField("地点", max_length=200)
    network = models.CharField("网络环境", max_length=300)
    party = models.CharField("当事人（持有人）", max_length=200, blank=True)
    storage = models.CharField("保管介质及存放处", max_length=200, blank=True)
    monitoring = models.JSONField("引用的监测记录编号", default=list)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.OPENED)
    opened_by = models.CharField("发起人", max_length=150)
    opened_at = models.DateTimeField("发起时间")
    ordered_at = models.DateTimeField("签到齐备时间", null=True, blank=True)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    ending = models.CharField("结束情况", max_length=300, blank=True)
    capture_id = models.CharField("存证号", max_length=80, blank=True)
    read_out_at = models.DateTimeField("校验值宣读时间", null=True, blank=True)
    read_out_by = models.CharField("宣读人", max_length=150, blank=True)
    closing = models.JSONField("签名情况", default=dict)  # party, reason, witness, remark, by, at

    class Meta:
        verbose_name = "取证会话"
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("year", "serial"), name="one_session_per_number"),)

    def __str__(self) -> str:
        return self.number

    @property
    def live(self) -> bool:
        """Whether a process holds it, or is about to."""
        return self.state in (self.State.CHECKING, self.State.READY, self.State.RUNNING, self.State.ENDING)

    @property
    def over(self) -> bool:
        return self.state in (self.State.FINISHED, self.State.INTERRUPTED, self.State.CANCELLED)


class SessionSigner(models.Model):
    """Who signed in, with their own password at that moment; name and 执法证 are copied as they stood then."""

    class Role(models.TextChoices):
        OPERATOR = "operator", "操作人"
        RECORDER = "recorder", "记录人"

    session = models.ForeignKey(AttendedSession, on_delete=models.PROTECT, related_name="signers", verbose_name="会话")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="人员")
    role = models.CharField("身份", max_length=10, choices=Role.choices)
    name = models.CharField("姓名", max_length=60)
    certificate = models.CharField("执法证号", max_length=40)
    organ = models.CharField("发证机关", max_length=120, blank=True)
    valid_until = models.DateField("有效期止")
    signed_at = models.DateTimeField("签到时间")
    address = models.CharField("来自", max_length=60, blank=True)

    class Meta:
        verbose_name = "签到"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("session", "user"), name="a_person_signs_once"),
            models.UniqueConstraint(fields=("session", "role"), name="one_person_per_part"),
        )


class SessionEvent(AppendOnlyModel):
    """One step of the office with a session: opened, signed in, ordered, ended, read out, closed, paper made, scan kept."""

    session = models.ForeignKey(AttendedSession, on_delete=models.PROTECT, related_name="events", verbose_name="会话")
    at = models.DateTimeField("时间")
    who = models.CharField("人员", max_length=150)
    act = models.CharField("行为", max_length=40)
    said = models.TextField("说明", blank=True)

    class Meta:
        verbose_name = "会话经过"
        ordering = ("id",)


class SignedPaper(AppendOnlyModel):
    """A scan of the signed 笔录, in the archive as ``capture_id``: the copy of record."""

    session = models.ForeignKey(AttendedSession, on_delete=models.PROTECT, related_name="papers", verbose_name="会话")
    at = models.DateTimeField("时间")
    who = models.CharField("上传人", max_length=150)
    name = models.CharField("文件名", max_length=120)
    content_type = models.CharField("格式", max_length=60)
    size = models.PositiveIntegerField("字节")
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)
    capture_id = models.CharField("存证号", max_length=80)

    class Meta:
        verbose_name = "签名笔录扫描件"
        ordering = ("id",)
