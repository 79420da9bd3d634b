"""How people say a return, and what number it is: exact figures, period, simple yearly rate; and numbers that are no returns at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from classifiers.claims import STANCE_ZH, yields
from classifiers.normalise import normalise
from classifiers.numbers import HEADS
from classifiers.yaml_files import read_yaml

HERE = Path(__file__).parent
RETURNS: list[list[Any]] = read_yaml(HERE / "returns.yaml")
OTHERS: list[str] = read_yaml(HERE / "not_returns.yaml")


@pytest.mark.parametrize(("text", "low", "high", "period", "per_year", "stance"), RETURNS)
def test_a_return_is_read_to_the_figure(text: str, low: float, high: float, period: str, per_year: float, stance: str) -> None:
    found = [y for y in yields(normalise(text).text) if y.stance != "comparative"]
    assert found, "no return read"
    first = found[0]
    assert (round(first.rate.low, 4), round(first.rate.high, 4), first.period, round(first.per_year, 4)) == (low, high, period, per_year)
    assert stance in ("", first.stance)
    assert first.stance in STANCE_ZH
    if period != "year":
        assert "单利" in first.formula
        assert "年化" in first.formula or "期限不明" in first.formula


@pytest.mark.parametrize("text", OTHERS)
def test_a_number_that_is_no_return(text: str) -> None:
    assert [text[y.start:y.end] for y in yields(normalise(text).text) if y.stance != "comparative"] == []


def test_a_head_stands_in_every_return() -> None:
    """The judge looks for rates only around these."""
    assert [row[0] for row in RETURNS if not any(head in normalise(row[0]).text for head in HEADS)] == []


def test_there_are_enough_of_them() -> None:
    assert len(RETURNS) >= 120
    assert len(OTHERS) >= 120
    assert len({row[0] for row in RETURNS}) == len(RETURNS)
    assert len(set(OTHERS)) == len(OTHERS)
