"""What commands say on a terminal."""

from __future__ import annotations

import sys


def table(headings: list[str], rows: list[list[str]]) -> None:
    widths = [max([len(heading), *(len(row[at]) for row in rows)]) for at, heading in enumerate(headings)]
    for row in [headings, ["-" * width for width in widths], *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def complain(error: Exception | str) -> None:
    print(" ".join(str(error).split()), file=sys.stderr)


def progress(step: str) -> None:
    """Progress on a terminal, none when piped."""
    if sys.stderr.isatty():
        print(step, file=sys.stderr)
