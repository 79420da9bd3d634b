"""The faults, one site each, that a static visit may meet. Their words are our own."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from email.utils import formatdate
from time import time

import brotli
from backports import zstd
from hostile_web import Handler, Site, Talk

MIB = 1 << 20
PLAIN = "<!doctype html><html lang=zh><meta charset=utf-8><title>{0}</title><p>{0}：这里是一段普通的说明文字，供巡查读取。</p>"
HEALTHY = [f"/page{n}.html" for n in range(5)]
WAITS_S = 4.0


async def healthy(talk: Talk) -> None:
    links = "".join(f'<a href="{path}">{path}</a>' for path in HEALTHY)
    await talk.answer(PLAIN.format("正常网站") + "<p>恒利示例平台，承诺保本保息，年化收益12%，立即投资。</p>" + links)


async def reset_in_the_middle(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 100000\r\n\r\n" + "<p>前半段".encode() * 50)
    await asyncio.sleep(0.3)
    talk.cut()


async def reset_before(talk: Talk) -> None:
    talk.cut()


async def silent(talk: Talk) -> None:
    await asyncio.sleep(60)


async def closes(talk: Talk) -> None:
    """Neither a reset nor an answer."""


async def circle(talk: Talk) -> None:
    await talk.answer("", status="302 Found", Location="/b" if talk.path == "/a" else "/a")


async def itself(talk: Talk) -> None:
    await talk.answer("", status="301 Moved Permanently", Location=talk.path)


async def ever_new(talk: Talk) -> None:
    await talk.answer("", status="302 Found", Location=f"/{talk.path.count('x') * 'x'}x")


async def elsewhere(talk: Talk) -> None:
    await talk.answer("", status="302 Found", Location="http://elsewhere.example/landing?from=here")


async def no_address(talk: Talk) -> None:
    await talk.answer("", status="302 Found", Location="javascript:alert(1)")


def status(line: str, **headers: str) -> Handler:
    async def answer(talk: Talk) -> None:
        await talk.answer(PLAIN.format("出错"), status=line, **headers)

    return answer


async def slow_down_seconds(talk: Talk) -> None:
    if talk.count == 0:
        await talk.answer("慢一点", status="429 Too Many Requests", Retry_After=str(int(WAITS_S)))
    else:
        await talk.answer(PLAIN.format("等过之后"))


async def slow_down_date(talk: Talk) -> None:
    if talk.count == 0:  # a date has whole seconds
        await talk.answer("慢一点", status="429 Too Many Requests", Retry_After=formatdate(int(time() + WAITS_S + 1), usegmt=True))
    else:
        await talk.answer(PLAIN.format("等过之后"))


async def unavailable_then_back(talk: Talk) -> None:
    if talk.count == 0:
        await talk.answer("维护", status="503 Service Unavailable", Retry_After="nonsense \x1b[31m")
    else:
        await talk.answer(PLAIN.format("维护之后"))


async def empty(talk: Talk) -> None:
    await talk.answer("")


async def no_content(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


async def two_hundred_megabytes(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (200 * MIB))
    for _ in range(200):
        await talk.raw(b"<p>x" * (MIB // 4))


async def endless_chunks(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await talk.raw(b"10000\r\n" + b"<p>y" * (0x10000 // 4) + b"\r\n")


async def drip_body(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 100000\r\n\r\n<p>")
    while True:
        await talk.raw("滴".encode())
        await asyncio.sleep(0.2)


async def drip_head(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        await talk.raw(b"X-Drip: 1\r\n")
        await asyncio.sleep(0.2)


def encoded(coding: str, body: bytes) -> Handler:
    async def answer(talk: Talk) -> None:
        await talk.answer(body, Content_Encoding=coding)

    return answer


def _bomb(kind: str) -> bytes:
    """200 MiB of nothing, small."""
    piece = b"<p>" + bytes(MIB)
    if kind == "gzip":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        return b"".join(packer.compress(piece) for _ in range(200)) + packer.flush()
    if kind == "deflate":
        packer = zlib.compressobj(9)
        return b"".join(packer.compress(piece) for _ in range(200)) + packer.flush()
    if kind == "br":
        brotlied = brotli.Compressor(quality=5)
        return b"".join(brotlied.process(piece) for _ in range(200)) + brotlied.finish()
    stream = zstd.ZstdCompressor(level=3)
    return b"".join(stream.compress(piece) for _ in range(200)) + stream.flush()


async def binary(talk: Talk) -> None:
    await talk.answer(bytes(range(256)) * 400)


async def picture(talk: Talk) -> None:
    await talk.answer(b"\x89PNG\r\n\x1a\n" + bytes(2_000), kind="image/png")


async def nested(talk: Talk) -> None:
    await talk.answer("<div>" * 100_000 + "深处的文字" + "</div>" * 100_000)


async def broken_encoding(talk: Talk) -> None:
    bodies = {"/": "<p>声明与内容不符的页面，文字照样要能读</p><a href=/utf16>一</a><a href=/bogus>二</a><a href=/torn>三</a>".encode("gb18030"),
              "/utf16": b"\xff\xfe" + b"\xd8\x00" * 500, "/bogus": "<p>没有这种编码</p>".encode(), "/torn": ("<p>半个字" * 200).encode("gbk")[:-1] + b"\xff\xfe\x81"}
    kinds = {"/": "text/html; charset=utf-8", "/utf16": "text/html; charset=utf-16", "/bogus": "text/html; charset=../../etc/passwd", "/torn": "text/html; charset=gbk"}
    await talk.answer(bodies.get(talk.path, b""), kind=kinds.get(talk.path, "text/html"))


async def one_huge_header(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Huge: " + b"h" * (4 * MIB) + b"\r\nContent-Length: 2\r\n\r\nok")


async def endless_headers(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        await talk.raw(b"".join(b"X-%06d: %s\r\n" % (n, b"v" * 100) for n in range(1_000)))


async def injection(talk: Talk) -> None:
    """Control characters wherever a site's words may end up: title, header values, addresses, a type."""
    title = "正常\x1b[31m红字\x1b]0;改标题\x07\r\n伪造的一行\x00\u202e反写"
    body = f"<meta charset=utf-8><title>{title}</title><p>{title}</p><a href='/%0d%0aSet-Cookie:x=1'>一</a><a href='/\x1b[2J'>二</a><a href='/kind'>三</a>"
    if talk.path == "/kind":
        await talk.answer("x" * 500, kind="application/\x1b[31mevil\x07")
    elif talk.path == "/":
        await talk.raw(b"HTTP/1.1 200 \x1b[31mOK\r\nContent-Type: text/html; charset=utf-8\r\nX-Evil: a\x1b[31m\rb\x00c\r\nSet-Cookie: a=\x1b[0m\r\n"
                       b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body.encode()) + body.encode())
    else:
        evil = "http://evil\x1b.example/" if "%0d" in talk.path else "http://evil\x1b[31m.example/\x1b[2J"
        await talk.answer("", status="302 Found", Location=evil)


