"""How long a capture is kept follows the leads about its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts import leads
from alerts.keeping import standings
from evidence.archive import ArchiveWriter
from evidence.retention import Standing
from tests.alerts.conftest import sighting
from tests.evidence.visits import visit

pytestmark = pytest.mark.django_db


def test_a_page_belongs_to_the_leads_that_rest_on_it(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, run="r1") as writer:
        for number, url in enumerate(("https://a.example/1", "https://a.example/2", "https://a.example/3")):
            writer.write(visit(number, url=url))
        captures = writer.commit()
    (one,) = leads.register([sighting(url="https://a.example/1", capture_id="r1v0000")])
    (two,) = leads.register([sighting(seq=2, url="https://a.example/2", span="稳赚不赔", code="guarantee.return")])
    assert standings(captures) == {"r1v0000": Standing("waiting", (f"lead:{one.number}",)), "r1v0001": Standing("waiting", (f"lead:{two.number}",))}
    leads.dismiss(one.pk, "zhang", "引用")
    leads.confirm(two.pk, "zhang")
    assert {id: found.name for id, found in standings(captures).items()} == {"r1v0000": "dismissed", "r1v0001": "confirmed"}
    leads.register([sighting(seq=3, url="https://a.example/1", span="国家批准", code="endorse.state")])
    assert standings(captures)["r1v0000"].name == "waiting" and len(standings(captures)["r1v0000"].subjects) == 2
