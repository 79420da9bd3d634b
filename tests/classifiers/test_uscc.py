"""Credit codes: the standard's check characters, and what is said of a code that cannot be."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest

from classifiers import uscc

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "registers" / "enterprises.csv.gz"
GOOD = "91100000100003962T"


def test_a_real_code_passes_and_says_its_kind_and_place() -> None:
    assert uscc.valid(GOOD)
    assert (uscc.kind(GOOD), uscc.region(GOOD), uscc.organisation_fault(GOOD)) == ("企业", "100000", "")


@pytest.mark.parametrize(("code", "words"), [
    ("91100000100003962X", "校验码不符：应为“T”"), ("9110000010000396T", "应为 18 位，实为 17 位"), ("9110000010000396IT", "不使用的字符“I”"), ("", "应为 18 位"),
    ("91100000100003692T", "校验码不符"),
])
def test_a_code_that_cannot_be_is_explained(code: str, words: str) -> None:
    assert words in uscc.fault(code)
    assert not uscc.valid(code)


def test_any_single_slip_is_noticed() -> None:
    for place in range(18):
        for other in uscc.ALPHABET:
            if other != GOOD[place]:
                assert not uscc.valid(GOOD[:place] + other + GOOD[place + 1:])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="没有旁边的名录数据")
def test_codes_of_the_enterprise_register_pass() -> None:
    with gzip.open(SHARED, "rt", encoding="utf-8") as handle:
        rows = list(islice(csv.DictReader(handle), 20_000))
    assert [row["uscc"] for row in rows if not uscc.valid(row["uscc"])] == []
    assert sum(bool(uscc.organisation_fault(row["uscc"])) for row in rows) < 5
