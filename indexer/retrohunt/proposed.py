"""A proposed rule set: the office's, with some rules new or changed. Read by the same loader, with the same errors; nothing is put in place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import Knowledge, load_knowledge
from classifiers.model import Document
from classifiers.rules import Rule
from classifiers.yaml_files import read_yaml

MOST_RULES = 200
MOST_CHARS = 200_000  # of one rule
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True)
class Given:
    """One rule as it was given: ``name`` of its file for people, ``text`` of the YAML."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """``old``: what holds now; ``new``: with the rules given. ``changed``: ids of these; ``texts``: by id, to be kept as they are."""

    old: Knowledge
    new: Knowledge
    changed: tuple[str, ...]
    texts: Mapping[str, str]

    def rules(self) -> list[Rule]:
        """The rules given, as they were and as they would be: what either finds may change."""
        return [rule for known in (self.old, self.new) for rule in known.rules if rule.id in self.changed]


def propose(given: Sequence[Given], folders: Sequence[Path], *, old: Knowledge | None = None) -> Proposal:
    """Raises ConfigError as the rule loader does, with the name that was given."""
    if not given:
        raise ConfigError("规则", "还没有给出规则")
    if len(given) > MOST_RULES or any(len(one.text) > MOST_CHARS for one in given):
        raise ConfigError("规则", f"一次最多 {MOST_RULES} 条规则，每条最多 {MOST_CHARS} 字")
    with TemporaryDirectory(prefix="adpatrol-rules-") as place:
        folder = Path(place) / "rules"
        folder.mkdir()
        names: dict[str, str] = {}
        texts: dict[str, str] = {}
        for number, one in enumerate(given):
            file = folder / f"{number:04}.yaml"
            file.write_text(one.text, encoding="utf-8", errors="replace")
            names[str(file)] = one.name
        try:
            new = load_knowledge([Path(place), *folders])
            for file, one in zip(sorted(folder.glob("*.yaml")), given, strict=True):
                texts[_id(file, names, texts)] = one.text
        except ConfigError as error:
            raise ConfigError(names.get(error.file, error.file), error.message, line=error.line, field=error.field) from error
    return Proposal(old or load_knowledge(folders), new, tuple(texts), texts)


def _id(file: Path, names: Mapping[str, str], known: Mapping[str, str]) -> str:
    id = str(read_yaml(file)["id"])
    if not _NAME.fullmatch(id):
        raise ConfigError(str(file), "id 只能用小写字母、数字、点、横线和下划线，最长 80", line=1, field="id")
    if id in known:
        raise ConfigError(str(file), f"两条规则的 id 都是 {id}", line=1, field="id")
    return id


def wrong_examples(proposal: Proposal) -> list[dict[str, str]]:
    """Sentences of the given rules' own that do not come out as they say (`adpatrol rules check`)."""
    wrong = []
    for rule in proposal.new.rules:
        if rule.id not in proposal.changed or (rule.manner is not None and proposal.new.manner is None):
            continue
        cases = [(text, "flag") for text in rule.flag] + [(case.text, "excuse") for case in rule.excuse]
        for text, want in cases:
            verdict = judge(extract(Document(body=text.encode(), plain=True)), proposal.new)
            if want != ("flag" if any(found.code == rule.code for found in verdict.findings) else "excuse"):
                wrong.append({"rule": rule.id, "text": text, "want": want})
    return wrong
