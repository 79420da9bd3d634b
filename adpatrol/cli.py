"""The command line's own words, in Chinese: help, and misuse as one line that says what to do."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# The library's English → what we say; what is not here is said as it is.
_SAID = (
    ("No such option", "没有选项 {name}"), ("No such command", "没有命令 {quoted}"), ("Got unexpected extra argument", "多出了 {bracketed}"),
    ("Missing argument", "缺少 {name}"), ("Missing option", "缺少 {name}"), ("requires an argument", "选项 {name} 后面要有值"),
    ("is not in the range", "{name} 的值超出范围"), ("valid integer", "{name} 要填整数"), ("valid float", "{name} 要填数字"), ("valid number", "{name} 要填数字"),
    ("does not exist", "{name} 所指的文件不存在"), ("Invalid value", "{name} 的值不对"),
)
UsageError: Any = typer.BadParameter.__mro__[1]


class _Chinese:
    def format_help(self, ctx: Any, formatter: Any) -> None:
        from typer import rich_utils  # costs a tenth of a second: only who asks for help pays

        rich_utils.OPTIONS_PANEL_TITLE, rich_utils.ARGUMENTS_PANEL_TITLE, rich_utils.COMMANDS_PANEL_TITLE = "选项", "参数", "命令"
        rich_utils.DEFAULT_STRING, rich_utils.REQUIRED_LONG_STRING = "[默认 {}]", "[必填]"
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示本说明"
        return option

    def get_usage(self, ctx: Any) -> str:
        usage: str = super().get_usage(ctx)  # type: ignore[misc]
        return usage.replace("Usage:", "用法：").replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令 …")


class Command(_Chinese, TyperCommand):
    pass


class Group(_Chinese, TyperGroup):
    pass


class App(typer.Typer):
    """Typer whose commands speak as ours do."""

    def __init__(self, *, help: str) -> None:
        super().__init__(cls=Group, help=help, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    def command(self, name: str | None = None, **settings: Any) -> Any:
        return super().command(name, cls=Command, **settings)


def misuse(error: Any) -> str:
    """One line: what is wrong, and where to look."""
    english: str = error.format_message()
    parts = english.split("'")
    names = {"name": _name(error), "quoted": "".join(parts[1:2]), "bracketed": english.rpartition("(")[2].rstrip(")")}
    ours = not str(error.message or "a").isascii()
    said = error.message if ours else next((words.format(**names) for sign, words in _SAID if sign in english), english)
    near = getattr(error, "possibilities", None) or parts[3::2]
    hint = f"，是否想写 {'、'.join(near)}" if near else ""
    return f"{said}{hint}；用法见 {error.ctx.command_path if error.ctx else 'adpatrol'} --help"


def _name(error: Any) -> str:
    option = getattr(error, "option_name", None)
    param = getattr(error, "param", None)
    if param is not None:
        return str(param.opts[0]) if param.param_type_name == "option" else f"参数 {param.metavar or param.name.upper()}"
    return str(option or getattr(error, "param_hint", None) or "")
