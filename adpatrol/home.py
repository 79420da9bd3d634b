"""Where things lie: the home that holds every file the program writes, and the folders of settings."""

from __future__ import annotations

import os
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "config"


def home() -> Path:
    """ADPATROL_HOME, absolute; ./var where it is not set. Nothing is created here."""
    return Path(os.environ.get("ADPATROL_HOME", "var")).resolve()


def config_folders() -> list[Path]:
    """The office's overlay (ADPATROL_CONFIG) first, then the shipped settings."""
    overlay = os.environ.get("ADPATROL_CONFIG")
    return ([Path(overlay).resolve()] if overlay else []) + [SHIPPED]
