"""The log: a line for each thing worth knowing, on stderr, never with a word that somebody wrote.

The library that writes it is loaded with the first line: a command that has nothing to say does without.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from structlog.typing import Processor

Format = Literal["text", "json"]


LIBRARY_LINE = "%(levelname)s %(name)s %(message)s"


class LibraryLines(logging.Formatter):
    """What a library warns of, as one JSON object in the fields of our own lines; without its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        said = {"timestamp": at, "level": record.levelname.lower(), "action": record.name}
        return json.dumps({**said, "event": record.getMessage()}, ensure_ascii=False)


class Log:
    """Writes lines of at least the level it was `configured` for; where it was not, as the library does by itself."""

    def __init__(self) -> None:
        self._level: int | None = None
        self._format: Format = "text"
        self._ready = False

    def configure(self, level: int, format: Format = "text") -> None:
        """Lines go to stderr, one each; no library's debug output, which could carry what people wrote."""
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(LibraryLines() if format == "json" else logging.Formatter(LIBRARY_LINE))
        logging.basicConfig(level=logging.WARNING, handlers=[handler], force=format == "json")
        self._level, self._format, self._ready = level, format, False

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
            structlog.configure(
                processors=[
                    structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    *self._rendering(),
                ],
                logger_factory=structlog.PrintLoggerFactory(sys.stderr),
                wrapper_class=structlog.make_filtering_bound_logger(self._level),
            )
            self._ready = True  # not before: another thread would write as the library does by itself
        structlog.get_logger().log(level, event, **fields)

    def _rendering(self) -> list[Processor]:
        import structlog

        if self._format == "text":
            return [structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "action", "event"])]
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]


log = Log()
