"""What stops ingest; a page that cannot be read does not (its row says why).

IndexerError
 └── IngestBusy   another process of this home is ingesting
"""

from __future__ import annotations


class IndexerError(Exception):
    """Base: the message is one line a person can act on."""


class IngestBusy(IndexerError):
    def __init__(self) -> None:
        super().__init__("另一个进程正在入库（serve 或 patrol），请等它结束后再试")
