"""Our own sentences as the training reads them: each with its span, both kinds, in the form every labelled text has."""

from __future__ import annotations

import json
from pathlib import Path

from adpatrol.labelled import labelled
from tests.classifiers.own_texts import WEIGHT, own_texts


def test_each_own_text_is_a_labelled_text(tmp_path: Path) -> None:
    texts = list(own_texts())
    file = tmp_path / "own.jsonl"
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in texts), encoding="utf-8")
    assert list(labelled(file)) == texts


def test_an_own_text_is_found_in_whole_or_innocent_in_whole() -> None:
    texts = list(own_texts())
    for one in texts:
        assert one["violating"] is bool(one["findings"])
        assert all(finding["span"] == one["text"] and finding["code"] for finding in one["findings"]), one
        assert one["text"].strip()
    assert 3_000 < sum(one["violating"] for one in texts) < len(texts) - 3_000
    assert {one["weight"] for one in texts} == {WEIGHT}
