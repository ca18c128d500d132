"""The log: a line for each thing worth knowing, on stderr, never with a word that somebody wrote.

The library that writes it is loaded with the first line: a command that has nothing to say does without.
"""

from __future__ import annotations

import logging
import sys


class Log:
    """Writes lines of at least the level it was `configured` for; where it was not, as the library does by itself."""

    def __init__(self) -> None:
        self._level: int | None = None
        self._ready = False

    def configure(self, level: int) -> None:
        """Lines go to stderr, one each; no library's debug output, which could carry what people wrote."""
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
        self._level, self._ready = level, False

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, object]) -> None:
        if self._level is not None and level < self._level:
            return
        import structlog  # takes long to load

        if self._level is not None and not self._ready:
            self._ready = True
            structlog.configure(
                processors=[
                    structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "action", "event"]),
                ],
                logger_factory=structlog.PrintLoggerFactory(sys.stderr),
                wrapper_class=structlog.make_filtering_bound_logger(self._level),
            )
        structlog.get_logger().log(level, event, **fields)


log = Log()
