"""E-mail by SMTP, with a Message-ID that never changes between attempts."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from alerts.channels.addresses import Check, connect
from alerts.channels.model import SmtpChannel, from_env
from alerts.errors import ChannelError
from alerts.models import OutboxMessage

PORTS = {"starttls": 587, "tls": 465, "none": 25}


def send(channel: SmtpChannel, message: OutboxMessage, check: Check) -> tuple[str, ...]:
    """Hands the message to the server; answers the recipients that took it (those of earlier attempts are left out).

    Raises ChannelError; ``delivered`` tells who took it all the same."""
    host = from_env(channel.host_env, what="邮件服务器")
    port = from_env(channel.port_env, what="邮件端口", default=str(PORTS[channel.security]))
    if not port.isdecimal():
        raise ChannelError(f"环境变量 {channel.port_env}（邮件端口）应为数字")
    left = [address for address in channel.to if address not in message.delivered_to]
    if not left:
        return ()
    mail = compose(channel, message)
    started = False
    try:
        server = _open(channel, host, int(port), check)
        try:
            if channel.user_env:
                server.login(from_env(channel.user_env, what="邮件账号"), from_env(channel.password_env, what="邮件密码"))
            started = True
            refused = server.send_message(mail, from_addr=channel.sender, to_addrs=left)
        finally:
            server.close()  # QUIT is a courtesy that can fail after the message was taken
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(error.recipients, ()) from error
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        raise ChannelError(f"邮件服务器答复 {error.smtp_code} {_one_line(text)}", permanent=error.smtp_code >= 500) from error
    except smtplib.SMTPNotSupportedError as error:
        raise ChannelError(f"邮件服务器不支持所需功能：{_one_line(str(error))}", permanent=True) from error
    except (smtplib.SMTPException, OSError) as error:  # cut off or timed out: after the data went out nobody knows
        raise ChannelError(f"邮件发送中断：{_one_line(str(error)) or type(error).__name__}", uncertain=started) from error
    if refused:
        raise _refusal(refused, tuple(address for address in left if address not in refused))
    return tuple(left)


def compose(channel: SmtpChannel, message: OutboxMessage) -> EmailMessage:
    """The mail as it leaves. Headers hold our own words only; the e-mail library refuses line breaks in them."""
    mail = EmailMessage()
    mail["Subject"] = ("（可能重复）" if message.may_repeat else "") + message.subject
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.to)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Adpatrol-Key"] = message.key
    repeat = "（此前一次发送是否到达不明，本邮件可能重复；编号相同者为同一条。）\n\n" if message.may_repeat else ""
    mail.set_content(f"{repeat}{message.body}\n\n编号 {message.key[:16]}\n", cte="base64")
    return mail


class _Checked(smtplib.SMTP):
    """smtplib, connecting only to addresses that were checked."""

    def __init__(self, check: Check, timeout: float) -> None:
        self._check = check
        super().__init__(timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout, self._check)


class _CheckedTls(_Checked):
    def __init__(self, check: Check, timeout: float, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(check, timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)


def _open(channel: SmtpChannel, host: str, port: int, check: Check) -> smtplib.SMTP:
    context = ssl.create_default_context()
    server: _Checked = _CheckedTls(check, channel.timeout_s, context) if channel.security == "tls" else _Checked(check, channel.timeout_s)
    server._host = host  # type: ignore[attr-defined]  # starttls names the host from here; set only by the constructor that connects
    try:
        server.connect(host, port)
        server.ehlo_or_helo_if_needed()
        if channel.security == "starttls":
            server.starttls(context=context)
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _refusal(refused: dict[str, tuple[int, bytes]], delivered: tuple[str, ...]) -> ChannelError:
    said = "；".join(f"{who}：{code} {_one_line(text.decode('utf-8', 'replace'))}" for who, (code, text) in sorted(refused.items()))
    return ChannelError(f"收件人被拒：{said}", permanent=all(code >= 500 for code, _ in refused.values()), delivered=delivered)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
