"""The way to the cluster: addresses, TLS and key as the operator set them; and every failure as one of our errors.

The client never tries again by itself: what may be repeated, and when, is decided where it is known what was asked (bulk, feeding).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from elastic_transport import ConnectionError as NotReached
from elastic_transport import ConnectionTimeout, SerializationError, TlsError, TransportError
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from indexer.search.elasticsearch.errors import ClusterDown, IndexGone, NotUnderstood, TooLarge

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BUSY = (408, 429, 502, 503, 504)
REASON_MOST = 300  # characters of what a cluster says


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where the cluster is. ``index``: the name people see; what is stored lies in numbered indices behind it. ValueError for what would
    send a key or pages over the open network unprotected."""

    urls: tuple[str, ...]
    index: str = "adpatrol"
    api_key: str = ""
    ca: Path | None = None  # PEM of the authority that signed the cluster's certificate; None: the system's
    timeout_s: float = 10.0  # of one search; writing takes up to three times as long
    shards: int = 1
    replicas: int = 0

    def __post_init__(self) -> None:
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"ADPATROL_SEARCH_URL 须写成 https://主机:端口，没有读懂“{url}”")
            if parts.username or parts.password:
                raise ValueError("ADPATROL_SEARCH_URL 里不要写口令，请用 ADPATROL_SEARCH_API_KEY_FILE")
            if parts.scheme == "http" and parts.hostname not in LOOPBACK:
                raise ValueError(f"检索集群 {url} 没有加密：本机以外须用 https://")
        if not self.index or self.index != self.index.lower() or not self.index.replace("-", "").replace("_", "").isalnum() or not self.index[0].isalnum():
            raise ValueError(f"ADPATROL_SEARCH_INDEX 只能用小写字母、数字和连字符，不能是“{self.index}”")


def connect(cluster: Cluster) -> Elasticsearch:
    """Nothing is sent yet."""
    options: dict[str, Any] = {}
    if any(url.startswith("https:") for url in cluster.urls):
        options = {"verify_certs": True, "ca_certs": str(cluster.ca) if cluster.ca else None}
        options = {name: value for name, value in options.items() if value is not None}
    if cluster.api_key:
        options["api_key"] = cluster.api_key
    return Elasticsearch(
        [_with_port(url) for url in cluster.urls], request_timeout=cluster.timeout_s, max_retries=0, retry_on_timeout=False, connections_per_node=4, **options)


def _with_port(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.port else f"{url.rstrip('/')}:{443 if parts.scheme == 'https' else 80}"


@contextmanager
def asking(index: str = "") -> Iterator[None]:
    """Around every call: raises one of ``indexer.search.elasticsearch.errors``, never the client's own. ``index``: what is spoken of."""
    try:
        yield
    except ApiError as error:
        raise _answered(error, index) from error
    except TlsError as error:
        raise ClusterDown(f"证书不被信任（{said(error)}）") from error
    except ConnectionTimeout as error:
        raise ClusterDown("没有在限定时间内应答") from error
    except NotReached as error:
        raise ClusterDown(f"连接不上（{said(error)}）") from error
    except SerializationError as error:
        raise ClusterDown("应答残缺或不是 JSON") from error
    except UnsupportedProductError as error:
        raise ClusterDown("所连接的不是 Elasticsearch") from error
    except TransportError as error:
        raise ClusterDown(said(error)) from error


def _answered(error: ApiError, index: str) -> Exception:
    status, why = error.status_code, said(error)
    if status == 413:
        return TooLarge()
    if status == 404:
        return IndexGone(index, "不在了")
    if status == 401:
        return ClusterDown("密钥未被接受（401），请检查 ADPATROL_SEARCH_API_KEY_FILE")
    if status == 403:
        return ClusterDown(f"没有权限或索引被设为只读（403：{why}）")
    if status in BUSY or status >= 500:
        return ClusterDown(f"集群忙或出错（{status}：{why}）")
    return NotUnderstood(f"{status}：{why}")


def said(error: Exception) -> str:
    """One short line of what the cluster or the client says; no control character of either reaches a page or a terminal."""
    text = " ".join(str(getattr(error, "message", "") or error).split())
    body = getattr(error, "body", None)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        text = reason(body["error"])
    return "".join(c if c.isprintable() else " " for c in text)[:REASON_MOST]


def reason(error: Any) -> str:
    """Type and reason of an error object of the cluster, with its deepest cause."""
    if not isinstance(error, dict):
        return "".join(c if c.isprintable() else " " for c in str(error))[:REASON_MOST]
    cause = error.get("caused_by")
    deeper = f"；{reason(cause)}" if isinstance(cause, dict) else ""
    text = f"{error.get('type', '')}: {error.get('reason', '')}{deeper}"
    return "".join(c if c.isprintable() else " " for c in text)[:REASON_MOST]
