"""Are the tables there? Whoever writes makes them; whoever only reads says what to do."""

from __future__ import annotations

from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from indexer.errors import IndexerError
from indexer.models import IndexedFact, Page
from indexer.search.sqlite import SqliteIndex


def ready() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def make() -> None:
    """Safe to repeat; does nothing where all is there."""
    Path(str(connection.settings_dict["NAME"])).parent.mkdir(parents=True, exist_ok=True)
    if not ready():
        call_command("migrate", interactive=False, verbosity=0)
    if Page.objects.count() != IndexedFact.objects.count():  # an index of another make before, or a kill while it was filled
        SqliteIndex().fill()


def expect() -> None:
    """Raises IndexerError where there is nothing to read yet, or tables of an earlier version."""
    name = str(connection.settings_dict["NAME"])
    absent = not name.startswith("file:") and not Path(name).is_file()  # connecting would make an empty file
    if absent or (not ready() and "django_migrations" not in connection.introspection.table_names()):
        raise IndexerError("这里还没有数据库：请先运行 adpatrol init（或检查 ADPATROL_HOME）")
    if not ready():
        raise IndexerError("数据库是较早版本的程序建的：请先运行 adpatrol init 升级，已有的数据都会留下")
