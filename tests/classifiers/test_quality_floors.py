"""Floors of quality: the judge may get better; getting worse takes an explicit act with a reason (tests/classifiers/floors.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pin_floors import FLOORS, gold_floors, seal, sentences_right

from classifiers.yaml_files import read_yaml

GOLD = Path(__file__).resolve().parents[2] / ".." / "shared" / "gold"
KNOWN = read_yaml(FLOORS)
LABELLED = [floor for floor in KNOWN["floors"] if floor["corpus"] != "sentences"]
HOW = "要降低底线，先改 tests/classifiers/floors.yaml，再在 changes 末尾加一行 {on, seal, reason} 写明缘由"


def test_no_floor_was_changed_without_a_reason() -> None:
    last = KNOWN["changes"][-1]
    assert last["seal"] == seal(KNOWN["floors"]), f"底线改了而没有写明缘由：{HOW}；seal 应为 {seal(KNOWN['floors'])}"
    assert all(str(change["reason"]).strip() for change in KNOWN["changes"])


def test_our_own_sentences_stay_as_many_and_as_right() -> None:
    """The folder grows all the time: what is pinned is how many sentences of each code are judged rightly, not its digest alone."""
    right = sentences_right()
    for code, least in next(floor for floor in KNOWN["floors"] if floor["corpus"] == "sentences")["codes"].items():
        for kind, number in least.items():
            assert right.get(code, {}).get(kind, 0) >= number, f"{code} 的{'应发现' if kind == 'found' else '应放过'}句子判对的少于 {number} 句。{HOW}"


@pytest.mark.shared
@pytest.mark.parametrize("floor", LABELLED, ids=[f"{floor['corpus']}-{floor['part']}" for floor in LABELLED])
def test_labelled_texts_are_judged_at_least_as_well(floor: dict[str, Any]) -> None:
    file = GOLD / floor["corpus"]
    if not file.is_file():
        pytest.skip("no labelled texts beside the project")
    below(floor, gold_floors(file, floor["part"]))


def below(floor: dict[str, Any], now: dict[str, Any]) -> None:
    """Fails, naming each figure under its floor."""
    assert now["sha256"] == floor["sha256"], f"{floor['corpus']} 已不是定底线时的那份（{now['sha256'][:12]}…）：重新测定并写明缘由。{HOW}"
    worse = [
        f"{group} {name} {now[group].get(name, 0.0)} < {least}"
        for group in ("pages", "micro", "codes") for name, least in floor[group].items() if now[group].get(name, 0.0) < least
    ]
    assert not worse, f"低于底线：{'；'.join(worse)}。{HOW}"


def test_a_figure_under_its_floor_is_named_with_the_way_to_change_it() -> None:
    floor = {"corpus": "x", "sha256": "0" * 64, "part": "all", "pages": {"precision": 0.9}, "micro": {"f1": 0.8}, "codes": {"superlative": 0.5}}
    below(floor, floor)
    with pytest.raises(AssertionError, match=r"micro f1 0.79 < 0.8.*changes"):
        below(floor, floor | {"micro": {"f1": 0.79}})
    with pytest.raises(AssertionError, match=r"superlative 0.0 < 0.5"):
        below(floor, floor | {"codes": {}})
    with pytest.raises(AssertionError, match="已不是定底线时的那份"):
        below(floor, floor | {"sha256": "1" * 64})
    assert seal([floor]) != seal([floor | {"micro": {"f1": 0.7}}])
