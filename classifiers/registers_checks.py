"""What a rule of names asks of the registers: which contradictions it looks for, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from classifiers import names, triangle
from classifiers.model import Genre, Page
from classifiers.names import Named, Self
from classifiers.registers import Register
from classifiers.rules import NameTest

_PLAIN: Mapping[str, Callable[[Self, Register], Iterable[Named]]] = {
    "licence": triangle.licence, "credit_code": triangle.credit_code, "filing": triangle.filing, "picture": names.picture,
}


def contradictions(page: Page, text: str, genre: Genre, registers: Register, test: NameTest) -> list[Named]:
    """All that the checks of a rule find; without registers, only what a credit code's own check character shows. ``text``: the normalised full
    text of the page."""
    me = names.myself(page, text, genre) if registers or page.identity.bad_uscc else None
    if me is None:
        return []
    found: list[Named] = []
    for check in test.checks:
        if check == "brand":
            found += names.brand(me, registers, test.lookalike)
        elif check == "name_word":
            found += names.name_word(me, registers, test.words, test.lookalike)
        else:
            found += _PLAIN[check](me, registers)
    return found
