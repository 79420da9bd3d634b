"""Every box really holds the cited words: real pages in Chromium paint the words green, and all that is green, and nothing much else, lies in the boxes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import async_playwright

from classifiers.extract import extract
from classifiers.model import Document
from crawler.rendering.chromium import chromium_path, context_kwargs
from crawler.rendering.evidence_grade import Graded, take
from crawler.rendering.recorder import begin_evidence
from evidence.annotate import annotate
from evidence.boxes import Box, Cited, boxes, read_geometry, under

pytestmark = [pytest.mark.timeout(200), pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine")]
HEAD = """<!doctype html><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1"><title>示例</title>
<style>::highlight(cited) { background: #00ff00; color: #00ff00 }</style>"""
# Paints the first (or "nth") occurrence of each cited phrase in the body's text, across tags, without changing the page.
PAINT = """<script>(function paint(doc, words) { const found = new Highlight();
 for (const phrase of words) { const walk = doc.createTreeWalker(doc.body, 4); let all = '', nodes = [], n;
  while (n = walk.nextNode()) { if (n.parentElement.tagName === 'SCRIPT') continue; for (let i = 0; i < n.data.length; i++) { if (/\\s/.test(n.data[i])) continue;
   all += n.data[i]; nodes.push([n, i]); } }
  const at = all.indexOf(phrase.replace(/\\s/g, '')); if (at < 0) continue; const last = at + phrase.replace(/\\s/g, '').length - 1;
  const range = doc.createRange(); range.setStart(...nodes[at]); range.setEnd(nodes[last][0], nodes[last][1] + 1); found.add(range); }
 CSS.highlights.set('cited', found); })(document, %s)</script>"""
STORY = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。"
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "wrapped": (f"<p>{STORY}平台投资项目承诺保本保息并且年化收益率百分之十二以上绝无任何风险请放心出借。{STORY}</p>", ("承诺保本保息并且年化收益率百分之十二以上绝无任何风险",)),
    "tags": (f"<p>{STORY}<b>100%</b>本息<i>保障</i>，随时可取。</p>", ("100%本息保障",)),
    "latin": ("<p style='font-family:sans-serif'>iiii WWWW guaranteed 18.5% APY WWWW iiii, mmmm llll 保本 iiii WWWW</p>", ("18.5% APY", "保本")),
    "columns": (f"<div style='columns:2;width:600px;text-align:justify'>{STORY}稳赚不赔零风险{STORY}</div>", ("稳赚不赔零风险",)),
    "big": (f"<div style='transform:scale(1.3);transform-origin:0 0;width:60%'>{STORY}年化收益率18%起{STORY}</div>", ("年化收益率18%",)),
    "far": (f"<div style='height:5000px'>{STORY}</div><p>到底了：本金无忧，保本付息</p>", ("保本付息",)),
    "spaced": (f"<p style='letter-spacing:6px;font-size:22px'>{STORY}稳赚不赔，零风险{STORY}</p>", ("稳赚不赔",)),
    "upright": (f"<p style='writing-mode:vertical-rl;height:300px'>{STORY}稳赚不赔零风险{STORY}</p>", ("稳赚不赔零风险",)),
    "table": ("<table border=1><tr><td>产品甲</td><td>预期年化 12%</td></tr><tr><td>产品乙</td><td>预期年化 15%</td></tr></table>", ("预期年化 15%",)),
}
FRAME = f"<body style='margin:30px'>{HEAD}<p>{STORY}框架里说稳赚不赔，保本保息</p>" + PAINT % '["稳赚不赔"]'


def _answering(text: str) -> Any:
    async def answer(route: Any) -> None:
        await route.fulfill(status=200, content_type="text/html; charset=utf-8", body=FRAME if "frame" in route.request.url else text)

    return answer


async def _taken(pages: Sequence[str], client: str) -> list[Graded]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium_path()), args=["--no-sandbox"])
        try:
            found = []
            for text in pages:
                page = await (await browser.new_context(**context_kwargs(client))).new_page()
                await begin_evidence(page)

                await page.route("**/*", _answering(text))
                await page.goto("http://a.example/", wait_until="commit")
                found.append(await take(page, "http://a.example/", client))
            return found
        finally:
            await browser.close()