def spoken(data: bytes) -> Handler:
    """Just these bytes, then the end."""
    async def answer(talk: Talk) -> None:
        await talk.raw(data)

    return answer


async def long_address(talk: Talk) -> None:
    await talk.answer("", status="302 Found", Location="/" + "a" * 100_000)


async def xml_bomb(talk: Talk) -> None:
    lol = '<!DOCTYPE l [<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
    if talk.path == "/map.xml":
        await talk.answer(f'<?xml version="1.0"?>{lol}<urlset><url><loc>&a9;</loc></url></urlset>', kind="application/xml")
    elif talk.path == "/packed.xml.gz":
        await talk.answer(_bomb("gzip"), kind="application/xml")
    else:
        await talk.answer(PLAIN.format("网站地图有诈"))


async def lists_maps(talk: Talk) -> None:
    await talk.answer("User-agent: *\nDisallow:\nSitemap: /map.xml\nSitemap: /packed.xml.gz\n", kind="text/plain")


async def endless_robots(talk: Talk) -> None:
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nDisallow: /private/\n")
    while True:
        await talk.raw(b"Disallow: /x*y*z$\n" * 5_000)


async def packed_robots(talk: Talk) -> None:
    await talk.answer(gzip.compress(b"User-agent: *\nDisallow: /\n" + b"#" * (60 * MIB)), Content_Encoding="gzip")


async def cookies(talk: Talk) -> None:
    """Three thousand new cookies with every page."""
    talk.web.cookies.append(talk.head.count(b"n_"))
    links = "".join(f'<a href="/c{n}.html">{n}</a>' for n in range(15))
    body = (PLAIN.format("饼干") + links).encode()
    head = b"".join(b"Set-Cookie: n_%s_%d=1; Path=/\r\n" % (talk.path.strip("/").encode(), n) for n in range(3_000)) + b"Set-Cookie: n_large=" + b"x" * 9_000 + b"\r\n"
    await talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


SPELLINGS = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0", "inside.test"]


async def door(talk: Talk) -> None:
    """Leads to the machine the patrol runs on, in every spelling."""
    if talk.path == "/":
        await talk.answer(PLAIN.format("内网之门") + "".join(f'<a href="/to{n}">{n}</a>' for n in range(len(SPELLINGS))))
    else:
        await talk.answer("", status="302 Found", Location=f"http://{SPELLINGS[int(talk.path[3:])]}:{talk.web.port('trap')}/secret")


