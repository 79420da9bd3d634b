"""What docs/operator/evidence.md tells people to write is read, and the commands it names exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from adpatrol.__main__ import build
from alerts.evidence_settings import load_evidence
from evidence.settings import AuthorityEntry, EvidenceFile, Program, Term
from evidence.settings import Store as StoreSettings
from tests.tsa import LocalAuthority

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operator" / "evidence.md").read_text(encoding="utf-8")


def test_the_examples_together_are_one_valid_file(tmp_path: Path, authority: LocalAuthority) -> None:
    (tmp_path / "tsa-root.pem").write_bytes(authority.root.read_bytes())
    from evidence import keys

    keys.make(tmp_path / "k.pem")
    (tmp_path / "ukey.pem").write_text(keys.pem(keys.FileSigner(tmp_path / "k.pem").public))
    (tmp_path / "evidence.yaml").write_text("".join(re.findall(r"^```yaml evidence.yaml\n(.*?)^```$", TEXT, re.M | re.S)), encoding="utf-8")
    read = load_evidence([tmp_path])
    assert [a.name for a in read.authorities] == ["tsa"] and read.program and read.witness and read.store and len(read.terms) == 2


@pytest.mark.parametrize("model", [EvidenceFile, AuthorityEntry, Program, Term, StoreSettings])
def test_every_setting_is_explained(model: type) -> None:
    shown = {field.alias or name for name, field in model.model_fields.items()}  # type: ignore[attr-defined]
    assert {name for name in shown if not re.search(rf"\b{name}\b", TEXT)} == set()


def test_every_command_exists() -> None:
    root = typer.main.get_command(build())
    lines = [line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.M | re.S) for line in block.splitlines()]
    lines += re.findall(r"`(adpatrol [^`]+)`", TEXT)
    for line in lines:
        found, words = root, shlex.split(line)[1:]
        while words and (inner := getattr(found, "commands", {}).get(words[0])):
            found, words = inner, words[1:]
        assert found is not root, line
        known = {option for param in found.params for option in param.opts}
        assert all(word in known for word in words if word.startswith("--")), line
