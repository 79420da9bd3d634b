"""Does what is stored stand? The independent verifier (evidence.verifier) asked from within: by the command line and the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.verifier.archive import Wanted, check_archive, check_capture
from evidence.verifier.certificates import pem_certificates
from evidence.verifier.der import BadDer
from evidence.verifier.result import CHECKED, OPEN, WRONG, Findings, Item


@dataclass(frozen=True, slots=True)
class Failure:
    """``what`` failed (or was checked, or was not), ``where`` it lies, ``why``: in Chinese, for people."""

    what: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """``checked``: stored members whose bytes were read; ``writing``: files whose end was left out because a patrol is writing them;
    ``stands``: what was checked; ``unverified``: what could not be, which is no failure and never a pass; ``erased``: members deleted when
    their time was over."""

    checked: int
    captures: int
    failures: tuple[Failure, ...]
    writing: int = 0
    stands: tuple[Failure, ...] = ()
    unverified: tuple[Failure, ...] = ()
    roots: int = 0
    stamps: int = 0
    erased: int = 0


def verify(
    folder: Path, *, capture: str | None = None, stored: bool = False, against: Sequence[Path] = (), authorities: Mapping[str, bytes] | None = None,
) -> Report:
    """Checks one capture, or everything. Reads only; at most 1,000 failures are told.

    ``stored``: digests, chains and roots alone. ``against``: root statements (files or folders) kept elsewhere. ``authorities``: root
    certificates of the time-stamping authorities by name, PEM. Raises ValueError where those cannot be read."""
    try:
        certificates = {name: pem_certificates(text) for name, text in (authorities or {}).items()}
    except BadDer as error:
        raise ValueError(str(error)) from error
    wanted, findings = Wanted(stored=stored, against=tuple(against), certificates=certificates), Findings()
    counts = check_archive(folder, findings, wanted) if capture is None else check_capture(folder, capture, findings, wanted)
    return Report(counts.members, counts.captures, _told(findings.of(WRONG)), counts.writing, _told(findings.of(CHECKED)), _told(findings.of(OPEN)),
                  counts.roots, counts.stamps, counts.erased)


def _told(items: Sequence[Item]) -> tuple[Failure, ...]:
    return tuple(Failure(item.what, item.where, item.why) for item in items)
