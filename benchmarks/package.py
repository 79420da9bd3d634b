"""How long the export of a case takes: 100 pages at evidence grade with full-page screenshots and papers, the first time and seconds only
(design/performance.md: under 10 s)."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

PAGES = 100


def run() -> dict[str, float]:
    """Seconds of one export. Marked copies are not part of it: they are kept from the first time a picture was marked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "evidence"))
    from packing import annotate, graded, order, picture, signer, stored

    from alerts.evidence_papers.facts import Found
    from alerts.evidence_papers.papers import papers
    from evidence.packages.export import export
    from evidence.verifier.bundle import bundle

    found = Found(code="guarantee.principal", name="承诺保本（本金保障）", span="100%本息保障", level="红色")
    with tempfile.TemporaryDirectory() as folder:
        home, png = Path(folder), picture(1440, 3000)
        captures = stored(home / "archive", [graded(number, png=png) for number in range(PAGES)])
        asked = order(captures, sealed=True, verifier=bundle())
        began = time.perf_counter()
        done = export(home / "archive", asked, home / "a.zip", signer=signer(home), annotate=annotate, papers=papers({one.id: [found] for one in captures}, {}))
        seconds = time.perf_counter() - began
        print(f"证据包 {PAGES} 页：{done.files} 个文件，{done.size / 1e6:.1f} MB，{seconds:.1f} 秒")
    return {"export s": seconds}


if __name__ == "__main__":
    run()
