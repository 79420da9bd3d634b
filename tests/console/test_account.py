"""Signing in: who is let in, who is locked out, when a session ends."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import PASSWORD

from alerts.models import AuditEntry
from console.roles import UserRefused, add_user

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str, password: str, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/sign-in/", {"username": name, "password": password, **more})


def test_who_signs_in_lands_where_they_wanted_and_is_audited(people: dict[str, User]) -> None:
    client = Client()
    answer = sign_in(client, "officer", PASSWORD, next="/leads/")
    assert answer.status_code == 302 and answer["Location"] == "/leads/"
    assert AuditEntry.objects.filter(who="officer", act="登录").count() == 1
    client.post("/sign-out/")
    assert AuditEntry.objects.filter(who="officer", act="退出").count() == 1
    assert client.get("/").status_code == 302


def test_nobody_is_led_to_another_site_after_signing_in(people: dict[str, User]) -> None:
    assert sign_in(Client(), "officer", PASSWORD, next="https://evil.example/")["Location"] == "/"


def test_five_failures_lock_the_name_out_even_with_the_right_password(people: dict[str, User]) -> None:
    client = Client()
    for _ in range(4):
        answer = sign_in(client, "officer", "wrong")
        assert answer.status_code == 200 and "用户名或密码不正确" in answer.content.decode()
    sign_in(client, "officer", "wrong")
    answer = sign_in(client, "officer", PASSWORD)
    assert answer.status_code == 429 and "锁定 15 分钟" in answer.content.decode()
    assert client.get("/").status_code == 302
    assert sign_in(Client(), "leader", PASSWORD).status_code == 302  # nobody else is
    sign_in(client, "officer", "again")
    assert AuditEntry.objects.filter(act="登录锁定", subject="user:officer").count() == 1  # once a lock, however often they go on
    assert not AuditEntry.objects.filter(act="登录", who="officer").exists()


def test_an_idle_session_ends_and_polling_does_not_keep_it(officer: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.CONSOLE_IDLE_S = 600
    assert officer.get("/runs/").status_code == 200
    session = officer.session
    session["seen"] = session["seen"] - 500
    session.save()
    officer.get("/runs/?poll=1", headers={"X-Polling": "1"})
    assert officer.session["seen"] == session["seen"]
    session["seen"] -= 200
    session.save()
    answer = officer.get("/leads/", follow=True)
    assert answer.redirect_chain and "已自动退出" in answer.content.decode()


def test_a_page_that_polls_is_told_to_sign_in_again(db: None) -> None:
    answer = Client().get("/runs/?poll=1", headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer["HX-Redirect"] == "/sign-in/"


def test_people_change_their_own_password(officer: Client) -> None:
    weak = officer.post("/password/", {"old_password": PASSWORD, "new_password1": "123", "new_password2": "123"})
    assert weak.status_code == 200 and "密码" in weak.content.decode()
    new = "Xin-De-Mi-Ma-2026"
    assert officer.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}).status_code == 302
    assert AuditEntry.objects.filter(who="officer", act="修改密码").count() == 1
    assert officer.get("/").status_code == 200  # the session goes on
    assert User.objects.get(username="officer").check_password(new)


def test_accounts_need_a_role_and_a_fair_password(db: None) -> None:
    with pytest.raises(UserRefused, match="没有角色 boss"):
        add_user("x", PASSWORD, ["boss"])
    with pytest.raises(UserRefused, match="密码不合要求"):
        add_user("x", "short", ["officer"])
    assert not User.objects.exists() and not AuditEntry.objects.exists()


def test_healthz_answers_anybody(db: None) -> None:
    assert Client().get("/healthz").content == b"ok\n"


def test_a_home_without_accounts_says_how_to_make_one(db: None) -> None:
    assert "adpatrol user add 用户名 --role officer" in Client().get("/sign-in/").content.decode()
    add_user("officer", PASSWORD, ["officer"])
    assert "还没有任何账号" not in Client().get("/sign-in/").content.decode()
