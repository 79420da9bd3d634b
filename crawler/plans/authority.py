"""授权书: the paper under which the office may go unannounced. Without a valid one the patrol says who it is and obeys robots.txt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crawler.plans.yamlfile import read_yaml, validated

EVERYWHERE = ("*", "全部")


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    number: str = Field(min_length=1, max_length=200)
    issuer: str = Field(min_length=1, max_length=200)
    scope: tuple[str, ...] = Field(min_length=1)
    valid_from: date
    valid_until: date

    @model_validator(mode="after")
    def _order(self) -> _Written:
        if self.valid_until < self.valid_from:
            raise ValueError("有效期的止日早于起日")
        return self


@dataclass(frozen=True, slots=True)
class Authority:
    """文号 ``number``, 签发 ``issuer``, 有效期 (both days included), and 范围 ``scope``: jurisdictions, hosts (with what lies under them), or 全部."""

    number: str
    issuer: str
    scope: tuple[str, ...]
    valid_from: date
    valid_until: date
    where: str = ""  # file:line

    def why_not(self, *, on: date, jurisdiction: str, seeds: Sequence[str]) -> str:
        """"" where this paper covers a site on that day, else the reason in Chinese."""
        if on < self.valid_from:
            return f"授权书 {self.number} 自 {self.valid_from} 起才有效"
        if on > self.valid_until:
            return f"授权书 {self.number} 已于 {self.valid_until} 到期"
        if any(name in EVERYWHERE or (jurisdiction and name == jurisdiction) for name in self.scope):
            return ""
        hosts = [(urlsplit(seed).hostname or "").lower() for seed in seeds]
        if hosts and all(any(host == name.lower() or host.endswith("." + name.lower()) for name in self.scope) for host in hosts):
            return ""
        return f"不在授权书 {self.number} 的范围内"

    def to_json(self) -> dict[str, object]:
        """What every capture is stamped with."""
        return {"number": self.number, "issuer": self.issuer, "scope": list(self.scope),
                "valid_from": self.valid_from.isoformat(), "valid_until": self.valid_until.isoformat()}


def load_authority(folders: Sequence[Path]) -> Authority | None:
    """authority.yaml of the first folder that has one; None where there is none. Raises ConfigError where it cannot be read."""
    for folder in folders:
        file = folder / "authority.yaml"
        if file.is_file():
            found = read_yaml(file)
            if found.data is None:
                continue
            written = validated(found, _Written, found.data)
            return Authority(written.number, written.issuer, written.scope, written.valid_from, written.valid_until, found.where(("number",)))
    return None
