"""A patrol as the office writes it (patrols/NAME.yaml): settings on five levels, each of which may leave any of them out."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Client = Literal["desktop", "phone"]
CADENCES = {"hourly": 1.0, "daily": 24.0, "weekly": 168.0, "monthly": 720.0, "manual": 0.0}  # hours; 0: only when a person starts it

_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(|B|KB|MB|GB)", re.IGNORECASE)
_UNITS = {"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
_HOST = re.compile(r"(?:[a-z0-9_一-鿿](?:[-a-z0-9_.一-鿿]*[a-z0-9一-鿿])?|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.IGNORECASE)


def _size(value: Any) -> Any:
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, str) and found is None:
        raise ValueError("应为字节数，或如 500MB、2GB")
    return int(float(found[1]) * _UNITS[found[2].upper()]) if found else value


def _cadence(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"every_h"}:
        value = f"every_h:{value['every_h']}"
    if isinstance(value, str) and cadence_hours(value) is not None:
        return value
    raise ValueError(f"应为 {'、'.join(CADENCES)}，或 every_h: 小时数")


def cadence_hours(cadence: str) -> float | None:
    """Hours between two patrols; 0 for manual; None for what is no cadence."""
    if cadence in CADENCES:
        return CADENCES[cadence]
    try:
        hours = float(cadence.removeprefix("every_h:")) if cadence.startswith("every_h:") else 0.0
    except ValueError:
        return None
    return hours if 0 < hours <= 24 * 366 else None


def network(value: Any) -> Network:
    try:
        return ipaddress.ip_network(str(value).strip(), strict=False)
    except ValueError as error:
        raise ValueError(f"{value} 不是网段，应如 127.0.0.0/8") from error


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Whole = Annotated[int, Field(strict=True)]
Strings = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=2_000)], ...], BeforeValidator(_one_or_many)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expect(_Strict):
    """How many pages a visit of the site is expected to bring; outside of it somebody should look."""

    min: Whole | None = Field(None, ge=0)
    max: Whole | None = Field(None, ge=1)


class Settings(_Strict):
    """What every level may set. None: not said here, the level above decides."""

    hosts: Strings | None = None
    include: Strings | None = None
    exclude: Strings | None = None
    depth: Whole | None = Field(None, ge=0, le=50)
    max_pages: Whole | None = Field(None, ge=1, le=10_000_000)
    max_bytes: Annotated[Whole, BeforeValidator(_size)] | None = Field(None, ge=1)
    max_seconds: Whole | None = Field(None, ge=1, le=30 * 86_400)
    crawl_delay_s: float | None = Field(None, ge=0, le=3_600, allow_inf_nan=False)
    autothrottle: Annotated[bool, Field(strict=True)] | None = None
    cadence: Annotated[str, BeforeValidator(_cadence)] | None = None
    clients: Annotated[tuple[Client, ...], BeforeValidator(_one_or_many)] | None = Field(None, min_length=1)
    identity: Literal["public", "browser"] | None = None
    contact: str | None = Field(None, max_length=200)
    robots: Literal["obey", "ignore"] | None = None
    allow: Annotated[tuple[Annotated[Network, BeforeValidator(network)], ...], BeforeValidator(_one_or_many)] | None = None
    render: Literal["auto", "never", "always"] | None = None
    pictures: Literal["auto", "never", "always"] | None = None
    jurisdiction: str | None = Field(None, max_length=100)
    expect_pages: Expect | None = None

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for host in value or ():
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host} 不是主机名，应如 example.org 或 example.org:8080（不带 http://，不带通配符）")
        return tuple(host.lower() for host in value) if value is not None else None

    @field_validator("include", "exclude")
    @classmethod
    def _paths(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for path in value or ():
            if not path.startswith("/"):
                raise ValueError(f"{path} 不是路径，应以 / 开头")
        return value

    @field_validator("contact")
    @classmethod
    def _contact(cls, value: str | None) -> str | None:
        if value and not (value.isascii() and value.isprintable()):
            raise ValueError("联系方式放在 User-Agent 里，只能用英文字符：网址或邮箱")
        return value

    @field_validator("clients")
    @classmethod
    def _clients(cls, value: tuple[Client, ...] | None) -> tuple[Client, ...] | None:
        return tuple(dict.fromkeys(value)) if value is not None else None


class Site(Settings):
    """One site: a URL alone, or a URL with what differs from its group. ``start`` and ``seeds`` together are where the patrol begins."""

    name: str = Field("", max_length=200)
    start: str = Field("", max_length=2_000)
    seeds: Strings = ()

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"start": value} if isinstance(value, str) else value


class Group(Settings):
    name: str = Field("", max_length=200)
    sites: tuple[Site, ...] = ()
    sites_file: str = ""  # a list (text, CSV, XLSX, XLS), its path beside this file


class Region(Group):
    """地区. Its name is the jurisdiction of its sites unless one is set."""

    groups: tuple[Group, ...] = ()


class Patrol(_Strict):
    """One file. Settings inherit defaults → region → group → site; the nearest to the site wins."""

    name: str = Field("", max_length=100)
    title: str = Field("", max_length=200)
    defaults: Settings = Settings()
    regions: tuple[Region, ...] = ()
    groups: tuple[Group, ...] = ()
    sites: tuple[Site, ...] = ()
    sites_file: str = ""
