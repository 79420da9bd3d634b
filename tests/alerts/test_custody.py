"""A decision on a lead is a step in the ledger: once, whatever is killed in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from alerts import custody, leads
from alerts.models import Lead
from evidence import acts
from tests.alerts.conftest import sighting

pytestmark = pytest.mark.django_db


@pytest.fixture
def archive(tmp_path: Path, settings: Any) -> Path:
    settings.HOME = tmp_path
    acts.append(tmp_path / "archive", "li", "view", "capture:cap-1")  # a ledger that is there
    return tmp_path / "archive"


def lead() -> Lead:
    (found,) = leads.register([sighting()])
    return found


def test_a_decision_is_an_act_with_who_what_and_why(archive: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    one = lead()
    with django_capture_on_commit_callbacks(execute=True):
        leads.dismiss(one.pk, "zhang", "引用他人广告作反面例子")
    (step,) = acts.acts(archive, subject=f"lead:{one.number}")
    assert (step.who, step.act) == ("zhang", "step") and step.told["did"] == "排除" and step.told["reason"] == "引用他人广告作反面例子"


def test_a_kill_between_the_decision_and_its_act_loses_nothing(archive: Path) -> None:
    one = lead()
    leads.confirm(one.pk, "zhang")
    leads.undo(one.pk, "zhang")
    assert list(acts.acts(archive, act="step")) == []
    assert custody.record_steps(archive) == 2 and custody.record_steps(archive) == 0
    assert [a.told["did"] for a in acts.acts(archive, act="step")] == ["确认", "撤销"]


def test_what_the_patrol_registers_is_no_step(archive: Path) -> None:
    lead()
    assert custody.record_steps(archive) == 0


def test_without_an_archive_there_is_nothing_to_write(tmp_path: Path) -> None:
    leads.confirm(lead().pk, "zhang")
    assert custody.record_steps(tmp_path / "archive") == 0 and not (tmp_path / "archive").exists()


def test_a_ledger_that_refuses_does_not_undo_the_decision(archive: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    one = lead()
    for file in archive.glob("ledger.sqlite3*"):
        file.unlink()
    (archive / "ledger.sqlite3").write_bytes(b"garbage" * 200)
    with django_capture_on_commit_callbacks(execute=True):
        leads.confirm(one.pk, "zhang")
    one.refresh_from_db()
    assert one.state == Lead.State.CONFIRMED
