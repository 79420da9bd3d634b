"""What an export is told, and what its parts tell one another. The names are those of the manifest (docs/decisions/0018)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from evidence.capture import Capture
from evidence.errors import PackageRefused
from evidence.packages.wacz import PageText
from evidence.roots import Root
from evidence.stamps import Stamp

FORMAT = "adpatrol-package/1"
MAX_CAPTURES = 2_000  # of one package


@dataclass(frozen=True, slots=True)
class Subject:
    """What the package is about: ``kind`` lead, case or captures; as acts name it: ``lead:XS2026000001``."""

    kind: str
    number: str
    title: str

    @property
    def act(self) -> str:
        return f"{self.kind}:{self.number}"


@dataclass(frozen=True, slots=True)
class Missing:
    """A legal element the package lacks: ``element`` for programs, ``label`` and ``why`` in Chinese."""

    element: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """Who took it upon himself to seal without an element, why, and when (UTC)."""

    who: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority that the office trusts: ``name`` as in the stamps, ``certificates`` in PEM, ``root_sha256`` of its root (DER)."""

    name: str
    certificates: bytes
    root_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the judge read of a capture; ``judged`` False where nobody has read it; ``claims``: how many findings its page has."""

    judged: bool = False
    claims: int = 0
    title: str = ""
    text: str = ""
    companies: tuple[str, ...] = ()
    icp: tuple[str, ...] = ()

    @property
    def page(self) -> PageText:
        return PageText(self.title, self.text)


@dataclass(frozen=True, slots=True)
class Picture:
    """The screenshots of one capture: ``number`` in the package, names inside it ("" where there is none)."""

    number: int
    capture: str
    original: str
    annotated: str = ""
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the package as papers list it."""

    name: str
    size: int
    sha256: str
    sm3: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the papers are filled from: all that is known when everything but the papers and the manifest is in the package.

    ``read``: the bytes of a file of the package by its name, for thumbnails."""

    id: str
    made: datetime
    office: str
    who: str
    subject: Subject
    ledger: str
    key: str
    captures: Sequence[Capture]
    shown: Mapping[str, Shown]
    pictures: Sequence[Picture]
    files: Sequence[Listed]
    missing: Sequence[Missing]
    sealed: Sealed | None
    roots: Mapping[str, Root]  # capture id -> the root over it
    stamps: Sequence[Stamp]
    authorities: Sequence[Authority]
    review: str
    verifier: bool
    read: Callable[[str], bytes]

    @property
    def root_numbers(self) -> list[int]:
        """Of the roots in the package."""
        return sorted(int(one.name[-13:-5]) for one in self.files if one.name.startswith("ledger/roots/") and one.name.endswith(".json"))


Papers = Callable[[Facts], Iterable[tuple[str, bytes]]]
"""Papers as (name under papers/, bytes)."""
Annotate = Callable[[Capture, bytes], tuple[bytes, bytes] | None]
"""(capture, original picture) -> (annotated PNG, legend as JSON); None where nothing could be marked."""
StampAsked = Callable[[bytes], Iterable[tuple[str, bytes]]]
"""The bytes to be stamped -> (authority, raw response) of those that answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be packed. ``id`` is the package's own; ``made`` (UTC) the only time of the export; ``shown`` by capture id; ``verifier`` the text of
    verify.py, "" where there is none; ``review``: the paper by which the system passed 法制审核 and 技术审核; ``sealed``: where an element may lack."""

    id: str
    made: datetime
    office: str
    who: str
    subject: Subject
    captures: Sequence[Capture]
    shown: Mapping[str, Shown] = field(default_factory=dict)
    authorities: Sequence[Authority] = ()
    verifier: str = ""
    review: str = ""
    software: str = "adpatrol"
    sealed: Sealed | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """``path`` of the package, its digest, and what it lacks."""

    path: Path
    id: str
    size: int
    sha256: str
    files: int
    missing: tuple[Missing, ...]


class ElementsMissing(PackageRefused):
    """Legal elements lack and nobody took it upon himself: nothing was written."""

    def __init__(self, missing: Sequence[Missing]) -> None:
        self.missing = tuple(missing)
        names = "、".join(one.label for one in missing[:6]) + ("等" if len(missing) > 6 else "")
        super().__init__(f"证据包缺少 {len(missing)} 项法定要素（{names}）；请补齐，或由负责人写明理由后缺项封存（--without-reason 理由 --officer 姓名）")
