"""Messages leave by real servers on loopback: once by key, again after a fault, never lost."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import transaction

from alerts import leads, outbox, routing
from alerts.channels.addresses import public_only
from alerts.channels.model import SmtpChannel, WebhookChannel
from alerts.models import Alert, OutboxMessage
from tests.alerts.conftest import Mailbox, Receiver, sighting

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def mail_channel(**changes: Any) -> SmtpChannel:
    values = {"name": "mail", "kind": "smtp", "host_env": "TEST_SMTP_HOST", "port_env": "TEST_SMTP_PORT", "security": "none",
              "sender": "patrol@office.example", "to": ("a@office.example", "b@office.example"), "digest_s": 0, "timeout_s": 5,
              "allow": ("127.0.0.0/8",)}
    return SmtpChannel(**(values | changes))


def hook_channel(**changes: Any) -> WebhookChannel:
    values = {"name": "hook", "kind": "webhook", "url_env": "TEST_HOOK_URL", "secret_env": "TEST_HOOK_SECRET", "digest_s": 0,
              "timeout_s": 5, "allow": ("127.0.0.0/8",)}
    return WebhookChannel(**(values | changes))


@pytest.fixture
def smtp(mailbox: tuple[Mailbox, Controller], monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    monkeypatch.setenv("TEST_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("TEST_SMTP_PORT", str(mailbox[1].port))
    return mailbox[0]


@pytest.fixture
def hook(receiver: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("TEST_HOOK_URL", receiver[1])
    monkeypatch.setenv("TEST_HOOK_SECRET", Receiver.secret)
    return receiver[0]


def announce(*channels: Any, now: datetime = NOW, **changes: Any) -> None:
    with transaction.atomic():
        raised = routing.raise_for_leads(leads.register([sighting(**changes)], now=now), now=now)
        routing.route(raised, {c.name: c for c in channels}, now=now)


def read(mail: Any) -> email.message.EmailMessage:
    return email.message_from_bytes(mail.content, policy=email.policy.default)  # type: ignore[return-value]


def test_a_mail_says_how_many_leads_wait_and_names_nobody(smtp: Mailbox) -> None:
    channel = mail_channel()
    announce(channel)
    assert outbox.deliver({"mail": channel}, now=NOW).sent == 1
    mail = read(smtp.mails[0])
    body = mail.get_content()
    message = OutboxMessage.objects.get()
    assert "1 条新线索" in mail["Subject"]
    assert "/leads/?state=waiting" in body
    for secret in ("示例", "shili", "本息", "guarantee"):
        assert secret not in body + str(mail["Subject"])
    assert (mail["Message-ID"], message.state, message.attempts) == (message.message_id, "done", 1)
    assert smtp.mails[0].rcpt_tos == ["a@office.example", "b@office.example"]


def test_a_private_channel_names_the_platform_and_says_alleged(hook: Receiver) -> None:
    channel = hook_channel(private=True)
    announce(channel)
    outbox.deliver({"hook": channel}, now=NOW)
    (kept,) = hook.kept.values()
    assert kept["leads"][0]["platform"] == "示例理财信息服务有限公司"
    assert "涉嫌" in kept["text"]


def test_a_webhook_is_signed_and_names_nobody(hook: Receiver) -> None:
    channel = hook_channel()
    announce(channel)
    outbox.deliver({"hook": channel}, now=NOW)
    (request,) = hook.requests
    assert request["genuine"]
    assert not any(word in request["body"].decode() for word in ("示例", "shili", "本息", "guarantee"))
    assert list(hook.kept) == [OutboxMessage.objects.get().key]


def test_the_same_findings_are_told_once_and_again_only_when_they_change(hook: Receiver) -> None:
    channel = hook_channel()
    announce(channel, level=2)
    announce(channel, level=2)
    announce(channel, level=2, seq=5, url="https://www.shili-licai.example/other")
    assert (Alert.objects.count(), OutboxMessage.objects.count()) == (1, 1)
    announce(channel, level=4, seq=6)
    assert (Alert.objects.get().version, OutboxMessage.objects.count()) == (2, 2)
    assert "1 条线索有变化" in OutboxMessage.objects.last().subject  # type: ignore[union-attr]


def test_other_numbers_under_the_same_wording_are_a_change() -> None:
    channel = hook_channel()
    announce(channel, claim={"kind": "yield", "high": 12.0, "period": "year"})
    announce(channel, seq=2, url="https://www.shili-licai.example/2", claim={"kind": "yield", "high": 12.0, "period": "month"})
    assert Alert.objects.get().version == 2


def test_a_dismissed_lead_is_silent() -> None:
    channel = hook_channel()
    announce(channel, level=2)
    leads.dismiss(leads.by_number("XS2026000001").pk, "officer", "非广告")
    announce(channel, level=4, seq=3)
    assert (Alert.objects.get().version, OutboxMessage.objects.count()) == (1, 1)


def test_channels_below_their_level_are_not_told() -> None:
    announce(hook_channel(min_level="red"), level=2)
    assert not OutboxMessage.objects.exists()


def test_leads_within_the_digest_window_share_one_message(smtp: Mailbox) -> None:
    channel = mail_channel(digest_s=60)
    for n in range(3):
        announce(channel, span=f"保本{n}", now=NOW + timedelta(seconds=n))
    assert outbox.deliver({"mail": channel}, now=NOW + timedelta(seconds=30)).sent == 0
    assert outbox.deliver({"mail": channel}, now=NOW + timedelta(seconds=61)).sent == 1
    assert "3 条新线索" in read(smtp.mails[0])["Subject"]


def test_smtp_down_then_up_sends_once(mailbox: tuple[Mailbox, Controller], monkeypatch: pytest.MonkeyPatch) -> None:
    box, controller = mailbox
    channel = mail_channel()
    monkeypatch.setenv("TEST_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("TEST_SMTP_PORT", "1")  # nobody listens there
    announce(channel)
    assert outbox.deliver({"mail": channel}, now=NOW).put_off == 1
    message = OutboxMessage.objects.get()
    assert (message.state, message.attempts, message.may_repeat) == ("queued", 1, False)
    assert "连不上" in message.last_error
    monkeypatch.setenv("TEST_SMTP_PORT", str(controller.port))
    assert outbox.deliver({"mail": channel}, now=NOW).sent == 0  # not due yet
    assert outbox.deliver({"mail": channel}, now=NOW + timedelta(minutes=1)).sent == 1
    outbox.deliver({"mail": channel}, now=NOW + timedelta(hours=9))
    assert len(box.mails) == 1


def test_a_server_that_cuts_off_after_the_data_may_get_it_twice_marked(smtp: Mailbox) -> None:
    channel = mail_channel()
    announce(channel)
    smtp.cut = True
    outbox.deliver({"mail": channel}, now=NOW)
    smtp.cut = False
    outbox.deliver({"mail": channel}, now=NOW + timedelta(minutes=1))
    first, second = map(read, smtp.mails)
    assert first["Message-ID"] == second["Message-ID"]
    assert "可能重复" not in first["Subject"]
    assert "可能重复" in second["Subject"]


def test_only_the_recipient_that_was_refused_for_now_is_tried_again(smtp: Mailbox) -> None:
    channel = mail_channel()
    announce(channel)
    smtp.refuse = {"b@office.example": "451 later"}
    outbox.deliver({"mail": channel}, now=NOW)
    smtp.refuse = {}
    outbox.deliver({"mail": channel}, now=NOW + timedelta(minutes=1))
    assert [m.rcpt_tos for m in smtp.mails] == [["a@office.example"], ["b@office.example"]]
    assert OutboxMessage.objects.get().state == "done"


def test_a_kill_inside_the_send_window_repeats_under_the_same_key(hook: Receiver) -> None:
    channel = hook_channel()
    announce(channel)
    outbox.deliver({"hook": channel}, now=NOW)
    # as the database stands when the sender was killed after the wire and before the answer was stored
    OutboxMessage.objects.update(state="sending", sent_at=None)
    assert outbox.deliver({"hook": channel}, now=NOW + timedelta(minutes=1)).sent == 0
    assert outbox.deliver({"hook": channel}, now=NOW + timedelta(minutes=11)).sent == 1
    assert (len(hook.requests), len(hook.kept)) == (2, 1)
    assert not OutboxMessage.objects.get().may_repeat


def test_a_receiver_that_never_answers_is_tried_again_under_the_same_key(hook: Receiver) -> None:
    channel = hook_channel()
    announce(channel)
    hook.drop_answers = 1
    assert outbox.deliver({"hook": channel}, now=NOW).put_off == 1
    assert outbox.deliver({"hook": channel}, now=NOW + timedelta(minutes=1)).sent == 1
    assert (len(hook.requests), len(hook.kept)) == (2, 1)


@pytest.mark.parametrize(("status", "state"), [(503, "queued"), (429, "queued"), (400, "failed"), (302, "failed"), (410, "failed")])
def test_what_the_receiver_says_decides_the_retry(hook: Receiver, status: int, state: str) -> None:
    channel = hook_channel()
    announce(channel)
    hook.statuses = [status]
    outbox.deliver({"hook": channel}, now=NOW)
    message = OutboxMessage.objects.get()
    assert (message.state, message.last_error) == (state, f"接收方答复 HTTP {status}")


def test_retries_end_and_a_person_can_send_again(hook: Receiver) -> None:
    channel = hook_channel()
    announce(channel)
    hook.statuses = [503] * outbox.MAX_ATTEMPTS
    now = NOW
    for _ in range(outbox.MAX_ATTEMPTS + 3):
        outbox.deliver({"hook": channel}, now=now)
        now += timedelta(hours=7)
    message = OutboxMessage.objects.get()
    assert (message.state, message.attempts) == ("failed", outbox.MAX_ATTEMPTS)
    outbox.requeue(message.pk, "officer", now=now)
    assert outbox.deliver({"hook": channel}, now=now).sent == 1


def test_an_internal_address_is_refused_unless_the_channel_allows_it(hook: Receiver) -> None:
    channel = hook_channel(allow=())
    announce(channel)
    assert outbox.deliver({"hook": channel}, now=NOW).failed == 1
    assert "不是公网地址" in OutboxMessage.objects.get().last_error
    assert not hook.requests


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.1.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "100.64.0.1", "224.0.0.1", "0.0.0.0",
                "2002:7f00:1::", "64:ff9b::a9fe:a9fe", "64:ff9b::127.0.0.1"]
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert public_only()(address)
    assert not public_only()("93.184.216.34")


def test_a_message_rolls_back_with_what_it_announces() -> None:
    channel = hook_channel()
    with pytest.raises(RuntimeError, match="stop"), transaction.atomic():
        raised = routing.raise_for_leads(leads.register([sighting()], now=NOW), now=NOW)
        routing.route(raised, {"hook": channel}, now=NOW)
        raise RuntimeError("stop")
    assert not OutboxMessage.objects.exists()
    assert not Alert.objects.exists()
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.enqueue("hook", "s", "b", {}, now=NOW)


def test_a_missing_setting_is_said_and_retried(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = hook_channel()
    announce(channel)
    monkeypatch.delenv("TEST_HOOK_SECRET")
    outbox.deliver({"hook": channel}, now=NOW)
    assert "TEST_HOOK_SECRET" in OutboxMessage.objects.get().last_error
    outbox.deliver({}, now=NOW + timedelta(minutes=1))
    assert "未配置" in OutboxMessage.objects.get().last_error
    assert OutboxMessage.objects.get().state == "queued"


def test_a_degraded_run_is_told_once(hook: Receiver) -> None:
    channel = hook_channel()
    for _ in range(2):
        with transaction.atomic():
            raised = routing.raise_for_run("run-1", reason="20 个应答中有 15 个不是网页本身（拦截页 15）", now=NOW)
            routing.route(raised, {"hook": channel}, now=NOW)
    assert (Alert.objects.count(), OutboxMessage.objects.count()) == (1, 1)
