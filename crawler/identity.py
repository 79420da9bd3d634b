"""Who the patrol says it is: 公开标识 (with a contact) or 普通浏览器标识, at a desk or on a phone. A plan setting under the office's 授权书."""

from __future__ import annotations

VERSION = "0.1"
ROBOTS_NAME = "adpatrol"
_DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
_PHONE = "Mozilla/5.0 (Linux; Android 14; 2312DRA50C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36"


def user_agent(client: str, identity: str, contact: str = "") -> str:
    """``client``: desktop-… or phone-…; ``identity``: public or browser; ``contact``: an address or a page, ASCII."""
    phone = client.startswith("phone")
    if identity == "browser":
        return _PHONE if phone else _DESKTOP
    said = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()")[:200]
    device = "Linux; Android 14; Mobile; " if phone else ""
    end = " Mobile Safari/537.36" if phone else ""
    return f"Mozilla/5.0 ({device}compatible; adpatrol/{VERSION}{'; +' + said if said else ''}){end}"


def headers(client: str, identity: str, contact: str = "") -> dict[str, str]:
    return {
        "User-Agent": user_agent(client, identity, contact),
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "zh-CN,zh;q=0.9",
    }
