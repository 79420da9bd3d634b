"""One package, from captures in the archive to a ZIP that stands alone.

What happens in which order: a root over everything is made and stamped; the elements are looked for; whoever seals without one is written into the
ledger; all files are staged beside the target, digested, signed; the ZIP is written beside it and fsynced; the act of export is written into the
ledger; only then does the package get its name. A kill anywhere leaves no half package, and no package without its act.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from evidence import acts, keys, ledger, read, roots, stamps, tables
from evidence.acts import Act
from evidence.capture import Capture
from evidence.disk import sync
from evidence.errors import ArchiveUnreadable, PackageRefused
from evidence.keys import Signer
from evidence.packages import elements, entries, notes, wacz
from evidence.packages.manifest import manifest, sums
from evidence.packages.model import (
    MAX_CAPTURES,
    Annotate,
    ElementsMissing,
    Exported,
    Facts,
    Listed,
    Missing,
    Order,
    Papers,
    Picture,
    Sealed,
    Shown,
    StampAsked,
)
from evidence.packages.staging import Stage, Staged, staging
from evidence.packages.wacz import Packed
from evidence.packages.zips import CanonicalZip, pieces
from evidence.roots import Root
from evidence.stamps import Stamp

SHOWN_BY = ("urn:fullPage:", "urn:view:")
_JPEG = b"\xff\xd8"
_ROUNDS = 3
_AT_ONCE = 4  # pictures marked side by side


def export(
    archive: Path, order: Order, target: Path, *, signer: Signer, papers: Papers = lambda _: (), annotate: Annotate = lambda capture, png: None,
    stamp: StampAsked = lambda data: (), stamp_roots: Callable[[], object] = lambda: None, witness: Path | None = None,
) -> Exported:
    """Raises ElementsMissing, PackageRefused (too much, or the target is there), DigestMismatch, ArchiveUnreadable, ArchiveUnwritable, CannotSign,
    OSError. ``stamp_roots`` asks the authorities for what roots still lack; one that is down is a missing element, not an error."""
    captures = sorted(order.captures, key=lambda one: one.seq)
    if not captures:
        raise PackageRefused("没有要导出的快照")
    if len(captures) > MAX_CAPTURES:
        raise PackageRefused(f"一个证据包最多 {MAX_CAPTURES} 个快照，现有 {len(captures)} 个，请按快照分成几个包导出")
    if target.exists():
        raise PackageRefused(f"{target.name} 已经存在，证据包从不覆盖；请换一个文件名")
    with staging(target.parent) as stage:
        work = _Work(stage, archive, order, captures, signer)

        def root() -> None:
            roots.make(archive, signer, now=order.made, witness=witness)
            stamp_roots()

        root()
        pictures = work.pictures(annotate)
        lacks = elements.missing(work.held(pictures))
        if lacks:
            if order.sealed is None:
                raise ElementsMissing(lacks)
            work.seal(order.sealed, lacks)
            root()
        covering, kept = work.evidence()
        told = work.facts(pictures, lacks, covering, kept)
        for name, paper in papers(told):
            stage.add(f"papers/{name}", paper)
        work.close(told, stamp)
        return work.packed(target, lacks)


@dataclass(frozen=True, slots=True)
class _Work:
    """One export under way."""

    stage: Stage
    archive: Path
    order: Order
    captures: Sequence[Capture]  # in archive order
    signer: Signer

    def held(self, pictures: Sequence[Picture]) -> elements.Held:
        proofs = entries.proven(self.archive, [("captures", one.seq) for one in self.captures])
        covered = {one.id: proofs["captures", one.seq].root for one in self.captures if ("captures", one.seq) in proofs}
        order = self.order
        return elements.Held(
            captures=self.captures, shown=order.shown, pictures=pictures, covered=covered, stamps=stamps.stamps(self.archive, covered.values()),
            who=order.who, office=order.office, authorities=len(order.authorities), verifier=bool(order.verifier),
        )

    def seal(self, sealed: Sealed, lacks: Sequence[Missing]) -> None:
        detail = {"package": self.order.id, "reason": sealed.reason, "missing": [one.element for one in lacks]}
        acts.append(self.archive, sealed.who, "seal_without", self.order.subject.act, detail, now=sealed.time)

    def pictures(self, annotate: Annotate) -> list[Picture]:
        """Originals byte for byte, and the copies with boxes, a few at a time."""
        found: list[Picture] = []
        shot = [(capture, ref) for capture in self.captures
                if (ref := next((one for prefix in SHOWN_BY for one in capture.records if one.uri.startswith(prefix)), None)) is not None]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for start in range(0, len(shot), _AT_ONCE):
                some = [(capture, read.record_payload(self.archive, ref)) for capture, ref in shot[start : start + _AT_ONCE]]
                for (capture, png), marked in zip(some, pool.map(lambda one: annotate(*one), some), strict=True):
                    found.append(self._picture(len(found) + 1, capture, png, marked))
        return found

    def _picture(self, number: int, capture: Capture, png: bytes, marked: tuple[bytes, bytes] | None) -> Picture:
        stem = f"screenshots/{number:02d}"
        original = self.stage.add(f"{stem}-original.{'jpg' if png[:2] == _JPEG else 'png'}", png).name
        if marked is None:
            return Picture(number, capture.id, original)
        copy, legend = self.stage.add(f"{stem}-annotated.png", marked[0]), self.stage.add(f"{stem}-legend.json", marked[1])
        return Picture(number, capture.id, original, copy.name, legend.name)

    def evidence(self) -> tuple[Mapping[str, Root], list[Stamp]]:
        """The WACZ, custody, the ledger's part, certificates, the verifier: (capture id -> the root over it, the stamps)."""
        stage, order = self.stage, self.order
        path = stage.folder / "wacz"
        with path.open("w+b") as stream:
            packed = wacz.write(stream, self.archive, self.captures, title=order.subject.title, made=order.made, software=order.software, work=stage.folder,
                                text=lambda one: order.shown.get(one.id, Shown()).page)
        stage.adopt("evidence.wacz", path)
        custody = entries.custody(self.archive, [order.subject.act, *(f"capture:{one.id}" for one in self.captures)])
        stage.add("custody.jsonl", map(_custody, custody))
        for authority in order.authorities:
            stage.add(f"authorities/{authority.name}.pem", authority.certificates)
        if order.verifier:
            stage.add("verify.py", order.verifier.encode())
        return self._ledger(packed, custody)

    def _ledger(self, packed: Sequence[Packed], custody: Sequence[Act]) -> tuple[Mapping[str, Root], list[Stamp]]:
        """Entries with their proofs, the roots over them with signatures and stamps, the keys."""
        stage, archive = self.stage, self.archive
        rows = entries.wanted(archive, self.captures, packed, custody)
        proofs = entries.proven(archive, rows)
        stage.add("ledger/entries.jsonl", entries.lines(archive, rows, proofs))
        needed = {proof.root for proof in proofs.values()}
        found = {root.seq: root for root in roots.roots(archive) if root.seq in needed}
        kept = stamps.stamps(archive, needed)
        for seq, root in sorted(found.items()):
            stage.add(f"ledger/roots/{root.file}", root.statement.encode())
            stage.add(f"ledger/roots/{root.file}.sig", f"{root.signature}\n".encode("ascii"))
            for one in kept:
                if one.root == seq:
                    stage.add(f"ledger/roots/{root.file}.{one.authority}.tsr", one.response)
        stage.add("ledger/public-key.pem", keys.pem(self.signer.public).encode())
        for old in sorted({root.key for root in found.values()} - {keys.fingerprint(self.signer.public)}):
            public = roots.public_key(archive, old)
            if public is None:
                raise ArchiveUnreadable(f"缺少签署存证根的公钥 {old}")
            stage.add(f"ledger/roots/key-{old}.pem", keys.pem(public).encode())
        return {one.id: found[proofs["captures", one.seq].root] for one in self.captures}, kept

    def facts(self, pictures: Sequence[Picture], lacks: Sequence[Missing], covering: Mapping[str, Root], kept: Sequence[Stamp]) -> Facts:
        order, files = self.order, self.stage.files
        return Facts(
            id=order.id, made=order.made, office=order.office, who=order.who, subject=order.subject, ledger=roots.ledger_id(self.archive),
            key=keys.fingerprint(self.signer.public), captures=self.captures, shown={one.id: order.shown.get(one.id, Shown()) for one in self.captures},
            pictures=pictures, files=[Listed(one.name, one.size, one.sha256, one.sm3) for one in sorted(files.values(), key=_by_name)],
            missing=lacks, sealed=order.sealed if lacks else None, roots=covering, stamps=kept, authorities=order.authorities, review=order.review,
            verifier=bool(order.verifier), read=lambda name: files[name].path.read_bytes(),
        )

    def close(self, told: Facts, stamp: StampAsked) -> None:
        """说明, manifest, its stamps, the sums, the signature."""
        stage = self.stage
        text, answers = self._stamped(told, stamp)
        listed = [*stage.files.values(), stage.add("manifest.json", text)]
        for name, response in sorted(answers.items()):
            stage.add(f"manifest.json.{name}.tsr", response)
        stage.add("SM3SUMS", sums(listed, "sm3"))
        digests = sums(stage.files.values(), "sha256")
        stage.add("SHA256SUMS", digests)
        stage.add("SHA256SUMS.sig", keys.sign(self.signer, digests))

    def _stamped(self, told: Facts, stamp: StampAsked) -> tuple[bytes, dict[str, bytes]]:
        """(the manifest, authority -> its response over it). The 说明 names the authorities that answered, and the manifest holds its digest: so
        where one did not answer, both are made again without it."""
        known = {one.name for one in self.order.authorities}
        expected = sorted(known)
        for _ in range(_ROUNDS):
            text = self._manifest(told, expected)
            answers = {name: response for name, response in stamp(text) if name in known} if expected else {}
            if sorted(answers) == expected:
                return text, answers
            expected = sorted(answers)
        return self._manifest(told, []), {}

    def _manifest(self, told: Facts, expected: Sequence[str]) -> bytes:
        """The manifest over all that is staged and a 说明 that names ``expected`` as the authorities over it."""
        note = self.stage.folder / "note"
        note.write_bytes(notes.notes(told, expected).encode())
        self.stage.files.pop(notes.NAME, None)
        self.stage.adopt(notes.NAME, note)
        told_by = ledger.texts(self.archive, [one.id for one in self.captures])
        rows = [{"id": one.id, "url": one.url, "time": json.loads(told_by[one.id])["time"], "seq": one.seq} for one in self.captures]
        return manifest(self.order, rows, self.stage.files, ledger=told.ledger, key=told.key, missing=told.missing)

    def packed(self, target: Path, lacks: Sequence[Missing]) -> Exported:
        path, order, digest = self.stage.folder / "package", self.order, hashlib.sha256()
        with path.open("w+b") as stream:
            zipped = CanonicalZip(stream)
            for one in sorted(self.stage.files.values(), key=_by_name):
                zipped.add(one.name, pieces(one.path))
            zipped.close()
            stream.flush()
            os.fsync(stream.fileno())
        for chunk in pieces(path):
            digest.update(chunk)
        size = path.stat().st_size
        detail = {"package": order.id, "file": target.name, "bytes": size, "sha256": digest.hexdigest(), "captures": [one.id for one in self.captures],
                  "missing": [one.element for one in lacks]}
        with tables.writing(self.archive) as db:  # of the package, and in the custody of each capture
            acts.appended(db, order.who, "export", order.subject.act, detail, now=order.made)
            for capture in self.captures:
                if f"capture:{capture.id}" != order.subject.act:
                    acts.appended(db, order.who, "export", f"capture:{capture.id}", {"package": order.id, "of": order.subject.act}, now=order.made)
        _name(path, target)
        return Exported(target, order.id, size, digest.hexdigest(), len(self.stage.files), tuple(lacks))


def _name(path: Path, target: Path) -> None:
    """The package gets its name, which nobody may have taken meanwhile."""
    try:
        os.link(path, target)
    except FileExistsError:
        raise PackageRefused(f"{target.name} 已经存在，证据包从不覆盖；请换一个文件名") from None
    except OSError:  # a file system without hard links
        path.rename(target)
    sync(target.parent)


def _by_name(one: Staged) -> bytes:
    return one.name.encode()


def _custody(act: Act) -> bytes:
    told = {"seq": act.seq, "time": act.time, "who": act.who, "act": act.act, "subject": act.subject, "detail": act.told}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
