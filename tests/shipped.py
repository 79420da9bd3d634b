"""The knowledge the product ships, read once a test process: 182 rules, compiled for the first who judges by them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from classifiers.knowledge import Knowledge, load_knowledge

CONFIG = Path(__file__).resolve().parents[1] / "config"


@cache
def shipped() -> Knowledge:
    """Not to be changed (its parts are frozen); who tests the loading itself calls ``load_knowledge``."""
    return load_knowledge([CONFIG])
