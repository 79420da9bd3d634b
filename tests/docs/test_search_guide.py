"""What the operator's guide of the search index names is there."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main

from adpatrol.__main__ import build

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "operator" / "search.md").read_text(encoding="utf-8")


def test_every_setting_it_names_is_read_and_every_one_that_is_read_is_named() -> None:
    settings = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"ADPATROL_SEARCH_[A-Z_]+", settings))
    assert set(re.findall(r"ADPATROL_SEARCH_[A-Z_]+", GUIDE)) == read - {"ADPATROL_SEARCH_API_KEY"}  # a key belongs in a file


def test_every_command_it_tells_is_there() -> None:
    group = typer.main.get_command(build()).commands["index"]  # type: ignore[attr-defined]
    told = set(re.findall(r"adpatrol index ([a-z]+)", GUIDE))
    assert told == set(group.commands)
