"""规则试运行: an analyst gives a rule, sees what it would find in all that is stored, and only then puts it in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from alerts import audit
from alerts.models import Platform
from classifiers.errors import ConfigError
from console.answer import answer
from console.may import may, roles_of
from indexer.models import Hunt
from indexer.retrohunt import apply, hunt
from indexer.retrohunt.proposed import MOST_CHARS, Given, propose

READERS = ("analyst", "officer", "leader")
CHANGES = (("new", "新增"), ("gone", "消失"), ("changed", "变化"), ("excused", "判为例外"))
RECENT = 30
MOST_ROWS = 200  # of a table of counts
STATES = dict(Hunt.State.choices)
NAME = "表单中的规则"


@may(*READERS)
def trials(request: HttpRequest) -> HttpResponse:
    """The list of trials, and the form for another."""
    analyst = "analyst" in roles_of(request.user)
    context: dict[str, Any] = {"most": MOST_CHARS, "analyst": analyst, "text": "", "states": STATES, "overlay": _overlay() is not None}
    status = 200
    if request.method == "POST":
        if not analyst:
            return render(request, "console/403.html", status=403)
        text = request.POST.get("rule", "").replace("\r\n", "\n")
        begun, problem = _begun(text, request.user.get_username())
        if begun is not None:
            return redirect("try-rule", id=begun.pk)
        context |= {"problem": problem, "text": text[:MOST_CHARS]}
        status = 400
    found = list(Hunt.objects.all()[:RECENT])
    return answer(request, "console/trials.html", context | {"hunts": found}, lambda: {"hunts": [_row(one) for one in found], "problem": context.get("problem", "")}, status=status)


def _begun(text: str, who: str) -> tuple[Hunt | None, str]:
    """The trial put on record, or why not, in the loader's words."""
    if not text.strip():
        return None, "还没有规则：请粘贴一条规则的 YAML（写法见分析员手册“写一条规则”）。"
    given = [Given(NAME, text)]
    try:
        return hunt.begin(propose(given, settings.CONFIG_FOLDERS), given, who), ""
    except ConfigError as error:
        return None, str(error)


def _overlay() -> Path | None:
    """The office's own settings, where there are any beside the shipped ones."""
    return settings.CONFIG_FOLDERS[0] if len(settings.CONFIG_FOLDERS) > 1 else None


@may(*READERS)
def trial(request: HttpRequest, id: int) -> HttpResponse:
    """One trial: how far it is, what it would change; an analyst stops it, goes on, or applies it."""
    found = get_object_or_404(Hunt, pk=id)
    if request.method == "POST":
        return _act(request, found)
    return answer(request, "console/trial.html", _context(request, found), lambda: _row(found) | {
        "counts": list(found.counts.order_by("change", "-n").values("change", "platform", "code", "n")[:MOST_ROWS]),
        "samples": [{"change": s.change, "code": s.code, "capture": s.capture_id, "before": s.before, "span": s.span, "after": s.after, "reasons": s.reasons}
                    for s in found.samples.all()],
    })


def _context(request: HttpRequest, found: Hunt, **more: Any) -> dict[str, Any]:
    counts = found.counts.order_by()
    totals = dict(counts.values_list("change").annotate(n=Sum("n")))
    by_platform = list(counts.values("platform", "change").annotate(n=Sum("n")).order_by("-n", "platform")[:MOST_ROWS])
    dossiers = {p.key: p.pk for p in Platform.objects.filter(key__in={row["platform"] for row in by_platform})}
    return {
        "hunt": found, "live": found.state in ("waiting", "running", "applying"), "analyst": "analyst" in roles_of(request.user), "overlay": _overlay() is not None,
        "totals": [(key, words, totals.get(key, 0)) for key, words in CHANGES], "pages": found.pages.count(), "change_names": dict(CHANGES),
        "platforms": [row | {"dossier": dossiers.get(row["platform"])} for row in by_platform],
        "codes": list(counts.values("code", "change").annotate(n=Sum("n")).order_by("-n", "code")[:MOST_ROWS]),
        "samples": [(words, [s for s in found.samples.all() if s.change == key]) for key, words in CHANGES], **more,
    }


def _act(request: HttpRequest, found: Hunt) -> HttpResponse:
    if "analyst" not in roles_of(request.user):
        return render(request, "console/403.html", status=403)
    act = request.POST.get("act", "")
    if act == "stop":
        done = hunt.ask_stop(found)
        messages.info(request, "正在停止：办完手上的一批就停，已有结果保留。" if done else "它没有在运行。")
    elif act == "on":
        done = hunt.ask_on(found)
        messages.info(request, "已排队续办。" if done else "它不需要续办。")
    elif act == "apply" and request.POST.get("sure") != "yes":
        return render(request, "console/trial_sure.html", _context(request, found))
    elif act == "apply":
        return _apply(request, found)
    return redirect("try-rule", id=found.pk)


def _apply(request: HttpRequest, found: Hunt) -> HttpResponse:
    who = request.user.get_username()
    try:
        apply.begin(found, _overlay(), settings.CONFIG_FOLDERS, who, lambda one: audit.record(who, "启用规则", f"hunt:{one.pk}", **_particulars(one)))
    except (hunt.HuntRefused, ConfigError) as error:
        messages.error(request, f"没有启用：{error}")
    else:
        messages.success(request, "已记录，正在启用：规则存入设置目录，有变化的页面随即重判。")
    return redirect("try-rule", id=found.pk)


def _particulars(found: Hunt) -> dict[str, Any]:
    counts = dict(found.counts.order_by().values_list("change").annotate(n=Sum("n")))
    return {"rules": [rule["id"] for rule in found.rules], "ruleset": found.new_ruleset, "pages": found.pages.count()} | {
        words: counts[key] for key, words in CHANGES if key in counts}


def _row(found: Hunt) -> dict[str, Any]:
    totals = dict(found.counts.order_by().values_list("change").annotate(n=Sum("n")))
    return {"hunt": found.pk, "state": found.state, "rules": [rule["id"] for rule in found.rules], "looked": found.looked, "judged": found.judged, "total": found.total,
            "pages": found.pages.count(), "error": found.error, "wrong_examples": found.wrong, **{key: totals.get(key, 0) for key, _ in CHANGES}}
