"""Which addresses the patrol may connect to: the public internet, and what the plan allows. One policy for every way out."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_CGNAT = ipaddress.IPv4Network("100.64.0.0/10")
_METADATA = frozenset({ipaddress.ip_address("169.254.169.254"), ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")})


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """``allow``: networks of the office's own that this plan may visit (the demo's loopback)."""

    allow: Sequence[Network] = field(default_factory=tuple)

    def check(self, address: str) -> str:
        """Empty where ``address`` may be connected to, else the reason in Chinese. ``address`` is what the name resolved to."""
        try:
            parsed = _unwrap(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return f"{address[:60]} 不是有效的地址"
        if any(parsed.version == network.version and parsed in network for network in self.allow):
            return ""
        reason = _reason(parsed)
        return f"{parsed} 是{reason}" if reason else ""


def _unwrap(address: Address) -> Address:
    """The IPv4 address inside a mapped, 6to4 or NAT64 form: it is where the packets go."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address


def _reason(address: Address) -> str:
    kinds = (
        (address in _METADATA, "云主机元数据地址"), (address.is_loopback, "本机地址"), (address.is_link_local, "链路本地地址"),
        (address.is_multicast, "组播地址"), (address.is_unspecified, "未指定地址"),
        (address.version == 4 and address in _CGNAT, "运营商内网地址"), (address.is_private, "内网地址"),
        (address.is_reserved, "保留地址"), (not address.is_global, "非公网地址"),
    )
    return next((name for holds, name in kinds if holds), "")
