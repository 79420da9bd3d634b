"""Who may: every route says so, nobody else gets in, and refusals are in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from seeding import Seeded

from alerts.models import Lead
from console.may import ANYONE, ROLES, SIGNED_IN, declared, may
from console.middleware import DefaultDeny

pytestmark = pytest.mark.django_db


def routes(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, before + str(pattern.pattern))
        else:
            yield before + str(pattern.pattern), pattern


ALL = list(routes(get_resolver().url_patterns))


def filled(route: str, seeded: Seeded) -> str:
    lead = Lead.objects.order_by("pk").first()
    assert lead is not None
    values = {"<str:number>": lead.number, "messages/<int:id>": "messages/999999", "<int:id>": str(lead.platform_id), "<str:id>": seeded.captures["home"], "<str:run>": "20261120-080000-aaaa",
              "<str:other>": seeded.captures["safe"]}
    for name, value in values.items():
        route = route.replace(name, value)
    return route


@pytest.mark.parametrize("route, pattern", ALL, ids=[route for route, _ in ALL])
def test_every_route_declares_who_may(route: str, pattern: URLPattern) -> None:
    assert declared(pattern.callback) is not None, f"{route} says nothing of who may"


@pytest.mark.parametrize("route, pattern", ALL, ids=[route for route, _ in ALL])
def test_anonymous_people_are_led_to_the_sign_in(route: str, pattern: URLPattern, seeded: Seeded) -> None:
    if ANYONE in (declared(pattern.callback) or ()):
        return
    for method in ("get", "post"):
        response = getattr(Client(), method)(filled(route, seeded))
        assert response.status_code == 302 and response["Location"].startswith("/sign-in/"), (method, route)


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_roles_get_what_is_declared_and_nothing_else(role: str, seeded: Seeded, as_role: Callable[[str], Client], people: dict) -> None:
    from console.roles import add_user

    if role == "nobody":
        people["nobody"] = add_user("nobody", "Xun-Cha-2026!", ["officer"])
        people["nobody"].groups.clear()
    client = as_role(role)
    for route, pattern in ALL:
        rule = declared(pattern.callback) or frozenset()
        if ANYONE in rule or "sign-out" in route:
            continue
        before = list(Lead.objects.values_list("number", "state"))
        response = client.post(filled(route, seeded)) if route.endswith(("confirm/", "dismiss/", "undo/", "docx", "requeue/", "retry/")) else client.get(filled(route, seeded))
        if SIGNED_IN in rule or role in rule:
            assert response.status_code in (200, 302, 404), (role, route, response.status_code)
        else:
            assert response.status_code == 403, (role, route)
            assert "无权访问" in response.content.decode()
            assert list(Lead.objects.values_list("number", "state")) == before


def test_a_view_that_says_nothing_is_refused_even_to_a_superuser(people: dict) -> None:
    def undeclared(request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")

    request = RequestFactory().get("/x")
    request.user = people["officer"]
    request.user.is_superuser = True
    request.session = {}  # type: ignore[assignment]
    response = DefaultDeny(lambda r: HttpResponse())
    answer = response.process_view(request, undeclared, (), {})
    assert answer is not None and answer.status_code == 403


def test_a_declaration_names_real_roles() -> None:
    with pytest.raises(ValueError, match="no such role"):
        may("boss")
    with pytest.raises(ValueError, match="no such role"):
        may()


def test_programs_are_told_in_json(seeded: Seeded, as_role: Callable[[str], Client]) -> None:
    assert Client().get("/leads/?format=json").status_code == 401
    answer = as_role("operator").get("/leads/?format=json")
    assert answer.status_code == 403 and "无权" in answer.json()["error"]


def test_the_operator_sees_patrols_but_no_leads(seeded: Seeded, as_role: Callable[[str], Client]) -> None:
    page = as_role("operator").get("/").content.decode()
    assert "每日巡查" in page and "100%本息保障" not in page and "待核查线索" not in page
    assert "leads" not in as_role("operator").get("/?format=json").json()
