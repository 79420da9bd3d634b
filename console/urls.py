"""Every page of the console. Each view says who may call it (console.may); one that does not is refused to everybody."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.views import (
    account,
    auditing,
    captures,
    evidence,
    examples,
    leads,
    leaving,
    messages,
    overview,
    platforms,
    search,
    selfcheck,
    trying,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.overview, name="overview"),
    path("runs/", overview.runs, name="runs"),
    path("runs/<str:run>/", overview.run, name="run"),
    path("leads/", leads.queue, name="leads"),
    path("leads/<str:number>/", leads.lead, name="lead"),
    path("leads/<str:number>/referral.docx", leads.draft, name="lead-referral"),
    path("leads/<str:number>/confirm/", leads.decide, {"act": "confirm"}, name="lead-confirm"),
    path("leads/<str:number>/dismiss/", leads.decide, {"act": "dismiss"}, name="lead-dismiss"),
    path("leads/<str:number>/undo/", leads.decide, {"act": "undo"}, name="lead-undo"),
    path("platforms/", platforms.platforms, name="platforms"),
    path("platforms/<int:id>/", platforms.platform, name="platform"),
    path("search/", search.search, name="search"),
    path("captures/", search.captures, name="captures"),
    path("captures/<str:id>/", captures.capture, name="capture"),
    path("captures/<str:id>/screenshot.jpg", captures.screenshot, name="capture-screenshot"),
    path("captures/<str:id>/text.txt", captures.text, name="capture-text"),
    path("captures/<str:id>/evidence.json", evidence.record, name="capture-evidence"),
    path("captures/<str:id>/evidence.warc.gz", evidence.records, name="capture-records"),
    path("try/", trying.trying, name="try"),
    path("examples.jsonl", examples.examples, name="examples"),
    path("selfcheck/", selfcheck.selfcheck, name="selfcheck"),
    path("api/selfcheck", selfcheck.api, name="api-selfcheck"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<int:id>/requeue/", messages.requeue, name="message-requeue"),
    path("audit/", auditing.audit, name="audit"),
    path("leaving/", leaving.leaving, name="leaving"),
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("password/", account.password, name="password"),
    path("healthz", account.healthz, name="healthz"),
]
handler400 = trying.bad_request
handler404 = account.not_found
handler500 = account.broken
