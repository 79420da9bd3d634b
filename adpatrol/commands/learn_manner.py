"""`adpatrol learn --manner`: how offers speak, how each kind of claim does, and how those who tell of them do, from labelled texts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from adpatrol.labelled import labelled

LEAST_AREA = 0.75  # below it the model tells too little to move anything


def learn_manner(files: list[Path], part: str, target: Path | None, *, force: bool, as_json: bool) -> None:
    """Raises ValueError where the texts are too few or teach too little, or what trains is not installed."""
    try:
        from classifiers.manner_training import TooFew, examples_of, train
    except ModuleNotFoundError as error:
        raise ValueError(f"没有安装学习所需的 {error.name}：请运行 .venv/bin/pip install -e '.[learn]' 后再试") from error
    from classifiers.manner import OFFER, written

    try:
        done = train([example for file in files for record in labelled(file, part) for example in examples_of(record)])
    except TooFew as error:
        raise ValueError(str(error)) from error
    offers = done.heard[OFFER]
    if offers.area < LEAST_AREA and not force:
        raise ValueError(f"样本教不出语气的差别（AUC {offers.area:.3f}，至少 {LEAST_AREA}），没有写入；一定要用请加 --force")
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written(done.manner))
    if as_json:
        voices = {code: {**asdict(heard), **asdict(done.manner.voices[code])} for code, heard in done.heard.items()}
        print(json.dumps({"windows": done.windows, "sources": done.sources, "pairs": len(done.manner.pairs), "voices": voices, "written": str(target) if target else None}, ensure_ascii=False))
        return
    print(f"样本 {done.windows} 段，来自 {done.sources} 个来源；以下按来源交叉验证")
    print(f"区分招揽与讲述：AUC {offers.area:.3f}；招揽的可能低于 {done.manner.voices[OFFER].least:.3f} 的降为提示")
    for code, heard in done.heard.items():
        if code != OFFER:
            voice = done.manner.voices[code]
            print(f"  {code:22} 样本 {heard.texts:4}  AUC {heard.area:.3f}  常见字样从 {voice.sure:.2f} 起计入：准确率 {heard.right:.2f}  召回率 {heard.found:.2f}")
    if target is not None:
        print(f"已写入 {target}（{len(done.manner.pairs)} 个字对，不含原文）；此后研判即用，adpatrol rebuild 用它重判已有快照。删去文件即不看语气")

