"""`make` on a machine where something is missing: one clear line that says what to install, and exit code 2."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not there")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH with the shell's tools and nothing else, on which nobody is root."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "grep", "echo", "touch", "cat"):
        (programs / name).symlink_to(shutil.which(name) or "/bin/false")
    _program(programs / "id", "echo 1000")
    return programs


def _program(file: Path, does: str) -> None:
    file.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    file.chmod(0o755)


def make(machine: Path, target: str, folder: Path = ROOT) -> tuple[int, str]:
    done = subprocess.run([shutil.which("make") or "make", "-f", str(ROOT / "Makefile"), target], cwd=folder, text=True, capture_output=True, timeout=60,
                          env={"PATH": str(machine), "HOME": os.environ.get("HOME", "/")}, check=False)
    told = [line for line in done.stderr.splitlines() if not line.startswith("make:")]
    assert len(told) == 1, done.stderr
    return done.returncode, told[0]


def test_without_chromium_it_says_what_to_install(machine: Path) -> None:
    code, told = make(machine, "demo")
    assert code == 2
    assert "apt-get install chromium-headless-shell fonts-noto-cjk" in told


@pytest.mark.parametrize(("python", "words"), [
    ("exit 1", "Python 3.11"),
    ('case "$2" in *ensurepip*) exit 1;; esac', "python3-venv"),
])
def test_without_a_fit_python_it_says_what_to_install(machine: Path, tmp_path: Path, python: str, words: str) -> None:
    _program(machine / "python3", python)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    code, told = make(machine, "install", tmp_path)
    assert code == 2
    assert words in told
