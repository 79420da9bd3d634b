"""What stops a change to casework or a message on its way.

AdPatrolError
 ├── CaseError       nothing was changed
 │    ├── WrongState(number, was, wanted)     another officer was first, or the step does not exist
 │    ├── NotAllowed(officer, act, why)
 │    ├── NoSuchLead(number)
 │    └── AppendOnly(table)                   history is added to, never edited
 └── ChannelError(permanent, uncertain)       permanent: no retry, tell a person; uncertain: it may have arrived
"""

from __future__ import annotations

from classifiers.errors import AdPatrolError


class CaseError(AdPatrolError):
    """A change that was refused; nothing was applied."""


class WrongState(CaseError):
    def __init__(self, number: str, was: str, wanted: str) -> None:
        self.number, self.was, self.wanted = number, was, wanted
        super().__init__(f"线索 {number} 现为“{was}”，不能执行：需为“{wanted}”。请刷新后再办")


class NotAllowed(CaseError):
    def __init__(self, officer: str, act: str, why: str) -> None:
        self.officer, self.act, self.why = officer, act, why
        super().__init__(f"{officer or '未署名人员'}不能{act}：{why}")


class NoSuchLead(CaseError):
    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(f"没有线索 {number}：用 adpatrol lead list 查看线索号")


class AppendOnly(CaseError):
    def __init__(self, table: str) -> None:
        super().__init__(f"{table} 只能增加，不能修改或删除")


class ChannelError(AdPatrolError):
    """A message did not (surely) arrive. ``permanent``: trying again is useless. ``uncertain``: it may have arrived.
    ``delivered`` are recipients who took it before the failure."""

    def __init__(self, message: str, *, permanent: bool = False, uncertain: bool = False, delivered: tuple[str, ...] = ()) -> None:
        self.permanent, self.uncertain, self.delivered = permanent, uncertain, delivered
        super().__init__(message)
