"""`adpatrol rules try | apply`: what new or changed rules would find in all that is stored, and putting them in place."""

from __future__ import annotations

import getpass
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from indexer.retrohunt.proposed import Given
    from indexer.retrohunt.tables import Hunt

CHANGES = {"new": "新增", "gone": "消失", "changed": "变化", "excused": "判为例外"}


def register(rules: typer.Typer) -> None:
    @rules.command("try", epilog="例：adpatrol rules try --rule 新规则.yaml --json")
    def try_rules(
        rule: Annotated[list[Path] | None, typer.Option("--rule", help="规则文件，可重复")] = None,
        folder: Annotated[Path | None, typer.Option("--rules", help="规则文件所在文件夹")] = None,
        number: Annotated[int | None, typer.Option("--on", help="续办这一号试运行（停止过、中断过的）", min=1)] = None,
        pending: Annotated[bool, typer.Option("--pending", help="办理控制台里排队的试运行和启用，办完即止")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines：各类计数与样例，最后一行是合计")] = False,
    ) -> None:
        """把新的或改过的规则在全部已存快照上试运行，先看会新增、消失、变化什么；不改动任何东西。"""
        _ready()
        from adpatrol.home import config_folders, home
        from adpatrol.telling import told_on_ctrl_c
        from indexer.retrohunt import hunt as trial

        if pending:
            with told_on_ctrl_c("已停下：下次运行接着办"):
                _pending()
            return
        if number:
            found = _hunt(number)
            if trial.ask_on(found):
                found.refresh_from_db()
        else:
            found = _begun(_given(rule or [], folder))
            print(f"试运行 {found.pk} 号：{found.names}，共 {found.total} 个快照", file=sys.stderr)
        with told_on_ctrl_c(f"已停下：续办请运行 adpatrol rules try --on {found.pk}"):
            if found.state in ("waiting", "running"):
                found = trial.go_on(found, home() / "archive", config_folders(), told=_progress)
        _tell(found, as_json)
        raise typer.Exit(2 if found.state == "failed" else 0)

    @rules.command("apply", epilog="例：adpatrol rules apply 3 --yes")
    def apply_rules(
        number: Annotated[int, typer.Argument(metavar="N", help="试运行的号", min=1)],
        yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
        as_json: Annotated[bool, typer.Option("--json")] = False,
    ) -> None:
        """把试运行过的规则存入办公室的设置目录并重判有变化的页面；新的涉嫌违法点照常形成线索。"""
        _ready()
        from adpatrol.home import config_folders, home
        from adpatrol.telling import told_on_ctrl_c
        from alerts import audit
        from indexer.retrohunt import apply

        found = _hunt(number)
        if found.state != "applying":
            if not yes and not (sys.stdin.isatty() and typer.confirm(f"启用规则 {found.names}，并重判 {found.pages.count()} 个页面？", err=True)):
                print("adpatrol: 没有启用：确定启用请加 --yes", file=sys.stderr)
                raise typer.Exit(2)
            folders = config_folders()
            found = apply.begin(found, folders[0] if len(folders) > 1 else None, folders, _who(), lambda one: audit.record(_who(), "启用规则", f"hunt:{one.pk}", **particulars(one)))
        with told_on_ctrl_c(f"已停下：接着启用请运行 adpatrol rules apply {found.pk}"):
            found = _finish(found, home() / "archive")
        print(json.dumps(_summary(found), ensure_ascii=False) if as_json else f"已启用：{found.names}；重判页面 {found.pages.count()} 个")


def _ready() -> None:
    from adpatrol.django_setup import setup

    setup()
    from indexer import tables

    tables.expect()


def _who() -> str:
    """Who sits at the machine: the name goes into the audit log."""
    try:
        return f"命令行（{getpass.getuser()}）"
    except (KeyError, OSError):
        return f"命令行（uid {os.getuid()}）"


def particulars(hunt: Hunt) -> dict[str, Any]:
    """For the audit entry: which rules, and what the preview said."""
    from django.db.models import Sum

    counts = dict(hunt.counts.order_by().values_list("change").annotate(n=Sum("n")))
    return {"rules": [rule["id"] for rule in hunt.rules], "ruleset": hunt.new_ruleset, "pages": hunt.pages.count()} | {CHANGES[change]: n for change, n in counts.items()}


def _hunt(number: int) -> Hunt:
    from indexer.retrohunt.tables import Hunt

    found = Hunt.objects.filter(pk=number).first()
    if found is None:
        print(f"adpatrol: 没有 {number} 号试运行；先运行 adpatrol rules try --rule 文件", file=sys.stderr)
        raise typer.Exit(2)
    return found


def _given(files: list[Path], folder: Path | None) -> list[Given]:
    from indexer.retrohunt.proposed import Given

    if folder is not None:
        inner = folder / "rules" if (folder / "rules").is_dir() else folder
        files = [*files, *sorted(inner.glob("*.yaml"))]
    if not files:
        print("adpatrol: 没有规则：请用 --rule 文件.yaml 或 --rules 文件夹（其中有 .yaml 文件）", file=sys.stderr)
        raise typer.Exit(2)
    try:
        return [Given(str(file), file.read_text(encoding="utf-8")) for file in files]
    except (OSError, UnicodeDecodeError) as error:
        print(f"adpatrol: 规则文件读不了：{error}", file=sys.stderr)
        raise typer.Exit(2) from None


def _begun(given: list[Given]) -> Hunt:
    from adpatrol.home import config_folders
    from indexer.retrohunt import hunt as trial
    from indexer.retrohunt.proposed import propose

    return trial.begin(propose(given, config_folders()), given, _who())


def _pending() -> None:
    """In order of their numbers; what fails is told on its row, and the next is taken."""
    from adpatrol.home import config_folders, home
    from classifiers.errors import AdPatrolError
    from indexer.errors import IndexerError
    from indexer.retrohunt import hunt as trial
    from indexer.retrohunt.tables import Hunt

    archive = home() / "archive"
    while (found := Hunt.objects.filter(state__in=("waiting", "running", "applying")).order_by("pk").first()) is not None:
        try:
            if found.state == "applying":
                _finish(found, archive)
            else:
                trial.go_on(found, archive, config_folders())
        except trial.HuntBusy:
            return
        except (AdPatrolError, IndexerError, OSError) as error:
            print(f"adpatrol: 试运行 {found.pk} 号：{error}", file=sys.stderr)
            Hunt.objects.filter(pk=found.pk).update(state="failed", error=str(error)[:500])


def _finish(found: Hunt, archive: Path) -> Hunt:
    from adpatrol.home import config_folders
    from alerts import follow
    from alerts.channels.model import load_channels
    from indexer.errors import IndexerError
    from indexer.retrohunt import apply

    folders = config_folders()
    if len(folders) < 2:
        raise IndexerError(apply.NO_FOLDER)
    done = apply.finish(found, archive, folders[0], folders, at_end=follow.read_again, told=_progress)
    follow.catch_up(load_channels(folders))
    return done


def _progress(hunt: Hunt) -> None:
    if sys.stderr.isatty():
        print(f"\r已看 {hunt.looked} / {hunt.total}，细判 {hunt.judged}", end="", file=sys.stderr, flush=True)


def _summary(hunt: Hunt) -> dict[str, Any]:
    from django.db.models import Sum

    counts = dict(hunt.counts.order_by().values_list("change").annotate(n=Sum("n")))
    return {"hunt": hunt.pk, "state": hunt.state, "rules": [rule["id"] for rule in hunt.rules], "looked": hunt.looked, "judged": hunt.judged, "pages": hunt.pages.count(),
            "ruleset": hunt.new_ruleset, "wrong_examples": hunt.wrong, **{change: counts.get(change, 0) for change in CHANGES}, "error": hunt.error}


def _tell(hunt: Hunt, as_json: bool) -> None:
    counts = list(hunt.counts.order_by("change", "-n", "platform", "code").values("change", "platform", "code", "n"))
    samples = hunt.samples.all()
    if as_json:
        for row in counts:
            print(json.dumps({"count": row}, ensure_ascii=False))
        for one in samples:
            print(json.dumps({"sample": {"change": one.change, "code": one.code, "platform": one.platform, "capture": one.capture_id, "url": one.url, "before": one.before,
                                         "span": one.span, "after": one.after, "was": one.was, "now": one.now, "reasons": one.reasons, "rule": one.rule}}, ensure_ascii=False))
        print(json.dumps(_summary(hunt), ensure_ascii=False))
        return
    total = _summary(hunt)
    for one in samples:
        print(_printable(f"{CHANGES[one.change]}　{one.code}　{one.before}【{one.span}】{one.after}　{one.url}"))
    for wrong in hunt.wrong:
        print(_printable(f"例句不符　{wrong['rule']}　{'应发现而未发现' if wrong['want'] == 'flag' else '应豁免而被发现'}“{wrong['text']}”"))
    print(f"试运行 {hunt.pk} 号 {hunt.get_state_display()}：看了 {hunt.looked} 个快照，细判 {hunt.judged} 个；" + "，".join(f"{words} {total[change]}" for change, words in CHANGES.items()))
    if hunt.error:
        print(hunt.error)
    if hunt.state == "done":
        print(f"启用：adpatrol rules apply {hunt.pk}")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
