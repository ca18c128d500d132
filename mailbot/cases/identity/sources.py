"""Who wrote several cases at once, for texts to be compared with: never for a page to show."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors
from mailbot.cases.masking.narrative import (
    FOLLOW_UP_IDENTITY_PLACE,
    FOLLOW_UP_NARRATIVE_PLACE,
    IDENTITY_PLACE,
    NARRATIVE_PLACE,
    Identity,
    Narrative,
    told_by,
)
from mailbot.cases.schema import cases, follow_ups
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.domain import KnownSource


class Sources:
    """What the vault knows of those who wrote."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def of(self, references: Collection[str], officer: Officer) -> dict[str, KnownSource]:
        """Who wrote each of the cases that `officer` may know of; none for those whose keys are gone.

        Where several messages of one sender make the case, all their words and the details of each. A fixed number of
        queries, however many cases there are.
        """
        demand(officer, Permission.SEE_SERVICES)
        columns = ("vault_id", "sealed_narrative", "sealed_identity")
        first = sa.select(cases.c.reference, *(cases.c[name] for name in columns))
        later = sa.select(cases.c.reference, *(follow_ups.c[name] for name in columns))
        later = later.join(follow_ups, follow_ups.c.case_id == cases.c.id).order_by(follow_ups.c.received_at)
        mine = cases.c.reference.in_(list(references))
        with storage_errors(), self._engine.connect() as connection:
            firsts = connection.execute(visible(first.where(mine), officer)).all()
            laters = connection.execute(visible(later.where(mine), officer)).all()
        told = self._told(firsts, NARRATIVE_PLACE, IDENTITY_PLACE)
        more = self._told(laters, FOLLOW_UP_NARRATIVE_PLACE, FOLLOW_UP_IDENTITY_PLACE)
        known: dict[str, list[KnownSource | None]] = {}
        for row, source in zip([*firsts, *laters], [*told, *more], strict=True):
            known.setdefault(row.reference, []).append(source)
        return {
            reference: _together([one for one in of_case if one])
            for reference, of_case in known.items()
            if None not in of_case
        }

    def _told(self, rows: Any, narrative_place: str, identity_place: str) -> list[KnownSource | None]:
        narratives = self._vault.unseal_many(
            Purpose.NARRATIVE, [(row.vault_id, narrative_place, row.sealed_narrative) for row in rows]
        )
        identities = self._vault.unseal_many(
            Purpose.IDENTITY, [(row.vault_id, identity_place, row.sealed_identity) for row in rows]
        )
        return [
            told_by(msgspec.json.decode(words, type=Narrative), msgspec.json.decode(who, type=Identity))
            if words is not None and who is not None
            else None
            for words, who in zip(narratives, identities, strict=True)
        ]


def _together(known: list[KnownSource]) -> KnownSource:
    """One source out of the messages of a case: those of whoever wrote first."""
    first = known[0]
    theirs = [one for one in known if one.address == first.address]
    return replace(
        first,
        postal=next((one.postal for one in theirs if one.postal), ""),
        phones=tuple(dict.fromkeys(phone for one in theirs for phone in one.phones)),
        text="\n\n".join(one.text for one in theirs),
    )
