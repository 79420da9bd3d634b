"""What a hostile page wrote is shown as text, runs nowhere, and leads nowhere by itself."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from PIL import Image
from seeding import HOSTILE, HOSTILE_URL, PAGES, SCRIPT, Seeded, picture

from alerts.models import Lead, Platform
from console.leaving import signed, unsigned
from console.marking import UNSEEN
from console.views.captures import reencoded

pytestmark = pytest.mark.django_db


class Markup(HTMLParser):
    """What a browser would make of a page: tags, attributes, links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def paths(seeded: Seeded) -> list[str]:
    lead = Lead.objects.get(platform__key="heike-licai.example")
    return [
        "/", "/leads/", f"/leads/{lead.number}/", "/platforms/", f"/platforms/{lead.platform_id}/", "/captures/", f"/captures/{seeded.captures['hostile']}/",
        "/search/?q=保本", f"/search/?site={HOSTILE_URL}&q={SCRIPT}", "/search/?q=%22><script>alert(5)</script>", "/leads/?q=<script>alert(6)</script>&platform=<script>",
        "/runs/", "/runs/20261120-080000-aaaa/", "/platforms/?q=<script>alert(7)</script>", "/search/as-of/?q=保本&day=2026-11-20",
        f"/captures/{seeded.captures['hostile']}/history/?day=2026-11-20", f"/captures/{seeded.captures['hostile']}/history/?day=<script>alert(8)</script>",
        f"/captures/{seeded.captures['hostile']}/against/?to={seeded.captures['home']}",
    ]


def test_no_page_holds_markup_or_links_of_a_site(officer: Client, seeded: Seeded) -> None:
    for path in paths(seeded):
        answer = officer.get(path)
        markup = Markup(answer.content.decode())
        for tag, attributes in markup.tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (path, tag, attributes)
            assert tag not in ("iframe", "object", "embed", "base", "style"), path
            if tag == "script":
                assert (attributes.get("src") or "").startswith("/static/"), path
            if tag == "img":
                assert (attributes.get("src") or "").startswith("/captures/"), path
            for name in ("href", "src", "action"):
                value = attributes.get(name) or ""
                assert not re.match(r"(?i)\s*(javascript|data|https?|//)", value), (path, tag, value)


def test_hostile_words_are_shown_as_they_stand(officer: Client, seeded: Seeded) -> None:
    page = officer.get(f"/captures/{seeded.captures['hostile']}/").content.decode()
    assert "&lt;script&gt;document.title=&#x27;pwned&#x27;&lt;/script&gt;" in page
    assert "保本保息&lt;img src=x onerror=alert(1)&gt;" in page


def test_every_answer_carries_the_policies(officer: Client, seeded: Seeded) -> None:
    for path in [*paths(seeded), "/sign-in/", "/nowhere/", "/healthz"]:
        policy = officer.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert officer.get(path)["X-Content-Type-Options"] == "nosniff"


def test_sites_are_reached_only_through_a_warning(officer: Client, seeded: Seeded) -> None:
    page = officer.get(signed("https://www.shili-licai.example/"))
    text = page.content.decode()
    assert "即将离开本系统" in text and page["Referrer-Policy"] == "no-referrer"
    links = [attributes for tag, attributes in Markup(text).tags if tag == "a" and (attributes.get("href") or "").startswith("https://www.shili")]
    assert len(links) == 1 and "noreferrer" in (links[0]["rel"] or "")


@pytest.mark.parametrize("value", ["https://evil.example/", "https://evil.example/:badsignature", ""])
def test_the_warning_page_is_no_springboard(officer: Client, seeded: Seeded, value: str) -> None:
    assert officer.get("/leaving/", {"to": value}).status_code == 404


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " javascript:alert(1)"])
def test_only_web_addresses_can_be_left_for(url: str) -> None:
    from urllib.parse import parse_qs, urlsplit

    assert unsigned(parse_qs(urlsplit(signed(url)).query)["to"][0]) == ""


def test_the_screenshot_is_encoded_anew_and_sandboxed(officer: Client, seeded: Seeded) -> None:
    answer = officer.get(f"/captures/{seeded.captures['home']}/screenshot.jpg")
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'" and answer["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).size == (640, 400)
    assert officer.get(f"/captures/{seeded.captures['plain']}/screenshot.jpg").status_code == 404


