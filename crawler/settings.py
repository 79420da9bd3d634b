"""Scrapy's settings for a patrol. What Scrapy leaves open by default is closed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crawler.addresses import canonical, host_of
from crawler.guards.egress import EgressPolicy
from crawler.identity import ROBOTS_NAME, user_agent
from crawler.limits import MAX_DECODED_BYTES, TIMEOUT_S
from crawler.plans import SitePlan
from crawler.rendering.chromium import browser_settings

AT_ONCE = 32
AT_ONCE_A_HOST = 8

# Not used here: headers, redirects and repeats are the spider's own, so that each hop and each try is a record of its own.
_MIDDLEWARES_OFF = (
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware", "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware", "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware",
    "scrapy.downloadermiddlewares.retry.RetryMiddleware",
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware", "scrapy.downloadermiddlewares.redirect.RedirectMiddleware",
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware", "scrapy.downloadermiddlewares.stats.DownloaderStats",
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware",
)
_SPIDER_MIDDLEWARES_OFF = (
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware", "scrapy.spidermiddlewares.referer.RefererMiddleware",
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware", "scrapy.spidermiddlewares.depth.DepthMiddleware",
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware",
)
_EXTENSIONS_OFF = (
    "scrapy.extensions.corestats.CoreStats", "scrapy.extensions.logcount.LogCount", "scrapy.extensions.telnet.TelnetConsole",
    "scrapy.extensions.memusage.MemoryUsage", "scrapy.extensions.memdebug.MemoryDebugger", "scrapy.extensions.closespider.CloseSpider",
    "scrapy.extensions.feedexport.FeedExporter", "scrapy.extensions.logstats.LogStats", "scrapy.extensions.spiderstate.SpiderState",
    "scrapy.extensions.throttle.AutoThrottle",
)


def scrapy_settings(plans: Sequence[SitePlan], policy: EgressPolicy | None = None) -> dict[str, Any]:
    """``policy``: given where pages may need the browser, whose only way out it then is."""
    throttled = any(plan.autothrottle for plan in plans)
    return {
        "REMOTE_CONTROL_ENABLED": False, "TELNETCONSOLE_ENABLED": False,  # the first runs code sent over HTTP, the second over telnet
        "LOG_ENABLED": False, "LOG_INSTALL_ROOT_HANDLER": False,
        "SCHEDULER": "crawler.scheduler.FrontierScheduler",
        "ROBOTSTXT_OBEY": any(plan.robots == "obey" for plan in plans), "ROBOTSTXT_USER_AGENT": ROBOTS_NAME,
        "USER_AGENT": user_agent("desktop-static", "public", next((plan.contact for plan in plans if plan.contact), "")),  # of robots.txt
        "HTTPPROXY_ENABLED": False,
        "CONCURRENT_REQUESTS": AT_ONCE, "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE_A_HOST,
        "CONCURRENT_ITEMS": 1,  # a callback yields one request at most; the default starts 100 tasks for every answer
        "DOWNLOAD_TIMEOUT": TIMEOUT_S, "DOWNLOAD_DELAY": 0, "DOWNLOAD_MAXSIZE": MAX_DECODED_BYTES, "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,  # what came of a broken answer is kept, and marked
        "DOWNLOAD_SLOTS": {host: _slot(plan) for plan in plans for host in _hosts(plan)},
        "AUTOTHROTTLE_ENABLED": throttled, "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0, "AUTOTHROTTLE_START_DELAY": 0, "AUTOTHROTTLE_MAX_DELAY": 60,
        "DOWNLOADER_MIDDLEWARES": dict.fromkeys(_MIDDLEWARES_OFF) | {"crawler.middleware.CaptureMiddleware": 950},
        "SPIDER_MIDDLEWARES": dict.fromkeys(_SPIDER_MIDDLEWARES_OFF),
        "DOWNLOAD_HANDLERS_BASE": {}, "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "crawler.guards.heads.BoundedHandler"),  # no file:, no ftp:
        "EXTENSIONS": dict.fromkeys(_EXTENSIONS_OFF) | ({"crawler.throttle.SiteThrottle": 0} if throttled else {}),
        "TWISTED_DNS_RESOLVER": "crawler.guards.resolver.GatedResolver",
    } | (browser_settings(policy) if policy is not None else {})


def _hosts(plan: SitePlan) -> set[str]:
    return {host for host in [*plan.hosts, *(host_of(canonical(seed)) for seed in plan.seeds)] if host}


def _slot(plan: SitePlan) -> dict[str, Any]:
    return {"concurrency": 1 if plan.delay_s > 0 else AT_ONCE_A_HOST, "delay": plan.delay_s, "jitter": 0.3 if plan.delay_s > 0 else 0}
