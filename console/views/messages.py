"""通知: the alert messages that left or wait, why one did not leave, and sending it again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as told
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from alerts import outbox
from alerts.errors import CaseError
from alerts.models import OutboxMessage
from console.answer import answer, number
from console.context import shell
from console.may import may

PER_PAGE = 50
STATES = dict(OutboxMessage.State.choices)


@may("officer", "leader", "operator")
def messages(request: HttpRequest) -> HttpResponse:
    """Newest first. The operator sees that and how a message travels, not what it says of leads."""
    state = request.GET.get("state", "")
    counts = dict(OutboxMessage.objects.order_by().values_list("state").annotate(n=Count("id")))
    found = OutboxMessage.objects.order_by("-id")
    if state in STATES:
        found = found.filter(state=state)
    page = Paginator(found, PER_PAGE).get_page(number(request.GET.get("page")))
    may_read = bool(shell(request)["can_see"])
    context = {"page": page, "state": state, "may_read": may_read, "states": [(key, name, counts.get(key, 0)) for key, name in STATES.items()]}
    return answer(request, "console/messages.html", context, lambda: {
        "total": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages, "messages": [row(one, may_read) for one in page],
    })


def row(one: OutboxMessage, may_read: bool) -> dict[str, Any]:
    return {
        "id": one.pk, "channel": one.channel, "state": one.state, "attempts": one.attempts, "created": one.created_at.isoformat(),
        "sent": one.sent_at.isoformat() if one.sent_at else None, "error": one.last_error, "may_repeat": one.may_repeat,
        "subject": one.subject if may_read else None, "body": one.body if may_read else None,
    }


@may("officer", "operator")
@require_POST
def requeue(request: HttpRequest, id: int) -> HttpResponse:
    """失败 → 排队. The key stays the same, so that a receiver who has it already drops it."""
    try:
        outbox.requeue(id, request.user.get_username())
    except CaseError as error:
        told.error(request, str(error))
    else:
        told.success(request, "消息已重新排队，几秒内再次发送。")
    return HttpResponseRedirect(reverse("messages"))
