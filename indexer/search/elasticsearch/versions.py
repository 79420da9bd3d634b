"""The indices behind the name: made empty beside the one in use, checked to be ours, switched to in one step, kept for going back, dropped.

Each index has a name of its own (time and chance), an alias of its own to be written through (so that writing never makes an index), and the
one in use has the alias people search. The database says what we meant; ``reconcile`` looks what the cluster has, and mends the difference:
every act can be cut off between the two.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from elasticsearch import Elasticsearch

from indexer.search import state
from indexer.search.elasticsearch.client import Cluster, asking
from indexer.search.elasticsearch.errors import AliasTaken, ClusterError, IndexGone, NotUnderstood
from indexer.search.elasticsearch.mapping import MAPPINGS, schema, settings
from indexer.search.state import IndexVersion, step

State = IndexVersion.State
OURS = "adpatrol"  # in the _meta of every index we make


def write_alias(name: str) -> str:
    return f"{name}-write"


@dataclass(frozen=True, slots=True)
class Versions:
    client: Elasticsearch
    cluster: Cluster

    def live(self) -> IndexVersion | None:
        return IndexVersion.objects.filter(state=State.LIVE).first()

    def filling(self) -> IndexVersion | None:
        return IndexVersion.objects.filter(state=State.FILLING).first()

    def kept(self) -> IndexVersion | None:
        return IndexVersion.objects.filter(state=State.KEPT).first()

    def create(self, why: str, *, hold: bool = False, who: str = state.SYSTEM) -> IndexVersion:
        """The row first, then the index: whichever is cut off, ``open`` finishes it. One is filled at a time: an older one is dropped."""
        for old in IndexVersion.objects.filter(state=State.FILLING):
            self.drop(old, "另建新的", who=who)
        name = f"{self.cluster.index}-{timezone.now():%Y%m%d%H%M%S}-{secrets.token_hex(2)}"
        with transaction.atomic():
            version = IndexVersion.objects.create(name=name, hold=hold)
            step("新建索引", name, who=who, why=why)
        self.open(version)
        return version

    def holder(self) -> str:
        """The index that the name people search stands for; "" where none. Changes nothing. Raises AliasTaken."""
        return self._alias_holder()

    def wrong(self, version: IndexVersion) -> str:
        """What is wrong with an index that should be there and ours, in Chinese; "" where it is. Changes nothing."""
        found = self._get(version.name)
        if found is None:
            return "不在了"
        return self._other(version, found)

    def open(self, version: IndexVersion) -> None:
        """Makes sure that the index is there and is the one we made. Raises IndexGone where it was lost, or is another's, or has another
        mapping than ours."""
        found = self._get(version.name)
        if found is None:
            if version.uuid:
                raise IndexGone(version.name, "不在了")
            self._make(version.name)
            found = self._get(version.name)
        if found is None:
            raise IndexGone(version.name, "建立后又不在了")
        if why := self._other(version, found):
            raise IndexGone(version.name, why)
        uuid = str(found["settings"]["index"]["uuid"])
        if write_alias(version.name) not in found.get("aliases", {}):
            with asking(version.name):
                self.client.indices.put_alias(index=version.name, name=write_alias(version.name))
        if not version.uuid:
            version.uuid = uuid
            version.save(update_fields=["uuid"])

    @staticmethod
    def _other(version: IndexVersion, found: dict[str, Any]) -> str:
        if version.uuid and version.uuid != str(found["settings"]["index"]["uuid"]):
            return "已被另一个同名索引代替"
        meta = found["mappings"].get("_meta", {})
        if meta.get("made_by") != OURS or meta.get("schema") != schema() or not _agree(found["mappings"]):
            return "的字段定义与本版本不符"
        return ""

    def reconcile(self) -> None:
        """What the cluster has against what we meant. Afterwards the version in use, if any, is open and has the alias, and so is the one
        being filled; where there is neither, one is begun. Raises ClusterDown, AliasTaken."""
        holder = self._alias_holder()
        known = IndexVersion.objects.filter(name=holder).first() if holder else None
        live = self.live()
        if known is not None and known.state in (State.FILLING, State.KEPT) and (live is None or live.pk != known.pk):
            self._switched(known, "切换在记录前中断，补记")  # the cluster has switched, and we were cut off before we wrote it down
            live = known
        for version in filter(None, (live, self.filling())):
            try:
                self.open(version)
            except (IndexGone, NotUnderstood) as error:
                self._lost(version, str(error))
        live = self.live()
        if live is not None and holder != live.name:
            self.point(live)
        if live is None and self.filling() is None:
            self.create("尚无在用的索引")

    def point(self, version: IndexVersion) -> None:
        """The name people search now stands for this version: one step on the cluster."""
        holder = self._alias_holder()
        actions: list[dict[str, Any]] = [{"add": {"index": version.name, "alias": self.cluster.index}}]
        if holder and holder != version.name:
            actions.insert(0, {"remove": {"index": holder, "alias": self.cluster.index}})
        with asking(version.name):
            self.client.indices.update_aliases(actions=actions)

    def switch(self, version: IndexVersion, *, who: str = state.SYSTEM) -> None:
        self.open(version)
        self.point(version)
        self._switched(version, "", who=who)

    def drop(self, version: IndexVersion, why: str, *, who: str = state.SYSTEM) -> None:
        with asking(version.name):
            self.client.indices.delete(index=version.name, ignore_unavailable=True)
        with transaction.atomic():
            IndexVersion.objects.filter(pk=version.pk).update(state=State.GONE)
            step("删除索引", version.name, who=who, why=why)

    def _switched(self, version: IndexVersion, why: str, *, who: str = state.SYSTEM) -> None:
        """Written down; the version before is kept for going back, older ones are dropped."""
        older = list(IndexVersion.objects.filter(state=State.KEPT).exclude(pk=version.pk))
        before = self.live()
        with transaction.atomic():
            IndexVersion.objects.filter(state=State.LIVE).exclude(pk=version.pk).update(state=State.KEPT)
            IndexVersion.objects.filter(pk=version.pk).update(state=State.LIVE, hold=False)
            step("切换索引", version.name, who=who, before=before.name if before else "", **({"why": why} if why else {}))
        version.state = State.LIVE
        for one in older:
            self.drop(one, "已有更新的备用索引", who=who)

    def _lost(self, version: IndexVersion, why: str) -> None:
        """The index is not ours any more: it is written off, and a new one will be filled from the stored pages."""
        with transaction.atomic():
            IndexVersion.objects.filter(pk=version.pk).update(state=State.GONE)
            step("索引失效，重新填充", version.name, why=why)

    def _alias_holder(self) -> str:
        """The index that has the alias; "" where none has. Raises AliasTaken where it is not one of ours."""
        try:
            with asking(self.cluster.index):
                found = self.client.indices.get_alias(name=self.cluster.index).body
        except IndexGone:
            return ""
        names = sorted(found)
        strange = [name for name in names if not IndexVersion.objects.filter(name=name).exists()]
        if strange:
            raise AliasTaken(self.cluster.index, strange[0])
        return names[0] if names else ""

    def _get(self, name: str) -> dict[str, Any] | None:
        try:
            with asking(name):
                found: dict[str, Any] = self.client.indices.get(index=name).body
        except IndexGone:
            return None
        one: dict[str, Any] | None = found.get(name)
        return one

    def _make(self, name: str) -> None:
        try:
            with asking(name):
                self.client.indices.create(
                    index=name, mappings=MAPPINGS, settings=settings(shards=self.cluster.shards, replicas=self.cluster.replicas), aliases={write_alias(name): {}})
        except NotUnderstood as error:
            if "resource_already_exists" not in str(error):
                raise ClusterError(str(error)) from error  # an earlier request made it, and its answer was lost


def _agree(mappings: dict[str, Any]) -> bool:
    """No field of ours means something else on the cluster (somebody may have made an index of our name)."""
    theirs = mappings.get("properties", {})
    return str(mappings.get("dynamic")) == "strict" and all(
        theirs.get(name, {}).get("type") == ours["type"] and theirs.get(name, {}).get("analyzer") == ours.get("analyzer")
        for name, ours in MAPPINGS["properties"].items())
