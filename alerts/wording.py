"""When two pages say the same: the normalised wording a lead and its alert are keyed by."""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_WORDING = 300  # characters kept; longer wordings end in a digest, so that they stay apart
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[.](?=\d)")
_POINT = "\ue000"  # private use: cannot come out of NFKC, and a page that holds it loses it below


def wording(span: str) -> str:
    """The wording with width, case, white space and punctuation collapsed. Numbers stay, with their point and their %: 年化12.5% and
    年化125% are two claims. An all-punctuation span is kept as it is. Idempotent."""
    text = unicodedata.normalize("NFKC", span.replace(_POINT, "")).casefold()
    text = unicodedata.normalize("NFKC", text)  # casefold can undo NFKC
    kept = "".join(c for c in _BETWEEN_DIGITS.sub(_POINT, text) if c in (_POINT, "%", "‰") or unicodedata.category(c)[0] in "LN")
    result = kept.replace(_POINT, ".") or "".join(text.split())
    if len(result) <= MAX_WORDING:
        return result
    return result[: MAX_WORDING - 16] + hashlib.sha256(result.encode("utf-8", "surrogatepass")).hexdigest()[:16]
