"""From a page on a server to a mail in a mailbox: one alert for one claim of one platform, again only when it changes; and a word where a
whole run saw no page."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from running import lines, run
from web import Answer, html, served

from tests.alerts.conftest import Mailbox, Receiver

PLAN = "defaults: {{crawl_delay_s: 0, autothrottle: false, render: never, allow: [127.0.0.0/8]}}\nsites: [{url}]\n"
HOOK = "name: hook\nkind: webhook\ndigest_s: 0\nurl_env: HOOK_URL\nsecret_env: HOOK_SECRET\nallow: [127.0.0.0/8]\n"
MAIL = ("name: mail\nkind: smtp\ndigest_s: 0\nhost_env: MAIL_HOST\nport_env: MAIL_PORT\nsecurity: none\nsender: a@office.example\nto: [b@office.example]\n"
        "allow: [127.0.0.0/8]\n")
FILLER = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。" * 3
BLOCK = "<html><head><title>访问被拦截</title></head><body>您的访问被拦截，请联系管理员。</body></html>"


class Platform:
    """Twelve pages; ``says``: page number -> its promise."""

    def __init__(self) -> None:
        self.says: dict[int, str] = {}
        self.blocked = False

    def __call__(self, path: str) -> Answer | None:
        if path not in ("/", *(f"/p{n}.html" for n in range(1, 12))):
            return None
        if self.blocked:
            return html(BLOCK)
        number = 0 if path == "/" else int(path[2:-5])
        links = "".join(f'<a href="/p{n}.html">第{n}页</a>' for n in range(1, 12)) if number == 0 else ""
        return html(f"<title>示例财富网络借贷平台</title><h1>示例财富 {number}</h1><p>{self.says.get(number, '市场有风险，出借需谨慎。')}</p><p>{FILLER}</p>{links}")


class Office:
    def __init__(self, folder: Path, url: str, hook_url: str, port: int) -> None:
        for name, text in (("patrols/p.yaml", PLAN.format(url=url)), ("channels/hook.yaml", HOOK), ("channels/mail.yaml", MAIL)):
            (folder / "settings" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "settings" / name).write_text(text, encoding="utf-8")
        self._home = folder / "home"
        self._settings = {"ADPATROL_CONFIG": str(folder / "settings"), "HOOK_URL": hook_url, "HOOK_SECRET": Receiver.secret, "MAIL_HOST": "127.0.0.1",
                          "MAIL_PORT": str(port)}

    def patrol(self) -> dict[str, Any]:
        return lines(run(self._home, "patrol", "--plan", "p", "--json", **self._settings).stdout)[-1]

    def ingest(self) -> None:
        run(self._home, "ingest", **self._settings)


def texts(box: Mailbox) -> list[str]:
    mails = [email.message_from_bytes(bytes(mail.content), policy=email.policy.default) for mail in box.mails]
    return [f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in mails]  # type: ignore[union-attr]


@pytest.mark.timeout(300)
def test_one_alert_for_one_claim_and_again_only_when_it_changes(
    tmp_path: Path, mailbox: tuple[Mailbox, Controller], receiver: tuple[Receiver, str],
) -> None:
    (box, smtp), (hook, hook_url) = mailbox, receiver
    platform = Platform()
    platform.says = dict.fromkeys((0, 1, 2), "平台承诺100%本息保障，立即投资。")
    with served(platform) as site:
        office = Office(tmp_path, site.url, hook_url, smtp.port)
        leads = office.patrol()["leads"]
        assert leads >= 1
        told = texts(box)
        assert sum(int(message["count"]) for message in hook.kept.values()) == leads, "three pages, one wording: told once"
        assert all("条新线索" in text and "/leads/" in text for text in told)
        assert not any(word in text for text in told for word in ("示例财富", "本息保障", "127.0.0.2")), "no platform is named on an open channel"
        mails, posts = len(box.mails), len(hook.requests)

        assert office.patrol()["leads"] == leads
        platform.says[3] = platform.says[0]  # the same claim on one more page
        assert office.patrol()["leads"] == leads
        office.ingest()
        assert (len(box.mails), len(hook.requests)) == (mails, posts), "nothing new, nothing told"

        platform.says[4] = "平台承诺固定年化收益18%，保本保息。"
        more = office.patrol()["leads"]
        assert more > leads
        assert len(box.mails) > mails
        assert sum(int(message["count"]) for message in hook.kept.values()) == more
        mails = len(box.mails)

        platform.blocked = True
        office.patrol()
        office.ingest()
        assert len(box.mails) == mails + 1, "one word on the run, and only one"
        assert "巡查质量预警" in texts(box)[-1]
        assert [message["kind"] for message in hook.kept.values()].count("run") == 1
