"""Asks the system for a name's addresses, each in a thread of its own: a name server that never answers holds up that one name. Python's and
Twisted's shared pools have few threads, which the archive's writer and other names would then wait for."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable

MAX_ADDRESSES = 16  # of one name
MAX_THREADS = 256  # look-ups under way, those nobody waits for any more included


class TooMany(OSError):
    """So many look-ups hang that no other is begun."""


_running = threading.BoundedSemaphore(MAX_THREADS)


def lookup(host: str) -> tuple[str, ...]:
    """Raises OSError (socket.gaierror) for a name without addresses, UnicodeError for what is no name. IPv4 first: most sites patrolled have no
    other."""
    found = dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    return tuple(sorted(found, key=lambda address: ":" in address))[:MAX_ADDRESSES]


def begin(host: str, came: Callable[[tuple[str, ...]], None]) -> None:
    """Calls ``came`` in another thread with the addresses, () where there are none. Raises TooMany."""
    if not _running.acquire(blocking=False):
        raise TooMany("同时进行的域名查询过多")

    def ask() -> None:
        try:
            addresses = lookup(host)
        except (OSError, ValueError):  # an unknown name, or one that is no name
            addresses = ()
        finally:
            _running.release()
        came(addresses)

    threading.Thread(target=ask, name="dns", daemon=True).start()  # a process that ends waits for no name server


async def resolve(host: str) -> tuple[str, ...]:
    """As ``begin``, for asyncio. Cancelled, it leaves the look-up to itself."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def tell(addresses: tuple[str, ...]) -> None:
        if not answer.done():
            answer.set_result(addresses)

    def came(addresses: tuple[str, ...]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, addresses)

    begin(host, came)
    return await answer
