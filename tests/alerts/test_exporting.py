"""A lead's package from a real archive, real roots and a real time-stamping authority, verified with common tools and with its own verifier."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from warcio.archiveiterator import ArchiveIterator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evidence"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "console"))
from packing import WHOLE
from seeding import office, seed
from session_home import finished, officer, png
from tsa import LocalAuthority

from alerts.audit import AuditEntry
from alerts.errors import NoSuchLead
from alerts.evidence_settings import EvidenceSettings
from alerts.exporting import Exporting, export_captures, export_lead
from alerts.models import Lead
from alerts.sessions import closing
from classifiers.knowledge import load_knowledge
from evidence import acts
from evidence.errors import PackageRefused
from evidence.packages.model import ElementsMissing, Exported, Sealed
from evidence.stamps import Authority

pytestmark = pytest.mark.django_db
SEALED = Sealed("李四", "页面随时可能删除", datetime(2026, 11, 21, 4, tzinfo=UTC))


@pytest.fixture(autouse=True)
def quick_print(monkeypatch: pytest.MonkeyPatch) -> None:
    """How papers are printed is told in test_evidence_papers: here it only takes time."""
    monkeypatch.setattr("alerts.evidence_papers.papers.pdf", lambda sheet: b"%PDF-1.7 " + sheet.title.encode())


@pytest.fixture
def home(db: None, tmp_path: Path) -> Iterator[Path]:
    before = django_settings.HOME
    django_settings.HOME = tmp_path / "home"
    seed(tmp_path / "home")
    office(tmp_path / "config")
    yield tmp_path / "home"
    django_settings.HOME = before


def exporting(home: Path, *authorities: LocalAuthority) -> Exporting:
    found = tuple(Authority(one.name, one.url, one.root.read_bytes(), timeout_s=10, allow=("127.0.0.0/8",)) for one in authorities)
    return Exporting(home=home, who="张三", settings=EvidenceSettings(found, office="示例市市场监督管理局"), laws=load_knowledge([home.parent / "config"]).provisions)


def number() -> str:
    return Lead.objects.get(code="guarantee.principal", platform__key="shili-licai.example").number


def unpacked(done: Exported, folder: Path) -> Path:
    with zipfile.ZipFile(done.path) as package:
        package.extractall(folder)
    return folder


def verified(done: Exported, place: Path) -> str:
    """What the package's own verifier has against it, run as a stranger runs it."""
    said = subprocess.run([sys.executable, "-I", str(place / "verify.py"), str(done.path)], capture_output=True, text=True, timeout=120, check=False)
    return said.stdout + said.stderr if said.returncode else ""


def test_a_stranger_verifies_the_package_exactly_as_its_explanation_tells(home: Path, tmp_path: Path, authorities: Callable[..., LocalAuthority]) -> None:
    """Every command of 核验说明.txt as it stands there, none of our code: sha256sum, openssl pkeyutl, openssl ts; then the WACZ with warcio alone."""
    done = export_lead(exporting(home, authorities("first", "rsa"), authorities("second", "ecdsa")), number(), sealed=SEALED)
    place = unpacked(done, tmp_path / "unpacked")
    text = (place / "核验说明.txt").read_text(encoding="utf-8")
    typed = [line.removeprefix("    $ ") for line in text.splitlines() if line.startswith("    $ ")]
    said = {command: subprocess.run(["bash", "-c", command], cwd=place, capture_output=True, text=True, timeout=60, check=False) for command in typed}
    assert [command for command, found in said.items() if found.returncode] == []
    out = "".join(found.stdout + found.stderr for found in said.values())
    roots = len(list((place / "ledger" / "roots").glob("*.json")))
    assert out.count("Signature Verified Successfully") == 1 + roots
    assert out.count("Verification: OK") == 2 + 2 * roots  # manifest and roots, two authorities
    key = next(found.stdout.split()[0] for command, found in said.items() if command.endswith("tail -c 32 | sha256sum"))
    assert f"公钥指纹：{key}" in text
    with zipfile.ZipFile(place / "evidence.wacz") as wacz:
        warcs = [wacz.read(name) for name in wacz.namelist() if name.endswith(".warc.gz")]
    pages = [record.content_stream().read().decode() for raw in warcs for record in ArchiveIterator(io.BytesIO(raw)) if record.rec_type == "response"]
    assert any("100%本息保障" in page for page in pages)


def test_one_flipped_byte_is_found_by_the_commands_of_the_explanation(home: Path, tmp_path: Path) -> None:
    place = unpacked(export_lead(exporting(home), number(), sealed=SEALED), tmp_path / "unpacked")
    path = place / "evidence.wacz"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))
    assert subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=place, capture_output=True, check=False).returncode == 1


def test_the_packages_own_verifier_finds_it_whole(home: Path, tmp_path: Path, authorities: Callable[..., LocalAuthority]) -> None:
    done = export_lead(exporting(home, authorities("first", "rsa")), number(), sealed=SEALED)
    assert verified(done, unpacked(done, tmp_path / "unpacked")) == ""


def test_it_holds_the_captures_of_the_lead_and_says_what_lacks(home: Path) -> None:
    done = export_lead(exporting(home), number(), sealed=SEALED)
    with zipfile.ZipFile(done.path) as package:
        told = json.loads(package.read("manifest.json"))
        names = set(package.namelist())
    assert told["subject"]["number"] == number()
    assert {one["url"] for one in told["captures"]} == {"https://www.shili-licai.example/", "https://www.shili-licai.example/anquan"}
    assert {f"papers/{name}.{kind}" for name in ("证据清单", "互联网广告监测记录", "核验说明") for kind in ("docx", "pdf")} <= names
    labels = [one["label"] for one in told["missing"]]
    assert {"标注副本", "可信时间戳", "时钟偏差", "第二次独立取证印证"} <= set(labels)
    assert done.path.parent == home / "exports"


