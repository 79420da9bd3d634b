"""What each page shows."""

from __future__ import annotations

import pytest
from django.test import Client
from seeding import Seeded

from alerts.models import Lead

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/leads/", "/platforms/", "/search/", "/search/?q=保本", "/captures/", "/runs/", "/runs/?poll=1", "/password/"])
def test_every_list_opens_with_data_and_without(officer: Client, path: str, seeded: Seeded) -> None:
    response = officer.get(path)
    assert response.status_code == 200, response.content.decode()[:500]
    assert "涉嫌" in response.content.decode() or "poll" in path


def test_the_capture_page_marks_each_claim_and_says_why(officer: Client, seeded: Seeded) -> None:
    page = officer.get(f"/captures/{seeded.captures['home']}/").content.decode()
    assert 'class="m-red ref" data-ref="1"' in page
    assert "为什么没判为例外" in page and "《中华人民共和国广告法》" in page


def test_the_lead_page_holds_all_its_pages(officer: Client, seeded: Seeded) -> None:
    lead = Lead.objects.filter(pages__gt=1).first() or Lead.objects.first()
    assert lead is not None
    page = officer.get(f"/leads/{lead.number}/").content.decode()
    assert lead.span in page and "生成草稿" in page
