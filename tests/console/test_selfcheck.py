"""广告自查: the page and the API call: who may, how often, how much, and what would mend each claim."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from console.views.selfcheck import MOST_CHARS, Answered

pytestmark = pytest.mark.django_db
SHIPPED = Path(__file__).resolve().parents[2] / "config"
KEY = "k" * 32
DRAFT = "尊享会员：100%本息保障，年化收益率18%，立即投资\n本产品不承诺保本"


@pytest.fixture(autouse=True)
def shipped(home: Path, settings: Any) -> Iterator[None]:
    settings.CONFIG_FOLDERS = [SHIPPED]
    settings.SELFCHECK, settings.SELFCHECK_KEYS = "signed-in", [KEY]
    cache.clear()
    yield
    cache.clear()


def call(data: Any, *, key: str = KEY, **more: Any) -> Any:
    body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return Client(enforce_csrf_checks=True).post("/api/selfcheck", body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}, **more)


def test_the_page_asks_for_a_sign_in_unless_the_office_opened_it(officer: Client, settings: Any) -> None:
    answer = Client().get("/selfcheck/")
    assert answer.status_code == 302 and answer["Location"] == "/sign-in/?next=/selfcheck/"
    assert officer.get("/selfcheck/").status_code == 200
    settings.SELFCHECK = "public"
    assert Client().get("/selfcheck/").status_code == 200
    settings.SELFCHECK = "off"
    assert officer.get("/selfcheck/").status_code == 404
    assert "广告自查" not in officer.get("/leads/").content.decode()


def test_a_draft_is_told_what_is_wrong_why_and_what_would_mend_it(officer: Client) -> None:
    page = officer.post("/selfcheck/", {"text": DRAFT}).content.decode()
    assert "怎样改" in page and "删去保本、本金无忧" in page and "可以这样写" in page and "这样改不够" in page
    assert "涉嫌不等于违法" in page and "判为例外" in page
    assert "处置建议" not in page and "立案" not in page  # the office's own business


def test_licence_matters_say_that_no_wording_helps(officer: Client) -> None:
    page = officer.post("/selfcheck/", {"text": "股票场外配资，免费开户，十倍杠杆，实盘资金，加微信"}).content.decode()
    assert "换什么说法都不行" in page


@pytest.mark.parametrize("text, says", [("", "还没有内容"), ("字" * (MOST_CHARS + 1), "请分段来查")])
def test_a_slip_is_told_with_the_way_out(officer: Client, text: str, says: str) -> None:
    answer = officer.post("/selfcheck/", {"text": text})
    assert answer.status_code == 400 and says in answer.content.decode()


def test_an_outsider_may_ask_so_often_and_an_officer_any_time(officer: Client, settings: Any) -> None:
    settings.SELFCHECK, settings.SELFCHECK_PER_MINUTE = "public", 3
    codes = [Client().post("/selfcheck/", {"text": "你好"}).status_code for _ in range(10)]
    assert codes.count(429) >= 4 and codes[:3] == [200] * 3  # a minute may turn once in between
    assert Client(REMOTE_ADDR="10.9.8.7").post("/selfcheck/", {"text": "你好"}).status_code == 200
    assert [officer.post("/selfcheck/", {"text": "你好"}).status_code for _ in range(5)] == [200] * 5


def test_the_api_gives_exact_places_law_and_advice() -> None:
    answer = call({"text": DRAFT})
    assert answer.status_code == 200
    data = answer.json()
    Answered.model_validate(data)
    assert data["violating"] and {f["code"] for f in data["findings"]} >= {"guarantee.principal", "yield.excessive"}
    for found in [*data["findings"], *data["excused"]]:
        assert data["text"][found["start"]:found["end"]] == found["span"]
    for found in data["findings"]:
        assert found["advice"]["mend"] and found["laws"] and found["laws"][0]["text"] and found["reasons"]
    assert data["excused"][0]["because"]
    assert not call({"text": "本店售卖茶叶与瓷器"}).json()["violating"]


def test_the_api_says_what_it_takes() -> None:
    told = Client().get("/api/selfcheck").json()
    assert told["request"]["required"] == ["text"] and "findings" in told["response"]["properties"]


@pytest.mark.parametrize("data, status, says", [
    ({"txt": "x"}, 400, "text"), ({}, 400, "text 没有写"), ({"text": 5}, 400, "应为文字"), (b"{", 400, "JSON"), (b"\xff\xfe", 400, "JSON"), (b"[" * 100_000, 400, "JSON"),
    ({"text": ""}, 400, "还没有内容"), ({"text": "字" * (MOST_CHARS + 1)}, 400, "分段"), ({"text": "字" * 200_000}, 413, "太大"), ({"text": "a", "more": 1}, 400, "没有这个字段"),
    ([1], 400, "写错"), ({"text": "\ud800年化\x00"}, 200, ""),
])
def test_a_wrong_call_is_told_why(data: Any, status: int, says: str) -> None:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    answer = call(body)
    assert answer.status_code == status, answer.content
    if says:
        assert says in answer.json()["error"]


def test_the_api_needs_its_key_and_no_cookie_helps(officer: Client, settings: Any) -> None:
    assert call({"text": DRAFT}, key="wrong").status_code == 401
    assert officer.post("/api/selfcheck", json.dumps({"text": DRAFT}), content_type="application/json").status_code == 401
    assert call({"text": DRAFT}, key="钥匙").status_code == 401
    settings.SELFCHECK_KEYS = []
    assert call({"text": DRAFT}, key="").status_code == 403
    settings.SELFCHECK = "off"
    assert call({"text": DRAFT}).status_code == 404
    assert Client().put("/api/selfcheck").status_code == 404


def test_the_api_counts_by_key(settings: Any) -> None:
    settings.SELFCHECK_PER_MINUTE = 2
    answers = [call({"text": "你好"}) for _ in range(6)]
    assert [a.status_code for a in answers].count(429) >= 2
    assert any(a.headers.get("Retry-After") for a in answers)


def test_a_text_full_of_claims_is_answered_in_bounds(officer: Client) -> None:
    text = "".join(f"第{n}款投资理财，年化收益率{15 + n / 100:g}%，立即投资\n" for n in range(500))
    data = call({"text": text}).json()
    assert len(data["findings"]) == 200 and data["more"] > 0
    page = officer.post("/selfcheck/", {"text": text}).content.decode()
    assert page.count("<article") == 200 and "只逐处说明前 200 处" in page
    assert len(page) < 3_000_000


def test_the_same_words_are_explained_once(officer: Client) -> None:
    page = officer.post("/selfcheck/", {"text": "投资理财，100%本息保障，立即投资\n" * 9}).content.decode()
    assert page.count("同样的话共 9 处") == 2  # of the principal and of the return
    assert page.count("<mark") >= 9 and page.count('id="m1"') == 1


def test_a_flood_of_callers_breaks_nothing(officer: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(key: str) -> int:
        raise ValueError(key)

    monkeypatch.setattr(cache, "incr", gone)
    assert call({"text": "你好"}).status_code == 200
