"""Addresses as people type them: full-width characters, stray blanks, no scheme. And the origin that names a site."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

MAX_URL = 2_000
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060\ufeff]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,20})[:;]\s*[/\\]{2,}", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?:mailto|javascript|tel|data|ftp|file|about):", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?")
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})


class AddressError(ValueError):
    """What was typed is no web address; the message says why in Chinese."""


def typed_address(text: str) -> str:
    """What somebody typed as an http(s) address: half width, no blanks, `http://` before a bare name (whoever has TLS redirects to it).
    The path keeps its case. Raises AddressError."""
    cleaned = _BLANKS.sub("", unicodedata.normalize("NFKC", text.translate(_DOTS) if "/" not in text else text)).strip("<>\"'“”‘’，,；;")
    if not cleaned:
        raise AddressError("没有网址")
    if len(cleaned) > MAX_URL:
        raise AddressError(f"网址超过 {MAX_URL} 字")
    found = _SCHEME.match(cleaned)
    if found is None and _OTHER_SCHEME.match(cleaned):
        raise AddressError("不是网页地址（只收 http、https）")
    scheme = found[1].lower() if found else "http"
    if scheme not in ("http", "https"):
        raise AddressError(f"不是网页地址（{scheme}，只收 http、https）")
    rest = (cleaned[found.end():] if found else cleaned).lstrip("/")
    netloc = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    try:
        return _checked(scheme, netloc.translate(_DOTS), rest[len(netloc):], bare=found is None)
    except AddressError:
        raise
    except (ValueError, UnicodeError) as error:
        raise AddressError("网址写法有误") from error


def _checked(scheme: str, netloc: str, rest: str, *, bare: bool) -> str:
    parts = urlsplit(f"{scheme}://{netloc}")
    if parts.username is not None or parts.password is not None:
        raise AddressError("网址里不应有用户名或密码")
    host, port = ascii_host(parts.hostname or ""), parts.port  # .port raises ValueError where it is none
    if bare and "." not in host and ":" not in host and host != "localhost":
        raise AddressError(f"{netloc[:60]} 不是有效的域名")
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != (443 if scheme == "https" else 80):
        shown = f"{shown}:{port}"
    tail = urlsplit(f"{scheme}://host{rest.replace(chr(92), '/')}")
    return urlunsplit((scheme, shown, tail.path or "/", tail.query, ""))


def ascii_host(host: str) -> str:
    """A name as DNS has it (IDNA), or an IP address; raises AddressError for what is neither."""
    host = host.rstrip(".").lower()
    if ":" in host or re.fullmatch(r"[\d.]+", host):
        try:
            return str(ipaddress.ip_address(host))
        except ValueError as error:
            raise AddressError(f"{host} 不是有效的 IP 地址") from error
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressError(f"{host} 不是有效的域名") from error
    top = host.rpartition(".")[2]
    words = any(c.isascii() for c in top) and not re.fullmatch(r"[-a-z0-9_]{2,63}", top)  # that follow the name without a blank
    if words or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")) or name.rpartition(".")[2].isdigit():
        raise AddressError(f"{host[:60]} 不是有效的域名" if host else "网址里没有主机名")
    return name


def origin(url: str) -> str:
    """scheme://host[:port] of a checked address: what a site is called everywhere."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def on_loopback(url_or_host: str) -> bool:
    """Whether an address or host[:port] is this machine by its name alone; a name that only resolves to it does not count."""
    host = (urlsplit(url_or_host if "://" in url_or_host else f"//{url_or_host}").hostname or "").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
