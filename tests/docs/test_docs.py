"""What the documents tell people to write works: settings are read, rules pass their own sentences, commands and options exist, nothing is left out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main

from adpatrol.__main__ import COMMANDS, build
from alerts.channels.model import SmtpChannel, WebhookChannel, load_channels
from crawler.plans import load_plans
from crawler.plans.written import Patrol, Region, Site
from evidence.capture import Outcome
from indexer.search.fields import FIELD_NAMES
from indexer.search.query import parse
from tests.end_to_end.running import ROOT, lines, run

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", re.M | re.S)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)#]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced example: its language, where the document says it belongs, and its text."""

    document: str
    language: str
    path: str
    text: str


def blocks() -> list[Block]:
    return [Block(d.name, *found.groups()) for d in DOCUMENTS for found in _FENCE.finditer(d.read_text(encoding="utf-8"))]


def commands() -> Iterator[tuple[str, str]]:
    """(document, command line) of every `adpatrol …` in a block, an indented line or between backticks."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        told = [line for block in _FENCE.finditer(text) for line in block[3].splitlines()]
        told += [line for line in text.splitlines() if line.startswith("    ")]
        told += _INLINE.findall(_FENCE.sub("", text))
        for line in told:
            asked = line.strip().split("|")[-1].strip().removeprefix("ExecStart=")
            asked = re.sub(r"^\S*\.venv/bin/", "", asked)
            if asked.startswith("adpatrol "):
                yield document.name, asked


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples of the documents as an office's settings folder."""
    folder = tmp_path_factory.mktemp("office")
    for block in blocks():
        if block.path:
            file = folder / block.path
            assert not file.exists(), f"two examples say they are {block.path}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
    return folder


def test_every_settings_example_says_where_it_belongs() -> None:
    assert [b for b in blocks() if b.language in ("yaml", "csv") and not b.path] == []
    assert {b.language for b in blocks()} <= {"yaml", "csv", "sh", "ini"}


def test_plans_lists_and_the_authority_are_read(overlay: Path) -> None:
    plans = load_plans([overlay])
    (plan,) = list(plans)
    assert not plan.problems
    assert len(plan.sites) == 4  # two written, two of the list
    assert plans.authority is not None and plans.authority.number
    assert {site.jurisdiction for site in plan.sites} == {"某市"}


def test_channels_are_read(overlay: Path) -> None:
    assert {channel.kind for channel in load_channels([overlay]).values()} == {"smtp", "webhook"}


def test_the_rule_passes_its_own_sentences_and_the_register_is_read(overlay: Path, tmp_path: Path) -> None:
    ours = {Path(b.path).stem for b in blocks() if b.path.startswith("rules/")}
    run(tmp_path, "rules", "check", ADPATROL_CONFIG=str(overlay))
    listed = lines(run(tmp_path, "rules", "list", "--json", ADPATROL_CONFIG=str(overlay)).stdout)
    assert ours and ours <= {rule["rule"] for rule in listed}


@pytest.mark.parametrize(("document", "line"), sorted(set(commands())))
def test_commands_exist_with_their_options(document: str, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ADPATROL_HOME", str(tmp_path))
    words = shlex.split(line, comments=True)[1:]
    words = ["值" if word == "…" else word for word in words]
    command: Any = typer.main.get_command(build(words[0] if words[0] in COMMANDS else None))
    name = "adpatrol"
    while hasattr(command, "commands"):
        if not words or words[0].startswith("--"):
            assert name == "adpatrol" and words in (["--help"], [])
            return
        name = words.pop(0)
        assert name in command.commands, f"{document}: {line}"
        command = command.commands[name]
    if not words or words == ["--help"]:
        return
    command.make_context(name, words)


def test_search_expressions_are_understood() -> None:
    table = (ROOT / "docs" / "analyst.md").read_text(encoding="utf-8").split("## 检索")[1].split("```")[0]
    told = [text for row in table.splitlines() if row.startswith("| `") for text in _INLINE.findall(row.split("|")[1])]
    assert len(told) >= 5
    for text in told:
        parse(text)
    for name in re.findall(r"筛选：([^|]+)", table)[0].strip().rstrip("。").split("、"):
        assert name in FIELD_NAMES, name


def test_make_targets_exist() -> None:
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    told = {word for d in DOCUMENTS for word in re.findall(r"(?:^    |^|`)make ([a-z]+)", d.read_text(encoding="utf-8"), re.M)}
    assert {"demo", "test", "install"} <= told <= made


def test_links_and_pictures_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in _LINK.findall(document.read_text(encoding="utf-8")):
            assert target.startswith("http") or (document.parent / target).exists(), f"{document.name}: {target}"
    for picture in (ROOT / "docs" / "pictures").glob("*.png"):
        assert picture.stat().st_size < 300_000, picture.name


def operator() -> str:
    return (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")


def test_every_field_of_plans_and_channels_is_explained() -> None:
    plans, channels = operator().split("## 通知渠道")
    told = set(re.findall(r"`([a-z_]+)`", plans))
    fields = {*Patrol.model_fields, *Region.model_fields, *Site.model_fields}
    assert fields <= told, sorted(fields - told)
    told = set(re.findall(r"`([a-z_]+)`", channels))
    fields = {*SmtpChannel.model_fields, *WebhookChannel.model_fields}
    assert fields <= told, sorted(fields - told)


def test_the_parts_of_the_settings_folder_are_those_shipped() -> None:
    told = set(re.findall(r"`([a-z]+)/", operator().split("### 设置目录里放什么")[1].split("## ")[0])) - {"config"}
    shipped = {folder.name for folder in (ROOT / "config").iterdir() if folder.is_dir() and not folder.name.startswith("_")}
    assert shipped | {"registers"} == told


def test_every_outcome_is_explained() -> None:
    told = set(re.findall(r"^\| `([a-z_]+)` ", operator(), re.M))
    assert told >= {str(outcome) for outcome in Outcome}


def test_every_environment_variable_is_explained() -> None:
    used = set()
    for package in ("adpatrol", "alerts", "config", "console", "crawler", "evidence", "indexer", "classifiers"):
        for file in (ROOT / package).rglob("*.py"):
            used |= set(re.findall(r"\b(ADPATROL_[A-Z_]+)\b", file.read_text(encoding="utf-8")))
    text = operator() + "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "operator").glob("*.md"))
    assert not {name for name in used if name not in text}


def test_readme_is_short_and_shows_the_console() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "docs/pictures/console.png" in text
    assert (ROOT / "docs" / "pictures" / "console.png").stat().st_size > 10_000
