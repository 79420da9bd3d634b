"""The archive's one writer: visits go to the open WARC file, and count when the file, its folder and the ledger are on disk."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from evidence import facts, warc
from evidence.bodies import Grown
from evidence.capture import Capture, RecordRef, Visit, VisitRecord
from evidence.disk import claim, sync
from evidence.errors import ArchiveUnwritable, OriginalGone
from evidence.facts import Entry
from evidence.ledger import LedgerWriter
from evidence.originals import Originals
from evidence.revisits import Original

SOFTWARE = "adpatrol/0.1"
_RUN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$")


class ArchiveWriter:
    """Writes ``archive/<run>/<run>-NNNNN.warc.gz``, one gzip member a record; a new file after ``max_bytes`` or ``max_age_s``.

    ``write`` and ``commit`` raise ArchiveUnwritable where the disk refuses. The file is then cut back to the last commit: nothing
    acknowledged changes, the visits written since the last commit are not in the archive, and the writer can go on.

    The open file is held with flock, so that recovery and verification know it for one that is being written.
    """

    def __init__(self, folder: Path, *, run: str, max_bytes: int = 1 << 30, max_age_s: float = 3600) -> None:
        if not _RUN.match(run):
            raise ValueError(f"巡查号只能用字母、数字、点和横线：{run!r}")
        self._folder, self._run, self._max_bytes, self._max_age_s = folder, run, max_bytes, max_age_s
        self._ledger = LedgerWriter(folder)
        self._file: int | None = None
        self._name = ""
        self._info = ""
        self._opened = 0.0
        self._size = 0  # as written
        self._safe = 0  # as committed
        self._loose: list[RecordRef] = []
        self._visits: list[Entry] = []
        self._group: list[Visit] = []  # what was written since the last commit, in case it must be written again
        self._originals = Originals(folder, self._ledger)

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def write(self, visit: Visit) -> None:
        """Puts the visit's records and its mark into the file in one piece, not yet committed."""
        try:
            file = self._ready()
            with self._originals.together():
                self._visits.append(self._put(file, visit))
            self._group.append(visit)
        except OSError as error:
            self._undo()
            raise ArchiveUnwritable(_why(error)) from error

    def commit(self) -> list[Capture]:
        """Everything written so far, on disk and in the ledger. Only then may anything be acknowledged."""
        if not self._visits or self._file is None:
            return []
        try:
            done = self._committed(self._file)
        except OSError as error:
            self._undo()
            raise ArchiveUnwritable(_why(error)) from error
        except ArchiveUnwritable:
            self._undo()
            raise
        self._loose, self._visits, self._group, self._safe = [], [], [], self._size
        self._originals.committed(Grown(*self._ledger.grown))
        return done

    def _committed(self, file: int) -> list[Capture]:
        """Where something that the group refers to was erased meanwhile, the group is written once more, in full."""
        os.fsync(file)
        try:
            return self._ledger.append(self._loose, self._visits, self._originals.targets)
        except OriginalGone:
            group = self._group
            self._undo()
            self._originals.doubted()
            for visit in group:
                self._visits.append(self._put(self._ready(), visit, whole=True))
            os.fsync(self._ready())
            return self._ledger.append(self._loose, self._visits)

    def close(self) -> None:
        """What was not committed is cut off."""
        self._undo()
        self._shut()
        self._originals.close()
        self._ledger.close()

    # The file

    def _ready(self) -> int:
        """An open file with room. Rotation only between commits, so that a group lies in one file."""
        old = self._file is not None and (self._size >= self._max_bytes or time.monotonic() - self._opened >= self._max_age_s)
        if old and not self._visits:
            self._shut()
        return self._open() if self._file is None else self._file

    def _open(self) -> int:
        home = self._folder / self._run
        fresh = not home.is_dir()
        home.mkdir(parents=True, exist_ok=True)
        known = [path.name for path in home.glob("*.warc.gz")] + [self._ledger.last_file(self._run)]  # no name is used again, though its file was erased
        number = 1 + max(map(_number, known))
        name = f"{self._run}-{number:05d}.warc.gz"
        file = self._file = os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._name, self._size, self._safe, self._opened = f"{self._run}/{name}", 0, 0, time.monotonic()
        claim(file)
        for folder in (home, self._folder, self._folder.parent) if fresh else (home,):
            sync(folder)  # the name of a new file is on disk only when its folder is
        self._info, packed = warc.info_member(name, datetime.now(UTC), SOFTWARE)
        self._loose = [_ref("warcinfo", "", self._name, self._size, packed)]
        self._append(file, packed)
        return file

    def _put(self, file: int, visit: Visit, *, whole: bool = False) -> Entry:
        """All is packed before anything is written, so that a fault in one record leaves no others behind. ``whole``: no revisit records."""
        text, told = facts.of_visit(visit)
        refs: list[RecordRef] = []
        pieces: list[bytes] = []
        first, offset = "", self._size
        for record in visit.records:
            identity = warc.new_record_id()
            first = first or identity
            if record.type == "response" and not record.truncated:
                ref, packed = self._answer(record, visit, identity, first, offset, whole)
            else:
                packed = warc.record_member(record, visit, info=self._info, identity=identity, concurrent=first)
                ref = _ref(record.type, warc.safe_uri(record.uri), self._name, offset, packed)
            pieces.append(packed)
            refs.append(ref)
            offset += len(packed)
        uri, packed = warc.mark_member(visit, info=self._info, concurrent=first, text=text)
        pieces.append(packed)
        refs.append(_ref("metadata", uri, self._name, offset, packed))
        self._append(file, b"".join(pieces))
        return Entry(text, told, refs)

    def _answer(self, record: VisitRecord, visit: Visit, identity: str, first: str, offset: int, whole: bool) -> tuple[RecordRef, bytes]:
        """A response in full; where its very body is stored already and that is shorter, and not ``whole``, as a revisit."""
        head, end, body = record.payload.partition(b"\r\n\r\n")
        sha256, uri = hashlib.sha256(body).digest(), warc.safe_uri(record.uri)
        payload = f"sha256:{sha256.hex()}"
        original = None if whole else self._originals.of(body, sha256)
        if original is not None:
            packed = warc.revisit_member(record, visit, original, head=head + end, payload=payload, info=self._info, identity=identity, concurrent=first)
            if len(packed) < original.ref.length:
                ref = _ref("revisit", uri, self._name, offset, packed)
                self._originals.referred(ref, original, visit.id)
                return ref, packed
        packed = warc.record_member(record, visit, info=self._info, identity=identity, concurrent=first, payload=payload)
        ref = _ref("response", uri, self._name, offset, packed)
        if original is None:
            self._originals.stored(sha256, body, Original(ref, identity, uri, warc.date_of(visit)))
        return ref, packed

    def _append(self, file: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.write(file, view)
            self._size += written
            view = view[written:]

    def _undo(self) -> None:
        """Back to the last commit. A file that holds nothing committed goes. Where the disk refuses even this, the file is left for
        recovery, and the next visit begins a new one."""
        self._visits, self._loose, self._group = [], [], []
        self._originals.undone()
        if self._file is None or (self._safe and self._size == self._safe):
            return
        try:
            if self._safe:
                os.ftruncate(self._file, self._safe)
                os.fsync(self._file)
                self._size = self._safe
            else:
                (self._folder / self._name).unlink(missing_ok=True)
                self._shut()
        except OSError:
            self._shut()

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _ref(kind: str, uri: str, file: str, offset: int, packed: bytes) -> RecordRef:
    return RecordRef(type=kind, uri=uri, file=file, offset=offset, length=len(packed), sha256=hashlib.sha256(packed).hexdigest())


def _number(name: str) -> int:
    found = re.search(r"-(\d{5,9})(?:\.c\d+)?\.warc\.gz$", name)
    return int(found[1]) if found else 0


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "存档所在磁盘已满，请腾出空间后用 adpatrol patrol --resume 续办"
    return f"存档无法写入（{error.strerror or type(error).__name__}），请检查目录权限和磁盘后用 adpatrol patrol --resume 续办"
