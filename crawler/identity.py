"""Who the patrol says it is: 公开标识 (with a contact) or 普通浏览器标识, at a desk or on a phone. A plan setting under the office's 授权书."""

from __future__ import annotations

VERSION = "0.1"
ROBOTS_NAME = "adpatrol"
BROWSER, EVIDENCE = "-browser", "-evidence"  # how a client's name ends that needs Chromium; the second takes the page at evidence grade
_DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
_PHONE = "Mozilla/5.0 (Linux; Android 14; 2312DRA50C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36"
_FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
_FIREFOX_PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


def by_browser(client: str) -> bool:
    """Whether this kind of visit is made by Chromium."""
    return client.endswith((BROWSER, EVIDENCE))


def user_agent(client: str, identity: str, contact: str = "") -> str:
    """``client``: desktop-… or phone-…; ``identity``: public or browser; ``contact``: an address or a page, ASCII."""
    phone = client.startswith("phone")
    if identity == "browser":
        return _PHONE if phone else _DESKTOP
    said = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()")[:200]
    device = "Linux; Android 14; Mobile; " if phone else ""
    end = " Mobile Safari/537.36" if phone else ""
    return f"Mozilla/5.0 ({device}compatible; adpatrol/{VERSION}{'; +' + said if said else ''}){end}"


def second_user_agent(client: str, identity: str, contact: str = "") -> str:
    """Another browser's name where the patrol goes unannounced, else its own with another product: never the first client's."""
    if identity == "browser":
        return _FIREFOX_PHONE if client.startswith("phone") else _FIREFOX
    said = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()")[:200]
    return f"adpatrol-second/{VERSION} ({'Mobile; ' if client.startswith('phone') else ''}compatible{'; +' + said if said else ''})"


def headers(client: str, identity: str, contact: str = "") -> dict[str, str]:
    return {
        "User-Agent": user_agent(client, identity, contact),
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "zh-CN,zh;q=0.9",
    }
