"""The regulator's published register of services, and which of them a message means (P1).

The file is the one the regulator publishes, or any CSV with the same facts: `COLUMNS` lists what each may be headed.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rapidfuzz import fuzz, process

from mailbot.domain import RegisteredService, ServiceMatch, ServiceType
from mailbot.errors import RegisterUnreadable

COLUMNS: dict[str, tuple[str, ...]] = {
    "urn": ("urn", "unique reference number"),
    "name": ("name", "service name", "setting name", "provider name"),
    "type": ("type", "provision type", "service type", "provider type"),
    "authority": ("authority", "local authority", "local authority name"),
    "town": ("town", "town/city", "post town"),
    "postcode": ("postcode",),
    "places": ("places", "maximum users", "number of places", "registered places"),
    "provider": ("provider", "organisation", "organisation name", "owner", "organisation which owns the provider"),
    "status": ("status", "registration status"),
    "manager": ("registered manager", "manager"),
    "responsible_individual": ("responsible individual",),
    "email": ("email", "email address"),
    "postal": ("address", "postal address"),
}
"""What each column may be called. The first four must be there; the others may be missing."""
REQUIRED = ("urn", "name", "type", "authority")

TYPES: dict[str, ServiceType] = {
    "children's home": ServiceType.CHILDRENS_HOME,
    "secure children's home": ServiceType.CHILDRENS_HOME,
    "residential special school (registered as a children's home)": ServiceType.CHILDRENS_HOME,
    "residential family centre": ServiceType.RESIDENTIAL_FAMILY_CENTRE,
    "independent fostering agency": ServiceType.INDEPENDENT_FOSTERING_AGENCY,
    "voluntary adoption agency": ServiceType.VOLUNTARY_ADOPTION_AGENCY,
    "adoption support agency": ServiceType.ADOPTION_SUPPORT_AGENCY,
    "residential holiday scheme for disabled children": ServiceType.RESIDENTIAL_HOLIDAY_SCHEME,
    "residential holiday scheme": ServiceType.RESIDENTIAL_HOLIDAY_SCHEME,
    "supported accommodation": ServiceType.SUPPORTED_ACCOMMODATION,
    "boarding school": ServiceType.BOARDING_SCHOOL,
    "residential special school": ServiceType.RESIDENTIAL_SPECIAL_SCHOOL,
    "further education college with residential accommodation": ServiceType.FE_RESIDENTIAL,
    "local authority": ServiceType.LOCAL_AUTHORITY,
    "local authority adoption agency": ServiceType.LOCAL_AUTHORITY,
    "local authority fostering agency": ServiceType.LOCAL_AUTHORITY,
    "cafcass": ServiceType.CAFCASS,
    "secure training centre": ServiceType.SECURE_TRAINING_CENTRE,
}
"""The register's words for each kind of service; the taxonomy's own are understood too."""

MOST_PROBLEMS = 5
"""How many faults of a file are named at once."""

NEARLY_THE_SAME = 86.0
"""Likeness of two names, of 100, that makes a match where a place agrees too."""
THE_SAME = 94.0
"""Likeness that makes a match where the message names no place."""

_URN = re.compile(r"(?:SC|CH|EY|VC)?\d{5,7}")
_COMMON = re.compile(
    r"\b(?:the|childrens home|children home|home|ltd|limited|llp|cic|residential|school|fostering|agency|nursery)\b"
)


def read_register(path: Path) -> list[RegisteredService]:
    """Every service of the file; raises `RegisterUnreadable` with its first faults where one line cannot be used."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            columns = _columns(path, rows.fieldnames or ())
            read = [
                (rows.line_num, {name: (row[head] or "").strip() for name, head in columns.items()}) for row in rows
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegisterUnreadable(f"{path} cannot be read: {error}. It must be a CSV file in UTF-8") from None
    faults = list(_faults(read))
    if faults:
        more = f", and {len(faults) - MOST_PROBLEMS} more" if len(faults) > MOST_PROBLEMS else ""
        raise RegisterUnreadable(f"{path}: {'; '.join(faults[:MOST_PROBLEMS])}{more}. Nothing was imported")
    return [_service(row) for _, row in read]


def _columns(path: Path, headings: Sequence[str]) -> dict[str, str]:
    """The file's heading for each of our columns that it has."""
    plain = {heading.strip().casefold(): heading for heading in headings}
    found = {
        name: next((plain[known] for known in known_as if known in plain), None) for name, known_as in COLUMNS.items()
    }
    missing = [name for name in REQUIRED if found[name] is None]
    if missing:
        raise RegisterUnreadable(
            f"{path}: no column for {', '.join(missing)}; found the headings {', '.join(headings) or 'none'}. "
            f"Name them {', '.join(COLUMNS[name][0] for name in missing)}"
        )
    return {name: heading for name, heading in found.items() if heading is not None}


def _faults(rows: Iterable[tuple[int, dict[str, str]]]) -> Iterator[str]:
    first: dict[str, int] = {}
    for line, row in rows:
        urn = plain_urn(row["urn"])
        if not _URN.fullmatch(urn):
            yield f"line {line}: {row['urn']!r} is no URN (five to seven digits, with SC before them or not)"
        if urn in first:
            yield f"line {line}: URN {urn} stands in line {first[urn]} too"
        first.setdefault(urn, line)
        if not row["name"]:
            yield f"line {line}: no name"
        if _type(row["type"]) is None:
            yield f"line {line}: {row['type']!r} is no kind of service that is known"
        if row.get("places") and not row["places"].isdigit():
            yield f"line {line}: {row['places']!r} is no number of places"


def _service(row: dict[str, str]) -> RegisteredService:
    return RegisteredService(
        urn=plain_urn(row["urn"]),
        name=row["name"],
        service_type=_type(row["type"]) or ServiceType.UNKNOWN,
        authority=row["authority"],
        town=row.get("town", ""),
        postcode=row.get("postcode", ""),
        places=int(row.get("places") or 0) or None,
        provider=row.get("provider", ""),
        manager=row.get("manager", ""),
        responsible_individual=row.get("responsible_individual", ""),
        email=row.get("email", ""),
        postal=row.get("postal", ""),
        active=not re.search(r"clos|resign|cancel|inactive|suspend", row.get("status", ""), re.IGNORECASE),
    )


def _type(words: str) -> ServiceType | None:
    plain = words.strip().casefold().replace("’", "'")
    own = plain.replace(" ", "_")
    return ServiceType(own) if own in tuple(ServiceType) else TYPES.get(plain)


class Register:
    """The services the regulator knows, closed ones included."""

    def __init__(self, services: Iterable[RegisteredService] = ()) -> None:
        self.services = tuple(services)
        self._by_urn = {service.urn: service for service in self.services}
        self._by_name: dict[str, list[RegisteredService]] = defaultdict(list)
        for service in self.services:
            self._by_name[_bare(service.name)].append(service)
        self._names = list(self._by_name)

    def match(self, urn: str | None, name: str | None, places: Iterable[str] = ()) -> ServiceMatch | None:
        """The service with that number, else the one of that name in one of the places; None where that is not clear.

        `places` are the towns and authorities that the message names. Where it names some and none is the service's,
        that is another service of the name; where it names none, one that several services share fits none of them.
        """
        if urn and plain_urn(urn) in self._by_urn:
            return _match(self._by_urn[plain_urn(urn)], 1.0)
        known = {_plain(place) for place in places} - {""}
        bound = NEARLY_THE_SAME if known else THE_SAME
        alike = process.extract(_bare(name or ""), self._names, scorer=fuzz.ratio, score_cutoff=bound, limit=20)
        likely = [
            (score, service)
            for found, score, _ in alike
            for service in self._by_name[found]
            if not known or known & {_plain(service.town), _plain(service.authority)}
        ]
        if not likely:
            return None
        best = max(score for score, _ in likely)
        top = [service for score, service in likely if score == best]
        return _match(top[0], best / 100) if len(top) == 1 else None


def _match(service: RegisteredService, score: float) -> ServiceMatch:
    return ServiceMatch(
        urn=service.urn,
        name=service.name,
        service_type=service.service_type,
        authority=service.authority,
        active=service.active,
        score=round(score, 3),
    )


def plain_urn(urn: str) -> str:
    """A unique reference number as it is compared: without blanks, in capitals."""
    return re.sub(r"[\s-]", "", urn).upper()


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[^\w ]+", " ", re.sub(r"['’]", "", words.casefold())).split())


def _bare(words: str) -> str:
    """A name without the words that many services share, unless nothing else is left."""
    plain = _plain(words)
    return " ".join(_COMMON.sub(" ", plain).split()) or plain
