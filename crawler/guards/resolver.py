"""The patrol's one DNS resolver for Twisted: resolves once, drops refused addresses, and hands on what is then connected to.

Every client connection of Twisted's Agent goes through ``reactor.nameResolver``, addresses written as numbers too: so this is the gate of the
static fetch, whatever a URL, a redirect or robots.txt names (promises.md, rule 6).
"""

from __future__ import annotations

import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer

from crawler.guards import names
from crawler.guards.egress import EgressPolicy

CACHE_HOSTS = 10_000
CACHE_S = 300.0  # of an answer that has addresses
CACHE_NOTHING_S = 30.0  # of a name that has none
DNS_TIMEOUT_S = 20.0


class AddressRefused(IgnoreRequest):
    """The egress gate refused every address of a host; the message is the reason in Chinese."""


def check_url_literal(url: str, policy: EgressPolicy) -> str:
    """The Chinese reason where ``url`` names a refused address by number, in any spelling the system would connect to (127.1, 0x7f000001,
    2130706433, [::ffff:127.0.0.1]); "" for names, which are checked where they are resolved, and for what is allowed."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    address = literal(host)
    return policy.check(address) if address else ""


def literal(host: str) -> str:
    """The address that ``host`` writes as a number, in its usual spelling; "" for a name. Never asks a server."""
    host = host.strip("[]")
    try:
        found = socket.getaddrinfo(host.encode("idna").decode("ascii") if not host.isascii() else host, None, type=socket.SOCK_STREAM,
                                   flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return ""
    return str(found[0][4][0])


class _Refused(IPv4Address):
    """Stands for "no address is left": whoever would connect to it gets the reason. Twisted's receivers know no other way to be told why."""

    def __init__(self, reason: str) -> None:
        object.__setattr__(self, "_reason", reason)

    @property
    def host(self) -> str:
        raise AddressRefused(self._reason)

    @property
    def port(self) -> int:
        return 0


@dataclass(slots=True)
class _Answer:
    """``given``: every address the name has; ``allowed``: what may be connected to; ``reason``: why one of the others may not."""

    given: tuple[str, ...]
    allowed: tuple[str, ...]
    reason: str
    until: float  # monotonic seconds


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """The look-up runs in a thread and cannot be stopped; nobody waits for it any more."""


@dataclass(slots=True)
class _Lookup:
    """One look-up under way and who waits for it."""

    waiting: list[Callable[[_Answer], None]] = field(default_factory=list)
    done: bool = False


@implementer(IHostnameResolver)
class GatedResolver:
    """Scrapy's TWISTED_DNS_RESOLVER. ``policy`` is set by the patrol before the reactor starts; without it only the public internet is open."""

    policy: ClassVar[EgressPolicy] = EgressPolicy()
    _known: ClassVar[OrderedDict[str, _Answer]] = OrderedDict()

    def __init__(self, reactor: Any, timeout_s: float = DNS_TIMEOUT_S) -> None:
        self._reactor, self._timeout_s = reactor, timeout_s
        self._lookups: dict[str, _Lookup] = {}

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GatedResolver:
        return cls(reactor, min(crawler.settings.getfloat("DNS_TIMEOUT") or DNS_TIMEOUT_S, DNS_TIMEOUT_S))

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    @classmethod
    def answers(cls, host: str) -> tuple[str, ...]:
        """Every address ``host`` had when it was last resolved here; () where it was not, or has none."""
        known = cls._known.get(host.strip("[]").lower())
        return known.given if known else ()

    @classmethod
    def forget(cls) -> None:
        cls._known.clear()

    def resolveHostName(
        self, receiver: Any, hostName: str, portNumber: int = 0,
        addressTypes: Sequence[Any] | None = None, transportSemantics: str = "TCP",
    ) -> IHostResolution:
        resolution = _Resolution(hostName)
        receiver.resolutionBegan(resolution)

        def deliver(answer: _Answer) -> None:
            if answer.reason and not answer.allowed:
                receiver.addressResolved(_Refused(answer.reason))
            for address in answer.allowed:
                kind = IPv6Address if ":" in address else IPv4Address
                if addressTypes is None or kind in addressTypes:
                    receiver.addressResolved(kind(transportSemantics, address, portNumber))
            receiver.resolutionComplete()

        self._resolve(hostName.lower(), deliver)
        return resolution

    def _resolve(self, host: str, deliver: Callable[[_Answer], None]) -> None:
        known = self._known.get(host)
        if known is not None and known.until > time.monotonic():
            deliver(self._checked(known.given))  # anew: the policy is what it is now
            return
        lookup = self._lookups.get(host)
        if lookup is not None:
            lookup.waiting.append(deliver)
            return
        lookup = self._lookups[host] = _Lookup([deliver])
        timer = self._reactor.callLater(self._timeout_s, self._came, host, lookup, ())

        def came(result: tuple[str, ...]) -> None:
            if timer.active():
                timer.cancel()
            self._came(host, lookup, result)

        try:
            names.begin(host, lambda result: self._reactor.callFromThread(came, result))
        except names.TooMany:
            came(())

    def _came(self, host: str, lookup: _Lookup, addresses: tuple[str, ...]) -> None:
        if lookup.done:
            return
        lookup.done = True
        if self._lookups.get(host) is lookup:
            del self._lookups[host]
        answer = self._checked(addresses)
        self._remember(host, answer)
        for deliver in lookup.waiting:
            deliver(answer)

    def _checked(self, addresses: tuple[str, ...]) -> _Answer:
        reasons = {address: self.policy.check(address) for address in addresses}
        allowed = tuple(address for address, reason in reasons.items() if not reason)
        reason = next((reason for reason in reasons.values() if reason), "")
        return _Answer(addresses, allowed, reason, time.monotonic() + (CACHE_S if addresses else CACHE_NOTHING_S))

    def _remember(self, host: str, answer: _Answer) -> None:
        self._known.pop(host, None)
        self._known[host] = answer
        while len(self._known) > CACHE_HOSTS:
            self._known.popitem(last=False)
