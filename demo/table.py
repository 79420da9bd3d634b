"""The table of the sample sites (`demo/sites.yaml`) as values: what each is served as, and what a patrol must find there."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).resolve().parent / "sites"
TABLE = Path(__file__).resolve().parent / "sites.yaml"
CONFIG = Path(__file__).resolve().parent / "config"
PORT = 8100  # of every sample site; written in their links and in the plan


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Row):
    """A claim that must be found: a fragment of its span, on a page."""

    page: str
    code: str
    span: str
    until: str = ""  # images, ads: expected to be missed until the patrol goes deeper


class Forbidden(_Row):
    """What no finding above blue may hold on a page; without ``code`` or ``span``: whatever the code, whatever the words."""

    page: str
    code: str = ""
    span: str = ""


class Readable(_Row):
    """Words of a page that are there only if its encoding was read right."""

    page: str
    text: str


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
    must_not_find: tuple[Forbidden, ...] = ()
    must_read: tuple[Readable, ...] = ()

    def origin(self, port: int = PORT) -> str:
        return f"http://{self.address}:{port}"


def samples(file: Path = TABLE) -> tuple[Sample, ...]:
    """All sample sites in the order of the table. Raises pydantic.ValidationError where the table is wrong."""
    return tuple(Sample.model_validate(row) for row in yaml.safe_load(file.read_text(encoding="utf-8"))["sites"])


def moved(written: bytes, port: int) -> bytes:
    """A page or a plan as it reads when the sample sites stand on another port."""
    return written.replace(b":%d/" % PORT, b":%d/" % port) if port != PORT else written


def settings(port: int, beside: Path) -> Path:
    """The overlay of settings for sample sites on ``port``: the shipped one, or a copy of it under ``beside`` with the port changed."""
    if port == PORT:
        return CONFIG
    copy = beside / "demo-config"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(CONFIG, copy)
    for plan in (copy / "patrols").glob("*.yaml"):
        plan.write_bytes(moved(plan.read_bytes(), port))
    return copy
