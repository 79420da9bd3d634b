"""What we ship runs in the browsers of government offices: Chromium 80 and later, no stylesheet or script from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "console" / "static" / "console"
TEMPLATES = STATIC.parents[1] / "templates" / "console"
# what came after Chromium 80, as it is written
NEW_CSS = r":has\(|:is\(|:where\(|aspect-ratio|\binset:|(?<!column-)(?<!row-)\bgap:|accent-color|@layer|@container|color-mix\(|\d(dvh|svh|lvh)\b|content-visibility|text-wrap"
NEW_JS = r"\?\?|\|\|=|&&=|\.replaceAll\(|\.at\(|\bimport\b|=>|\blet\b|\bconst\b|`|\beval\(|innerHTML|document\.write"


@pytest.mark.parametrize("file", sorted(STATIC.glob("*.css")), ids=lambda f: f.name)
def test_stylesheets_use_nothing_newer(file: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.S)
    assert re.findall(f"({NEW_CSS})", css) == []
    assert "url(" not in css and "@import" not in css


@pytest.mark.parametrize("file", sorted(STATIC.glob("*.js")), ids=lambda f: f.name)
def test_scripts_use_nothing_newer_and_write_no_markup(file: Path) -> None:
    assert re.findall(NEW_JS, file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda f: f.name)
def test_templates_trust_no_words_and_style_nothing_inline(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape off|mark_safe|style=|\son[a-z]+=|<script(?![^>]*src=\"{% static)|https?://(?!网址)", text.replace("http://www.w3.org", "")), file.name
