from __future__ import annotations

import pytest

from indexer.search.sqlite import SqliteIndex


@pytest.fixture
def no_documents(transactional_db: None) -> None:
    """The full-text index is no model's table, so that Django does not empty it between tests."""
    SqliteIndex().clear()
