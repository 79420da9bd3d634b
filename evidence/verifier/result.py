"""What a check says: 已核验 (it stands), 不符 (it does not, and where), 未核验 (it could not be checked here, and how to do it), 须知 (what the
package says of itself that a reader should know)."""

from __future__ import annotations

from typing import List, NamedTuple

CHECKED, WRONG, OPEN, TOLD = "已核验", "不符", "未核验", "须知"
MAX_WRONG = 1_000


class Item(NamedTuple):
    """One line for a person: of which ``kind``, ``what`` was looked at, ``where`` it lies, ``why`` it is judged so."""

    kind: str
    what: str
    where: str
    why: str


class Enough(Exception):
    """The first fault was all that was wanted, or there are too many to tell."""


class Findings:
    """Collects. ``first``: stop at the first fault (raises Enough there); at most ``MAX_WRONG`` faults are kept in any case."""

    def __init__(self, first: bool = False) -> None:
        self.items: List[Item] = []
        self._most = 1 if first else MAX_WRONG
        self._wrong = 0

    def checked(self, what: str, where: str, why: str = "") -> None:
        self.items.append(Item(CHECKED, what, where, why))

    def wrong(self, what: str, where: str, why: str) -> None:
        self.items.append(Item(WRONG, what, where, why))
        self._wrong += 1
        if self._wrong >= self._most:
            raise Enough()

    def open(self, what: str, where: str, why: str) -> None:
        item = Item(OPEN, what, where, why)
        if item not in self.items:
            self.items.append(item)

    def told(self, what: str, where: str, why: str) -> None:
        self.items.append(Item(TOLD, what, where, why))

    def of(self, kind: str) -> List[Item]:
        return [item for item in self.items if item.kind == kind]

    def failed(self) -> bool:
        return self._wrong > 0
