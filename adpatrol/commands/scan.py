"""`adpatrol scan`: judge without storing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from classifiers.model import Document

LEVELS = {"blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"}
GATES = {
    "block": "拦截页", "captcha": "验证码页", "login": "登录页", "near_empty": "近乎空白", "soft_404": "名存实无的页", "parked": "停放域名或默认页", "shrunk": "内容骤减",
}
# (what names it: {"id" or "source": …}, document, why there is none, status of the answer, as a browser showed it)
Row = tuple[dict[str, Any], "Document | None", str, "int | None", bool]


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol scan 页面.html 归档.wacz --json　　adpatrol scan --jsonl 文本.jsonl --json　　echo 文字 | adpatrol scan")
    def scan(
        targets: Annotated[list[str] | None, typer.Argument(help="HTML/MHTML 文件、文件夹、WARC/WACZ、网址；- 或省略：标准输入")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="每页一行 JSON")] = False,
        jsonl: Annotated[str, typer.Option(help="逐行含 id 与 text 或 html 的文件；- 为标准输入")] = "",
        text: Annotated[bool, typer.Option("--text", help="输出中带上页面文字")] = False,
        allow: Annotated[list[str] | None, typer.Option(help="准许访问的内部网段，如 127.0.0.0/8")] = None,
        render: Annotated[bool, typer.Option("--render", help="网址用浏览器打开（页面内容由脚本生成时）")] = False,
    ) -> None:
        """研判而不入库。退出码：0 未发现，1 有涉嫌违法点，2 有文件无法读取。"""
        from adpatrol.judging import Judge
        from adpatrol.targets import networks

        judge, within = Judge(), networks(allow or [])
        found = failed = False
        with ExitStack() as open_files:
            lines = _opened(jsonl, open_files)  # a file that is not there is misuse: said before anything is judged
            for name, document, error, status, shown in _rows(targets or [], lines, jsonl, within, render):
                if document is None:
                    failed = True
                    if as_json:
                        write_json(name | {"error": error})
                    else:
                        print(plain(f"{name['source']}：{error}"), file=sys.stderr)
                    continue
                judged = judge(document, status, shown=shown)
                found = found or judged.verdict.violating
                key = "id" if "id" in name else "source"
                record = judged.to_json(source=name[key], key=key, with_text=text)
                write_json(record) if as_json else _tell(record, key)
        raise typer.Exit(2 if failed else 1 if found else 0)


def _opened(jsonl: str, files: ExitStack) -> IO[bytes] | None:
    if not jsonl:
        return None
    if jsonl == "-":
        return sys.stdin.buffer
    try:
        return files.enter_context(Path(jsonl).open("rb"))
    except OSError as error:
        why = "没有这个文件" if isinstance(error, FileNotFoundError) else "是文件夹" if isinstance(error, IsADirectoryError) else error.strerror
        raise ValueError(f"--jsonl {jsonl} 无法读取：{why}") from error


def _rows(targets: list[str], lines: IO[bytes] | None, jsonl: str, allow: list[Any], render: bool) -> Iterator[Row]:
    from adpatrol.targets import read_jsonl, read_targets

    if lines is not None:
        for line in read_jsonl(lines, jsonl):
            named = {} if line.id is None else {"id": line.id}
            yield (named if line.document else named | {"source": line.source}), line.document, line.error, None, False
    if targets or lines is None:
        for target in read_targets(targets, stdin=sys.stdin.buffer, allow=allow, render=render):
            yield {"source": target.source}, target.document, target.error, target.status, target.shown


def write_json(record: dict[str, Any]) -> None:
    """One record a line; a lone surrogate from hostile text must not stop the scan."""
    line = json.dumps(record, ensure_ascii=False)
    try:
        sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:  # nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ValueError("输出已被关闭，没有做完") from error


def plain(text: str) -> str:
    """Text of a site for a terminal: no control characters reach it."""
    return "".join(c if c.isprintable() else " " for c in text)


def _tell(record: dict[str, Any], key: str) -> None:
    def say(line: str) -> None:
        print(plain(line))

    verdict = "涉嫌违法" if record["violating"] else "未发现涉嫌违法点"
    say(f"{record[key]}  〔{record['genre']}〕 {verdict}  {record['title']}")
    if "gate" in record:
        say(f"  不是网页本身：{GATES.get(record['gate']['kind'], record['gate']['kind'])}（{record['gate']['reason']}）")
    if "needs_browser" in record:
        say(f"  可能看不全：{record['needs_browser']}；网址可加 --render 用浏览器打开")
    for finding in record["findings"]:
        say(f"  {LEVELS[finding['level']]}  涉嫌 {finding['code']}  “{finding['span']}”")
        for reason in finding["reasons"]:
            say(f"      {reason}")
    for excused in record["excused"]:
        say(f"  豁免  {excused['code']}  “{excused['span']}”：{excused['because']}")
    for line in record.get("text", "").splitlines():
        say(f"  ┆ {line}")
