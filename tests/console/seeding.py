"""A small home as a patrol would leave it: archive, ledger, pages, findings, leads, one run. Pages in our own words, some of them hostile."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from alerts import follow
from crawler.frontier import Found, Frontier
from evidence.archive import ArchiveWriter
from evidence.capture import Capture, Outcome, Visit, VisitRecord
from indexer import store
from indexer.models import Excused, Finding, Page, url_key
from indexer.reading import Reading, finding_key
from indexer.search.tokens import normalise

SCRIPT = "<script>document.title='pwned'</script>"
HOSTILE_URL = "https://heike-licai.example/\"><img src=x onerror=alert(1)>?javascript:alert(2)"
FILLER = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答，欢迎来电咨询。" * 3


@dataclass(frozen=True)
class Seeded:
    home: Path
    captures: dict[str, str]  # name of the page -> capture id


def picture(width: int = 640, height: int = 400) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#dfe8f1").save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True)
class Made:
    """One page as the judge would leave it. ``claims``: (words, code, level, suggestion); ``excused``: (words, code, because)."""

    url: str
    title: str
    text: str
    claims: tuple[tuple[str, str, int, str], ...] = ()
    excused: tuple[tuple[str, str, str], ...] = ()
    gate: str = "page"
    outcome: Outcome = Outcome.OK
    status: int = 200
    company: str = "示例理财信息服务有限公司"
    icp: str = "京ICP备00000001号"


PICTURES = {"home": lambda: picture(), "safe": lambda: b"\x89PNG\r\n\x1a\nno picture"}
RED = ("100%本息保障", "guarantee.principal", 4, "立案")
PAGES = {
    "home": Made(
        "https://www.shili-licai.example/", "示例理财", "示例理财\n平台承诺100%本息保障，保本保息，年化收益18%，立即投资。\n风险备付金全额垫付。\n" + FILLER,
        claims=(RED, ("本息保障，保本保息", "guarantee.return", 3, "责令暂停发布"), ("年化收益18%", "yield.promise", 2, "提醒告诫"),
                ("风险备付金全额垫付", "p2p.self_guarantee", 3, "提请认定"))),
    "safe": Made("https://www.shili-licai.example/anquan", "安全保障", "安全保障\n平台承诺100%本息保障。\n本产品不保本，也不承诺最低收益。\n" + FILLER,
                 claims=(RED,), excused=(("保本", "guarantee.principal", "否定"),)),
    "plain": Made("https://www.pingfan.example/", "平凡杂货", "平凡杂货\n本店售卖茶叶与瓷器。\n" + FILLER, company="", icp=""),
    "hostile": Made(HOSTILE_URL, SCRIPT, f"{SCRIPT}平台承诺保本保息<img src=x onerror=alert(1)>，立即投资。",
                    claims=(("保本保息<img src=x onerror=alert(1)>", "guarantee.principal", 4, "立案"),), company="<b onmouseover=alert(3)>黑客理财</b>",
                    icp="'\"><script>alert(4)</script>"),
    "block": Made("https://www.lanjie.example/", "访问被拦截", "您的访问被拦截，请联系管理员。", gate="block", company="", icp=""),
    "gone": Made("https://www.shili-licai.example/meiyou", "404", "404", gate="soft_404", outcome=Outcome.NOT_FOUND, status=404, company="", icp=""),
}
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(8)'><script>alert(9)</script></svg>"
TRICKS = "\u202e息本保\u202c\u200b保\u200d本\ufeff\x1b[31m红\x1b[0m\u2066x"
# Each is one way to reach the reader from a page: by its title, its address, its words, its picture.
HOSTILE = {
    "turned": Made("https://fanxiang.example/\u202egpj.exe", "安全\u202e测试\u200b标题", f"{TRICKS}，平台承诺保本保息，立即投资。\n" + FILLER,
                   claims=(("承诺保本保息", "guarantee.principal", 4, "立案"),), company="翻\u202e转\u202c公司", icp="\u200b京ICP备2号"),
    "endless": Made("https://changti.example/" + "a" * 6_000, "长标题" * 350_000, "平台承诺" + "保本" * 2_000 + "保息\n" + "无" * 40_000,
                    claims=(("保本" * 2_000 + "保息", "guarantee.principal", 4, "立案"),)),
    "breakless": Made("https://wukong.example/", "W" * 400, "W" * 5_000 + "承诺保本保息" + "\u0301" * 2_000, claims=(("承诺保本保息", "guarantee.principal", 4, "立案"),),
                      company="W" * 500, icp="9" * 500),
    "script-address": Made("javascript:alert(document.domain)//", "</title><script>alert(10)</script>", "</div></main><script>alert(11)</script>承诺保本保息",
                           claims=(("承诺保本保息", "guarantee.principal", 4, "立案"),)),
    "svg": Made("https://tupian.example/", "图片", "<svg onload=alert(12)>承诺保本保息<iframe src=https://outside.example/></iframe>",
                claims=(("承诺保本保息", "guarantee.principal", 4, "立案"),)),
    "nothing": Made("https://kongbai.example/", "", "\x00\x01\x02承诺保本保息\x7f", claims=(("承诺保本保息", "guarantee.principal", 4, "立案"),)),
}
PICTURES |= {"svg": lambda: SVG, "turned": lambda: b"GIF89a" + b"\0" * 64}
RUN = "20261120-080000-aaaa"
PASSWORD = "Xun-Cha-2026!"  # of everybody in the tests


LAW = """- id: adlaw-2021-art25-1
  law: 《中华人民共和国广告法》
  status: in_force
  article: 第二十五条
  paragraph_item: 第（一）项
  text: 招商等有投资回报预期的商品或者服务广告，不得明示或者暗示保本。
  competent_authority: 市场监督管理部门
  verified: true
  source_quality: law_text_mirror
