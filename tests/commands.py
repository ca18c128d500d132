"""`mailbot` as a process of its own, forked from one that has loaded it: starting Python takes longer than the command.

What has to be killed, or must show how it starts, is started as ``python -m mailbot`` instead.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import IO, NoReturn


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err


def mailbot(*words: str, environment: Mapping[str, str] | None = None, typed: str = "") -> Said:
    """Runs the command to its end. `environment` is added to that of the tests; `typed` is its standard input."""
    _load()
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(typed.encode())
        given.seek(0)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _run(words, dict(environment or {}), given, out, err)
        _, status = os.waitpid(child, 0)
        return Said(os.waitstatus_to_exitcode(status), _text(out), _text(err))


@cache
def _load() -> None:
    """Loads what most commands need, so that no child has to."""
    import mailbot.__main__
    import mailbot.cases.store
    import mailbot.triage.decide
    import mailbot.web.accounts  # noqa: F401
    from mailbot.commands.app import PLACES

    for place in PLACES.values():
        import_module(f"mailbot.commands.{place.partition(':')[0]}")


def _run(
    words: tuple[str, ...], environment: dict[str, str], given: IO[bytes], out: IO[bytes], err: IO[bytes]
) -> NoReturn:
    """In the child: as a fresh process would begin, with nothing of the tests' own about it."""
    code = 70
    try:
        for number, stream in enumerate((given, out, err)):
            os.dup2(stream.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115  the child ends soon
        os.environ.update(environment)
        warnings.resetwarnings()
        warnings.simplefilter("default")
        logging.getLogger().handlers.clear()
        sys.argv = ["mailbot", *words]
        from mailbot.__main__ import main

        main()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    except BaseException:  # noqa: BLE001  a child never goes on as a second test run
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()
