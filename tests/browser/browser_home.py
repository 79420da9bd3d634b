"""Makes a home for the browser tests, as `adpatrol init`, `user add` and a patrol would leave it: ``python browser_home.py HOME``.

A process of its own: the browser's sync API and the ORM do not meet in one thread. Prints the capture ids by name as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "console")]
PEOPLE = {"officer": ["officer"], "second": ["officer"], "analyst": ["analyst"], "leader": ["leader"], "operator": ["operator"], "locked": ["officer"], "idle": ["officer"]}


def main(home: Path) -> None:
    os.environ["ADPATROL_HOME"] = str(home)
    from adpatrol.founding import found

    found(home)
    from adpatrol.django_setup import setup

    setup()
    from seeding import HOSTILE, PAGES, PASSWORD, seed

    from console.roles import add_user

    for name, roles in PEOPLE.items():
        add_user(name, PASSWORD, roles)
    print(json.dumps(seed(home, pages=PAGES | HOSTILE).captures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
