"""What the browser says of itself beside its user agent: the client hints (W3C User-Agent Client Hints: ``Sec-CH-UA`` and ``navigator.userAgentData``).

Chromium's headless shell adds "HeadlessChrome" to them, which sites that show machines another page look for; and no user agent that is set from
outside changes them. They are made to agree with it.
"""

from __future__ import annotations

import re
from typing import Any

_CHROME = re.compile(r"Chrome/(\d{1,4})")
_ANDROID = "Android 14"


def hints(user_agent: str, version: str) -> dict[str, Any]:
    """For DevTools' ``Emulation.setUserAgentOverride``. ``version``: the browser's own, as ``156.0.1``."""
    named = _CHROME.search(user_agent)
    major = named[1] if named else version.partition(".")[0]
    brands = [{"brand": "Not:A-Brand", "version": "8"}, {"brand": "Chromium", "version": major}]
    if named:
        brands.append({"brand": "Google Chrome", "version": major})
    phone = _ANDROID in user_agent
    return {
        "userAgent": user_agent, "acceptLanguage": "zh-CN",
        "userAgentMetadata": {
            "brands": brands, "fullVersionList": [one | {"version": f"{one['version']}.0.0.0"} for one in brands], "mobile": phone, "model": "",
            "platform": "Android" if phone else "Windows", "platformVersion": "14" if phone else "10.0", "architecture": "" if phone else "x86",
        },
    }
