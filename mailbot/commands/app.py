"""The command line: every command by name. The module that has one is loaded when somebody asks for that command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

PLACES = {
    "backup": "backup:backup",
    "restore": "backup:restore",
    "init": "setting_up:init",
    "check": "setting_up:check",
    "poll": "mail:poll",
    "reconcile": "mail:reconcile",
    "watch": "mail:watch",
    "send": "mail:send",
    "run": "serving:run",
    "worker": "serving:worker",
    "web": "serving:web",
    "demo": "serving:demo",
    "assess": "files:assess",
    "check-letter": "files:check_letter",
    "import": "files:import_files",
    "cases": "queue:cases",
    "case": "queue:case",
    "train": "models:train",
    "evaluate": "models:evaluate",
    "staff": "staff:app",
    "set-aside": "set_aside:app",
    "services": "services:app",
    "authorities": "authorities:app",
    "models": "models:app",
    "search": "search:app",
    "report": "reports:app",
    "inspections": "inspections:app",
    "audit": "audit:app",
    "keys": "keys:app",
    "retention": "records:retention_app",
    "token": "exchange:tokens",
    "webhook": "exchange:webhooks",
    "export": "records:export_app",
}
"""Where each command is, in the order in which `--help` tells of them: a module of this package, and its name there."""


class _Commands(Mapping[str, Any]):
    """The commands, each made when it is looked up."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _made(name, PLACES[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


def _made(name: str, place: str) -> Any:
    """A command, or a group of them, as Typer makes it of what stands at that place."""
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f"mailbot.commands.{module}"), attribute)
    around = typer.Typer()
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    return get_group(around).commands[name]


class _CommandLine(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _Commands()})


app = typer.Typer(
    cls=_CommandLine,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The email inbox processor.",
)


@app.callback()
def mailbot() -> None:
    """The email inbox processor."""
