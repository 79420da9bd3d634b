"""What tests change in evidence: every way of changing bytes, and a small home with an archive, a rooted and stamped ledger and a package."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import rfc8785
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from evidence import acts, keys, ledger, roots, stamps
from evidence.archive import ArchiveWriter
from evidence.capture import Visit, VisitRecord
from evidence.digests import sm3
from evidence.keys import FileSigner
from evidence.packages.export import export
from evidence.packages.model import Authority, Order, Sealed, Subject
from evidence.packages.zips import CanonicalZip
from evidence.verifier.archive import Wanted, check_archive
from evidence.verifier.certificates import pem_certificates
from evidence.verifier.package import Printed, check_package
from evidence.verifier.result import Findings, Item
from tests.evidence.visits import visit
from tests.tsa import LocalAuthority

MADE = datetime(2026, 11, 21, 4, 0, 0, 0, UTC)
KINDS = ("flip", "delete", "insert", "truncate")


def tampers(data: bytes, kind: str, *, bits: int = 1, every: int = 1, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """(place, changed bytes) for every ``every``-th byte: a flipped bit (``bits`` of them, one at a time), the byte left out, one put before
    it, everything from it on cut off. A change that gives the same bytes is none."""
    for place in range(start, len(data), every):
        if kind == "flip":
            for bit in range(bits):
                yield place, data[:place] + bytes([data[place] ^ 1 << (place + bit) % 8]) + data[place + 1 :]
        elif kind == "delete":
            yield place, data[:place] + data[place + 1 :]
        elif kind == "insert":
            for value in {0x00, data[place], 0xA5} if bits > 1 else {data[place] ^ 0x55}:
                yield place, data[:place] + bytes([value]) + data[place:]
        else:
            yield place, data[:place]


@dataclass(frozen=True)
class Home:
    """``folder`` holds ``archive`` and ``package.zip``; ``certificate`` PEM of the authority's root."""

    folder: Path
    certificate: bytes
    key: str

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def package(self) -> Path:
        return self.folder / "package.zip"

    def wanted(self, **more: object) -> Wanted:
        return Wanted(certificates={"tsa": pem_certificates(self.certificate)}, **more)  # type: ignore[arg-type]

    def copy(self, folder: Path) -> Home:
        shutil.copytree(self.folder, folder)
        return Home(folder, self.certificate, self.key)


def small(number: int, run: str = "r1") -> Visit:
    """A visit of one record: as small as one can be."""
    whole = visit(number, run=run, body=b"<p>100%</p>")
    return Visit(**{name: getattr(whole, name) for name in whole.__slots__ if name != "records"}, records=whole.records[:1])


def pictured(number: int) -> Visit:
    """A visit with a picture of the page."""
    whole = small(number)
    picture = VisitRecord(type="resource", uri=f"urn:fullPage:{whole.url}", payload=b"\x89PNG\r\n\x1a\n" + bytes([number]) * 40, content_type="image/png")
    return Visit(**{name: getattr(whole, name) for name in whole.__slots__ if name != "records"}, records=(*whole.records, picture))


