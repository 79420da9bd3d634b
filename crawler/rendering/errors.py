"""What a page in the browser may meet instead of being shown.

RenderError           carries the Outcome and one Chinese sentence
 ├── BrowserMissing   no Chromium on this machine
 ├── BrowserCrashed   the page's process or the whole browser died
 ├── RenderTimeout    nothing usable within the time
 └── RenderFailed     the navigation failed: DNS, connection, TLS, download …

ErrorShown            the page went to where Chromium shows an error of its own; becomes one of the above
"""

from __future__ import annotations

import re

from evidence.capture import Outcome


class RenderError(Exception):
    outcome = Outcome.RESET

    def __init__(self, detail: str, outcome: Outcome | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.outcome = outcome or type(self).outcome


class BrowserMissing(RenderError):
    outcome = Outcome.BROWSER_CRASH


class BrowserCrashed(RenderError):
    outcome = Outcome.BROWSER_CRASH


class RenderTimeout(RenderError):
    outcome = Outcome.TIMEOUT


class RenderFailed(RenderError):
    pass


class Unknown(RenderFailed):
    """Nothing that the site or the network did: as when a script of the page goes elsewhere while the page is being read."""


class ErrorShown(Exception):
    """The browser shows a page of its own in place of the site's; the message is Chromium's reason (net::ERR_…)."""


_NET = re.compile(r"net::(ERR_[A-Z0-9_]{1,60})")
_CRASHED = ("crashed", "target closed", "has been closed", "connection closed", "browser closed")

# Chromium's net_error_list.h, by its beginning; the first that fits.
_KNOWN = (
    ("ERR_CERT_", Outcome.TLS, "无法建立加密连接（证书无效）"), ("ERR_SSL_", Outcome.TLS, "无法建立加密连接（TLS 握手失败）"),
    ("ERR_NAME_", Outcome.DNS, "域名无法解析，可能已停用或未注册"), ("ERR_TOO_MANY_REDIRECTS", Outcome.REDIRECT_LOOP, "反复跳转，没有到达页面"),
    ("ERR_CONNECTION_REFUSED", Outcome.CONNECT, "服务器拒绝连接或无法到达"), ("ERR_ADDRESS_", Outcome.CONNECT, "服务器拒绝连接或无法到达"),
    ("ERR_TUNNEL_", Outcome.CONNECT, "服务器拒绝连接或无法到达"), ("ERR_PROXY_", Outcome.CONNECT, "出口闸门没有回答"),
    ("ERR_TIMED_OUT", Outcome.TIMEOUT, "在限定时间内没有收到回答"), ("ERR_CONNECTION_TIMED_OUT", Outcome.TIMEOUT, "在限定时间内没有收到回答"),
    ("ERR_ABORTED", Outcome.NOT_HTML, "网站给出的是下载文件或空白回答，不是网页"), ("ERR_CONTENT_DECODING", Outcome.HTTP_ERROR, "内容编码有误，浏览器无法展开"),
    ("ERR_INSUFFICIENT_RESOURCES", Outcome.BROWSER_CRASH, "浏览器资源不足"), ("ERR_UNSAFE_PORT", Outcome.REFUSED_ADDRESS, "浏览器不访问该端口"),
    ("ERR_EMPTY_RESPONSE", Outcome.RESET, "服务器没有回答就断开了连接"), ("ERR_", Outcome.RESET, "连接在回答途中断开"),
)


def of_playwright(message: str) -> RenderError:
    """What a Playwright error means for the visit."""
    net = _NET.search(message)
    if net is not None:
        outcome, said = next((outcome, said) for start, outcome, said in _KNOWN if net[1].startswith(start))
        return RenderFailed(f"浏览器打不开：{said}（{net[1]}）", outcome)
    if any(words in message.lower() for words in _CRASHED):
        return BrowserCrashed("浏览器在显示该页时崩溃")
    if "Timeout" in message:
        return RenderTimeout("浏览器在限定时间内没有打开该页")
    if "Failed to download" in message or "Download is starting" in message:
        return RenderFailed("网站给出的是下载文件，不是网页", Outcome.NOT_HTML)
    return Unknown("浏览器打不开该页")


def of_gate(outcome: str, reason: str) -> RenderError:
    """What the egress gate answered in place of the site: ``outcome`` as in guards.proxy."""
    known = {"refused": Outcome.REFUSED_ADDRESS, "own": Outcome.REFUSED_ADDRESS, "dns": Outcome.DNS, "connect": Outcome.CONNECT,
             "timeout": Outcome.TIMEOUT, "busy": Outcome.CONNECT}
    return RenderFailed(reason or "出口闸门没有接通", known.get(outcome, Outcome.RESET))
