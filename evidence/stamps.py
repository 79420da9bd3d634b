"""Time stamps over the roots by authorities (RFC 3161): what waits is computed, so that nothing can be lost; each answer is checked
against its own request before it is kept, and kept as it came.

How bytes reach an authority is the caller's (``Transport``): all traffic passes the egress gate, which this package does not know.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response
from rfc3161_client.tsp import PKIStatus

from evidence import der
from evidence.acts import stamp as written
from evidence.errors import EvidenceError, StampRefused
from evidence.roots import Root, publish
from evidence.tables import read, writing

MAX_RESPONSE = 256 * 1024  # bytes of one answer
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
AT_A_TIME = 200  # roots stamped by one authority in one pass


@dataclass(frozen=True, slots=True)
class Authority:
    """``name`` as in file names; ``roots``: PEM text of the certificates its own is checked against (and printed on papers);
    ``optional``: what it has not stamped is a note, no fault."""

    name: str
    url: str
    roots: bytes
    optional: bool = False
    timeout_s: float = 20.0
    allow: tuple[str, ...] = ()


Transport = Callable[[Authority, bytes], bytes]
"""Posts a request (application/timestamp-query), gives the body of the answer, at most MAX_RESPONSE + 1 bytes. Raises Unreachable."""


class Unreachable(EvidenceError):
    """Why an authority did not answer, in Chinese."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """``authority`` has not stamped root ``root``, made at ``since`` (as the statement writes it)."""

    root: int
    authority: str
    since: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """``response``: raw DER TimeStampResp; ``time``: what it says, UTC, as the ledger writes it."""

    root: int
    authority: str
    response: bytes
    time: str


@dataclass(frozen=True, slots=True)
class Passed:
    """What one pass did: ``stamped`` roots in all, why each silent ``authority`` was left, what waits still."""

    stamped: int
    silent: dict[str, str] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()


def stamps(folder: Path, roots: Iterable[int] | None = None) -> list[Stamp]:
    """The responses kept, by root and authority; ``roots``: over these alone."""
    where, values = ("", ()) if roots is None else (" WHERE root IN (SELECT value FROM json_each(?))", (json.dumps(sorted(set(roots))),))
    return [Stamp(*row) for row in read(folder, f"SELECT root, authority, response, time FROM stamps{where} ORDER BY root, authority", values)]  # noqa: S608 - made of constants


def stamped_captures(folder: Path) -> int:
    """``seq`` of the newest capture that a stamped root covers; 0 where none does. A root covers all captures before it, through the statements' chain."""
    rows = read(folder, "SELECT MAX(json_extract(statement, '$.captures.upto')) FROM roots WHERE seq IN (SELECT root FROM stamps)")
    return int(rows[0][0] or 0) if rows else 0


def waiting(folder: Path, authorities: Iterable[Authority]) -> list[Waiting]:
    """Every root that an authority has not stamped, the newest first: evidence of today is stamped today, whatever waits behind it."""
    found = []
    rows = read(folder, "SELECT seq, json_extract(statement, '$.time') FROM roots ORDER BY seq DESC")
    for authority in authorities:
        done = {root for (root,) in read(folder, "SELECT root FROM stamps WHERE authority = ?", (authority.name,))}
        found += [Waiting(seq, authority.name, since) for seq, since in rows if seq not in done]
    return found


def stamp(
    folder: Path, authorities: Sequence[Authority], transport: Transport, state: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC),
    at_once: bool = False, witness: Path | None = None,
) -> Passed:
    """Asks for what waits. An authority that fails rests, longer each time (``state``: a small file, of no weight as evidence), unless
    ``at_once``; the others go on. A kill between an answer and its row costs one stamp more, nothing else. Raises ArchiveUnwritable, OSError."""
    rests = _Rests(state)
    stamped, silent = 0, {}
    for authority in authorities:
        mine = waiting(folder, [authority])[:AT_A_TIME]
        if not mine:
            continue
        if not at_once and (left := rests.until(authority.name)) is not None and now() < left:
            silent[authority.name] = rests.said(authority.name)
            continue
        for one in mine:
            try:
                _one(folder, authority, transport, one.root)
            except (Unreachable, StampRefused) as error:
                silent[authority.name] = str(error)
                rests.failed(authority.name, str(error), now())
                break
            stamped += 1
            rests.worked(authority.name)
    publish(folder, witness)
    return Passed(stamped, silent, tuple(waiting(folder, authorities)))


