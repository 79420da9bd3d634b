"""What a server's own certificate says, and what is wrong with it. A bad one stops no visit: the page is what people see, and the fact is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from service_identity import CertificateError, VerificationError
from service_identity.pyopenssl import verify_hostname, verify_ip_address

from crawler.guards.resolver import literal


def certificate_facts(certificate: Any, host: str) -> dict[str, Any]:
    """Of the server's own certificate (the static client reports no chain): SHA-256 of its DER, subject, issuer, validity; ``problems``: what a
    browser would warn of, in Chinese. Whether the issuer is one that browsers trust is not told here."""
    original = certificate.original
    facts: dict[str, Any] = {
        "sha256": certificate.digest("sha256").decode("ascii"),
        "subject": _name(original.get_subject()), "issuer": _name(original.get_issuer()),
        "not_before": (original.get_notBefore() or b"").decode("ascii"), "not_after": (original.get_notAfter() or b"").decode("ascii"),
    }
    problems = _dates(_time(facts["not_before"]), _time(facts["not_after"]), datetime.now(UTC))
    if not _is_for(original, host):
        problems.append("不是为该网址签发")
    if facts["subject"] == facts["issuer"]:
        problems.append("自签名")
    if problems:
        facts["problems"] = problems
    return facts


def said(facts: dict[str, Any]) -> str:
    """One sentence for people; "" where nothing is wrong."""
    return f"网站的加密证书有问题（{'、'.join(facts['problems'])}），网页照常留存" if facts.get("problems") else ""


def browser_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """As Chromium tells them (``validFrom``, ``validTo`` in seconds since 1970), with what is wrong with the dates."""
    try:
        since, until = (datetime.fromtimestamp(float(facts[name]), UTC) for name in ("validFrom", "validTo"))
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return facts
    problems = _dates(since, until, datetime.now(UTC)) + ["自签名"] * (bool(facts.get("issuer")) and facts.get("subjectName") == facts.get("issuer"))
    return facts | {"problems": problems} if problems else facts


def _dates(since: datetime | None, until: datetime | None, now: datetime) -> list[str]:
    problems = []
    if until is not None and until < now:
        problems.append(f"已于 {until:%Y-%m-%d} 过期")
    if since is not None and since > now:
        problems.append(f"{since:%Y-%m-%d} 才生效")
    return problems


def _time(text: str) -> datetime | None:
    """ASN.1 GeneralizedTime as OpenSSL writes it: 20261121081744Z."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


class _Peer:
    """service_identity asks a connection for its peer's certificate; the connection is gone, the certificate is here."""

    def __init__(self, certificate: Any) -> None:
        self._certificate = certificate

    def get_peer_certificate(self) -> Any:
        return self._certificate


def _is_for(original: Any, host: str) -> bool:
    peer: Any = _Peer(original)
    address = literal(host)
    try:
        verify_ip_address(peer, address) if address else verify_hostname(peer, host)
    except (CertificateError, VerificationError, ValueError):
        return False
    return True


def _name(name: Any) -> str:
    return ", ".join(f"{k.decode('ascii', 'replace')}={v.decode('utf-8', 'replace')}" for k, v in name.get_components())[:500]
