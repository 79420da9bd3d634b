"""Starts Django for the commands that need it; the others stay light."""

from __future__ import annotations

import os


def setup() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def setup_database() -> None:
    """For commands that read or write tables. Raises IndexerError that says what to do where there are none."""
    setup()
    from indexer import tables

    tables.expect()
