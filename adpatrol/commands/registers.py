"""`adpatrol registers`: the office's lists of licensed institutions, companies, filings and marks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adpatrol.cli import App

if TYPE_CHECKING:
    from classifiers.registers import Match, Register

_HOW = {"exact": "全称一致", "alias": "别名", "fuzzy": "近似（不作结论）"}


def register(app: typer.Typer) -> None:
    registers = App(help="名录：核对、查名、制作图样表")

    @registers.command("check", epilog="例：adpatrol registers check")
    def check(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        """逐份读设置目录 registers/ 下的名录：行数、类别、在册数。有一份读不了，退出码为 2。"""
        from adpatrol.home import config_folders

        for folder in config_folders():
            _check(folder / "registers", as_json)

    @registers.command("find", epilog="例：adpatrol registers find 某城清河银行")
    def find(name: Annotated[str, typer.Argument(metavar="名称", help="机构名称、域名、许可证号或统一社会信用代码")], as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        """查一个名称，并说明凭什么对上。查不到，退出码为 1。"""
        from adpatrol.home import config_folders
        from classifiers.registers import load_registers

        known = load_registers(config_folders())
        found = _found(known, name)
        for match in found:
            _tell(match, as_json)
        if not found:
            if not as_json:
                print("名录中没有查到" if known else "没有载入名录：把名录放进设置目录的 registers/")
            raise typer.Exit(1)

    @registers.command("pictures", epilog="例：adpatrol registers pictures 图样/ -o registers/brand_pictures.csv")
    def pictures(
        folder: Annotated[Path, typer.Argument(metavar="文件夹", exists=True, file_okay=False, help="每个机构一个子文件夹，名为“机构名称@域名”，内放图标、标识")],
        output: Annotated[Path, typer.Option("--output", "-o", metavar="文件")] = Path("brand_pictures.csv"),
    ) -> None:
        """由本单位收集的图标、标识制作图样表。"""
        from classifiers.pictures import hash_folder, write_brand_pictures

        rows, refused = hash_folder(folder)
        write_brand_pictures(output, rows)
        for name in refused:
            print(f"不能用作图样：{name}（不是 PNG、JPEG、GIF、WebP、ICO、BMP，或者太小、太大、只有一种颜色）")
        print(f"写入 {output}：{len(rows)} 个图样，{len(refused)} 个文件未用")

    app.add_typer(registers, name="registers")


def _check(folder: Path, as_json: bool) -> None:
    """Tells of each list in ``folder`` how much it holds. Raises ConfigError where one cannot be read."""
    from classifiers.pictures import read_brand_pictures
    from classifiers.registers_read import read_register, register_files

    for file in register_files(folder):
        kinds: Counter[str] = Counter()
        licensed = without = 0
        dates: set[str] = set()
        for entry in read_register(file):
            kinds[entry.kind] += 1
            licensed += entry.licensed
            without += entry.licensed and not entry.domains
            dates |= {entry.as_of} - {""}
        rows = sum(kinds.values())
        if as_json:
            row = {"file": str(file), "rows": rows, "licensed": licensed, "without_domain": without, "kinds": dict(kinds), "as_of": sorted(dates)}
            print(json.dumps(row, ensure_ascii=False))
            continue
        print(f"{file.name}：{rows} 行，在册许可 {licensed} 行，其中 {without} 行没有域名；类别 {'、'.join(f'{kind} {count}' for kind, count in kinds.most_common(6))}")
        print(f"  截至 {min(dates)}{'' if len(dates) == 1 else f' 至 {max(dates)}'}" if dates else "  没有写明截至日期（as_of）：许可是否仍然有效须另行核对")
    marks = folder / "brand_pictures.csv"
    if marks.is_file():
        count = len(read_brand_pictures(marks))
        print(json.dumps({"file": str(marks), "pictures": count}, ensure_ascii=False) if as_json else f"{marks.name}：{count} 个图样")


def _found(known: Register, name: str) -> list[Match]:
    """By domain, number or code; else by name; else in the lists of companies, which licence nobody."""
    from classifiers.registers import Match

    owner = known.of_domain(name)
    rows = [(owner, "域名一致")] if owner else []
    rows += [(row, "许可证号一致") for row in known.of_licence(name)] + [(row, "统一社会信用代码一致") for row in known.of_uscc(name.upper())]
    if rows:
        return [Match(row, "exact", 1.0, (why,)) for row, why in rows]
    if (match := known.find(name)) is not None:
        return [match]
    row = known.enterprise(name)
    return [] if row is None else [Match(row, "exact", 1.0, ("全称一致（不是许可名录）",))]


def _tell(match: Match, as_json: bool) -> None:
    entry = match.entry
    if as_json:
        print(json.dumps({"name": entry.name, "how": match.how, "score": match.score, "reasons": list(match.reasons), "kind": entry.kind, "licensed": entry.licensed,
                          "status": entry.status, "as_of": entry.as_of, "domains": list(entry.domains), "source": entry.source}, ensure_ascii=False))
        return
    state = "在册" if entry.licensed else f"不作许可看待（{entry.status or entry.kind}）"
    print(f"{entry.name}｜{_HOW[match.how]} {match.score:.2f}：{'、'.join(match.reasons)}｜{entry.kind}｜{state}｜截至 {entry.as_of or '未写明'}｜{entry.source}")