"""


def office(folder: Path) -> Path:
    (folder / "provisions").mkdir(parents=True)
    (folder / "provisions" / "law.yaml").write_text(LAW, encoding="utf-8")
    shutil.copytree(Path(__file__).resolve().parents[2] / "config" / "templates", folder / "templates")
    return folder


def seed(home: Path, *, start: datetime | None = None, ingested: bool = True, pages: Mapping[str, Made] = PAGES) -> Seeded:
    start = start or datetime(2026, 11, 20, 8, tzinfo=UTC)
    ids: dict[str, str] = {}
    captures: list[Capture] = []
    with ArchiveWriter(home / "archive", run=RUN) as writer:
        for number, (name, made) in enumerate(pages.items()):
            url, body = made.url, made.text.encode()
            head = f"HTTP/1.1 {made.status} X\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n".encode()
            records = [VisitRecord(type="response", uri=url, payload=head + body, content_type="application/http; msgtype=response")]
            if name in PICTURES:
                records.append(VisitRecord(type="resource", uri=f"urn:fullPage:{url}", payload=PICTURES[name](), content_type="image/png"))
            ids[name] = f"{RUN}-{number:04}"
            writer.write(Visit(
                id=ids[name], run=RUN, site="/".join(url.split("/")[:3]), url=url, final_url=url, time=start + timedelta(seconds=3 * number),
                client="desktop-static", outcome=made.outcome, status=made.status, headers=(("Content-Type", "text/html"),), records=tuple(records),
                detail="网站答复页面不存在" if made.status == 404 else "", facts={"robots": "遵守", "via": SCRIPT},
            ))
        captures = writer.commit()
    frontier = Frontier(home / "frontier.sqlite3")
    seeds = [Found(url=url, site=0, host="h", client="desktop-static", depth=0, priority=0) for url in (made.url for made in pages.values())]
    frontier.begin(RUN, "每日巡查", {"plan": "每日巡查", "sites": []}, seeds)
    frontier.finish({"run": RUN, "sites": 4, "captures": len(pages), "outcomes": {"ok": 5, "not_found": 1}, "crawl_seconds": 12.0})
    frontier.close()
    if ingested:
        store.store([_reading(capture, made) for capture, made in zip(captures, pages.values(), strict=True)])
        follow.catch_up()
    return Seeded(home, ids)


def _reading(capture: Capture, made: Made) -> Reading:
    page = Page(
        capture_id=capture.id, seq=capture.seq, run=capture.run, site=capture.site, url=capture.url, url_key=url_key(capture.url),
        final_url=capture.final_url, client=capture.client, time=capture.time, outcome=str(capture.outcome), status=capture.status,
        detail=capture.detail, gate=made.gate, gate_reason="页面上只有拦截提示" if made.gate == "block" else "", title=made.title,
        genre="platform" if made.claims else "other", genre_reasons=["有购买或注册的引导 2 处"] if made.claims else [], violating=bool(made.claims),
        level=max((level for _, _, level, _ in made.claims), default=None), visible_chars=len(made.text), text=made.text, source="response",
        company=[made.company] if made.company else [], icp=[made.icp] if made.icp else [], has_screenshot=len(capture.records) > 3 or any(
            r.uri.startswith("urn:fullPage:") for r in capture.records), ruleset="sha256:0",
    )
    findings = [Finding(page=page, **_claim(capture, made, words, code, level), suggestion=suggestion) for words, code, level, suggestion in made.claims]
    excused = [Excused(page=page, **_claim(capture, made, words, code, 4), suggestion="", because=why) for words, code, why in made.excused]
    return Reading(capture, page, tuple(findings), tuple(excused))


def _claim(capture: Capture, made: Made, words: str, code: str, level: int) -> dict[str, Any]:
    start = made.text.rindex(words)
    end = start + len(words)
    return {
        "key": finding_key(capture.id, code, start, end, code), "code": code, "span": words, "start": start, "end": end, "role": "main", "level": level,
        "confidence": 0.95, "reasons": [f"“{words}”明示或者暗示本金不受损失"], "provisions": ["adlaw-2021-art25-1"],
        "claim": {"kind": code, "low": 18.0, "high": 18.0, "period": "year"} if code == "yield.promise" else {"kind": code}, "rule": code,
        "ruleset": "sha256:0", "wording": normalise(words),
    }
