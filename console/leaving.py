"""Addresses of patrolled sites: reached only through a page that warns. The address is signed, so that nobody can use the page as a springboard."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.urls import reverse

_SIGNER = Signer(salt="console.leaving")


def signed(url: str) -> str:
    """The address of the leaving page for ``url``."""
    return f"{reverse('leaving')}?{urlencode({'to': _SIGNER.sign(url)})}"


def unsigned(value: str) -> str:
    """The address; empty where it was not ours to give, or is neither http nor https."""
    try:
        url = _SIGNER.unsign(value)
    except BadSignature:
        return ""
    return url if url.lower().startswith(("http://", "https://")) else ""
