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
             "urn:thumbnail:": "缩略图", "urn:x-adpatrol:boxes:": "文字在截图上的位置", "urn:x-adpatrol:evidence:": "取证环境与经过",
             "urn:x-adpatrol:network:": "网络日志", "urn:x-adpatrol:console:": "控制台日志", "urn:x-adpatrol:second-answer:": "第二次独立访问所得应答",
             "urn:x-adpatrol:second:": "第二次独立访问的比对"}
SECOND = {"agrees": "另一客户端也看到所引文字", "differs": "另一客户端没有看到部分所引文字", "impossible": "另一客户端无法核对", "none": "没有需要核对的文字"}
NAMES = {"cookies": "Cookie", "origins": "本地存储", "pages": "页面", "entries": "条目", "count": "条数", "named": "涉及所访问域名", "gate": "出口闸门",
         "ignored": "未采用的代理变量", "host": "域名", "system": "系统解析器", "second": "第二解析器", "sha256": "SHA-256"}
CODE = re.compile(r"\b[a-z0-9]+\.[a-z0-9_]+\b")
MOST = 300  # characters of any one value: it may come from the site
HANDLED = {"authority", "authority_number", "identity", "robots", "dns", "tls", "connections", "why", "render_reason", "via", "depth", "seconds", "plan",
           "jurisdiction", "run", "truncated", "pictures", "grade", "second", "environment", "clock", "versions", "sbom", "cited", "dropped", "resources",
           "certificates"}


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
        ("图标和标识", _pictures(facts.get("pictures"))),
        ("用时", f"{facts['seconds']:g} 秒" if isinstance(facts.get("seconds"), int | float) else ""),
        ("截断", str(facts.get("truncated") or "")),
        *(_graded(facts) if facts.get("grade") == "evidence" else []),
    ]
    rows += [(str(key), str(value)) for key, value in sorted(facts.items()) if key not in HANDLED and value not in ("", None, [], {})]
    return [(name[:60], value if len(value) <= MOST else value[: MOST - 1] + "…") for name, value in rows if value]


def _graded(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a visit at evidence grade tells beside."""
    second, clock, versions = (facts.get(name) if isinstance(facts.get(name), Mapping) else {} for name in ("second", "clock", "versions"))
    said = SECOND.get(str(second.get("verdict")), str(second.get("verdict") or "未记录"))
    quoted = "、".join(f"“{span}”" for span in [*_texts(second.get("agrees")), *_texts(second.get("differs"))][:5])
    offset = clock.get("offset")
    dropped = _texts(facts.get("dropped"))
    return [
        ("第二次独立访问", "；".join(filter(None, (said, quoted, str(second.get("why") or ""), str(second.get("user_agent") or ""))))),
        ("本机时钟", f"比 {clock.get('source')} 快 {offset:g} 秒（介于 {clock.get('low')} 与 {clock.get('high')} 秒）；{clock.get('how')}"
         if isinstance(offset, int | float) else "未能比对：没有可用的时间来源"),
        ("随页留存的子资源", f"{facts.get('resources', 0)} 个" + (f"；未留存：{'；'.join(dropped)}" if dropped else "，没有未留存的")),
        ("浏览器与工具", "，".join(f"{name} {value}" for name, value in versions.items())),
        ("软件清单 SHA-256", str(facts.get("sbom") or "")),
        ("证书链 SHA-256", "；".join(f"{one.get('origin')}：{'、'.join(_texts(one.get('sha256')))}" for one in _maps(facts.get("certificates"))[:3])),
    ]


def self_check(facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows of 清洁性检查: label, result, what was found and how; none for a visit without."""
    return [{"label": str(one.get("label") or "")[:60], "result": str(one.get("result") or "")[:20], "how": str(one.get("how") or "")[:MOST],
             "found": _found(one.get("value"))} for one in _maps(facts.get("environment"))[:20]]


def _found(value: Any) -> str:
    told = "，".join(f"{NAMES.get(str(k), str(k))}：{_plain(v)}" for k, v in value.items()) if isinstance(value, Mapping) else _plain(value)
    return told if len(told) <= MOST else told[: MOST - 1] + "…"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "，".join(f"{k} {_plain(v)}" for k, v in value.items())
    return ("、".join(map(str, value)) or "无") if isinstance(value, list | tuple) else str(value)


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


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


def _pictures(told: Any) -> str:
    """The icon and logos that were fetched with the page: kept, or why not."""
    rows = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    return "；".join(f"{one.get('uri')}（{one.get('refused') or '已留存'}）" for one in rows[:5])


def _certificate(tls: Any) -> str:
    if not isinstance(tls, Mapping) or not tls:
        return ""
    known = [f"{words} {tls[key]}" for key, words in CERTIFICATE.items() if tls.get(key)]
    return "；".join(known) or str(dict(tls))
