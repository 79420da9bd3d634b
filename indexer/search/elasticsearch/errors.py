"""What a cluster can do to us. None of it touches the stored pages.

SearchError
 └── ClusterError
      ├── ClusterDown    not to be reached, busy, or not letting us in: later the same may succeed
      ├── IndexGone      the index or its alias is not there any more, or is not the one we made
      ├── TooLarge       the request is larger than the cluster takes
      ├── NotUnderstood  the cluster refuses the request itself: doing it again does not help
      └── AliasTaken     the name we want belongs to somebody else's index
"""

from __future__ import annotations

from indexer.search.protocol import SearchError


class ClusterError(SearchError):
    """Base: the message is one line in Chinese."""


class ClusterDown(ClusterError):
    def __init__(self, why: str) -> None:
        super().__init__(f"检索集群暂时不可用：{why}")


class IndexGone(ClusterError):
    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"检索集群上的索引 {name} {why}")


class TooLarge(ClusterError):
    def __init__(self) -> None:
        super().__init__("请求超过检索集群所收的大小（http.max_content_length）")


class NotUnderstood(ClusterError):
    def __init__(self, why: str) -> None:
        super().__init__(f"检索集群不接受请求：{why}")


class AliasTaken(ClusterError):
    def __init__(self, alias: str, index: str) -> None:
        super().__init__(f"名称 {alias} 已属于另一套系统的索引 {index}：请改设 ADPATROL_SEARCH_INDEX，或清理检索集群")
