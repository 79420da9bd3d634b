"""A tree of real-looking Chinese pages served from memory by a process of its own: `python -m benchmarks.tree PORT PAGES [FOLDER]`.

Page n links to its children 10n+1 … 10n+10 and back to its parent, so that a breadth-first walk keeps a long frontier. The bodies come from
FOLDER's HTML files where one is given (real pages), else they are made here.
"""

from __future__ import annotations

import asyncio
import re
import sys
import zlib
from functools import partial
from pathlib import Path

FAN = 10
_LINK = re.compile(rb"""(<a\b[^<>]{0,500}?\bhref\s*=\s*["'])([^"'<>]*)(["'])""", re.IGNORECASE)
PARAGRAPH = "本平台为社区居民提供日常资讯与生活服务信息，栏目包括政务公开、天气、交通与图书借阅，欢迎留言反馈意见。"


def bodies(folder: Path | None) -> list[bytes]:
    """Page bodies without links of their own tree: at least one."""
    if folder is not None:
        files = sorted(p for p in folder.rglob("*.html") if 4_000 < p.stat().st_size < 200_000)
        return [p.read_bytes() for p in files] or [_made()]
    return [_made()]


def _made() -> bytes:
    rows = "".join(f"<p class='item'><span>{i}</span>{PARAGRAPH}</p>" for i in range(60))
    return f"<html><head><meta charset=utf-8><title>资讯</title></head><body><div>{rows}</div></body></html>".encode()


def _inside(count: int, link: re.Match[bytes]) -> bytes:
    """A real page's own link, led to a page of the tree: neither side is to measure servers that do not answer."""
    return link.group(1) + b"/p/%d" % (zlib.crc32(link.group(2)) % count) + link.group(3)


def pages(count: int, folder: Path | None = None) -> list[bytes]:
    """The whole answers, HTTP head included, in order of their number."""
    pool = [_LINK.sub(partial(_inside, count), body) for body in bodies(folder)]
    answers = []
    for number in range(count):
        links = "".join(f"<a href='/p/{n}'>第{n}页</a>\n" for n in range(FAN * number + 1, FAN * number + FAN + 1) if n < count)
        before, end, after = pool[number % len(pool)].rpartition(b"</body>")
        body = before + f"<div>{links}<!--{number}--></div>".encode() + end + after
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n"
        answers.append(head.encode() + body)
    return answers


async def serve(port: int, answers: list[bytes]) -> None:
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1]
                number = path[3:] if path.startswith(b"/p/") else b"0" if path == b"/" else b""
                writer.write(answers[int(number)] if number.isdigit() and int(number) < len(answers) else missing)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    where = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    asyncio.run(serve(int(sys.argv[1]), pages(int(sys.argv[2]), where)))
