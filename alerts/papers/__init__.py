"""Papers filled from casework: drafts in DOCX that an officer edits, checks and signs."""

from __future__ import annotations

from alerts.papers.gaps import evidence_gaps
from alerts.papers.referral import Letterhead, PaperError, evidence_digests, referral

__all__ = ["Letterhead", "PaperError", "evidence_digests", "evidence_gaps", "referral"]
