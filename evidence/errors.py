"""What stops the work of the archive.

EvidenceError
 ├── ArchiveUnwritable   disk full, folder gone: nothing after it is acknowledged
 ├── ArchiveUnreadable   a file that is no WARC, or a record that cannot be read
 ├── DigestMismatch      stored bytes are not those the ledger names
 ├── CannotSign          no key, or a signing device that does not answer
 ├── StampRefused        an authority's answer that is no stamp of what was asked; nothing was kept
 ├── RolledBack          the ledger is older than roots that were signed over it
 ├── Erased              the member was erased when its term was over (a tombstone says so)
 ├── OriginalGone        what a revisit record was to refer to has been erased meanwhile; nothing was kept
 ├── StoreFailed         the store (disk or S3) refused, or holds something else
 └── PackageRefused      a package that cannot or may not be made: nothing was written
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


class CannotSign(EvidenceError):
    pass


class StampRefused(EvidenceError):
    pass


class RolledBack(EvidenceError):
    pass


class Erased(EvidenceError):
    pass


class OriginalGone(EvidenceError):
    pass


class StoreFailed(EvidenceError):
    pass


class PackageRefused(EvidenceError):
    pass
