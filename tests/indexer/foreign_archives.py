"""Archives as other people's tools write them, made here from our own words: wget, warcio, Browsertrix."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

from archived import FILLER
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PROMISE = "平台承诺100%本息保障，保本保息，年化收益18%，立即投资。"
DATE = "2016-03-05T08:00:00Z"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def page(words: str, title: str = "示例财富网络借贷平台", charset: str = "utf-8", declared: bool = True) -> bytes:
    meta = f"<meta charset={charset}>" if declared else ""
    return f"<html><head>{meta}<title>{title}</title></head><body><h1>{title}</h1><p>{words}</p><p>{FILLER}</p></body></html>".encode(charset)


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))


def add(writer: WARCWriter, kind: str, url: str, payload: bytes, *, head: tuple[str, list[tuple[str, str]]] | None = None, media: str = "", **more: str) -> None:
    http = StatusAndHeaders(head[0], head[1], protocol="HTTP/1.1") if head else None
    headers = {"WARC-Date": DATE, **{name.replace("_", "-"): value for name, value in more.items()}}
    writer.write_record(writer.create_warc_record(url, kind, payload=io.BytesIO(payload), http_headers=http, warc_content_type=media or "",
                                                  warc_headers_dict=headers))


def answer(writer: WARCWriter, url: str, body: bytes, *, status: str = "200 OK", media: str = "text/html", **headers: str) -> None:
    named = [("Content-Type", media), *((name.replace("_", "-"), value) for name, value in headers.items())]
    add(writer, "response", url, body, head=(status, named))


def by_wget(path: Path) -> Path:
    """WARC/1.0 in plain or gzip: warcinfo, requests, answers (chunked, packed, in GBK without a word of it), a picture, a redirect, its log."""
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=path.suffix == ".gz", warc_version="1.0")
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "Wget/1.21.3 (linux-gnu)", "robots": "off"}))
        add(writer, "request", "http://jia.example/", b"", head=("GET / HTTP/1.1", [("Host", "jia.example"), ("User-Agent", "Wget/1.21.3")]))
        body = chunked(page(PROMISE))
        answer(writer, "http://jia.example/", body, Transfer_Encoding="chunked")
        answer(writer, "http://jia.example/packed", gzip.compress(page("市场有风险，出借需谨慎。")), Content_Encoding="gzip")
        answer(writer, "http://jia.example/gbk", page(PROMISE, charset="gbk", declared=False))
        answer(writer, "http://jia.example/logo.png", PNG, media="image/png")
        answer(writer, "http://jia.example/old", b"", status="302 Found", Location="/")
        answer(writer, "http://jia.example/gone", page("您要的页面不存在", "页面不存在"), status="404 Not Found")
        add(writer, "metadata", "metadata://gnu.org/software/wget/warc/MANIFEST.txt", b"<urn:uuid:0>", media="text/plain")
        add(writer, "resource", "metadata://gnu.org/software/wget/warc/wget.log", b"Saving to: index.html", media="text/plain")
    return path


def by_browsertrix(path: Path) -> Path:
    """WACZ 1.1: a page with its answers, text, view and pageinfo, tied by WARC-Page-ID; pages.jsonl, an index, a datapackage."""
    warc = io.BytesIO()
    writer = WARCWriter(warc, gzip=True, warc_version="1.1")
    url, tie = "https://yi.example/", "5b0a1f9c-0000-4000-8000-000000000001"
    shell = "<html><head><title>示例财富</title><script src=/app.js></script></head><body><div id=app></div></body></html>".encode()
    add(writer, "response", url, shell, head=("200 OK", [("Content-Type", "text/html; charset=utf-8")]), WARC_Page_ID=tie)
    add(writer, "response", url + "app.js", b"render()", head=("200 OK", [("Content-Type", "application/javascript")]), WARC_Page_ID=tie)
    add(writer, "resource", "urn:view:" + url, PNG, media="image/png", WARC_Page_ID=tie)
    add(writer, "resource", "urn:text:" + url, f"示例财富网络借贷平台\n{PROMISE}\n{FILLER}".encode(), media="text/plain", WARC_Page_ID=tie)
    add(writer, "resource", "urn:pageinfo:" + url, json.dumps({"pageid": tie, "url": url, "ts": DATE, "counts": {"jsErrors": 0}}).encode(),
        media="application/json", WARC_Page_ID=tie)
    answer(writer, "https://yi.example/static.html", page(PROMISE))
    data = warc.getvalue()
    pages = "\n".join(json.dumps(line) for line in (
        {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}, {"id": tie, "url": url, "ts": DATE, "title": "示例财富"}))
    parts = {"archive/rec-0.warc.gz": data, "pages/pages.jsonl": pages.encode(), "indexes/index.cdx.gz": gzip.compress(b"example,yi)/ 20160305080000 {}\n")}
    package = {"profile": "data-package", "wacz_version": "1.1.1", "software": "Browsertrix-Crawler 1.5.0", "resources": [
        {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{hashlib.sha256(body).hexdigest()}", "bytes": len(body)} for name, body in parts.items()]}
    with zipfile.ZipFile(path, "w") as wacz:
        for name, body in parts.items():
            wacz.writestr(name, body)
        wacz.writestr("datapackage.json", json.dumps(package))
    return path
