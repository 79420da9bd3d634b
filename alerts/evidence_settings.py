"""evidence.yaml read: who signs, which authorities stamp, where the witness is, how long things are kept, where they are copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crawler.plans.yamlfile import YamlFile, read_yaml, validated
from evidence import keys
from evidence.errors import CannotSign, StampRefused
from evidence.settings import EvidenceFile, Store, Term
from evidence.stamps import Authority, certificates

NAME = "evidence.yaml"


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """``program``: None where the home's own key signs; ``where``: the file read."""

    authorities: tuple[Authority, ...] = ()
    program: keys.ProgramSigner | None = None
    witness: Path | None = None
    terms: tuple[Term, ...] = ()
    store: Store | None = None
    where: str = ""
    office: str = ""
    review: str = ""

    def signer(self, home: Path) -> keys.Signer:
        """Raises CannotSign."""
        return self.program or keys.FileSigner(home / "keys" / keys.FILE)


def load_evidence(folders: Sequence[Path]) -> EvidenceSettings:
    """Of the first folder that has the file; the defaults where none has. Raises ConfigError: file, line, field."""
    for folder in folders:
        path = folder / NAME
        if path.is_file():
            file = read_yaml(path)
            return _settings(file, validated(file, EvidenceFile, {} if file.data is None else file.data))
    return EvidenceSettings()


def _settings(file: YamlFile, written: EvidenceFile) -> EvidenceSettings:
    authorities = []
    for number, one in enumerate(written.authorities):
        place = ("authorities", number, "roots")
        made = Authority(one.name, one.url, _content(file, one.roots, place), one.optional, one.timeout_s, one.allow)
        try:
            certificates(made)
        except StampRefused as error:
            raise file.error(str(error), place) from error
        authorities.append(made)
    program = None
    if written.signer is not None:
        try:
            public = keys.raw(_content(file, written.signer.public_key, ("signer", "public_key")))
        except CannotSign as error:
            raise file.error(str(error), ("signer", "public_key")) from error
        program = keys.ProgramSigner(written.signer.argv, public, written.signer.timeout_s)
    witness = Path(written.witness) if written.witness else None
    if witness is not None and not witness.is_absolute():
        raise file.error("应写完整路径", ("witness",))
    return EvidenceSettings(tuple(authorities), program, witness, written.retention, written.store, str(file.file),
                            written.office, written.review)


def _content(file: YamlFile, name: str, place: tuple[str | int, ...]) -> bytes:
    try:
        return (file.file.parent / name).read_bytes()
    except OSError as error:
        raise file.error(f"{name} 读不了（{error.strerror}）", place) from error