def test_without_a_reason_nothing_leaves_and_nothing_is_entered(home: Path) -> None:
    with pytest.raises(ElementsMissing) as refused:
        export_lead(exporting(home), number())
    assert "可信时间戳" in [one.label for one in refused.value.missing]
    assert [one.act for one in acts.acts(home / "archive")] == []
    assert not AuditEntry.objects.filter(act="导出证据包").exists()
    assert list((home / "exports").iterdir()) == []


def test_an_export_is_in_the_ledger_for_lead_and_captures_and_in_the_audit_log(home: Path) -> None:
    done = export_lead(exporting(home), number(), sealed=SEALED)
    found = [(one.act, one.who, one.subject.split(":")[0]) for one in acts.acts(home / "archive")]
    assert found == [("seal_without", "李四", "lead"), ("export", "张三", "lead"), ("export", "张三", "capture"), ("export", "张三", "capture")]
    entry = AuditEntry.objects.get(act="导出证据包")
    assert (entry.who, entry.subject, entry.detail["sha256"], entry.detail["sealed_by"]) == ("张三", f"lead:{number()}", done.sha256, "李四")


def test_an_authority_that_is_down_stops_nothing_and_the_package_says_the_stamp_is_to_come(home: Path, authorities: Callable[..., LocalAuthority]) -> None:
    down = authorities("down", "rsa")
    down.stop()
    done = export_lead(exporting(home, down), number(), sealed=SEALED)
    with zipfile.ZipFile(done.path) as package:
        assert "时间戳待补" in package.read("核验说明.txt").decode()
        assert not [name for name in package.namelist() if name.endswith(".tsr")]
        assert any("时间戳待补" in one["why"] for one in json.loads(package.read("manifest.json"))["missing"])
    down.start()
    again = export_lead(exporting(home, down), number(), sealed=SEALED)
    with zipfile.ZipFile(again.path) as package:
        assert "manifest.json.down.tsr" in package.namelist()
        assert not any("待补" in one["why"] for one in json.loads(package.read("manifest.json"))["missing"])
    assert again.path != done.path


def test_captures_alone_make_a_package_and_one_that_is_not_here_is_told(home: Path) -> None:
    from evidence import ledger

    one = next(ledger.captures(home / "archive"))
    done = export_captures(exporting(home), [one.id], sealed=SEALED)
    with zipfile.ZipFile(done.path) as package:
        assert json.loads(package.read("manifest.json"))["subject"] == {"kind": "capture", "number": one.id, "title": "https://www.shili-licai.example的网页快照"}
    with pytest.raises(PackageRefused, match="没有快照 nowhere"):
        export_captures(exporting(home), ["nowhere"])
    with pytest.raises(NoSuchLead):
        export_lead(exporting(home), "XS2000000001")


def test_the_facts_of_evidence_grade_are_those_the_elements_ask_for() -> None:
    from crawler.rendering import evidence_records
    from evidence.packages import elements

    assert elements.EVIDENCE == evidence_records.EVIDENCE
    assert {"grade", "second", "environment", "clock", "versions", "sbom"} <= set(WHOLE)


def test_the_command_names_what_lacks_and_packs_with_a_reason(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from adpatrol.__main__ import main

    monkeypatch.setenv("ADPATROL_HOME", str(home))
    monkeypatch.setenv("ADPATROL_CONFIG", str(tmp_path / "config"))

    def run(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["evidence", "export", *args])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    code, out, err = run("--lead", number())
    assert (code, out) == (2, "")
    assert "缺  可信时间戳：没有设置时间戳机构，时间戳待补" in err
    assert "--without-reason" in err.splitlines()[-1]
    assert run("--lead", number(), "--without-reason", "先行封存")[0] == 2  # nobody's name
    code, out, err = run("--lead", number(), "--without-reason", "先行封存", "--officer", "李四", "--output", str(tmp_path / "x.zip"), "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["file"] == str(tmp_path / "x.zip")
    assert zipfile.is_zipfile(told["file"])
    assert run("--lead", number(), "--capture", "x")[0] == 2


def test_the_record_of_a_session_that_was_held_lies_in_the_package_with_its_signed_scan(home: Path) -> None:
    lead, one, two = Lead.objects.get(number=number()), officer("zhang", "410100001"), officer("li", "410100002")
    session = finished(home, one, two, lead=lead)
    closing.keep_scan(session, one, png(), "签名.png", home / "archive")
    interrupted = finished(home, one, two, end="crash", lead=lead)
    done = export_lead(exporting(home), number(), sealed=SEALED)
    with zipfile.ZipFile(done.path) as package:
        held = {name: package.read(name) for name in package.namelist() if "笔录" in name}
        told = json.loads(package.read("manifest.json"))
    base = f"papers/电子数据提取笔录-{session.number}"
    assert set(held) == {f"{base}.docx", f"{base}.pdf", f"{base}-签名1.png"}, f"nothing of {interrupted.number}, which was cut off"
    assert held[f"{base}-签名1.png"] == png()
    with zipfile.ZipFile(io.BytesIO(held[f"{base}.docx"])) as paper:
        words = re.sub("<[^>]+>", "", paper.read("word/document.xml").decode())
    assert "410100001" in words and "410100002" in words and "示例市市场监督管理局" in words and session.number in words
    assert session.capture_id in {capture["id"] for capture in told["captures"]}
    assert verified(done, unpacked(done, home.parent / "unpacked")) == ""
