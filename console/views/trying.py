"""试一段文字: a text, a page's source or a stored page judged while one waits; nothing is stored."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifiers.errors import ConfigError
from console.may import ANYONE, may, roles_of
from console.reading import MOST_CHARS, Reader, read, read_captured, reader, shown
from indexer.models import Page, url_key

WAYS = (("auto", "自动识别"), ("text", "纯文字"), ("html", "网页源码"))
EXAMPLE = (
    "清河财富 · 新手专享\n"
    "年化收益率18%，100%本息保障，风险备付金全额垫付。注册即送888元红包，邀请好友再返1%。\n"
    "月息1分5，随存随取，收益是银行活期的40倍。\n"
    "本产品不承诺保本，投资有风险。\n"
    "（以上为虚构的示例）"
)


@may("officer", "analyst")
def trying(request: HttpRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    # A text travels in the body only, never in an address that logs keep.
    text, url, way = request.POST.get("text", "").replace("\r\n", "\n"), asked.get("url", "").strip(), asked.get("way", "auto")
    if "example" in asked:
        text, url, way = EXAMPLE, "", "text"
    context: dict[str, Any] = {
        "text": text, "url": url, "way": way, "ways": WAYS, "most": MOST_CHARS, "example": EXAMPLE, "can_export": "analyst" in roles_of(request.user),
    }
    if text.strip() or url:
        context |= _answer(text, url, way)
    elif request.method == "POST":
        context["problem"] = "还没有内容：请在框里粘贴文字或网页源码，或者填写已存快照的网址。"
    return render(request, "console/try.html", context, status=400 if context.get("problem") else 200)


def _answer(text: str, url: str, way: str) -> dict[str, Any]:
    """The result, or ``problem``: what is wrong and how to mend it."""
    if text.strip() and url:
        return {"problem": "文字和网址只能试一样：请清空其中一个再试。"}
    if len(text) > MOST_CHARS:
        return {"problem": f"文字有 {len(text)} 字，一次最多 {MOST_CHARS} 字：请分段来试，或者存成文件用 adpatrol scan 文件 试判。"}
    try:
        known = reader()
    except ConfigError as error:
        return {"problem": f"规则或条款读不了，没有判断：{error}。改正后再试。"}
    if url:
        return _stored(known, url)
    return {"result": shown(known, read(known, text, html=None if way not in ("text", "html") else way == "html"))}


def _stored(known: Reader, url: str) -> dict[str, Any]:
    row = next((page for one in _spellings(url) if (page := _newest(one)) is not None), None)
    if row is None:
        return {"problem": "没有这个网址的快照：请核对网址（须与快照页所示完全一致），或先巡查：adpatrol patrol --site 网址，也可以直接粘贴页面上的文字。"}
    return {"result": shown(known, read_captured(known, row)), "captured": row}


def _newest(url: str) -> Page | None:
    found = Page.objects.filter(url_key=url_key(url), outcome="ok").order_by("-id")
    return found.filter(gate="page").first() or found.first()


def _spellings(url: str) -> list[str]:
    """As written, then as people shorten it."""
    full = url if "://" in url else f"https://{url}"
    spelt = [url, full, full.removesuffix("/"), full.rstrip("/") + "/", full.replace("https://", "http://", 1), full.replace("https://", "http://", 1).rstrip("/") + "/"]
    return list(dict.fromkeys(spelt))


@may(ANYONE)
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 in Chinese: above all a form larger than the server reads."""
    text = "发来的内容太大，或者格式不对，没有处理。请分段提交；整页源码请存成文件，用 adpatrol scan 文件 试判。"
    return render(request, "console/message.html", {"title": "没有处理", "text": text}, status=400)
