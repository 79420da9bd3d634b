"""A kill while stamps are fetched costs at most one stamp more: nothing is lost, nothing kept that was not checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alerts.stamping import post
from evidence import acts, keys, roots, stamps
from evidence.stamps import Authority
from tests.evidence.killing import killed_at, lines_of
from tests.tsa import LocalAuthority


@pytest.mark.parametrize("step", [31, pytest.param(1, marks=pytest.mark.prove)])
def test_a_kill_at_any_line_of_stamping_loses_nothing(tmp_path: Path, authority: LocalAuthority, step: int) -> None:
    keys.make(tmp_path / keys.FILE)
    for number in range(2):
        acts.append(tmp_path / "archive", "zhang", "step", f"lead:{number}")
        roots.make(tmp_path / "archive", keys.FileSigner(tmp_path / keys.FILE))
    named = [Authority("tsa", authority.url, authority.root.read_bytes(), allow=("127.0.0.0/8",))]

    def work(home: Path) -> stamps.Passed:
        return stamps.stamp(home / "archive", named, post, home / "stamping.json", witness=home / "witness")

    twin = shutil.copytree(tmp_path, tmp_path.with_name(tmp_path.name + "-twin"))
    for number in range(0, lines_of(lambda: work(twin)) + step, step):
        case = shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-{number}"))
        killed_at(number, lambda case=case: work(case))
        assert all(stamps.checked(named[0], roots.roots(case / "archive")[s.root - 1].statement.encode(), s.response) for s in stamps.stamps(case / "archive"))
        assert work(case).waiting == () and [s.root for s in stamps.stamps(case / "archive")] == [1, 2]
        for place in (case / "archive" / "roots", case / "witness"):
            assert len(list(place.glob("*.tsr"))) == 2 and not list(place.glob(".*")), number
        shutil.rmtree(case)
