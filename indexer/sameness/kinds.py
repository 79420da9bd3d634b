"""What two sites may have in common, and how much each says. The weights are ours and few, so that a person can follow every link:
3 says much by itself, 2 says something, 1 only confirms. A value that many platforms show says nothing, whatever its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

LINKED = 3  # the sum from which two platforms are linked; one of the reasons weighs at least ``CARRIES``
CARRIES = 2
STRONG = 5
NEAR, ALIKE = 0.9, 0.8  # share of equal text from which pages are nearly the same; from which they are alike


@dataclass(frozen=True, slots=True)
class Kind:
    """``common``: on more platforms than that a value is a template's, a hotline's or a service's, and no proof. ``about``: whether it tells
    of the operator or only of a template."""

    name: str
    weight: int
    common: int
    about: Literal["operator", "template"]
    said: str  # of both sites, in Chinese; {value}


KINDS = {
    "uscc": Kind("统一社会信用代码", 3, 20, "operator", "都显示统一社会信用代码 {value}（页面所示，未核实）"),
    "icp": Kind("ICP 备案主体", 3, 20, "operator", "都显示同一备案主体 {value}（页面所示，未核实，可能冒用）"),
    "police": Kind("公安备案号", 3, 20, "operator", "都显示公安备案号 {value}（页面所示，未核实）"),
    "analytics": Kind("统计账号", 3, 20, "operator", "使用同一个统计账号：{value}"),
    "merchant": Kind("收款账号", 3, 10, "operator", "使用同一个收款或商户账号：{value}"),
    "chat": Kind("在线客服账号", 3, 20, "operator", "使用同一个在线客服账号：{value}"),
    "certificate": Kind("服务器证书", 3, 8, "operator", "服务器出示同一张证书（SHA-256 {value}）"),
    "company": Kind("主办者名称", 2, 20, "operator", "都称由 {value} 主办（页面所示，未核实）"),
    "phone": Kind("电话", 2, 8, "operator", "留下同一个电话 {value}"),
    "wechat": Kind("微信号", 2, 8, "operator", "留下同一个微信号 {value}"),
    "qq": Kind("QQ 号", 2, 8, "operator", "留下同一个 QQ 号 {value}"),
    "text": Kind("文字", 2, 20, "template", "页面文字约 {value} 相同"),
    "favicon": Kind("网站图标", 1, 8, "template", "网站图标的文件完全相同（SHA-256 {value}）"),
    "picture": Kind("图片", 1, 8, "template", "有看上去相同的图片（感知哈希 {value}）"),
    "address": Kind("服务器地址", 1, 8, "operator", "曾在同一个服务器地址 {value}"),
}
SERVICES = {"baidu": "百度统计", "cnzz": "CNZZ／友盟", "google": "Google", "la51": "51LA", "meiqia": "美洽", "kf53": "53KF", "alipay": "支付宝合作方", "wechatpay": "微信支付商户", "shop": "商户号",
            "adsense": "Google 广告"}
# Numbers that anybody shows: hotlines of the state and of regulators, and what forms are filled with.
HOTLINES = frozenset(("12378", "12363", "12386", "12315", "12345", "12377", "12321", "12300", "96110", "95188", "95017"))
_EVERYBODYS = re.compile(r"(?:1[12]\d|12\d{3}|9[56]\d{3,4})")  # state numbers, and short service numbers, which cost a licence and are quoted everywhere
_FILLER = re.compile(r"(\d)\1{6,}|1234567|7654321")


def is_everybodys(phone: str) -> bool:
    """Whether a telephone number (digits) can be nobody's own: a hotline, or what templates are filled with."""
    return phone in HOTLINES or bool(_EVERYBODYS.fullmatch(phone)) or bool(_FILLER.search(phone)) or phone in ("4000000000", "8000000000", "13800138000")


def shown(kind: str, value: str) -> str:
    """A value as people read it: the service before the account."""
    service, colon, rest = value.partition(":")
    if kind in ("analytics", "merchant", "chat") and colon and service in SERVICES:
        return f"{SERVICES[service]} {rest}"
    return f"{value[:16]}…" if kind in ("favicon", "certificate") and len(value) > 20 else value
