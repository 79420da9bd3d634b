"""Other people's tools in environments of their own, kept in a cache folder: their requirements never meet ours."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("ADPATROL_TEST_CACHE") or Path.home() / ".cache" / "adpatrol")
INSTALL_S = 280


def environment(name: str, *requirements: str) -> Path:
    """The ``bin`` folder of an environment that holds them, made once; two test processes wait for one another. Skips the test, and says why,
    where the registry cannot be reached."""
    CACHE.mkdir(parents=True, exist_ok=True)
    home, done = CACHE / name, CACHE / name / ".complete"
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file() or done.read_text(encoding="utf-8") != "\n".join(requirements):
            shutil.rmtree(home, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=120)
            install = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements]
            made = subprocess.run(install, capture_output=True, text=True, timeout=INSTALL_S, check=False)
            if made.returncode:
                pytest.skip(f"{' '.join(requirements)} could not be installed: {made.stderr.strip()[-300:]}")
            done.write_text("\n".join(requirements), encoding="utf-8")
    return home / "bin"
