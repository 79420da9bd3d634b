"""Two texts side by side: exact where it can be, coarser where it would cost too much, never wrong."""

from __future__ import annotations

import random

import pytest

from indexer.compare import CELLS, Budget, Comparison, addresses, aligned, certificate, compare


def sides(found: Comparison) -> tuple[list[str], list[str]]:
    """The two texts as the rows tell them."""
    left = ["".join(p.text for p in row.left) for row in found.rows if row.left]
    right = ["".join(p.text for p in row.right) for row in found.rows if row.right]
    return left, right


def test_a_changed_rate_is_marked_within_its_line() -> None:
    found = compare("标题\n年化收益12%，随存随取\n页脚", "标题\n年化收益18%，随存随取\n页脚")
    (row,) = [row for row in found.rows if row.kind == "changed"]
    assert [(p.kind, p.text) for p in row.left if p.kind != "same"] == [("gone", "2")]
    assert [(p.kind, p.text) for p in row.right if p.kind != "same"] == [("new", "8")]
    assert (row.left_line, row.right_line, found.gone, found.new) == (2, 2, 1, 1)


def test_a_line_put_in_moves_nothing_else() -> None:
    lines = [f"第{n}条，互不相同" for n in range(50)]
    found = compare("\n".join(lines), "\n".join([*lines[:20], "平台承诺保本保息", *lines[20:]]))
    assert [(row.kind, row.right[0].text) for row in found.rows if row.kind not in ("same", "skipped")] == [("new", "平台承诺保本保息")]
    assert sum(row.skipped for row in found.rows) == 50 - 6


def test_the_same_text_has_no_change() -> None:
    found = compare("甲\n乙", "甲\n乙")
    assert not found.changed
    assert [row.skipped for row in found.rows] == [2]


@pytest.mark.parametrize("seed", range(20))
def test_both_texts_can_be_read_back_from_the_rows(seed: int) -> None:
    dice = random.Random(seed)
    before = [dice.choice("甲乙丙丁戊己") * dice.randint(1, 4) for _ in range(dice.randint(0, 60))]
    after = [line if dice.random() < 0.7 else dice.choice("子丑寅") * dice.randint(1, 3) for line in before if dice.random() < 0.8]
    found = compare("\n".join(before), "\n".join(after), around=1_000)
    assert sides(found) == (before, after)


def test_aligned_stretches_are_equal_in_order_and_apart() -> None:
    dice = random.Random(5)
    for _ in range(50):
        before, after = ([dice.randint(0, 9) for _ in range(dice.randint(0, 80))] for _ in range(2))
        at = bt = 0
        for i, j, size in aligned(before, after):
            assert i >= at and j >= bt and size > 0
            assert before[i:i + size] == after[j:j + size]
            at, bt = i + size, j + size


@pytest.mark.parametrize("before, after", [
    ("\n".join("甲乙"[n % 2] for n in range(40_000)), "\n".join("乙甲"[n % 3 % 2] for n in range(40_000))),
    ("甲" * 400_000, "乙" + "甲" * 399_999), ("\n".join(["甲乙" * 500] * 300), "\n".join(["乙甲" * 500 + "丙"] * 300)),
], ids=["lines-that-repeat", "one-endless-line", "long-lines-alike"])
def test_a_text_made_to_cost_much_costs_what_the_budget_allows(before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []
    takes = Budget.takes

    def counted(self: Budget, one: int, other: int) -> bool:
        if taken := takes(self, one, other):
            spent.append(one * other)
        return taken

    monkeypatch.setattr(Budget, "takes", counted)
    found = compare(before, after)
    assert sum(spent) <= CELLS
    assert found.changed


def test_what_is_cut_is_told() -> None:
    assert compare("甲\n" * 30_000, "甲\n" * 30_000).cut
    assert not compare("甲", "乙").cut


def test_facts_of_a_visit_are_words() -> None:
    assert addresses({"dns": ["192.0.2.2", "192.0.2.1"]}) == "192.0.2.1、192.0.2.2"
    assert certificate({"tls": {"subject": "CN=a.test", "sha256": "ab"}}) == "CN=a.test；ab"
    assert certificate({"tls": None}) == certificate({}) == ""
