"""What is known of one visit beside its page, in words: under whose authority, as whom, to which server, with which certificate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alerts.names import code_name
from console.present import OUTCOMES

IDENTITIES = {"public": "公开标识（带联系方式）", "browser": "普通浏览器标识"}
ROBOTS = {"obey": "遵守", "ignore": "依授权书不受其限"}
CERTIFICATE = {
    "subject": "持有者", "subjectName": "持有者", "issuer": "签发者", "not_before": "生效", "validFrom": "生效", "not_after": "到期", "validTo": "到期",
    "protocol": "协议", "sha256": "证书 SHA-256",
}
RECORDS = {"response": "网站应答", "request": "我方请求", "metadata": "访问事实", "revisit": "与前次相同的应答", "resource": "资源", "warcinfo": "文件说明"}
RESOURCES = {"urn:x-adpatrol:dom:": "渲染后的页面", "urn:view:": "首屏截图", "urn:fullPage:": "整页截图", "urn:text:": "页面文字", "urn:pageinfo:": "页面资源清单",
             "urn:thumbnail:": "缩略图"}
CODE = re.compile(r"\b[a-z0-9]+\.[a-z0-9_]+\b")
MOST = 300  # characters of any one value: it may come from the site
HANDLED = {"authority", "authority_number", "identity", "robots", "dns", "tls", "connections", "why", "render_reason", "via", "depth", "seconds", "plan",
           "jurisdiction", "run", "truncated"}


def visit_facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, value) in the order a person asks; what is not known is said to be so. Unknown keys come last as they are."""
    rows = [
        ("授权书", _authority(facts.get("authority"), str(facts.get("authority_number") or ""))),
        ("巡查标识", IDENTITIES.get(str(facts.get("identity")), str(facts.get("identity") or "未记录"))),
        ("robots", ROBOTS.get(str(facts.get("robots")), str(facts.get("robots") or "未记录"))),
        ("服务器地址", "、".join(str(a) for a in facts.get("dns") or ()) or "未记录"),
        ("服务器证书", _certificate(facts.get("tls"))),
        ("计划", "，".join(str(v) for v in (facts.get("plan"), facts.get("jurisdiction")) if v)),
        ("为什么访问", CODE.sub(lambda found: code_name(found[0]), str(facts.get("why") or facts.get("render_reason") or ""))),
        ("来自", str(facts.get("via") or "")),
        ("用时", f"{facts['seconds']:g} 秒" if isinstance(facts.get("seconds"), int | float) else ""),
        ("截断", str(facts.get("truncated") or "")),
    ]
    rows += [(str(key), str(value)) for key, value in sorted(facts.items()) if key not in HANDLED and value not in ("", None, [], {})]
    return [(name[:60], value if len(value) <= MOST else value[: MOST - 1] + "…") for name, value in rows if value]


def record_name(type: str, uri: str) -> str:
    """What a WARC record is, in words."""
    return next((words for start, words in RESOURCES.items() if uri.startswith(start)), RECORDS.get(type, type))


def connections(facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each connection the egress gate let through or refused: host, address, outcome, bytes."""
    found = []
    for one in facts.get("connections") or ():
        if isinstance(one, Mapping):
            outcome = str(one.get("outcome") or "")
            told = OUTCOMES.get(outcome, outcome) + (f"（{one['reason']}）" if one.get("reason") else "")
            found.append({"host": f"{one.get('host')}:{one.get('port')}"[:MOST], "address": str(one.get("address") or "—"), "outcome": told[:MOST],
                          "received": str(one.get("received", "—")), "time": str(one.get("time") or "")})
    return found


def _authority(paper: Any, number: str) -> str:
    if isinstance(paper, Mapping):
        scope = "、".join(str(s) for s in paper.get("scope") or ())
        return f"{paper.get('number')}（{paper.get('issuer')}），范围：{scope}，有效期 {paper.get('valid_from')} 至 {paper.get('valid_until')}"
    return number or "未登记（因此使用公开标识并遵守 robots）"


def _certificate(tls: Any) -> str:
    if not isinstance(tls, Mapping) or not tls:
        return ""
    known = [f"{words} {tls[key]}" for key, words in CERTIFICATE.items() if tls.get(key)]
    return "；".join(known) or str(dict(tls))
