"""What stops ingest; a page that cannot be read does not (its row says why).

IndexerError
 ├── IngestBusy   another process of this home is ingesting
 ├── FeederBusy   another process or thread is feeding the search cluster
 ├── NothingToSwitch  no filled index stands beside the one in use
 ├── StoreBusy    the database was held by another for too long
 └── StoreFull    no room on the disk
"""

from __future__ import annotations


class IndexerError(Exception):
    """Base: the message is one line a person can act on."""


class IngestBusy(IndexerError):
    def __init__(self) -> None:
        super().__init__("另一个进程正在入库（serve 或 patrol）：请等巡查结束，或先停下 serve，再试")


class FeederBusy(IndexerError):
    def __init__(self) -> None:
        super().__init__("另一个进程正在更新检索集群，请稍后再试")


class NothingToSwitch(IndexerError):
    pass


class StoreBusy(IndexerError):
    def __init__(self) -> None:
        super().__init__("数据库一直被其他程序占用，未能写入；请关闭占用它的程序后重新运行 adpatrol ingest（已存证的不会丢失）")


class StoreFull(IndexerError):
    def __init__(self) -> None:
        super().__init__("磁盘已满，未能写入数据库；请腾出空间后重新运行 adpatrol ingest（已存证的不会丢失）")
