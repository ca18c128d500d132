"""Local authorities with children's services, and the file of whom to tell in each (P3, P13a).

Which authorities there are stands in ``models/authorities.csv``, with the days between which each existed. Whom to
telephone there is the installation's to know: it comes from a CSV file that somebody keeps.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path

from mailbot.domain import AuthorityContact
from mailbot.errors import ArtefactRefused, RegisterUnreadable

COLUMNS = ("authority", "office", "hours", "telephone", "out_of_hours_telephone", "email")
MOST_PROBLEMS = 5
"""How many faults of a file are named at once."""

_TELEPHONE = re.compile(r"\+?[\d ]{3,20}")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_FICTIONAL = re.compile(r"0(?:207946|1632960|7700900)\d{3,4}|01\d{2}4960\d{3}")
"""Numbers that Ofcom keeps for drama: nobody answers them."""


def authorities_on(models: Path, day: date) -> dict[str, str]:
    """The nation of each authority with children's services that exists on `day`, by its name."""
    path = models / "authorities.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
            return {
                row["name"]: row["nation"]
                for row in rows
                if (row["valid_from"] or "") <= day.isoformat() < (row["valid_to"] or "9999")
            }
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise ArtefactRefused(f"the authorities {path} cannot be read: {error}") from None


def read_authority_contacts(path: Path, known: Collection[str]) -> list[AuthorityContact]:
    """Every contact of the file; raises `RegisterUnreadable` with its first faults where one line cannot be used."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise RegisterUnreadable(
                    f"{path}: no column {', '.join(missing)}; found {', '.join(rows.fieldnames or ()) or 'none'}"
                )
            read = [(rows.line_num, {name: (row[name] or "").strip() for name in COLUMNS}) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegisterUnreadable(f"{path} cannot be read: {error}. It must be a CSV file in UTF-8") from None
    faults = list(_faults(read, known))
    if faults:
        more = f", and {len(faults) - MOST_PROBLEMS} more" if len(faults) > MOST_PROBLEMS else ""
        raise RegisterUnreadable(f"{path}: {'; '.join(faults[:MOST_PROBLEMS])}{more}. Nothing was imported")
    return [AuthorityContact(**row, sample=_is_sample(row)) for _, row in read]


def _faults(rows: Iterable[tuple[int, dict[str, str]]], known: Collection[str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for line, row in rows:
        name = row["authority"]
        if name not in known:
            yield f"line {line}: {name!r} is no local authority that exists today (models/authorities.csv names them)"
        if name in first:
            yield f"line {line}: {name} stands in line {first[name]} too"
        first.setdefault(name, line)
        if not row["telephone"]:
            yield f"line {line}: {name} has no telephone number"
        for column in ("telephone", "out_of_hours_telephone"):
            if row[column] and not _TELEPHONE.fullmatch(row[column]):
                yield f"line {line}: {row[column]!r} is no telephone number"
        if row["email"] and not _EMAIL.fullmatch(row["email"]):
            yield f"line {line}: {row['email']!r} is no email address"


def _is_sample(row: dict[str, str]) -> bool:
    """Whether it reaches nobody: an address or a number of those that are kept for examples (RFC 2606, Ofcom)."""
    numbers = [row["telephone"].replace(" ", ""), row["out_of_hours_telephone"].replace(" ", "")]
    return row["email"].lower().endswith(".example") or any(map(_FICTIONAL.fullmatch, numbers))
