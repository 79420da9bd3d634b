"""Are the tables there? Whoever writes makes them; whoever only reads says what to do."""

from __future__ import annotations

from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from indexer.errors import IndexerError


def ready() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def make() -> None:
    """Safe to repeat; does nothing where all is there."""
    Path(str(connection.settings_dict["NAME"])).parent.mkdir(parents=True, exist_ok=True)
    if not ready():
        call_command("migrate", interactive=False, verbosity=0)


def expect() -> None:
    """Raises IndexerError where there is nothing to read yet."""
    name = str(connection.settings_dict["NAME"])
    absent = not name.startswith("file:") and not Path(name).is_file()  # connecting would make an empty file
    if absent or not ready():
        raise IndexerError("这里还没有数据库：请先运行 adpatrol init（或检查 ADPATROL_HOME）")
