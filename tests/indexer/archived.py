"""Archives for tests: pages in our own words, written by the writer that the patrol uses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from evidence.archive import ArchiveWriter
from evidence.capture import Capture, Outcome, Visit, VisitRecord

T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)
FILLER = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。" * 3


def html(words: str, title: str = "示例财富网络借贷平台") -> bytes:
    return f"<html><head><meta charset=utf-8><title>{title}</title></head><body><h1>{title}</h1><p>{words}</p><p>{FILLER}</p></body></html>".encode()


PROMISE = html("平台承诺100%本息保障，保本保息，年化收益18%，立即投资。")
PLAIN = html("市场有风险，出借需谨慎。")
BLOCKED = "<html><head><title>访问被拦截</title></head><body>您的访问被拦截，请联系管理员。</body></html>".encode()
MISSING = "<html><title>没有</title><body>此处没有您要的内容，请从首页重新进入。</body></html>".encode()


def visit(
    number: int, body: bytes, *, url: str = "", status: int = 200, outcome: Outcome = Outcome.OK, run: str = "run-1", site: str = "https://a.test",
    client: str = "desktop-static", extra: Iterable[VisitRecord] = (), facts: dict[str, Any] | None = None,
) -> Visit:
    url = url or f"{site}/page/{number}"
    head = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    response = VisitRecord(type="response", uri=url, payload=head + body, content_type="application/http; msgtype=response")
    return Visit(
        id=f"{run}-{number:06}", run=run, site=site, url=url, final_url=url, time=T0 + timedelta(seconds=number), client=client, outcome=outcome,
        status=status, headers=(("Content-Type", "text/html"),), records=(response, *extra), facts=facts or {},
    )


def write(home: Path, visits: Iterable[Visit], run: str = "run-1") -> list[Capture]:
    """All acknowledged."""
    with ArchiveWriter(home / "archive", run=run) as writer:
        for one in visits:
            writer.write(one)
        return writer.commit()
