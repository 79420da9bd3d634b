"""What stops a step of a 取证会话; nothing was changed.

CaseError
 └── SessionRefused       not this person, not now, or not so: the message says why and what to do
      └── NotOfSession    material that is not of this session: an automatic capture, another session's, or bytes that do not verify
"""

from __future__ import annotations

from alerts.errors import CaseError


class SessionRefused(CaseError):
    pass


class NotOfSession(SessionRefused):
    pass
