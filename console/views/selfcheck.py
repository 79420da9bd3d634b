"""广告自查: an advertiser pastes a draft and sees what is unlawful, why, by which article, and what would mend it. A page and an API call.

ADPATROL_SELFCHECK says who may: ``signed-in`` (default), ``public`` or ``off``. The API takes a key of ADPATROL_SELFCHECK_KEYS and no cookie,
so that no other site's page can call it in a reader's name. Nothing is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerts.names import code_name
from classifiers.errors import ConfigError
from console.may import ANYONE, may
from console.present import LEVELS
from console.reading import MOST_SHOWN, Read, Reader, facts, laws, read, reader, shown

MOST_CHARS = 20_000
EXAMPLE = (
    "暖阳养老 · 会员招募\n"
    "交5万元成为尊享会员，每月返利1500元，到期全额退还本金，稳赚不赔。\n"
    "国家级项目，业内第一，名额仅剩最后10个，入会即送500元红包。\n"
    "（以上为虚构的示例）"
)


@may(ANYONE)
def selfcheck(request: HttpRequest) -> HttpResponse:
    if settings.SELFCHECK == "off":
        raise Http404
    if settings.SELFCHECK != "public" and not request.user.is_authenticated:
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={reverse('selfcheck')}")
    text = request.POST.get("text", "").replace("\r\n", "\n") if request.method == "POST" else ""
    if "example" in request.POST:
        text = EXAMPLE
    context: dict[str, Any] = {"text": text, "most": MOST_CHARS, "example": EXAMPLE, "advertiser": True}
    status = 200
    if request.method == "POST":
        if not request.user.is_authenticated and (wait := too_often(str(request.META.get("REMOTE_ADDR")))):
            context["problem"], status = f"查得太频繁：每分钟最多 {settings.SELFCHECK_PER_MINUTE} 次，请 {wait} 秒后再查。", 429
        else:
            found, problem = _checked(text)
            if found is not None:
                context["result"] = shown(*found)
            else:
                context["problem"], status = problem, 400
    response = render(request, "console/selfcheck.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(wait)
    return response


def too_often(who: str) -> int:
    """Seconds to wait; 0 where this caller may go on. Counted by the minute in each server process."""
    now = int(time.time())
    key = f"selfcheck:{hashlib.sha256(who.encode()).hexdigest()}:{now // 60}"
    cache.add(key, 0, 120)
    try:
        times = cache.incr(key)
    except ValueError:  # pushed out by a flood of other callers in between
        times = 1
    return 0 if times <= settings.SELFCHECK_PER_MINUTE else 60 - now % 60


def _checked(text: str, *, html: bool | None = None) -> tuple[tuple[Reader, Read] | None, str]:
    """What was read, or why nothing was and how to mend it."""
    if not text.strip():
        return None, "还没有内容：请粘贴广告的文字（标题、正文、图片上的字、按钮上的字都要）。"
    if len(text) > MOST_CHARS:
        return None, f"文字有 {len(text)} 字，一次最多 {MOST_CHARS} 字：请分段来查。"
    try:
        known = reader()
    except ConfigError:
        return None, "系统设置有误，暂时不能自查，请联系系统管理员运行 adpatrol doctor。"
    return (known, read(known, text, html=html)), ""


class Asked(BaseModel):
    """What the API takes."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description=f"广告文字或网页源码，最多 {MOST_CHARS} 字")
    html: bool | None = Field(default=None, description="是网页源码；不写则自动识别")


class Law(BaseModel):
    id: str
    name: str = Field(description="法规名称与条款")
    text: str = Field(description="条文")
    status: str = Field(description="现行 或 待核")


class Mending(BaseModel):
    """怎样改。"""

    mend: list[str] = Field(description="依次可做的事")
    not_enough: list[str] = Field(description="这样改没有用")
    instead: str = Field(description="可以怎样写；空为无")
    stop: bool = Field(description="没有相应资质时，换什么说法都不行，应当停止发布")


class Point(BaseModel):
    """一处涉嫌违法点。text[start:end] == span，按 Unicode 码点。"""

    code: str
    name: str
    level: str = Field(description="blue yellow orange red")
    level_name: str
    span: str
    start: int
    end: int
    reasons: list[str]
    numbers: list[str] = Field(description="读出的数值与折算算法")
    laws: list[Law]
    advice: Mending


class Left(BaseModel):
    """判为例外的一处。"""

    code: str
    name: str
    span: str
    start: int
    end: int
    because: str


