"""What stops the work of the archive.

EvidenceError
 ├── ArchiveUnwritable   disk full, folder gone: nothing after it is acknowledged
 ├── ArchiveUnreadable   a file that is no WARC, or a record that cannot be read
 └── DigestMismatch      stored bytes are not those the ledger names
"""

from __future__ import annotations


class EvidenceError(Exception):
    """Base: the message is one line a person can act on."""


class ArchiveUnwritable(EvidenceError):
    pass


class ArchiveUnreadable(EvidenceError):
    pass


class DigestMismatch(EvidenceError):
    pass
