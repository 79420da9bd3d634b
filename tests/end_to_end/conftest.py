"""The real SMTP server and webhook receiver of the alert tests, for whole runs too."""

from __future__ import annotations

from tests.alerts.conftest import mailbox, receiver

__all__ = ["mailbox", "receiver"]
