"""What `adpatrol doctor` looks at. Each check answers how it stands and how to mend it; none changes anything."""

from __future__ import annotations

import importlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from adpatrol.founding import KEY
from adpatrol.home import config_folders

# Imported one by one: an installed package that does not import (trafilatura without lxml_html_clean) is what is looked for.
PACKAGES = (
    "scrapy", "scrapy_playwright", "playwright", "protego", "tldextract", "w3lib", "lxml.html", "selectolax.lexbor", "bs4", "trafilatura",
    "charset_normalizer", "re2", "ahocorasick_rs", "opencc", "warcio", "cryptography", "rfc8785", "rfc3161_client", "fsspec", "brotli", "zstandard", "django", "ninja",
    "django_htmx", "axes", "argon2", "whitenoise", "gunicorn", "elasticsearch", "apscheduler", "pydantic", "yaml", "python_calamine", "xlsxwriter",
    "docxtpl", "PIL", "typer",
)
DISK_BAD, DISK_LOW = 1 << 30, 10 << 30
DATABASE_READ_MAX = 2 << 30  # bytes up to which every page of the database is looked at
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class State(StrEnum):
    OK = "ok"
    NOTE = "note"  # works, but somebody should know
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    state: State
    detail: str
    mend: str = ""


Check = Callable[[Path], Iterator[Finding]]


def check_all(home: Path) -> Iterator[Finding]:
    """Every check in turn; one that breaks is itself a finding, and the others go on."""
    for name, check in CHECKS.items():
        found = False
        try:
            for finding in check(home):
                found = True
                yield finding
        except Exception as error:  # whatever breaks here is what the doctor is asked for
            yield Finding(name, State.BAD, f"检查本身出错：{type(error).__name__}：{' '.join(str(error).split())[:300]}", "把这一行交给系统管理员")
            continue
        if not found:
            yield Finding(name, State.OK, "正常")


def _packages(home: Path) -> Iterator[Finding]:
    missing = []
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except (ImportError, OSError) as error:
            missing.append(f"{name}（{' '.join(str(error).split())[:120]}）")
    if missing:
        yield Finding("程序包", State.BAD, f"缺少或装不上：{'、'.join(missing)}", "make install")
    else:
        yield Finding("程序包", State.OK, f"Python {sys.version.split()[0]}，{len(PACKAGES)} 个包都在")


def _chromium(home: Path) -> Iterator[Finding]:
    from crawler.rendering.chromium import chromium_path, headless_shell

    named = os.environ.get("ADPATROL_CHROMIUM")
    path = Path(named) if named else chromium_path()
    if path is None:
        mend = "apt-get install chromium-headless-shell（或 chromium），或用 ADPATROL_CHROMIUM 指明位置"
        yield Finding("浏览器", State.BAD, "没有找到 Chromium，需要浏览器的网站看不到内容，也没有截图", mend)
        return
    said = _said([str(path), "--version"])
    if not said:
        yield Finding("浏览器", State.BAD, f"{path} 不能运行", f"apt-get install --reinstall {path.name}")
    else:
        hint = "" if headless_shell(path) else "；装 chromium-headless-shell 可使每页取证的开销降到约三分之一"
        yield Finding("浏览器", State.OK, f"{said}（{path}）{hint}")


def _fonts(home: Path) -> Iterator[Finding]:
    fonts = [line for line in _said(["fc-list", ":lang=zh", "family"]).splitlines() if line.strip()]
    if fonts:
        yield Finding("中文字体", State.OK, f"{len(fonts)} 种，如 {fonts[0].split(',')[0][:60]}")
    else:
        yield Finding("中文字体", State.BAD, "没有中文字体，截图里的汉字会是方框", "apt-get install fonts-noto-cjk")


def _home(home: Path) -> Iterator[Finding]:
    if not home.is_dir():
        yield Finding("数据目录", State.BAD, f"{home} 还不存在", "adpatrol init")
        return
    try:
        with tempfile.TemporaryFile(dir=home) as handle:
            handle.write(b"x")
    except OSError as error:
        yield Finding("数据目录", State.BAD, f"{home} 写不了（{error.strerror}）", "检查目录的属主和磁盘，或另设 ADPATROL_HOME")
        return
    key = home / KEY
    if not key.is_file():
        yield Finding("密钥", State.BAD, f"没有 {key}，每次启动登录都会失效", "adpatrol init")
    elif stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Finding("密钥", State.BAD, f"{key} 别的账户也能读", f"chmod 600 {key}")
    yield Finding("数据目录", State.OK, str(home))


def _disk(home: Path) -> Iterator[Finding]:
    place = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free
    state = State.BAD if free < DISK_BAD else State.NOTE if free < DISK_LOW else State.OK
    yield Finding("磁盘", state, f"可用 {free / (1 << 30):.1f} GB", "" if state is State.OK else f"清出空间，或把 ADPATROL_HOME 换到大的磁盘（{place}）")