@pytest.fixture(scope="module", params=["desktop-evidence", "phone-evidence"])
def taken(request: pytest.FixtureRequest) -> dict[str, Graded]:
    pages = {name: f"{HEAD}<body>{body}{PAINT % str(list(spans))}" for name, (body, spans) in PAGES.items()}
    pages["frame"] = f"{HEAD}<body><p>{STORY}</p><iframe src=/frame style='width:300px;height:400px;border:7px solid;padding:11px;margin-left:25px'></iframe>"
    return dict(zip(pages, asyncio.run(_taken(list(pages.values()), request.param)), strict=True))


def _boxed(seen: Graded, spans: Sequence[str]) -> tuple[list[Cited], list[Box]]:
    """By the text as it is judged."""
    text = extract(Document(body=seen.dom.encode(), url=seen.final_url, content_type="text/html; charset=utf-8")).full_text
    cited = [Cited(number=n, span=span, start=text.index(span), end=text.index(span) + len(span)) for n, span in enumerate(spans, 1)]
    return cited, boxes(seen.geometry, cited, text)


@pytest.mark.parametrize("name", [*PAGES, "frame"])
def test_all_that_is_painted_lies_in_the_boxes_and_little_else_does(taken: dict[str, Graded], name: str) -> None:
    seen, spans = taken[name], PAGES[name][1] if name in PAGES else ("稳赚不赔",)
    _, found = _boxed(seen, spans)
    scale = read_geometry(seen.geometry).scale
    with Image.open(io.BytesIO(seen.full_png)) as picture:
        green = picture.convert("RGB").point([0] * 50 + [255] * 206 + [0] * 200 + [255] * 56 + [0] * 50 + [255] * 206)  # red and blue low, green high
        red, high, blue = green.split()
        mask = Image.eval(red, lambda v: 255 - v)
        painted = Image.composite(high, Image.new("L", high.size), Image.composite(mask, Image.new("L", mask.size), Image.eval(blue, lambda v: 255 - v)))
    total = painted.histogram()[255]
    assert total > 100 * scale, "the words are painted"
    assert all(box.rects for box in found)
    inside = area = 0
    for rect in (rect for box in found for rect in box.rects):
        left, top, right, bottom = (round(v * scale) for v in (rect.x - 2, rect.y - 4, rect.x + rect.width + 2, rect.y + rect.height + 4))
        held = painted.crop((left, top, right, bottom)).histogram()[255]
        assert held > 20 * scale, f"{name}: a box with nothing of the words"
        inside, area = inside + held, area + (right - left) * (bottom - top)
    assert inside >= 0.995 * total, f"{name}: {inside} of {total} green pixels lie in boxes"
    if name not in ("columns", "upright"):  # there the whole block, the whole line is boxed
        assert area < 2.5 * total, f"{name}: boxes of {area} pixels for {total} painted"


@pytest.mark.parametrize("name", [*PAGES, "frame"])
def test_the_words_under_a_claims_boxes_are_the_claim(taken: dict[str, Graded], name: str) -> None:
    seen, spans = taken[name], PAGES[name][1] if name in PAGES else ("稳赚不赔",)
    for cited, box in zip(*_boxed(seen, spans), strict=True):
        words = "".join("".join(under(seen.geometry, rect) for rect in box.rects).split())
        assert "".join(cited.span.split()) in words, (cited.span, words)


def test_wrapped_words_give_a_rectangle_a_line(taken: dict[str, Graded]) -> None:
    _, (box,) = _boxed(taken["wrapped"], PAGES["wrapped"][1])
    assert len({rect.y for rect in box.rects}) == len(box.rects) >= 1
    if read_geometry(taken["wrapped"].geometry).width < 500:
        assert len(box.rects) >= 2


def test_the_annotated_copy_can_be_drawn_of_each(taken: dict[str, Graded]) -> None:
    for seen in (taken["far"], taken["frame"]):
        cited, found = _boxed(seen, PAGES["far"][1] if seen is taken["far"] else ("稳赚不赔",))
        assert annotate(seen.full_png, found, cited, scale=read_geometry(seen.geometry).scale).startswith(b"\x89PNG")
