"""The regulator's file of inspections and their outcomes: any CSV with the facts that `COLUMNS` names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from mailbot.cases.services.inspections import Outcome
from mailbot.errors import RegisterUnreadable

COLUMNS: dict[str, tuple[str, ...]] = {
    "urn": ("urn", "unique reference number"),
    "kind": ("kind", "inspection type", "event type", "type of inspection"),
    "number": ("number", "inspection number", "event number", "inspection event number"),
    "planned_on": ("planned", "planned on", "planned date", "planned inspection date"),
    "held_on": ("held", "held on", "inspection date", "start date", "inspection start date"),
    "published_on": ("published", "published on", "publication date"),
    "overall": (
        "overall",
        "overall experiences and progress of children and young people",
        "overall experiences and progress",
        "overall effectiveness",
    ),
    "protection": (
        "protection",
        "how well children and young people are helped and protected",
        "help and protection",
    ),
    "leadership": (
        "leadership",
        "the effectiveness of leaders and managers",
        "effectiveness of leaders and managers",
    ),
}
"""What each column may be called. The first two must be there, and a day planned or held."""

REQUIRED = ("urn", "kind")
DAYS = ("planned_on", "held_on", "published_on")
MOST_PROBLEMS = 5
LONGEST = {"urn": 16, "kind": 64, "number": 32, "overall": 64, "protection": 64, "leadership": 64}

_URN = re.compile(r"(?:SC|CH|EY|VC)?\d{5,7}")


def read_inspections(path: Path) -> list[Outcome]:
    """Every line of the file; raises `RegisterUnreadable` with its first faults where one cannot be used."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            columns = _columns(path, rows.fieldnames or ())
            read = [
                (rows.line_num, {name: " ".join((row[head] or "").split()) for name, head in columns.items()})
                for row in rows
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegisterUnreadable(f"{path} cannot be read: {error}. It must be a CSV file in UTF-8") from None
    faults = [fault for line, row in read for fault in _faults(line, row)]
    if faults:
        more = f", and {len(faults) - MOST_PROBLEMS} more" if len(faults) > MOST_PROBLEMS else ""
        raise RegisterUnreadable(f"{path}: {'; '.join(faults[:MOST_PROBLEMS])}{more}. Nothing was imported")
    return [_outcome(row) for _, row in read]


def _columns(path: Path, headings: Sequence[str]) -> dict[str, str]:
    plain = {heading.strip().casefold(): heading for heading in headings}
    found = {name: next((plain[one] for one in known_as if one in plain), None) for name, known_as in COLUMNS.items()}
    missing = [name for name in REQUIRED if found[name] is None]
    if found["planned_on"] is None and found["held_on"] is None:
        missing.append("held_on")
    if missing:
        raise RegisterUnreadable(
            f"{path}: no column for {', '.join(missing)}; found the headings {', '.join(headings) or 'none'}. "
            f"Name them {', '.join(COLUMNS[name][0] for name in missing)}"
        )
    return {name: heading for name, heading in found.items() if heading is not None}


def _faults(line: int, row: Mapping[str, str]) -> Iterator[str]:
    if not _URN.fullmatch(_urn(row["urn"])):
        yield f"line {line}: {row['urn']!r} is no URN (five to seven digits, with SC before them or not)"
    if not row["kind"]:
        yield f"line {line}: no kind of inspection"
    for name in DAYS:
        if row.get(name) and _day(row[name]) is None:
            yield f"line {line}: {row[name]!r} is no day such as 31/01/2026 or 2026-01-31"
    if not row.get("planned_on") and not row.get("held_on"):
        yield f"line {line}: neither planned nor held"
    for name, most in LONGEST.items():
        if len(row.get(name, "")) > most:
            yield f"line {line}: {name} is longer than {most} letters"


def _outcome(row: Mapping[str, str]) -> Outcome:
    days = {name: _day(row.get(name, "")) for name in DAYS}
    return Outcome(
        urn=_urn(row["urn"]),
        kind=row["kind"],
        number=row.get("number") or None,
        planned_on=days["planned_on"],
        held_on=days["held_on"],
        published_on=days["published_on"],
        overall=row.get("overall", ""),
        protection=row.get("protection", ""),
        leadership=row.get("leadership", ""),
    )


def _urn(written: str) -> str:
    return re.sub(r"[\s-]", "", written).upper()


def _day(written: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(written, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None
