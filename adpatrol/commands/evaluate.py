"""`adpatrol evaluate`: precision and recall against labelled texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from classifiers.evaluation import Evaluation, Slip
    from classifiers.model import Verdict

SHOWN = 20  # confusions and slips told to people; --json has all, but of the held part no texts
PARTS = ("develop", "held")


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol evaluate 标注.jsonl --part develop --json")
    def evaluate(
        file: Annotated[Path, typer.Argument(help="逐行含 id、text、findings、violating 的标注文件；另可有 source、kind、optional、unsure")],
        part: Annotated[str, typer.Option(help="只算一部分，按来源（source）划分：develop 约六成，写规则时可看；held 约四成，只用来报数")] = "",
        held_out: Annotated[bool, typer.Option("--held-out", help="同 --part held")] = False,
        shown: Annotated[int | None, typer.Option(min=0, help="列出多少条误报、漏报的原文；默认 20，held 部分默认不列，以免照着它写规则")] = None,
        floors: Annotated[bool, typer.Option("--floors", help="打印质量底线，可直接贴入 tests/classifiers/floors.yaml")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="一行 JSON，含全部误报、漏报与混淆")] = False,
    ) -> None:
        """按页、按违法类型、按文体计算准确率与召回率，列出混淆与最差的误报、漏报（按来源归并）。"""
        chosen = "held" if held_out else part
        if chosen not in ("", *PARTS):
            raise ValueError(f"--part 只能是 {' 或 '.join(PARTS)}，没有“{chosen}”")
        if held_out and part not in ("", "held"):
            raise ValueError("--held-out 就是 --part held，不能与 --part develop 同用")
        listed = shown if shown is not None else 0 if chosen == "held" else SHOWN
        done = measure(file, chosen)
        corpus = corpus_digest(file)
        if floors:
            print(floors_of(done, file.name, corpus, chosen), end="")
        elif as_json:
            told = done.to_json()
            if not listed:
                del told["slips"]
            print(json.dumps({"corpus": f"sha256:{corpus}", "part": chosen or "all", **told}, ensure_ascii=False))
        else:
            _tell(done, chosen, listed)


def corpus_digest(file: Path) -> str:
    """SHA-256 of the file's bytes, hex: which texts the figures are of."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def measure(file: Path, part: str = "") -> Evaluation:
    """The judge on all records of ``part`` (empty: all)."""
    from classifiers.evaluation import Evaluation

    evaluation = Evaluation()
    for record, verdict in judged(file, part):
        evaluation.add(record, verdict)
    return evaluation


def judged(file: Path, part: str = "", *, weights: bool = True) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """Each labelled record and what the judge says of it; ``weights``: with the office's calibration, if it has one. Raises ValueError that names the line of a record that cannot be read."""
    from adpatrol.judging import Judge
    from adpatrol.labelled import labelled
    from classifiers.model import Document

    judge = Judge()
    if not weights:
        judge.knowledge = replace(judge.knowledge, weights=None)
    for record in labelled(file, part, lambda record: (record["violating"], record["id"])):
        plain = "text" in record
        body = record["text" if plain else "html"].encode("utf-8", "replace")
        kind = "" if plain else "text/html; charset=utf-8"
        yield record, judge(Document(body=body, plain=plain, url=record.get("url") or "", content_type=kind)).verdict


def floors_of(evaluation: Evaluation, name: str, corpus: str, part: str) -> str:
    """One entry of tests/classifiers/floors.yaml: today's figures, cut (never rounded up) at three digits."""
    def cut(value: float) -> str:
        return f"{int(value * 1000 + 1e-9) / 1000:.3f}"

    pages, micro = evaluation.pages, evaluation.micro()
    lines = [
        f"- corpus: {name}", f"  sha256: {corpus}", f"  part: {part or 'all'}",
        f"  pages: {{precision: {cut(pages.precision)}, recall: {cut(pages.recall)}}}",
        f"  micro: {{precision: {cut(micro.precision)}, recall: {cut(micro.recall)}, f1: {cut(micro.f1)}}}", "  codes:  # F1",
    ]
    lines += [f"    {code}: {cut(tally.f1)}" for code, tally in sorted(evaluation.codes.items()) if tally.tp + tally.fn]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _tell(done: Evaluation, part: str, shown: int) -> None:
    aside = f"，{done.unsure} 条标注存疑不计" if done.unsure else ""
    print(f"共 {done.records} 条{f'（{part} 部分）' if part else ''}{aside}")
    rows = [("按页", done.pages), ("合计（微平均）", done.micro()), *((c, t) for c, t in sorted(done.codes.items()) if t.tp + t.fp + t.fn)]
    for name, tally in rows:
        print(f"{name:26} 准确率 {tally.precision:.3f}  召回率 {tally.recall:.3f}  F1 {tally.f1:.3f}  (中 {tally.tp} 误 {tally.fp} 漏 {tally.fn})")
    macro = done.macro()
    print(f"{'各类平均（宏平均）':26} 准确率 {macro['precision']:.3f}  召回率 {macro['recall']:.3f}  F1 {macro['f1']:.3f}")
    if done.alarms_by_kind:
        print("\n误报，按文体：")
        for kind, codes in sorted(done.alarms_by_kind.items(), key=lambda item: -item[1].total()):
            pages = done.false_alarms_by_kind[kind]
            print(f"  {kind or '未注明'}：误报 {codes.total()} 处，整页判错 {pages} 页（{'，'.join(f'{c} {n}' for c, n in codes.most_common())}）")
    if done.confusions:
        print("\n混淆（应为 → 判为）：")
        for (expected, given), count in done.confusions.most_common(SHOWN):
            print(f"  {count:3}  {expected} → {given}")
    worst = done.worst()[:shown]
    if worst:
        print(f"\n最差的 {len(worst)} 处（共 {len(done.slips)} 处），按来源：")
        source = ""
        for slip in worst:
            if slip.source != source:
                source = slip.source
                tally = done.sources[source]
                print(f"  〔{_plain(source)}〕 误 {tally.fp} 漏 {tally.fn}")
            _tell_slip(slip)


def _tell_slip(slip: Slip) -> None:
    from classifiers.evaluation import UNLABELLED

    what = f"误报 {slip.id} {slip.given}" if slip.expected == UNLABELLED else f"漏报 {slip.id} {slip.expected} → {slip.given}"
    print(f"    {what}{'，整页判错' if slip.page else ''}{f'（{_plain(slip.why)}）' if slip.why else ''} “{_plain(slip.span)}”")
    print(f"        …{_plain(slip.around)}…")
