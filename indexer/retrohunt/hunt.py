"""One trial, run: every stored page in archive order, sifted, what is left judged anew from the archive in a child process, what differs kept.

A batch and the position move in one transaction: stopped or killed anywhere it goes on where it was, and counts nothing twice. One trial runs
at a time in a home. Memory is bounded by a batch: of a page only what differs is kept, of what differs only counts and some samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from classifiers.errors import ConfigError
from evidence import ledger
from evidence.disk import alone
from indexer.apart import ReaderApart
from indexer.errors import IndexerError
from indexer.models import Page
from indexer.patience import patiently
from indexer.platforms import platform_key
from indexer.priors import Priors
from indexer.reading import Reading
from indexer.retrohunt.differences import Difference, differences
from indexer.retrohunt.proposed import Given, Proposal, propose, wrong_examples
from indexer.retrohunt.sieve import Sieve
from indexer.retrohunt.tables import Hunt, HuntCount, HuntPage, HuntSample

BATCH = 32
MOST_SAMPLES = 15  # of one change and code
MOST_CODES = 40  # of samples
State = Hunt.State


class HuntBusy(IndexerError):
    def __init__(self) -> None:
        super().__init__("另一个进程正在试运行规则：请等它完成，或先停止它")


class HuntRefused(IndexerError):
    """The message says why, and what to do."""


@contextmanager
def only_hunt(home: Path) -> Iterator[None]:
    """Holds ``home/hunt.lock``; the system lets go of it when the process dies. Raises HuntBusy."""
    with alone(home / "hunt.lock") as mine:
        if not mine:
            raise HuntBusy
        yield


def begin(proposal: Proposal, given: Sequence[Given], who: str) -> Hunt:
    """Puts the trial on record; nobody has run it yet."""
    ids = {text: id for id, text in proposal.texts.items()}
    rules = [{"name": one.name, "id": ids[one.text], "text": one.text} for one in given]
    upto = Page.objects.aggregate(last=Max("seq"))["last"] or 0
    return Hunt.objects.create(made_by=who[:150], rules=rules, upto=upto, total=Page.objects.count(), old_ruleset=proposal.old.digest, new_ruleset=proposal.new.digest,
                               wrong=wrong_examples(proposal))


def proposal_of(hunt: Hunt, folders: Sequence[Path]) -> Proposal:
    """Raises ConfigError where the office's settings no longer bear the rules."""
    return propose([Given(rule["name"], rule["text"]) for rule in hunt.rules], folders)


def go_on(hunt: Hunt, archive: Path, folders: Sequence[Path], *, told: Callable[[Hunt], object] = lambda hunt: None) -> Hunt:
    """To the newest stored page, or until somebody asks it to stop. ``told`` is called after each batch. Raises HuntBusy."""
    with only_hunt(archive.parent):
        try:
            proposal = proposal_of(hunt, folders)
        except ConfigError as error:
            return _ended(hunt, State.FAILED, error=str(error))
        if proposal.old.digest != hunt.old_ruleset:  # what it found is measured against what holds no more
            _forget(hunt, proposal)
        Hunt.objects.filter(pk=hunt.pk).update(state=State.RUNNING, error="")
        with ReaderApart(archive, proposal.new) as reader:
            sieve = Sieve(proposal.rules())
            while True:
                hunt.refresh_from_db()
                if hunt.wants_stop:
                    return _ended(hunt, State.STOPPED)
                if not look(hunt, archive, reader, sieve):
                    return _ended(hunt, State.DONE)
                told(hunt)


def look(hunt: Hunt, archive: Path, reader: ReaderApart, sieve: Sieve) -> int:
    """The next batch; answers how many pages were looked at."""
    pages = list(Page.objects.filter(seq__gt=hunt.seq).order_by("seq")[:BATCH])
    if not pages:
        return 0
    found: list[tuple[Page, list[Difference]]] = []
    sifted = sieve.sift(pages)
    for page in sifted:
        reading = read_again(page, archive, reader)
        if reading is not None and (changes := differences(page, reading)):
            found.append((page, changes))
    patiently(partial(_keep, hunt, pages, len(sifted), found))
    return len(pages)


