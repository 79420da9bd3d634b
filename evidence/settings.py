"""What an office sets about its evidence: the shape of evidence.yaml. Read by ``alerts.evidence_settings``, which knows files and lines."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

CLASSES = {"none": "没有线索", "dismissed": "线索均已排除", "waiting": "有线索待核查", "confirmed": "有线索已确认"}
Class = Literal["none", "dismissed", "waiting", "confirmed"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Program(_Model):
    """A program that signs for a KMS or a UKey."""

    argv: tuple[str, ...] = Field(min_length=1)
    public_key: str = Field(min_length=1)
    timeout_s: float = Field(30, gt=0, le=300)


class AuthorityEntry(_Model):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    url: str
    roots: str = Field(min_length=1)
    optional: bool = False
    timeout_s: float = Field(20, gt=0, le=300)
    allow: tuple[str, ...] = ()

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError("应为 http(s) 地址")
        return value

    @field_validator("allow")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f"“{network}”不是网段，写成 10.1.0.0/16 的形式") from None
        return value


class Term(_Model):
    """How long captures of a class are kept, and on what basis."""

    name: Class = Field(alias="class")
    days: int | None = Field(None, ge=1, le=36_500)
    years: int | None = Field(None, ge=1, le=100)
    permanent: bool = False
    basis: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _one(self) -> Term:
        if (self.days is not None) + (self.years is not None) + self.permanent != 1:
            raise ValueError("days、years、permanent 三者写一个")
        return self

    def over(self, since: datetime) -> datetime | None:
        """When the term of what was captured at ``since`` ends; None: never. Years are calendar years (29 February: the day after)."""
        if self.days is not None:
            return since + timedelta(days=self.days)
        if self.years is None:
            return None
        try:
            return since.replace(year=since.year + self.years)
        except ValueError:
            return since.replace(year=since.year + self.years, month=3, day=1)


class Store(_Model):
    """Where closed files are copied: a folder, or any URL of fsspec; ``endpoint`` for an S3 of one's own."""

    url: str = Field(min_length=1)
    endpoint: str = ""


class EvidenceFile(_Model):
    """evidence.yaml as written. ``office`` and ``review`` stand in packages: who keeps the evidence, and the paper (文号) by which the system passed
    法制审核 and 技术审核 (《行政处罚法》第四十一条)."""

    office: str = Field("", max_length=200)
    review: str = Field("", max_length=300)
    signer: Program | None = None
    authorities: tuple[AuthorityEntry, ...] = ()
    witness: str = ""
    retention: tuple[Term, ...] = ()
    store: Store | None = None

    @model_validator(mode="after")
    def _once(self) -> EvidenceFile:
        lists: dict[str, list[str]] = {"authorities": [one.name for one in self.authorities], "retention": [one.name for one in self.retention]}
        for kind, names in lists.items():
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"{kind} 里 {twice} 写了两次")
        return self
