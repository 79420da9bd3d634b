"""标注样本: officers' decisions as labelled texts, for the analyst to learn from; audited."""

from __future__ import annotations

import json

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from alerts import audit
from alerts.examples import labelled
from console.may import may


@may("analyst")
def examples(request: HttpRequest) -> HttpResponse:
    """JSON Lines in the fields of `adpatrol evaluate`: no person's name, number or account, and not who decided."""
    rows = list(labelled())
    body = b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n" for row in rows)
    with transaction.atomic():
        audit.record(request.user.get_username(), "导出标注样本", "examples", records=len(rows))
    response = HttpResponse(body, content_type="application/x-ndjson; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="examples.jsonl"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