class Answered(BaseModel):
    """What the API gives."""

    violating: bool = Field(description="涉嫌违法：至少一处高于蓝色；是否违法由有权机关认定")
    genre: str
    genre_reasons: list[str]
    text: str = Field(description="读到的文字，位置以此为准")
    findings: list[Point] = Field(description=f"至多 {MOST_SHOWN} 处")
    excused: list[Left] = Field(description=f"至多 {MOST_SHOWN} 处")
    more: int = Field(description="另有多少处没有列出")
    ruleset: str
    note: str


NOTE = "本结果由程序给出，仅供自查：涉嫌不等于违法，没有发现也不等于合法；图片、视频、资质和实际履行须另行核对。"


@may(ANYONE)
@csrf_exempt
def api(request: HttpRequest) -> JsonResponse:
    """GET: what the call takes and gives, as JSON Schema. POST: judges one draft."""
    if settings.SELFCHECK == "off":
        return _refused("本机没有开放广告自查（ADPATROL_SELFCHECK=off）", 404)
    if request.method == "GET":
        return _json({"method": "POST", "path": reverse("api-selfcheck"), "authorization": "Bearer 密钥（向系统管理员索取）",
                      "request": Asked.model_json_schema(), "response": Answered.model_json_schema()})
    if request.method != "POST":
        return _refused("只能用 POST（或用 GET 看说明）", 405)
    key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not settings.SELFCHECK_KEYS:
        return _refused("没有设密钥：请系统管理员设 ADPATROL_SELFCHECK_KEYS", 403)
    if not any(hmac.compare_digest(key.encode(), known.encode()) for known in settings.SELFCHECK_KEYS):
        return _refused("密钥不对：请在请求头写 Authorization: Bearer 密钥", 401)
    if wait := too_often(f"key:{key}"):
        answer = _refused(f"调用太频繁：每分钟最多 {settings.SELFCHECK_PER_MINUTE} 次，请 {wait} 秒后再试", 429)
        answer["Retry-After"] = str(wait)
        return answer
    return _judged(request)


def _judged(request: HttpRequest) -> JsonResponse:
    if int(request.META.get("CONTENT_LENGTH") or 0) > 12 * MOST_CHARS:  # \\uXXXX\\uXXXX: twelve bytes a character at most
        return _refused(f"请求太大：text 最多 {MOST_CHARS} 字", 413)
    try:
        asked = Asked.model_validate(json.loads(request.body))
    except ValidationError as error:
        first = error.errors()[0]
        return _refused(f"请求写错：字段 {'.'.join(str(p) for p in first['loc']) or '（整体）'} {_why(first)}；用 GET 看说明", 400)
    except (ValueError, RecursionError):
        return _refused("请求不是有效的 JSON（UTF-8），应为 {\"text\": \"…\"}", 400)
    found, problem = _checked(asked.text, html=asked.html)
    return _refused(problem, 400) if found is None else _json(answered(*found).model_dump())


def _why(error: Any) -> str:
    return {"missing": "没有写", "extra_forbidden": "没有这个字段", "string_type": "应为文字"}.get(error["type"], str(error["msg"]))


def answered(known: Reader, done: Read) -> Answered:
    verdict = done.verdict
    points = [
        Point(
            code=f.code, name=code_name(f.code), level=f.level.key, level_name=LEVELS[f.level.key], span=f.claim.span, start=f.claim.start, end=f.claim.end,
            reasons=list(f.reasons), numbers=facts(f.claim.to_json()),
            laws=[Law(id=law.id, name=law.name, text=law.text, status=law.status) for law in laws(known, f.provisions)],
            advice=Mending(**known.advise(f.code).model_dump(exclude={"code"})),
        )
        for f in verdict.findings[:MOST_SHOWN]
    ]
    left = [
        Left(code=e.finding.code, name=code_name(e.finding.code), span=e.finding.claim.span, start=e.finding.claim.start, end=e.finding.claim.end, because=e.because)
        for e in verdict.excused[:MOST_SHOWN]
    ]
    return Answered(
        violating=verdict.violating, genre=str(verdict.genre), genre_reasons=list(verdict.genre_reasons), text=done.page.full_text, findings=points,
        excused=left, more=max(0, len(verdict.findings) - MOST_SHOWN) + max(0, len(verdict.excused) - MOST_SHOWN), ruleset=known.knowledge.digest, note=NOTE,
    )


def _json(data: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(data, status=status, json_dumps_params={"ensure_ascii": False})


def _refused(why: str, status: int) -> JsonResponse:
    return _json({"error": why}, status)