async def rebinding(talk: Talk) -> None:
    """Once its name was resolved and it was connected to, the name means something else."""
    talk.web.rebound.touch()
    await asyncio.sleep(1.0)
    await talk.answer(PLAIN.format("改绑") + '<a href="/second">x</a>')


async def plain(talk: Talk) -> None:
    await talk.answer(PLAIN.format("普通页面"))


SITES: dict[str, tuple[Handler, Handler | None, str]] = {  # name -> what answers, what answers for robots.txt, TLS
    "healthy": (healthy, None, ""),
    "reset_middle": (reset_in_the_middle, None, ""), "reset_before": (reset_before, None, ""), "closes": (closes, None, ""), "silent": (silent, None, ""),
    "tls_good": (plain, None, "good"), "tls_expired": (plain, None, "expired"), "tls_wrong_name": (plain, None, "wrong_name"),
    "tls_self_signed": (plain, None, "self_signed"),
    "tls_garbage": (spoken(b"HTTP/1.1 400 Bad Request\r\n\r\nplain HTTP on a TLS port"), None, "garbage"), "tls_closes": (closes, None, "closes"),
    "loop": (circle, None, ""), "loop_itself": (itself, None, ""), "loop_new": (ever_new, None, ""), "elsewhere": (elsewhere, None, ""),
    "no_address": (no_address, None, ""), "long_address": (long_address, None, ""),
    "s404": (status("404 Not Found"), None, ""), "s410": (status("410 Gone"), None, ""), "s403": (status("403 Forbidden"), None, ""),
    "s500": (status("500 Internal Server Error"), None, ""), "s503": (unavailable_then_back, None, ""), "s999": (status("999 Odd"), None, ""),
    "s429_seconds": (slow_down_seconds, None, ""), "s429_date": (slow_down_date, None, ""), "s429_hour": (status("429 Slow", Retry_After="3600"), None, ""), "s429_always": (status("429 Slow", Retry_After="1"), None, ""),
    "empty": (empty, None, ""), "no_content": (no_content, None, ""),
    "two_hundred_mb": (two_hundred_megabytes, None, ""), "endless": (endless_chunks, None, ""), "drip_body": (drip_body, None, ""), "drip_head": (drip_head, None, ""),
    "bomb_gzip": (encoded("gzip", _bomb("gzip")), None, ""), "bomb_twice": (encoded("gzip, gzip", gzip.compress(_bomb("gzip"))), None, ""),
    "bomb_br": (encoded("br", _bomb("br")), None, ""), "bomb_zstd": (encoded("zstd", _bomb("zstd")), None, ""), "bomb_deflate": (encoded("deflate", _bomb("deflate")), None, ""),
    "no_gzip": (encoded("gzip", b"<p>not packed at all"), None, ""), "torn_gzip": (encoded("gzip", gzip.compress(PLAIN.encode() * 200)[:-9]), None, ""),
    "binary": (binary, None, ""), "picture": (picture, None, ""), "nested": (nested, None, ""), "broken_encoding": (broken_encoding, None, ""),
    "huge_header": (one_huge_header, None, ""), "endless_headers": (endless_headers, None, ""), "injection": (injection, None, ""),
    "bad_status": (spoken(b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok"), None, ""), "no_http": (spoken(b"\x00\x01\x02 what is this\r\n\r\n"), None, ""),
    "ssh": (spoken(b"SSH-2.0-OpenSSH_9.2\r\n"), None, ""),
    "too_short": (spoken(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>" + "只有一点".encode() * 20), None, ""),
    "too_long": (spoken(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 60\r\n\r\n" + "<p>比声明的长，后面的不算".encode() * 20), None, ""),
    "bad_length": (spoken(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: -5\r\n\r\n<p>x"), None, ""),
    "two_lengths": (spoken(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n<p>abcdefgh"), None, ""),
    "bad_chunk": (spoken(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>ab\r\nzz\r\nxx"), None, ""),
    "cookies": (cookies, None, ""), "door": (door, None, ""), "rebinding": (rebinding, None, ""),
    "xml_bomb": (xml_bomb, lists_maps, ""), "endless_robots": (plain, endless_robots, ""), "packed_robots": (plain, packed_robots, ""),
    "silent_robots": (plain, silent, ""), "s500_robots": (plain, status("500 Internal Server Error"), ""),
}


def sites(first: int = 1) -> list[Site]:
    """Each on an address of its own from 127.0.9.``first``."""
    return [Site("trap", "127.0.0.1", plain)] + [Site(name, f"127.0.9.{first + n}", handler, robots, tls) for n, (name, (handler, robots, tls)) in enumerate(SITES.items())]
