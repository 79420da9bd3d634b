"""What happened in a session, written as it happens: a line for each event, a line for each picture of the recording, files beside them.

The lines are chained (evidence.chained); the last value of each chain stands in the archived facts and in the 笔录.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evidence.chained import GENESIS, lines, link

JOURNAL, FRAMES, FILES, LIVE = "journal.jsonl", "frames.jsonl", "files", "live.jpg"
MAX_LINES = 3_000  # of the journal: what a page says on and on is counted, not kept
MAX_LINE = 16_000  # characters


class Full(Exception):
    """What a session may leave is used up."""


@dataclass(slots=True)
class _Chain:
    """One file of lines. ``head``: the chain's value after the last of ``count`` lines."""

    file: int
    head: str = GENESIS
    count: int = 0

    def add(self, line: dict[str, Any], *, sure: bool) -> dict[str, Any]:
        self.count += 1
        line = {"n": self.count, **line}
        self.head = link(self.head, line)
        line["chain"] = self.head
        os.write(self.file, (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace"))
        if sure:
            os.fsync(self.file)
        return line


class Journal:
    """Of one session, in its own folder, which must not have one yet: FileExistsError otherwise, so that nothing is gone on with."""

    def __init__(self, folder: Path, *, max_frames: int, max_bytes: int) -> None:
        (folder / FILES).mkdir(parents=True, exist_ok=True)
        self.folder, self._max_frames, self._max_bytes = folder, max_frames, max_bytes
        self._events, self._frames = _Chain(_fresh(folder / JOURNAL)), _Chain(_fresh(folder / FRAMES))
        self._began = time.monotonic()
        self._last_frame = b""
        self._closed = False
        self.bytes = 0
        self.left_out = 0

    @property
    def frames(self) -> int:
        return self._frames.count

    @property
    def heads(self) -> dict[str, str]:
        return {"journal": self._events.head, "frames": self._frames.head}

    def event(self, kind: str, said: str, **facts: Any) -> dict[str, Any]:
        """``said``: one Chinese sentence for people. Beyond MAX_LINES only what officers did and the end are kept."""
        if self._closed:  # something still under way when the session ended: its end is the last line
            return {}
        if self._events.count >= MAX_LINES and kind == "notice":
            self.left_out += 1
            return {}
        line = {**self._now(), "kind": kind, "said": said[:2_000], **facts}
        if len(json.dumps(line, ensure_ascii=False)) > MAX_LINE:
            line = {**self._now(), "kind": kind, "said": said[:2_000], "cut": True}
        return self._events.add(line, sure=kind != "notice")

    def frame(self, picture: bytes, why: str = "") -> bool:
        """The next picture of the recording; False where it is the one before. Raises Full."""
        digest = hashlib.sha256(picture).digest()
        if self._closed or digest == self._last_frame:
            return False
        if self._frames.count >= self._max_frames:
            raise Full("录像已达到张数上限")
        name = f"frame-{self._frames.count + 1:06d}.jpg"
        self._store(name, picture, sure=False)
        self._last_frame = digest
        self._frames.add({**self._now(), "file": name, "size": len(picture), "sha256": digest.hex(), "why": why}, sure=False)
        return True

    def file(self, name: str, data: bytes) -> dict[str, Any]:
        """A file of the session, on disk when this returns. Raises Full."""
        if self._closed:
            raise Full("会话已经结束")
        self._store(name, data, sure=True)
        return {"file": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for chain in (self._events, self._frames):
            os.fsync(chain.file)
            os.close(chain.file)

    def _store(self, name: str, data: bytes, *, sure: bool) -> None:
        if self.bytes + len(data) > self._max_bytes:
            raise Full("会话留存的内容已达到容量上限")
        self.bytes += len(data)
        handle = os.open(self.folder / FILES / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view):]
            if sure:
                os.fsync(handle)
        finally:
            os.close(handle)

    def _now(self) -> dict[str, Any]:
        return {"time": datetime.now(UTC).isoformat(), "mono": round(time.monotonic() - self._began, 3)}


def read(file: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal; empty where there is no file."""
    try:
        return lines(file.read_bytes())
    except FileNotFoundError:
        return []


def _fresh(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
