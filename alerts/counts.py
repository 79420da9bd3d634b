"""What a run came to: leads its findings belong to, new or known, and the alerts it raised."""

from __future__ import annotations

from alerts.dossiers import platform_key
from alerts.models import Alert, Lead, Level
from alerts.wording import wording
from indexer.models import Finding

GROUP = 400  # of the values one statement may carry


def for_run(run: str) -> dict[str, int]:
    """{"leads", "alerts"}: leads on which a finding of this run bears, however often; alerts on those leads and on the run itself."""
    found = Finding.objects.filter(page__run=run, page__gate="page", level__gt=Level.BLUE).order_by()
    keys = {(platform_key(site), code, wording(span)) for site, code, span in found.values_list("page__site", "code", "span").distinct()}
    wordings = sorted({same for _, _, same in keys})
    leads: list[int] = []
    for at in range(0, len(wordings), GROUP):
        rows = Lead.objects.filter(wording__in=wordings[at : at + GROUP]).values_list("pk", "platform__key", "code", "wording")
        leads += [pk for pk, *key in rows if tuple(key) in keys]
    alerts = Alert.objects.filter(kind=Alert.Kind.RUN, run=run).count()
    for at in range(0, len(leads), GROUP):
        alerts += Alert.objects.filter(lead_id__in=leads[at : at + GROUP]).count()
    return {"leads": len(leads), "alerts": alerts}
