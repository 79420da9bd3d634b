"""Office people and stored captures for the console's tests: real archive, real ingest, real leads; all words are our own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

sys.path.insert(0, str(Path(__file__).resolve().parent))
from seeding import HOSTILE, PASSWORD, Seeded, office, seed

from console.law import law_texts
from console.roles import add_user


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Four accounts a test: the office's own hash takes its time on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def home(db: None, tmp_path: Path) -> Iterator[Path]:
    """A home of its own, and an office's settings with one law text and the shipped template."""
    before = django_settings.HOME, django_settings.CONFIG_FOLDERS
    django_settings.HOME, django_settings.CONFIG_FOLDERS = tmp_path / "home", [office(tmp_path / "config")]
    law_texts.cache_clear()
    yield tmp_path / "home"
    django_settings.HOME, django_settings.CONFIG_FOLDERS = before
    law_texts.cache_clear()


@pytest.fixture
def seeded(home: Path) -> Seeded:
    return seed(home)


@pytest.fixture
def attacked(home: Path) -> Seeded:
    """Every page of this home is an attack."""
    return seed(home, pages=HOSTILE)


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return {role: add_user(role, PASSWORD, [role]) for role in ("officer", "analyst", "leader", "operator")}


@pytest.fixture
def as_role(people: dict[str, User]) -> Callable[[str], Client]:
    def signed_in(role: str, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(people[role], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def officer(as_role: Callable[[str], Client]) -> Client:
    return as_role("officer")
