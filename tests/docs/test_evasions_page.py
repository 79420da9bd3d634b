"""The analyst's page on disguises and return arithmetic says what the program does."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.claims import STANCE_ZH, yields
from classifiers.normalise import normalise

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "analyst" / "evasions.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
READ = [(written, read) for row in ROWS if len(row) == 3 and row[0] not in ("写法", "隐藏字符") for written, read in zip(row[1].split("、"), row[2].split("、"), strict=True)]
SUMS = [(row[0], row[1]) for row in ROWS if len(row) == 2 and row[0] != "说法"]


@pytest.mark.parametrize(("written", "read"), READ)
def test_the_page_reads_as_it_says(written: str, read: str) -> None:
    assert normalise(written).text.strip("()") == read.lower()


@pytest.mark.parametrize(("said", "formula"), SUMS)
def test_the_page_reckons_as_it_says(said: str, formula: str) -> None:
    claim = next(iter(yields(normalise(said if "投" in said or "收益" in said or "本金" in said else f"投资{said}").text)))
    assert claim.formula.removesuffix("（单利）") == formula


def test_the_page_names_all_that_is_told_apart() -> None:
    assert len(READ) >= 15
    assert len(SUMS) >= 8
    for stance in STANCE_ZH.values():
        assert stance in PAGE
    for word in PAGE.split("同样的字在正常词语里不动：")[1].split("。")[0].split("、"):
        assert normalise(word).text == word
