"""What the browser says of itself agrees: user agent, client hints in the headers and in scripts, in the page and in frames of others."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import async_playwright

from crawler.identity import user_agent
from crawler.rendering.chromium import chromium_path, context_kwargs
from crawler.rendering.hints import hints
from crawler.rendering.recorder import begin_evidence
from crawler.rendering.watch import begin


def brands(said: dict[str, Any]) -> dict[str, str]:
    return {one["brand"]: one["version"] for one in said["userAgentMetadata"]["brands"]}


def test_who_says_to_be_chrome_is_chrome_of_that_version_in_the_hints_too() -> None:
    said = hints(user_agent("desktop-browser", "browser"), "156.0.1")
    assert brands(said) == {"Not:A-Brand": "8", "Chromium": "138", "Google Chrome": "138"}
    assert (said["userAgentMetadata"]["platform"], said["userAgentMetadata"]["mobile"]) == ("Windows", False)


def test_who_says_to_be_the_patrol_does_not_say_to_be_chrome() -> None:
    said = hints(user_agent("phone-evidence", "public", "https://example.cn/about"), "156.0.1")
    assert brands(said) == {"Not:A-Brand": "8", "Chromium": "156"}
    assert (said["userAgentMetadata"]["platform"], said["userAgentMetadata"]["mobile"]) == ("Android", True)
    assert said["userAgent"] == user_agent("phone-evidence", "public", "https://example.cn/about")


@pytest.mark.skipif(chromium_path() is None, reason="no Chromium")
@pytest.mark.parametrize("client", ["desktop-browser", "phone-evidence"])
def test_the_browser_says_so_on_every_visit_and_nothing_of_having_no_window(client: str) -> None:
    seen, sent = asyncio.run(_visited(client))
    (name, data), frame = seen
    assert name == frame[0] == user_agent(client, "browser")
    assert {one["brand"]: one["version"] for one in data["brands"]} == brands(hints(name, ""))
    assert data["mobile"] is client.startswith("phone")
    assert "headless" not in str(frame).lower(), "a frame of another site may have a process of its own, which says what Chromium says"
    assert any("sec-ch-ua" in headers for headers in sent)
    assert not any("headless" in str(headers).lower() for headers in sent)


async def _visited(client: str) -> tuple[list[Any], list[dict[str, str]]]:
    """(user agent and hints as scripts see them, in the page and in a frame of another site; the headers that were sent)"""
    sent: list[dict[str, str]] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium_path()), args=["--no-sandbox"])
        visitor = context_kwargs(client, "browser")
        page = await (await browser.new_context(**visitor)).new_page()
        start = begin_evidence if client.endswith("-evidence") else begin
        await start(page, SimpleNamespace(meta={"playwright_context_kwargs": visitor}))

        async def answer(route: Any) -> None:
            sent.append(await route.request.all_headers())
            await route.fulfill(body="<p>x" + "<iframe src='https://other.example/'></iframe>" * (len(sent) == 1), content_type="text/html")

        await page.route("**/*", answer)
        await page.goto("https://one.example/")
        seen = [json.loads(await frame.evaluate("JSON.stringify([navigator.userAgent, navigator.userAgentData])")) for frame in page.frames]
        await browser.close()
    return seen, sent
