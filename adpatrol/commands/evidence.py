"""`adpatrol evidence`: what is kept, sealed, verified and exported. Each command is a module of its own."""

from __future__ import annotations

import typer

from adpatrol.cli import App
from adpatrol.commands import evidence_export, evidence_keep, evidence_seal, evidence_verify


def register(app: typer.Typer) -> None:
    group = App(help="证据：核验、导出、保管")
    app.add_typer(group, name="evidence")

    @group.callback()
    def root() -> None:
        """证据：核验、导出、保管。"""

    for module in (evidence_seal, evidence_keep, evidence_export, evidence_verify):
        module.register(group)
