"""What `adpatrol doctor` says of the search index: the embedded one, and the cluster where one is set. Nothing is changed on either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adpatrol.checkup import Finding
    from indexer.search.elasticsearch.client import Cluster
    from indexer.search.elasticsearch.versions import Versions

LOOKED_AT_MOST = 50_000  # pages up to which the embedded index is compared one by one; `adpatrol index check` takes any number
VERSIONS = (8, 9)
MEND = "期间由内置索引作答，恢复后自动补上"


def index_findings(home: Path) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from indexer import tables
    from indexer.search import backend

    if not (home / "adpatrol.sqlite3").is_file() or not tables.ready():
        return  # told with the database
    yield from _embedded()
    try:
        cluster = backend.cluster()
    except ValueError as error:
        yield Finding("检索集群", State.BAD, str(error), "改正 ADPATROL_SEARCH_ 开头的设置，见 docs/operator/search.md")
        return
    if cluster is not None:
        yield from cluster_findings(cluster)


def _embedded() -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from indexer.models import IndexedFact, Page
    from indexer.search import embedded

    pages, indexed = Page.objects.count(), IndexedFact.objects.count()
    if pages <= LOOKED_AT_MOST:
        found = embedded.check()
        if not found.sound:
            what = f"损坏：{found.broken[:200]}" if found.broken else f"缺 {found.missing}，多 {found.extra}"
            yield Finding("内置索引", State.BAD, f"库内 {pages} 个页面，索引 {found.documents} 条：{what}", "adpatrol index check --embedded（补齐）")
            return
    elif pages != indexed:
        yield Finding("内置索引", State.BAD, f"库内 {pages} 个页面，索引 {indexed} 条", "adpatrol index check --embedded（补齐）")
        return
    yield Finding("内置索引", State.OK, f"{indexed} 个页面" + ("，逐条一致" if pages <= LOOKED_AT_MOST else "；逐条核对用 adpatrol index check --embedded"))


def cluster_findings(cluster: Cluster) -> Iterator[Finding]:
    from adpatrol.checkup import Finding, State
    from indexer.search.elasticsearch.client import connect
    from indexer.search.elasticsearch.errors import AliasTaken, ClusterError
    from indexer.search.elasticsearch.versions import Versions

    with connect(cluster) as client:
        try:
            yield _health(client, cluster)
            yield from _alias(Versions(client, cluster), cluster)
        except AliasTaken as error:
            yield Finding("检索集群", State.BAD, str(error), "另设 ADPATROL_SEARCH_INDEX，或请集群管理员清理同名索引")
        except ClusterError as error:
            yield Finding("检索集群", State.BAD, str(error), _mend(str(error)))
    yield _lag()


def _mend(said: str) -> str:
    if "证书" in said:
        return f"用 ADPATROL_SEARCH_CA 指明签发集群证书的机构（PEM 文件），或更换到期的证书；{MEND}"
    if "401" in said:
        return f"向集群管理员要新的 API 密钥，写进 ADPATROL_SEARCH_API_KEY_FILE 所指的文件，重新启动 serve；{MEND}"
    if "403" in said:
        return f"请集群管理员给密钥授予本系统索引的读写、管理权限，或解除索引的只读；{MEND}"
    return f"检查 ADPATROL_SEARCH_URL、网络和集群本身；{MEND}"


def _health(client: Any, cluster: Cluster) -> Finding:
    """Raises ClusterError."""
    from adpatrol.checkup import Finding, State
    from indexer.search.elasticsearch.client import asking
    from indexer.search.elasticsearch.errors import ClusterDown

    try:
        with asking():
            health = client.cluster.health()
            nodes = client.nodes.info(filter_path="nodes.*.version").get("nodes", {})
    except ClusterDown as error:
        if "403" not in str(error):
            raise
        # the key needs rights on our indices only (docs/operator/search.md): what it may do there is seen next
        return Finding("检索集群", State.OK, f"{'，'.join(cluster.urls)} 可以连接；密钥没有集群的 monitor 权限，版本与健康状态没有查（不影响使用）")
    versions = sorted({str(node.get("version", "")) for node in nodes.values()})
    said = f"{'，'.join(cluster.urls)}，Elasticsearch {'、'.join(versions) or '版本不明'}，{health['number_of_nodes']} 个节点，状态 {health['status']}"
    strange = [one for one in versions if not one.partition(".")[0].isdigit() or int(one.partition(".")[0]) not in VERSIONS]
    if strange:
        return Finding("检索集群", State.BAD, said, f"本系统用 Elasticsearch {VERSIONS[0]} 或 {VERSIONS[-1]}：请换用这样的集群")
    if health["status"] == "red":
        return Finding("检索集群", State.BAD, said, f"有主分片不可用：请集群管理员查看 GET _cluster/allocation/explain；{MEND}")
    if health["status"] == "yellow":
        return Finding("检索集群", State.NOTE, said, "有副本没有分配：单节点把 ADPATROL_SEARCH_REPLICAS 设为 0，多节点请看磁盘水位和节点数")
    return Finding("检索集群", State.OK, said)


def _alias(versions: Versions, cluster: Cluster) -> Iterator[Finding]:
    """Whether the name people search stands for the index we mean, with the fields of this version. Raises ClusterError."""
    from adpatrol.checkup import Finding, State

    holder, live = versions.holder(), versions.live()
    if live is None:
        yield Finding("集群索引", State.NOTE, "还没有填好的索引，由内置索引作答", "启动 adpatrol serve 后自动填充，或立即 adpatrol index rebuild")
    elif holder != live.name:
        yield Finding("集群索引", State.BAD, f"名称 {cluster.index} {f'指向 {holder}' if holder else '不指向任何索引'}，应指向 {live.name}", "启动 adpatrol serve 后自动改正，或 adpatrol index check")
    elif wrong := versions.wrong(live):
        yield Finding("集群索引", State.BAD, f"{live.name} {wrong}", "启动 adpatrol serve 后自动在旁边重新填充，或立即 adpatrol index rebuild")
    else:
        yield Finding("集群索引", State.OK, f"{cluster.index} → {live.name}，字段定义与本版本相符")


def _lag() -> Finding:
    from adpatrol.checkup import Finding, State
    from indexer.search.backend import LATE
    from indexer.search.feeding import behind
    from indexer.search.state import IndexVersion, ParkedDocument

    live = IndexVersion.objects.filter(state=IndexVersion.State.LIVE).first()
    late, parked = behind(live), ParkedDocument.objects.count()
    if parked:
        return Finding("索引滞后", State.NOTE, f"索引滞后 {late} 条，{parked} 个页面集群不收", "原因见控制台“检索索引”；改正后 adpatrol index retry")
    if late > LATE:
        return Finding("索引滞后", State.NOTE, f"索引滞后 {late} 条", "adpatrol serve 运行时自动补上；没有运行时用 adpatrol index check")
    return Finding("索引滞后", State.OK, f"索引滞后 {late} 条")
