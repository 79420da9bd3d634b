"""Where a message may go: resolve once, check every address, connect to the one that was checked (design/promises.md, rule 6).

The same policy as the crawler's egress gate, kept here because alerts may import of the crawler only its plans. ``check`` of ``deliver``
lets the process runner add the gate's own judgement.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence

from alerts.errors import ChannelError

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Check = Callable[[str], str]  # address -> "" when allowed, else the reason in Chinese


def public_only(allow: Sequence[str] = ()) -> Check:
    """Refuses what is not a public address, unless it lies in a network the channel allows."""
    networks = [ipaddress.ip_network(network) for network in allow]

    def check(address: str) -> str:
        ip = _reached(ipaddress.ip_address(address.split("%")[0]))
        if any(ip in network for network in networks if network.version == ip.version):
            return ""
        return "" if ip.is_global and not ip.is_multicast else f"地址 {ip} 不是公网地址；确需连接时写入该渠道的 allow"

    return check


def _reached(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Where packets to a mapped, 6to4 (RFC 3056) or NAT64 (RFC 6052) address go."""
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip)
    return ip


def connect(host: str, port: int, timeout_s: float, check: Check) -> socket.socket:
    """A TCP connection to the first checked address that answers. Raises ChannelError: nothing was sent, so it cannot have arrived."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise ChannelError(f"主机名 {host} 写法有误", permanent=True) from error
    except OSError as error:
        raise ChannelError(f"找不到主机 {host}：{error.strerror or error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    refused = [reason for address in addresses if (reason := check(address))]
    if refused:  # one refused address is enough: a name that points inside as well as outside is not to be trusted
        raise ChannelError(f"不允许连接 {host}：{refused[0]}", permanent=True)
    last: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=timeout_s)
        except OSError as error:
            last = error
    raise ChannelError(f"连不上 {host}:{port}：{(last.strerror or str(last)) if last else '没有地址'}") from last


def connection(scheme: str, host: str, port: int | None, timeout_s: float, check: Check) -> http.client.HTTPConnection:
    """http.client with a socket to a checked address: resolved once, certificate checked against the name."""

    class Checked(http.client.HTTPConnection):
        default_port = 443 if scheme == "https" else 80

        def connect(self) -> None:
            raw: socket.socket = connect(self.host, self.port, timeout_s, check)
            if scheme == "https":
                try:
                    raw = ssl.create_default_context().wrap_socket(raw, server_hostname=self.host)
                except BaseException:
                    raw.close()
                    raise
            self.sock = raw

    return Checked(host, port, timeout=timeout_s)