def make_home(folder: Path, *, visits: int = 1, kind: str = "ecdsa", number: int = 0) -> Home:
    """One run, some acts, two roots, each stamped; one package of the last capture."""
    archive = folder / "archive"
    keys.make(folder / "key.pem")
    signer = FileSigner(folder / "key.pem")
    local = LocalAuthority("tsa", kind)
    try:
        authority = stamps.Authority("tsa", local.url, local.root.read_bytes())

        def stamp() -> None:
            assert stamps.stamp(archive, [authority], lambda _, asked: local.reply(asked), folder / "state.json", at_once=True).waiting == ()

        with ArchiveWriter(archive, run="r1") as writer:
            for one in range(visits):
                writer.write(pictured(number + one))
            writer.commit()
        roots.make(archive, signer, now=MADE)
        acts.append(archive, "张三", "view", f"capture:r1v{number:04d}", {"page": "lead"}, now=MADE)
        acts.append(archive, "李四", "hold", "lead:XS1", {"why": "立案"}, now=MADE)
        stamp()
        captures = list(ledger.captures(archive))
        root = pem_certificates(authority.roots)[0].fingerprint
        order = Order(id="p1", made=MADE, office="某局", who="张三", subject=Subject("lead", "XS1", "示例"), captures=captures[-1:], verifier="# verify\n",
                      authorities=[Authority("tsa", authority.roots, root)], sealed=Sealed("王五", "示例", MADE))
        export(archive, order, folder / "package.zip", signer=signer, stamp_roots=stamp,
               stamp=lambda text: [("tsa", stamped(local, text))])
        roots.make(archive, signer, now=MADE)
        stamp()
    finally:
        local.stop()
    with closing(sqlite3.connect(archive / "ledger.sqlite3")) as db:  # one file, without a log beside it, of small pages
        db.execute("PRAGMA journal_mode=DELETE")
        db.execute("PRAGMA page_size=512")
        db.execute("VACUUM")
    return Home(folder, local.root.read_bytes(), keys.fingerprint(signer.public))


def stamped(local: LocalAuthority, data: bytes) -> bytes:
    """The authority's response over ``data``."""
    return local.reply(TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256, nonce=True, cert_req=True).build().as_bytes())


def faults(source: Home, *, first: bool = False, **more: object) -> list[Item]:
    """What is wrong with the archive."""
    findings = Findings(first)
    check_archive(source.archive, findings, source.wanted(**more))
    return findings.of("不符")


def package_faults(source: Path | bytes, *, first: bool = False, printed: Printed | None = None) -> list[Item]:
    findings = Findings(first)
    check_package(source, findings, printed or Printed())
    return findings.of("不符")


# --- packages, taken apart and put together -----------------------------------------------------------------------------------------------


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    """In the canonical form."""
    stream = io.BytesIO()
    made = CanonicalZip(stream)
    for name in sorted(parts, key=str.encode):
        made.add(name, [parts[name]])
    made.close()
    return stream.getvalue()


def container(entries: list[tuple[str, bytes]]) -> bytes:
    """The canonical form from its description, of whatever entries in whatever order."""
    out, directory = b"", b""
    for name, data in entries:
        fixed = struct.pack("<HHHHHIIIHH", 20, 0x0800, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name.encode()), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 0x031E) + fixed + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, len(out)) + name.encode()
        out += b"PK\x03\x04" + fixed + name.encode() + data
    return out + directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(out), 0)


def relisted(parts: dict[str, bytes]) -> dict[str, bytes]:
    """SHA256SUMS made anew, as anybody can; the signature is left."""
    parts = {name: data for name, data in parts.items() if name != "SHA256SUMS"}
    rows = sorted((name.encode(), hashlib.sha256(data).hexdigest()) for name, data in parts.items() if name != "SHA256SUMS.sig")
    return {**parts, "SHA256SUMS": b"".join(digest.encode() + b"  " + name + b"\n" for name, digest in rows)}


def resealed(parts: dict[str, bytes], signer: FileSigner) -> dict[str, bytes]:
    """All lists made anew and signed by the office's own key: what somebody inside can do. The manifest's stamps cannot be had and are left out."""
    parts = {name: data for name, data in parts.items() if not (name.startswith("manifest.json.") or name in ("SM3SUMS", "SHA256SUMS", "SHA256SUMS.sig"))}
    told = json.loads(parts["manifest.json"])
    told["files"] = {name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "sm3": sm3(data)}
                     for name, data in parts.items() if name != "manifest.json"}
    parts["manifest.json"] = rfc8785.dumps(told)
    rows = sorted((name.encode(), sm3(data)) for name, data in parts.items())
    parts = relisted({**parts, "SM3SUMS": b"".join(digest.encode() + b"  " + name + b"\n" for name, digest in rows)})
    return {**parts, "SHA256SUMS.sig": signer.sign(parts["SHA256SUMS"])}
