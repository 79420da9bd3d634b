"""The contract of the command line, for every command there is: help in Chinese with an example, misuse in one line with exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from adpatrol.__main__ import COMMANDS, build, main

ROOT = Path(__file__).resolve().parents[2]
GROUPS = {"evidence": ["export", "hold", "release", "retain", "seal", "store", "verify"], "examples": ["export"], "index": ["check", "rebuild", "retry", "status", "switch"], "registers": ["check", "find", "pictures"], "rules": ["apply", "check", "list", "try"], "lead": ["decide", "list", "show"], "user": ["add", "list", "set-certificate"]}
ALL = [[name] for name in COMMANDS if name not in GROUPS] + [[group, name] for group, names in GROUPS.items() for name in names]


def adpatrol(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"ADPATROL_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "adpatrol", *args], cwd=home, env=env, capture_output=True, text=True, timeout=60, check=False)


def here(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    """In this process: for what is answered before a command begins."""
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_the_groups_are_all_there() -> None:
    found = {group.name: sorted(one.name or one.callback.__name__ for one in group.typer_instance.registered_commands) for group in build().registered_groups}
    assert found == GROUPS


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_is_chinese_and_has_an_example(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    code, out, err = here(capsys, *command, "--help")
    assert (code, err) == (0, "")
    assert f"adpatrol {' '.join(command)}" in out.split("例：", 1)[1]
    for english in ("Usage", "Options", "Arguments", "Show this message", "default:", "required"):
        assert english not in out


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_misuse_is_one_line_that_says_what_to_do(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    said = f"adpatrol: 没有选项 --no-such-option；用法见 adpatrol {' '.join(command)} --help\n"
    assert here(capsys, *command, "--no-such-option") == (2, "", said)


@pytest.mark.parametrize(("args", "said"), [
    (["patrl"], "没有命令 patrl，是否想写 patrol"), (["lead", "shw"], "没有命令 shw，是否想写 show"), (["captures", "more"], "多出了 more"),
    (["evaluate"], "缺少 参数 FILE"), (["patrol", "--depth"], "选项 --depth 后面要有值"), (["patrol", "--depth", "many"], "--depth 要填整数"),
    (["patrol", "--max-pages", "0"], "--max-pages 的值"), (["lead", "list", "--state", "gone"], "--state 只能是 waiting"), (["findings"], "adpatrol init"), (["lead", "list"], "adpatrol init"), (["search", "保本"], "adpatrol init"),
])
def test_what_is_wrong_is_said_in_words_of_the_office(tmp_path: Path, args: list[str], said: str) -> None:
    done = adpatrol(tmp_path, *args)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
