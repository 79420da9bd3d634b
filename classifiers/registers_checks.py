"""What a rule of names asks of the registers: which contradictions it looks for, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from classifiers import names, triangle
from classifiers.model import Genre, Page
from classifiers.names import Named, Self
from classifiers.registers import Register
from classifiers.rules import NameTest, Rule

_PLAIN: Mapping[str, Callable[[Self, Register], Iterable[Named]]] = {
    "licence": triangle.licence, "credit_code": triangle.credit_code, "filing": triangle.filing, "picture": names.picture,
}


def contradictions(page: Page, text: str, genre: Genre, registers: Register, rules: Sequence[Rule]) -> list[tuple[Rule, Named]]:
    """All that the checks of the ``rules`` of names find; without registers, only credit codes and filing numbers that cannot be any. ``text``: the
    normalised full text of the page."""
    me = names.myself(page, text, genre, registers) if registers or page.identity.bad_uscc or page.identity.bad_icp else None
    return [(rule, one) for rule in rules if rule.names is not None for one in _found(me, registers, rule.names)] if me is not None else []


def _found(me: Self, registers: Register, test: NameTest) -> Iterator[Named]:
    for check in test.checks:
        if check == "brand":
            yield from names.brand(me, registers, test.lookalike)
        elif check == "name_word":
            yield from names.name_word(me, registers, test.words, test.lookalike)
        else:
            yield from _PLAIN[check](me, registers)