def _database(home: Path) -> Iterator[Finding]:
    file = home / "adpatrol.sqlite3"
    if not file.is_file():
        yield Finding("数据库", State.BAD, f"没有 {file}", "adpatrol init")
        return
    if file.stat().st_size <= DATABASE_READ_MAX:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=20)) as database:
            said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            yield Finding("数据库", State.BAD, f"文件有损坏：{said[:200]}", "停用后从备份恢复；页面与涉嫌违法点可用 adpatrol rebuild 重建")
            return
    from django.contrib.auth.models import User

    from indexer import tables

    if not tables.ready():
        yield Finding("数据库", State.BAD, "表结构不是这个版本的", "adpatrol init")
        return
    yield Finding("数据库", State.OK, f"完好，{file.stat().st_size / (1 << 20):.1f} MB")
    if not User.objects.filter(is_active=True).exists():
        yield Finding("用户", State.NOTE, "还没有人可以登录", "adpatrol user add 用户名 --role officer")


def _archive(home: Path) -> Iterator[Finding]:
    from evidence.ledger import captures, gaps, last_seq
    from evidence.read import page_body

    folder = home / "archive"
    last = last_seq(folder)
    if not last:
        yield Finding("存档", State.OK, "还没有快照")
        return
    newest = next(captures(folder, after=last - 1, limit=1), None)
    if newest is not None:
        page_body(folder, newest)  # raises where its records cannot be read
        if newest.time > datetime.now(UTC) + timedelta(minutes=5):
            yield Finding("时钟", State.BAD, f"本机时间早于最近一次快照（{newest.time:%Y-%m-%d %H:%M} UTC）", "校准时间：timedatectl set-ntp true")
    loose = [path.name for path in sorted(folder.glob("*/*.warc.gz")) if path.parent.name not in ("quarantine", "imported")
             and gaps(folder, f"{path.parent.name}/{path.name}", path.stat().st_size)]
    if loose:
        yield Finding("存档", State.NOTE, f"{len(loose)} 个文件末尾有未入账的内容（正在巡查，或上次中断），如 {loose[0]}", "下次巡查开始时自动修复：adpatrol patrol --resume")
    yield Finding("存档", State.OK, f"{last} 个快照，最近一个可读；逐条核验用 adpatrol evidence verify --all")


def _settings(home: Path) -> Iterator[Finding]:
    from adpatrol.settings_check import settings_findings

    yield from settings_findings(config_folders())


def _authority(home: Path) -> Iterator[Finding]:
    from crawler.plans import load_authority

    paper = load_authority(config_folders())
    if paper is None:
        yield Finding("授权书", State.NOTE, "没有：一律用公开标识并遵守 robots.txt", "如有授权书，写在设置目录的 authority.yaml")
        return
    today = date.today()
    if not paper.valid_from <= today <= paper.valid_until:
        yield Finding("授权书", State.NOTE, f"{paper.number} 有效期 {paper.valid_from} 至 {paper.valid_until}，今天不在其内：一律用公开标识并遵守 robots.txt", f"更新 {paper.where}")
    else:
        left = (paper.valid_until - today).days
        yield Finding("授权书", State.NOTE if left < 30 else State.OK, f"{paper.number}，还有 {left} 天", f"快到期了，请续办并更新 {paper.where}" if left < 30 else "")


def _sealing(home: Path) -> Iterator[Finding]:
    from adpatrol.sealing_check import sealing_findings

    yield from sealing_findings(home)


def _index(home: Path) -> Iterator[Finding]:
    from adpatrol.index_check import index_findings

    yield from index_findings(home)


def _clock(home: Path) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now < EARLIEST:
        yield Finding("时钟", State.BAD, f"本机时间 {now:%Y-%m-%d %H:%M} UTC 不对，存证的时间就不可信", "校准时间：timedatectl set-ntp true")
        return
    said = _said(["timedatectl", "show", "-p", "NTPSynchronized", "--value"])
    if said == "no":
        yield Finding("时钟", State.NOTE, f"{now:%Y-%m-%d %H:%M:%S} UTC，没有与时间服务器同步", "timedatectl set-ntp true")
    else:
        yield Finding("时钟", State.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC" + ("，已同步" if said == "yes" else ""))


def _crawler(home: Path) -> Iterator[Finding]:
    from crawler.settings import scrapy_settings

    settings = scrapy_settings([])
    left_open = [name for name in ("REMOTE_CONTROL_ENABLED", "TELNETCONSOLE_ENABLED") if settings.get(name, True) is not False]
    if left_open:
        yield Finding("远程控制", State.BAD, f"{'、'.join(left_open)} 没有关闭，别人可借此运行代码", "恢复 crawler/settings.py")
    else:
        yield Finding("远程控制", State.OK, "已关闭（RemoteControl、telnet）")


def _runs(home: Path) -> Iterator[Finding]:
    from crawler.frontier import runs

    known = runs(home, limit=1_000)
    unfinished = [run.id for run in known if run.state != "finished"]
    if unfinished:
        yield Finding("巡查", State.NOTE, f"{len(unfinished)} 次没有结束，最近的是 {unfinished[0]}（也可能正在进行）", "adpatrol patrol --resume")
    else:
        yield Finding("巡查", State.OK, f"{len(known)} 次，都已结束" if known else "还没有巡查过")


def _said(command: list[str]) -> str:
    """What a program prints; "" where it is missing, fails or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"})
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


CHECKS: dict[str, Check] = {
    "程序包": _packages, "浏览器": _chromium, "中文字体": _fonts, "数据目录": _home, "磁盘": _disk, "数据库": _database, "检索索引": _index, "存档": _archive, "存证签名": _sealing,
    "设置": _settings, "授权书": _authority, "时钟": _clock, "远程控制": _crawler, "巡查": _runs,
}
