"""`mailbot`, from the words that were typed to the exit code. The commands are in `mailbot.commands`.

Exit codes: 0 done; 1 something failed (one line on stderr: what, and what to do); 2 wrong usage or configuration.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
from typing import NoReturn

from mailbot.commands.terminal import complain
from mailbot.errors import ConfigError, MailbotError
from mailbot.log import log


def main() -> NoReturn:
    """Runs the command; every expected failure is one line on stderr. SIGTERM ends it as tidily as Ctrl+C does."""
    log.configure(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(_run(sys.argv[1:]))
    except ConfigError as error:
        complain(error)
        sys.exit(2)
    except MailbotError as error:
        complain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _run(words: list[str]) -> int:
    """`poll --once`, which starts every few minutes, goes past the parser of the command line: that takes long to load.

    Everything else the parser ends by itself, as SystemExit.
    """
    match words:
        case ["poll", "--once"]:
            return _poll(None)
        case ["poll", "--once", "--config", path] if not path.startswith("-"):
            return _poll(path)
    from mailbot.commands.app import app

    app(standalone_mode=True)
    return 0


def _poll(config: str | None) -> int:
    gc.disable()  # all that is loaded stays: to look through it for what could go takes a tenth of the time
    from mailbot.commands.once import take_in_all

    gc.freeze()
    gc.enable()
    return 0 if take_in_all(config) else 1


if __name__ == "__main__":
    main()
