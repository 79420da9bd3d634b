"""`adpatrol learn`: confidence calibrated by what officers decided."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from classifiers.weighing_training import Example, Reliability, Trained


WEIGHTS = "weights.json"  # classifiers.weighing.FILE: named here too, so that --help needs no classifier


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol learn 样本.jsonl 标注.jsonl")
    def learn(
        files: Annotated[list[Path], typer.Argument(help="标注样本：adpatrol examples export 的文件，或 evaluate 用的标注文件；可有多个")],
        output: Annotated[Path | None, typer.Option(help="写入的文件；默认本单位设置目录（ADPATROL_CONFIG）的 weights.json")] = None,
        part: Annotated[str, typer.Option(help="只用一部分来源：develop 或 held")] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="只看校准效果，不写文件")] = False,
        force: Annotated[bool, typer.Option("--force", help="校准后没有变好也写")] = False,
        manner: Annotated[bool, typer.Option("--manner", help="学习语气：招揽还是讲述（manner.json）；样本要有 text，违法的要标出 findings")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="一行 JSON")] = False,
    ) -> None:
        """用已确认、已排除的样本校准置信度：只调置信度并写明缘由，不增减涉嫌违法点，不改类型和等级。"""
        from classifiers.weighing import written
        from classifiers.weighing_training import TooFew, train

        if part not in ("", "develop", "held"):
            raise ValueError(f"--part 只能是 develop 或 held，没有“{part}”")
        if manner:
            from adpatrol.commands.learn_manner import learn_manner

            learn_manner(files, part, None if dry_run else output or _settings_file("manner.json"), force=force, as_json=as_json)
            return
        target = None if dry_run else output or _settings_file(WEIGHTS)
        try:
            done = train(_examples(files, part))
        except TooFew as error:
            raise ValueError(str(error)) from error
        better = done.after.brier < done.before.brier
        if target is not None and not better and not force:
            _tell(done, None, as_json)
            raise ValueError(f"校准后没有变好（Brier {done.before.brier:.4f} → {done.after.brier:.4f}），没有写入；一定要用请加 --force")
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(written(done.weights))
        _tell(done, target, as_json)


def _settings_file(name: str) -> Path:
    overlay = os.environ.get("ADPATROL_CONFIG")
    if not overlay:
        raise ValueError("权重属于本单位的设置：请先设 ADPATROL_CONFIG，或者用 --output 指明文件、用 --dry-run 只看效果")
    return Path(overlay) / name


def _examples(files: list[Path], part: str) -> list[Example]:
    """Judged without any weights: what is learnt is how far the rules' own confidences can be believed."""
    from adpatrol.commands.evaluate import judged
    from classifiers.weighing_training import examples_of

    return [example for file in files for record, verdict in judged(file, part, weights=False) for example in examples_of(record, verdict)]


def _tell(done: Trained, target: Path | None, as_json: bool) -> None:
    if as_json:
        print(json.dumps({
            "findings": done.findings, "confirmed": done.confirmed, "dismissed": done.findings - done.confirmed, "sources": done.sources,
            "before": done.before.to_json(), "after": done.after.to_json(), "written": str(target) if target else None,
        }, ensure_ascii=False))
        return
    print(f"样本：涉嫌违法点 {done.findings} 处，确认 {done.confirmed}，排除 {done.findings - done.confirmed}，来自 {done.sources} 个来源（按来源交叉验证）")
    for name, told in (("校准前（规则所写）", done.before), ("校准后", done.after)):
        print(f"{name}  Brier {told.brier:.4f}  ECE {told.ece:.4f}")
        _table(told)
    strongest = sorted(done.weights.features.items(), key=lambda item: -abs(item[1].weight))[:8]
    from classifiers.weighing import in_words

    print("影响最大的：")
    for key, weight in strongest:
        print(f"  {weight.weight:+.2f}  {in_words(key)}（确认 {weight.confirmed} 次，排除 {weight.dismissed} 次）")
    if target is not None:
        print(f"已写入 {target}；此后研判即用，adpatrol rebuild 用它重判已有快照。删去文件即恢复规则所写的置信度。")


def _table(told: Reliability) -> None:
    for low, high, size, mean, share in told.table:
        print(f"    置信度 {low:.1f}–{high:.1f}：{size} 处，平均置信度 {mean:.2f}，实际确认 {share:.2f}")