def _one(folder: Path, authority: Authority, transport: Transport, seq: int) -> None:
    ((statement,),) = read(folder, "SELECT statement FROM roots WHERE seq = ?", (seq,))
    response, when = stamped(authority, statement.encode(), transport)
    with writing(folder) as db:
        db.execute("INSERT OR IGNORE INTO stamps (root, authority, response, time) VALUES (?, ?, ?, ?)", (seq, authority.name, response, written(when)))


def stamped(authority: Authority, data: bytes, transport: Transport) -> tuple[bytes, datetime]:
    """(raw response, its time) over ``data``: for roots, and for a package's manifest. Raises Unreachable, StampRefused."""
    request = TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256, nonce=True, cert_req=True).build()
    response = transport(authority, request.as_bytes())
    return response, checked(authority, data, response, nonce=request.nonce)


def checked(authority: Authority, data: bytes, response: bytes, *, nonce: int | None = None) -> datetime:
    """The time of a response that stands: granted, over SHA-256 of ``data``, with this nonce (None: not asked), signed for time stamping under
    the authority's roots. Raises StampRefused with the reason."""
    if len(response) > MAX_RESPONSE:
        raise StampRefused(f"{authority.name} 的答复超过 {MAX_RESPONSE >> 10} KiB，没有收下")
    if not der.whole(response):
        raise StampRefused(f"{authority.name} 的答复不是时间戳（RFC 3161）")
    try:
        told = decode_timestamp_response(der.with_sorted_certificates(response))
        status = PKIStatus(told.status)
    except (ValueError, TypeError) as error:
        raise StampRefused(f"{authority.name} 的答复不是时间戳（RFC 3161）") from error
    if status != PKIStatus.GRANTED:
        raise StampRefused(f"{authority.name} 拒绝盖时间戳（状态 {status.value}）")
    builder = VerifierBuilder(nonce=nonce)
    try:
        for certificate in certificates(authority):
            builder = builder.add_root_certificate(certificate)
        info = told.tst_info
        if info.nonce != nonce and nonce is not None:
            raise StampRefused(f"{authority.name} 的时间戳不是对这次请求的答复（随机数不符）")
        builder.build().verify_message(told, data)
        return info.gen_time.astimezone(UTC)
    except VerificationError as error:
        raise StampRefused(f"{authority.name} 的时间戳没有通过核验：{_said(str(error))}") from error
    except (ValueError, TypeError, *der.UNREADABLE) as error:
        raise StampRefused(f"{authority.name} 的时间戳无法解读") from error


def certificates(authority: Authority) -> list[x509.Certificate]:
    """Raises StampRefused where the PEM holds none."""
    try:
        found = x509.load_pem_x509_certificates(authority.roots)
    except (ValueError, *der.UNREADABLE):
        found = []
    if not found:
        raise StampRefused(f"{authority.name} 的根证书文件里没有证书（PEM）")
    return list(dict.fromkeys(found))


def _said(english: str) -> str:
    """The library's reasons in our words."""
    words = {"Mismatch between messages": "所盖的不是所送的内容", "Nonce": "随机数不符", "EKU": "证书不是时间戳证书", "leaf": "证书与签名者不符",
             "certificates": "签名或证书链不符，不在所设的根证书之下", "hash": "摘要算法不支持"}
    return next((ours for sign, ours in words.items() if sign.lower() in english.lower()), english[:120])


class _Rests:
    """How long each failing authority is left alone. A file that is lost or garbled only means to ask sooner."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(OSError, ValueError):
            told = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(told, dict):
                self._held = {str(name): one for name, one in told.items() if isinstance(one, dict)}

    def until(self, name: str) -> datetime | None:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            return datetime.fromisoformat(self._held[name]["until"]).astimezone(UTC)
        return None

    def said(self, name: str) -> str:
        return str(self._held.get(name, {}).get("said", ""))

    def failed(self, name: str, said: str, now: datetime) -> None:
        before = self._held.get(name, {})
        count = before.get("count", 0)
        count = min(count + 1, 30) if isinstance(count, int) else 1
        rest = min(FIRST_WAIT * (1 << (count - 1)), LONGEST_WAIT)
        self._held[name] = {"count": count, "said": said[:300], "since": before.get("since") or written(now), "until": written(now + rest)}
        self._save()

    def worked(self, name: str) -> None:
        if self._held.pop(name, None) is not None:
            self._save()

    def _save(self) -> None:
        beside = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(self._held, ensure_ascii=False), encoding="utf-8")
        beside.rename(self._file)


def stamped_roots(roots: Iterable[Root], found: Iterable[Stamp]) -> dict[int, list[str]]:
    """root → names of the authorities that stamped it."""
    names: dict[int, list[str]] = {root.seq: [] for root in roots}
    for one in found:
        names.setdefault(one.root, []).append(one.authority)
    return names