def read_again(page: Page, archive: Path, reader: ReaderApart) -> Reading | None:
    """The stored page as the reader's rules see it, against the captures before it, as ingest read it; None where the archive lacks it, or
    where it cannot be read now."""
    capture = ledger.capture(archive, page.capture_id)
    if capture is None:
        return None
    priors = Priors()
    priors.ahead_of([capture])
    reading = reader.read(capture, priors.of(capture))
    return None if reading.page.error else reading


def _keep(hunt: Hunt, pages: Sequence[Page], judged: int, found: Sequence[tuple[Page, list[Difference]]]) -> None:
    with transaction.atomic():
        moved = Hunt.objects.filter(pk=hunt.pk, seq=hunt.seq).update(seq=pages[-1].seq, looked=F("looked") + len(pages), judged=F("judged") + judged)
        if not moved:
            return
        HuntPage.objects.bulk_create([HuntPage(hunt=hunt, seq=page.seq, capture_id=page.capture_id) for page, _ in found])
        counts = Counter((one.change, platform_key(page.site), one.code) for page, changes in found for one in changes)
        for (change, platform, code), n in counts.items():
            row, _ = HuntCount.objects.get_or_create(hunt=hunt, change=change, platform=platform, code=code)
            HuntCount.objects.filter(pk=row.pk).update(n=F("n") + n)
        _sample(hunt, found)


def _sample(hunt: Hunt, found: Sequence[tuple[Page, list[Difference]]]) -> None:
    """Some of each kind, each wording once."""
    kept: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, str, str]] = set()
    for change, code, span in HuntSample.objects.filter(hunt=hunt).values_list("change", "code", "span"):
        kept[change, code] += 1
        seen.add((change, code, span))
    rows = []
    for page, changes in found:
        for one in changes:
            before, span, after = one.around(page.text)
            kind = (one.change, one.code)
            if (*kind, span) in seen or kept[kind] >= MOST_SAMPLES or (kind not in kept and len(kept) >= MOST_CODES):
                continue
            kept[kind] += 1
            seen.add((*kind, span))
            rows.append(HuntSample(hunt=hunt, change=one.change, code=one.code, platform=platform_key(page.site), capture_id=page.capture_id, seq=page.seq,
                                   url=page.url, title=page.title[:300], before=before, span=span, after=after, was=one.was, now=one.now,
                                   reasons=[reason[:300] for reason in one.reasons[:6]], rule=one.rule))
    HuntSample.objects.bulk_create(rows)


def _forget(hunt: Hunt, proposal: Proposal) -> None:
    with transaction.atomic():
        for table in (HuntPage, HuntCount, HuntSample):
            table.objects.filter(hunt=hunt).delete()
        Hunt.objects.filter(pk=hunt.pk).update(seq=0, looked=0, judged=0, total=Page.objects.count(), old_ruleset=proposal.old.digest,
                                               new_ruleset=proposal.new.digest, wrong=wrong_examples(proposal))
    hunt.refresh_from_db()


def _ended(hunt: Hunt, state: Hunt.State, *, error: str = "") -> Hunt:
    Hunt.objects.filter(pk=hunt.pk).update(state=state, error=error, ended_at=timezone.now(), wants_stop=False)
    hunt.refresh_from_db()
    return hunt


def ask_stop(hunt: Hunt) -> bool:
    """Whether there was something to stop; it stops after the batch under way, and keeps what it has."""
    stopped = Hunt.objects.filter(pk=hunt.pk, state=State.WAITING).update(state=State.STOPPED)
    return bool(stopped or Hunt.objects.filter(pk=hunt.pk, state=State.RUNNING).update(wants_stop=True))


def ask_on(hunt: Hunt) -> bool:
    """Whether it was stopped or failed, and waits again."""
    return bool(Hunt.objects.filter(pk=hunt.pk, state__in=(State.STOPPED, State.FAILED)).update(state=State.WAITING, wants_stop=False, error=""))
