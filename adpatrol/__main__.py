"""The command line: parse, call one function of a package, print. Only the module of the command asked for is imported."""

from __future__ import annotations

import importlib
import sys

from adpatrol.cli import App, UsageError, misuse

# command -> module that adds it with `register(app)`; the order is the order of --help
COMMANDS: dict[str, str] = {
    "init": "adpatrol.commands.init",
    "patrol": "adpatrol.commands.patrol",
    "ingest": "adpatrol.commands.ingest",
    "rebuild": "adpatrol.commands.rebuild",
    "captures": "adpatrol.commands.captures",
    "evidence": "adpatrol.commands.evidence",
    "scan": "adpatrol.commands.scan",
    "explain": "adpatrol.commands.explain",
    "evaluate": "adpatrol.commands.evaluate",
    "rules": "adpatrol.commands.rules",
    "registers": "adpatrol.commands.registers",
    "examples": "adpatrol.commands.examples",
    "learn": "adpatrol.commands.learn",
    "findings": "adpatrol.commands.findings",
    "search": "adpatrol.commands.search",
    "index": "adpatrol.commands.index",
    "same": "adpatrol.commands.same",
    "lead": "adpatrol.commands.lead",
    "deliver": "adpatrol.commands.deliver",
    "user": "adpatrol.commands.user",
    "serve": "adpatrol.commands.serve",
    "doctor": "adpatrol.commands.doctor",
}


def build(only: str | None = None) -> App:
    app = App(help="互联网金融广告巡查系统 adpatrol")

    @app.callback()
    def root() -> None:
        """巡查、存证、研判、线索、处置。"""

    for name, module in COMMANDS.items():
        if only is None or only == name:
            importlib.import_module(module).register(app)
    return app


def main(argv: list[str] | None = None) -> None:
    """Exit codes: 0 done; 1 something found or wrong; 2 misuse or failure, with one line on stderr; 130 Ctrl-C (design/commands.md)."""
    args = sys.argv[1:] if argv is None else argv
    only = args[0] if args and args[0] in COMMANDS else None
    try:
        code = build(only)(args=args, prog_name="adpatrol", standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(130)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
        else:
            print(f"adpatrol: {misuse(error)}", file=sys.stderr)
        sys.exit(2)
    except Exception as error:  # one line for people; the trace is for --debug
        if "--debug" in args:
            raise
        line = " ".join(str(error).split()) or type(error).__name__
        print(f"adpatrol: {line}", file=sys.stderr)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
