"""Channels as an office writes them: config/channels/*.yaml. Addresses and secrets are **names of environment variables**, never values.

One file is one channel. The overlay's file of a name wins over the shipped one.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from alerts.errors import ChannelError
from classifiers.errors import ConfigError

LEVELS = {"yellow": 2, "orange": 3, "red": 4}
EnvName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,60}$")]


class _Channel(BaseModel):
    """What every channel has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,58}$", description="渠道名：小写字母、数字、连字符")]
    enabled: Annotated[bool, Field(description="false：暂不使用")] = True
    private: Annotated[bool, Field(description="true：专有部署，消息可写明平台与表述；false：只写条数与链接")] = False
    min_level: Annotated[Literal["yellow", "orange", "red"], Field(description="低于此等级的线索不在此渠道通知")] = "yellow"
    digest_s: Annotated[int, Field(ge=0, le=86_400, description="合并窗口（秒）：窗口内的新线索并为一条消息")] = 60
    timeout_s: Annotated[float, Field(gt=0, le=120, description="每一步网络操作的时限（秒）")] = 20
    allow: Annotated[tuple[str, ...], Field(description="允许连接的内部网段（CIDR）；默认只连公网地址")] = ()

    @field_validator("allow")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f"“{network}”不是网段，写成 10.1.0.0/16 的形式") from None
        return value

    @property
    def level(self) -> int:
        return LEVELS[self.min_level]


class SmtpChannel(_Channel):
    """E-mail by SMTP."""

    kind: Literal["smtp"]
    host_env: Annotated[EnvName, Field(description="邮件服务器地址所在的环境变量")]
    port_env: Annotated[EnvName | None, Field(description="端口所在的环境变量；不设：starttls 587，tls 465，none 25")] = None
    user_env: Annotated[EnvName | None, Field(description="账号所在的环境变量；不设则不登录")] = None
    password_env: Annotated[EnvName | None, Field(description="密码所在的环境变量")] = None
    security: Annotated[Literal["starttls", "tls", "none"], Field(description="加密方式；none 只用于本机或内网中继")] = "starttls"
    sender: Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", description="发件地址")]
    to: Annotated[tuple[Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")], ...], Field(min_length=1, description="收件地址")]


class WebhookChannel(_Channel):
    """A signed JSON POST."""

    kind: Literal["webhook"]
    url_env: Annotated[EnvName, Field(description="接收地址（https://…）所在的环境变量")]
    secret_env: Annotated[EnvName, Field(description="签名密钥所在的环境变量")]


Channel = Annotated[SmtpChannel | WebhookChannel, Field(discriminator="kind")]
AnyChannel = SmtpChannel | WebhookChannel
_ADAPTER: TypeAdapter[AnyChannel] = TypeAdapter(Channel)
_MODELS: Mapping[str, type[_Channel]] = {"smtp": SmtpChannel, "webhook": WebhookChannel}


def load_channels(folders: Sequence[Path]) -> dict[str, AnyChannel]:
    """Every enabled channel under channels/ of the folders, by name; the first folder wins. Raises ConfigError: file, line, field."""
    found: dict[str, AnyChannel] = {}
    for folder in folders:
        here: dict[str, str] = {}
        for file in sorted((folder / "channels").glob("*.yaml")):
            channel = read_channel(file)
            if channel.name in here:
                raise ConfigError(str(file), f"渠道名 {channel.name} 已用于 {here[channel.name]}", field="name")
            here[channel.name] = file.name
            found.setdefault(channel.name, channel)
    return {name: channel for name, channel in found.items() if channel.enabled}


def read_channel(file: Path) -> AnyChannel:
    """One channel. Raises ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw: Any = yaml.safe_load(text)
    except UnicodeDecodeError:
        raise ConfigError(str(file), "不是 UTF-8 文本，请另存为 UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(str(file), f"YAML 写法有误：{error.problem}", line=line) from None
    if not isinstance(raw, dict):
        raise ConfigError(str(file), "应为“字段: 值”的列表", line=1)
    try:
        return _ADAPTER.validate_python(raw)
    except ValidationError as error:
        raise _as_config_error(file, node, raw, error) from None


def _as_config_error(file: Path, node: Any, raw: dict[Any, Any], error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    path = [part for part in first["loc"] if part not in _MODELS]
    field = str(path[0]) if path else "kind"
    message = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = _MODELS[str(raw.get("kind"))].model_fields
        near = difflib.get_close_matches(field, known, 1)
        message = "没有这个字段" + (f"，是否应为 {near[0]}" if near else f"；可用：{'、'.join(known)}")
    elif first["type"] == "missing":
        message = "缺少这个字段"
    elif first["type"] == "union_tag_not_found":
        message = "缺少 kind：写 smtp 或 webhook"
    elif first["type"] == "union_tag_invalid":
        message = "kind 只能是 smtp 或 webhook"
    elif first["type"] == "string_pattern_mismatch" and field.endswith("_env"):
        message = "这里写环境变量的名字（大写字母、数字、下划线），不写地址或密钥本身"
    return ConfigError(str(file), message, line=_line(node, field), field=".".join(map(str, path)) or "kind")


def _line(node: Any, field: str) -> int:
    for key, _value in getattr(node, "value", []):
        if getattr(key, "value", None) == field:
            return int(key.start_mark.line) + 1
    return 1


def from_env(name: str | None, *, what: str, default: str | None = None) -> str:
    """The value behind a setting. Raises ChannelError (not permanent: an operator can set it) when it is missing or holds line breaks."""
    value = os.environ.get(name, "") if name else ""
    if not value:
        if default is not None:
            return default
        raise ChannelError(f"未设置环境变量 {name}（{what}）")
    if re.search(r"[\r\n\0]", value):
        raise ChannelError(f"环境变量 {name}（{what}）含有换行")
    return value