def test_a_broken_or_oversized_picture_reaches_nobody(officer: Client, seeded: Seeded) -> None:
    assert officer.get(f"/captures/{seeded.captures['safe']}/screenshot.jpg").status_code == 404
    assert reencoded(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>") is None
    assert reencoded(b"GIF89a" + b"\0" * 100) is None
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert reencoded(bomb.getvalue()) is None
    hidden = picture() + b"<script>alert(1)</script>"
    assert b"<script>" not in (reencoded(hidden) or b"")


def test_the_text_comes_as_a_file_exactly(officer: Client, seeded: Seeded) -> None:
    answer = officer.get(f"/captures/{seeded.captures['hostile']}/text.txt")
    assert answer.content.decode() == PAGES["hostile"].text
    assert answer["Content-Disposition"].startswith("attachment") and "sandbox" in answer["Content-Security-Policy"]


def test_a_hostile_name_stays_a_name(officer: Client, seeded: Seeded) -> None:
    platform = Platform.objects.get(key="heike-licai.example")
    page = officer.get(f"/platforms/{platform.pk}/").content.decode()
    assert "&lt;b onmouseover=alert(3)&gt;黑客理财&lt;/b&gt;" in page and "<b onmouseover" not in page


# --- pages made to break the reader's page --------------------------------------------------------------------------------------------


def everywhere(attacked: Seeded) -> list[str]:
    numbers = Lead.objects.all()
    return ["/", "/leads/?state=all", "/platforms/", "/captures/", "/search/?q=保本", "/search/?q=长标题", "/runs/",
            *(f"/leads/{lead.number}/" for lead in numbers), *(f"/platforms/{lead.platform_id}/" for lead in numbers),
            *(f"/captures/{id}/{more}" for id in attacked.captures.values() for more in ("", "same/", "history/?day=2026-11-20", f"against/?to={attacked.captures['svg']}"))]


def test_no_attack_leaves_its_text(officer: Client, attacked: Seeded) -> None:
    for path in everywhere(attacked):
        answer = officer.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        for tag, attributes in Markup(text).tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (path, tag, attributes)
            assert tag not in ("iframe", "object", "embed", "base", "style"), path
            for name in ("href", "src", "action"):
                assert not re.match(r"(?i)\s*(javascript|data|https?|//)", attributes.get(name) or ""), (path, tag, attributes)
            if tag == "script":
                assert (attributes.get("src") or "").startswith("/static/"), path
        assert len(text) < 250_000, (path, len(text))  # a title of a million characters is not sent again and again


def test_no_heading_or_list_carries_what_nobody_sees(officer: Client, attacked: Seeded) -> None:
    for path in ("/leads/?state=all", "/platforms/", "/captures/", "/", "/search/?q=保本"):
        assert not UNSEEN.search(officer.get(path).content.decode()), path
    page = officer.get(f"/captures/{attacked.captures['turned']}/").content.decode()
    assert "⟨U+202E⟩" in page and "个看不见的字符" in page


def test_the_text_of_an_attack_is_exact_all_the_same(officer: Client, attacked: Seeded) -> None:
    for name, id in attacked.captures.items():
        assert officer.get(f"/captures/{id}/text.txt").content.decode() == HOSTILE[name].text, name


def test_what_is_no_picture_is_no_picture(officer: Client, attacked: Seeded) -> None:
    for name in ("svg", "turned"):
        assert officer.get(f"/captures/{attacked.captures[name]}/screenshot.jpg").status_code == 404, name


def test_an_address_that_is_a_script_is_no_link(officer: Client, attacked: Seeded) -> None:
    page = officer.get(f"/captures/{attacked.captures['script-address']}/").content.decode()
    assert "javascript:alert(document.domain)//" in page  # told as text
    assert "/leaving/" not in page


def test_downloads_have_names_of_our_own(officer: Client, attacked: Seeded) -> None:
    for id in attacked.captures.values():
        for what in ("evidence.json", "evidence.warc.gz", "text.txt"):
            assert re.fullmatch(r'attachment; filename="[\w.-]+"', officer.get(f"/captures/{id}/{what}")["Content-Disposition"]), (id, what)
