"""Rule sets kept by digest: what a finding's ``ruleset`` names can be read again years later. One file each, written once.

``rulesets/<64 hex>.json.gz`` in the home: {"digest", "rules": {file: text}, "topics": {file: text}}, the files that the digest covers.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path

from classifiers.knowledge import Knowledge
from evidence.disk import sync


def keep(home: Path, folders: Sequence[Path], knowledge: Knowledge) -> Path:
    """Safe to repeat, and by two at once."""
    folder = home / "rulesets"
    target = folder / f"{knowledge.digest.removeprefix('sha256:')}.json.gz"
    if target.is_file():
        return target
    texts: dict[str, dict[str, str]] = {"rules": {}, "topics": {}}
    for part, some in texts.items():
        for place in reversed(folders):  # the first folder that names a file wins
            some.update({file.name: file.read_text(encoding="utf-8") for file in sorted((place / part).glob("*.yaml"))})
    folder.mkdir(parents=True, exist_ok=True)
    body = json.dumps({"digest": knowledge.digest, **texts}, ensure_ascii=False, sort_keys=True).encode()
    draft = folder / f".{target.name}.{os.getpid()}"
    draft.write_bytes(gzip.compress(body, mtime=0))
    sync(draft)
    draft.replace(target)
    sync(folder)
    return target
