"""属地: the places a page belongs to, as its plan, its filing number, its credit code and the registers tell. Clues, not a competence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifiers import uscc
from classifiers.model import Identity
from classifiers.registers import Register
from classifiers.registers_filings import PROVINCES, filing

MOST = 12  # places kept of one page
_BY_CODE = {code[:2]: name for code, name in PROVINCES.values()}


def places(identity: Identity, jurisdiction: str, registers: Register) -> list[str]:
    """Names of places, each once: 浙江省, 浙江省杭州市. ``jurisdiction``: of the site's plan; empty where none is set."""
    return list(dict.fromkeys(_places(identity, jurisdiction, registers)))[:MOST]


def of_plan(jurisdiction: str) -> list[str]:
    return [jurisdiction.strip()[:100]] if jurisdiction.strip() else []


def _places(identity: Identity, jurisdiction: str, registers: Register) -> Iterator[str]:
    yield from of_plan(jurisdiction)
    for number in identity.icp:
        read = filing(number)
        if read is not None and read.province:
            yield read.province
    for code in identity.uscc:
        if name := _BY_CODE.get(uscc.region(code)[:2]):
            yield name
    yield from _registered(identity, registers)


def _registered(identity: Identity, registers: Register) -> Iterable[str]:
    """Where the registers say the company is at home. An empty set of registers knows nothing."""
    if not registers:
        return
    for code in identity.uscc[:3]:
        for entry in registers.of_uscc(code)[:3]:
            if entry.region:
                yield entry.region
    if identity.operator:
        known = registers.exact(identity.operator)
        if known is not None and known.region:
            yield known.region
