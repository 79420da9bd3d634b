"""The pages nobody here wrote (../shared/sites): serve each folder on its own loopback address, and score what was found by its rules."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from lxml import html

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "sites"
PAGE_SUFFIXES = {".html", ".htm", ".xml"}


@dataclass(frozen=True, slots=True)
class RealSite:
    """One folder: its labels and the address it is served on."""

    name: str
    address: str
    labels: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return SHARED / self.name

    def url(self, page: str, port: int) -> str:
        return f"http://{self.address}:{port}/{quote(page)}"

    def pages(self) -> list[str]:
        return sorted(f.relative_to(self.folder).as_posix() for f in self.folder.rglob("*") if f.suffix.lower() in PAGE_SUFFIXES)

    def seeds(self) -> list[str]:
        """The start page, and every page its plain links do not reach."""
        start = self.labels["start"]
        reached = self._reach(start)
        return [start, *(page for page in self.pages() if page not in reached)]

    def _reach(self, start: str) -> set[str]:
        seen, todo = {start}, [start]
        while todo:
            page = todo.pop()
            for href in _hrefs((self.folder / page).read_bytes()):
                target = urlsplit(urljoin(f"http://here/{quote(page)}", href))
                name = unquote(target.path).lstrip("/")
                if target.netloc == "here" and name not in seen and (self.folder / name).is_file() and Path(name).suffix.lower() in PAGE_SUFFIXES:
                    seen.add(name)
                    todo.append(name)
        return seen


def _hrefs(body: bytes) -> Iterator[str]:
    if not body.strip():
        return
    try:
        tree = html.fromstring(body)
    except (ValueError, html.etree.ParserError):
        return
    for href in tree.xpath("//a/@href"):
        if not str(href).lower().startswith(("javascript:", "mailto:", "tel:")):
            yield str(href).strip()


def real_sites() -> list[RealSite]:
    lines = (SHARED / "sites.jsonl").read_text(encoding="utf-8").splitlines()
    return [RealSite(row["name"], f"127.0.1.{number}", row) for number, row in enumerate(map(json.loads, lines), 1)]


class _Quiet(SimpleHTTPRequestHandler):
    """As `python -m http.server`: no charset; silent."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Without the base class's look-up of the host's name, which may hang offline."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # which the base class would have done
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def served(sites: Iterable[RealSite], port: int) -> Iterator[None]:
    servers = [_Server((site.address, port), partial(_Quiet, directory=str(site.folder))) for site in sites]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


@dataclass(slots=True)
class Score:
    """Certain spans expected and found by code, and what should not have been flagged."""

    expected: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    missed: list[tuple[str, str, str, str]] = field(default_factory=list)  # site, page, code, span
    innocent_flagged: list[tuple[str, str, str, str]] = field(default_factory=list)  # site, page, code, span
    must_not: list[tuple[str, str, str, str]] = field(default_factory=list)  # site, page, code, span

    @property
    def recall(self) -> float:
        total = sum(self.expected.values())
        return sum(self.found.values()) / total if total else 1.0

    def lines(self) -> list[str]:
        rows = [f"{code:<22} {self.found[code]:>3}/{self.expected[code]:<3}" for code in sorted(self.expected)]
        rows.append(f"{'certain spans':<22} {sum(self.found.values()):>3}/{sum(self.expected.values()):<3} {self.recall:.1%}")
        rows += [f"missed   {' '.join(row)}" for row in self.missed]
        rows += [f"innocent {' '.join(row)}" for row in self.innocent_flagged]
        return rows + [f"must not {' '.join(row)}" for row in self.must_not]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def touches(one: str, other: str) -> bool:
    """Spans meet when, white space aside, one holds the other, or they share at least half of the shorter (and two characters)."""
    a, b = sorted((squeeze(one), squeeze(other)), key=len)
    if not a:
        return False
    need = max(2, (len(a) + 1) // 2)
    return a in b or any(a[i : i + need] in b for i in range(len(a) - need + 1))


def score(sites: Iterable[RealSite], findings: Mapping[tuple[str, str], list[dict[str, Any]]]) -> Score:
    """``findings``: by (site name, page path). The rules stand in ../shared/sites/README.md."""
    result = Score()
    for site in sites:
        for entry in site.labels["expected"]:
            if entry["certainty"] != "certain":
                continue
            here = findings.get((site.name, entry["page"]), [])
            result.expected[entry["code"]] += 1
            if any(f["code"] == entry["code"] and touches(f["span"], entry["span"]) for f in here):
                result.found[entry["code"]] += 1
            else:
                result.missed.append((site.name, entry["page"], entry["code"], entry["span"]))
        for passage in site.labels["must_not_flag"]:
            for finding in findings.get((site.name, passage["page"]), []):
                if finding["level"] != "blue" and _inside(finding, passage["span"]):
                    result.must_not.append((site.name, passage["page"], finding["code"], finding["span"]))
    names = {site.name for site in sites if site.labels["innocent"]}
    for (name, page), here in findings.items():
        result.innocent_flagged += [(name, page, f["code"], f["span"]) for f in here if name in names and f["level"] != "blue"]
    return result


def _inside(finding: dict[str, Any], passage: str) -> bool:
    """A finding rests on the passage when one holds the other; where the page's text is known (``text``), by the places themselves."""
    span, wanted = squeeze(finding["span"]), squeeze(passage)
    if span not in wanted and wanted not in span:
        return False
    text = finding.get("text")
    if not text:
        return True
    near = squeeze(text[max(0, finding["start"] - 2 * len(passage) - 40) : finding["end"] + 2 * len(passage) + 40])
    return wanted in near or span not in wanted
