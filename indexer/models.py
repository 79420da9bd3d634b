"""What is derived from the archive: pages as read and gated, findings, what was excused, and how far ingest has come.

Every row can be thrown away and made again by `adpatrol rebuild`; nothing here may be the only copy of anything. Times are UTC; levels are
1 蓝 … 4 红; offsets are code points of ``Page.text``. ``seq`` is the position in the archive's ledger: who follows the findings (alerts)
remembers a ``seq``, because row ids change on a rebuild and capture ids do not tell what came first.
"""

from __future__ import annotations

import hashlib

from django.db import models

LEVEL_NAMES = {1: "蓝", 2: "黄", 3: "橙", 4: "红"}
LEVEL_KEYS = {1: "blue", 2: "yellow", 3: "orange", 4: "red"}


def url_key(url: str) -> str:
    """SHA-256 of an address: an index over addresses of any length."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def host_of(site: str) -> str:
    """The host of an origin, lower case, as people name it."""
    scheme, _, rest = site.lower().partition("://")
    host = rest.partition("/")[0]
    return host.removesuffix({"http": ":80", "https": ":443"}.get(scheme, "\x00"))[:300]


class Page(models.Model):
    """One capture as read, gated and judged. ``id`` is the document number: newest first is ``-id`` (indexer.search.order)."""

    id = models.BigIntegerField(primary_key=True)
    capture_id = models.CharField("快照", max_length=80, unique=True)
    seq = models.BigIntegerField("存档顺序", db_index=True)
    run = models.CharField("巡查", max_length=80, db_index=True)
    site = models.CharField("网站", max_length=300)
    host = models.CharField("主机", max_length=300, blank=True)  # of the site, with the port where it is not the scheme's own
    url = models.TextField("网址")
    url_key = models.CharField(max_length=64)
    final_url = models.TextField("应答网址", blank=True)
    client = models.CharField("访问方式", max_length=40, blank=True)
    time = models.DateTimeField("取证时间")
    outcome = models.CharField("访问结果", max_length=20)
    status = models.PositiveSmallIntegerField("状态码", null=True, blank=True)
    detail = models.TextField("说明", blank=True)
    gate = models.CharField("页面判别", max_length=20, blank=True)  # page, block, captcha …; empty when nothing was there to read
    gate_reason = models.TextField("判别理由", blank=True)
    title = models.TextField("标题", blank=True)
    genre = models.CharField("页面类型", max_length=20, blank=True)
    genre_reasons = models.JSONField("类型理由", default=list)
    violating = models.BooleanField("涉嫌违法", default=False)
    level = models.PositiveSmallIntegerField("风险等级", null=True, blank=True)  # of the highest finding; null: none
    visible_chars = models.PositiveIntegerField("可见字数", default=0)
    icp = models.JSONField("页面所示备案号", default=list)
    company = models.JSONField("页面所示主办者", default=list)
    uscc = models.JSONField("页面所示信用代码", default=list)
    regions = models.JSONField("属地", default=list)  # names of places by plan, filing number, credit code and register (indexer.places)
    source = models.CharField("所读记录", max_length=12, blank=True)  # dom, response, text
    has_screenshot = models.BooleanField("有截图", default=False)
    render_reason = models.TextField("须用浏览器的理由", blank=True)
    error = models.TextField("研判出错", blank=True)
    ruleset = models.CharField("规则集", max_length=80, blank=True)
    judged_ms = models.FloatField("研判毫秒", default=0)
    text = models.TextField("全文", blank=True)  # last: SQLite reads the short columns without touching it

    class Meta:
        verbose_name = "页面"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("url_key", "client", "seq"), name="page_prior"),
            models.Index(fields=("site", "outcome", "seq"), name="page_site"),
            models.Index(fields=("level", "id"), name="page_level"),
        )

    def __str__(self) -> str:
        return f"{self.capture_id} {self.url}"

    @property
    def level_key(self) -> str:
        return LEVEL_KEYS[self.level] if self.level else ""


class JudgedClaim(models.Model):
    """What findings and excused claims have in common. ``key`` is SHA-256 of capture, code, start, end, rule: the same on every rebuild."""

    key = models.CharField("标识", max_length=64, unique=True)
    code = models.CharField("类型", max_length=60)
    span = models.TextField("页面原文")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    role = models.CharField("位置", max_length=20)
    level = models.PositiveSmallIntegerField("风险等级")
    confidence = models.FloatField("把握")
    suggestion = models.CharField("处置建议", max_length=60, blank=True)
    reasons = models.JSONField("理由", default=list)
    provisions = models.JSONField("条款", default=list)
    claim = models.JSONField("广告语", default=dict)
    rule = models.CharField("规则", max_length=120)
    ruleset = models.CharField("规则集", max_length=80)
    wording = models.TextField("归一化表述")  # width, case and script folded, without punctuation

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} {self.span}"

    @property
    def level_key(self) -> str:
        return LEVEL_KEYS[self.level]


class Finding(JudgedClaim):
    """涉嫌违法点."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="findings", verbose_name="页面")

    class Meta:
        verbose_name = "涉嫌违法点"
        ordering = ("page_id", "start", "end", "code", "key")
        indexes = (models.Index(fields=("code", "level"), name="finding_code"),)


class Excused(JudgedClaim):
    """The words were there; the context clears them (``because``, in Chinese)."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="excused", verbose_name="页面")
    because = models.TextField("豁免理由")

    class Meta:
        verbose_name = "豁免"
        ordering = ("page_id", "start", "end", "code", "key")


class Standing(models.Model):
    """What people decided of the leads that rest on a capture: fed from above (indexer.standing), kept on a rebuild."""

    capture_id = models.CharField("快照", max_length=80, primary_key=True)
    states = models.JSONField("线索状态", default=list)

    class Meta:
        verbose_name = "线索状态"


class IndexedSite(models.Model):
    """A site by a number of its own (a digest of its name), for the facets of the embedded index."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=300)


class IndexedKind(models.Model):
    """One combination of facts that documents have, by a number of its own (a digest of it); few, however many documents there are."""

    id = models.BigIntegerField(primary_key=True)
    states = models.CharField(max_length=60, blank=True)  # " waiting confirmed "
    facts = models.JSONField()  # facet -> values


class IndexedFact(models.Model):
    """Site and kind of each document: three numbers a row, so that tens of thousands are counted in a blink. ``id`` is the document number."""

    id = models.BigIntegerField(primary_key=True)
    site = models.BigIntegerField()
    kind = models.BigIntegerField(db_index=True)


class IngestPosition(models.Model):
    """How far the archive has been read: the last ``seq`` whose page is stored, written in the transaction that stores it."""

    name = models.CharField(max_length=40, unique=True)
    seq = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "读取位置"


from indexer.retrohunt.tables import Hunt, HuntCount, HuntPage, HuntSample  # noqa: E402 - Django looks for models here; theirs need none of ours
from indexer.sameness.tables import Band, SamenessPosition, Signal, Sketch  # noqa: E402 - Django looks for models here; theirs need none of ours
from indexer.search.state import Change, ClusterHealth, IndexStep, IndexVersion, ParkedDocument  # noqa: E402 - likewise

__all__ = [
    "LEVEL_KEYS", "LEVEL_NAMES", "Band", "Change", "ClusterHealth", "Excused", "Finding", "Hunt", "HuntCount", "HuntPage", "HuntSample", "IndexStep", "IndexVersion",
    "IngestPosition", "JudgedClaim", "Page", "ParkedDocument", "SamenessPosition", "Signal", "Sketch", "host_of", "url_key",
]
