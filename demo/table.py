"""The table of the sample sites (`demo/sites.yaml`) as values: what each is served as, and what a patrol must find there."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).resolve().parent / "sites"
TABLE = Path(__file__).resolve().parent / "sites.yaml"
PORT = 8100


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Row):
    """A claim that must be found: a fragment of its span, on a page."""

    page: str
    code: str
    span: str
    until: str = ""  # images, ads (soon: within days): expected to be missed until the patrol goes deeper


class Sample(_Row):
    """One sample site on a loopback address of its own."""

    name: str
    address: str
    what: str
    charset: str = ""  # what Content-Type says; empty: nothing, as on many real servers
    phone: bool = False  # a phone gets the pages under _phone/ where there are any
    innocent: bool = False
    patrolled: bool = True
    gate: tuple[str, ...] = ()
    robots_keeps_out: tuple[str, ...] = ()
    must_find: tuple[Expected, ...] = ()

    def origin(self, port: int = PORT) -> str:
        return f"http://{self.address}:{port}"


def samples(file: Path = TABLE) -> tuple[Sample, ...]:
    """All sample sites in the order of the table. Raises pydantic.ValidationError where the table is wrong."""
    return tuple(Sample.model_validate(row) for row in yaml.safe_load(file.read_text(encoding="utf-8"))["sites"])
