"""What any officer may do at once to protect a source: cover words that masking missed, or restrict a case.

Covered words go to the identity, and a token stands in their place wherever the case has them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, case_for
from mailbot.cases.arrivals.joining import restrict_suggested
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.masking.mask import COVERED, covered
from mailbot.cases.masking.narrative import (
    FOLLOW_UP_IDENTITY_PLACE,
    FOLLOW_UP_NARRATIVE_PLACE,
    IDENTITY_PLACE,
    NARRATIVE_PLACE,
    Identity,
    Narrative,
    carried_over,
)
from mailbot.cases.schema import cases, follow_ups
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.search.index import SearchIndex
from mailbot.clock import Clock
from mailbot.errors import NotAllowed

SHORTEST = 2
"""A single letter stands everywhere."""


class Covering:
    """Covers words and restricts cases."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock

    def cover(self, reference: str, officer: Officer, words: str) -> int:
        """Covers `words` (capitals and white space not mattering) in every message of a case; says how often.

        Raises `NotAllowed` where they are nowhere in it. Audited, without the words.
        """
        wanted = " ".join(words.split())
        if len(wanted) < SHORTEST:
            raise NotAllowed("Write the words to be covered as they stand in the message")
        now, count = self._clock(), 0
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer, hold=True)
            places = (NARRATIVE_PLACE, IDENTITY_PLACE)
            count += self._cover(connection, cases, cases.c.id == case.id, case, places, wanted)
            later = sa.select(follow_ups).where(follow_ups.c.case_id == case.id)
            for row in connection.execute(later).all():
                mine = follow_ups.c.message_id == row.message_id
                places = (FOLLOW_UP_NARRATIVE_PLACE, FOLLOW_UP_IDENTITY_PLACE)
                count += self._cover(connection, follow_ups, mine, row, places, wanted)
            if not count:
                raise NotAllowed("These words are nowhere in the case: write them as they stand there")
            connection.execute(sa.update(cases).where(cases.c.id == case.id).values(version=cases.c.version + 1))
            SearchIndex(connection, self._vault).rewrite([case.id])
            audit.record(connection, at=now, actor=officer.email, act="words covered", reference=reference)
        return count

    def restrict(self, reference: str, officer: Officer) -> None:
        """Restricts a case at once: from now on only those with the role see it. Audited."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer, hold=True)
            connection.execute(
                sa.update(cases).where(cases.c.id == case.id).values(restricted=True, version=cases.c.version + 1)
            )
            restrict_suggested(connection, case.id, now)
            audit.record(connection, at=now, actor=officer.email, act="restricted", reference=reference)

    def _cover(
        self, connection: sa.Connection, table: Any, mine: Any, row: Any, places: tuple[str, str], words: str
    ) -> int:
        unseal, seal = self._vault.unseal, self._vault.seal
        sealed = unseal(row.vault_id, Purpose.NARRATIVE, places[0], row.sealed_narrative)
        narrative = msgspec.json.decode(sealed, type=Narrative)
        identity = msgspec.json.decode(
            unseal(row.vault_id, Purpose.IDENTITY, places[1], row.sealed_identity), type=Identity
        )
        number = 1 + sum(token.startswith(f"[{COVERED} ") for token in identity.tokens)
        narrative, details = _covered_in(narrative, words, f"[{COVERED} {number}]")
        if not details:
            return 0
        identity = replace(identity, tokens=identity.tokens | {f"[{COVERED} {number}]": details[0]})
        connection.execute(
            sa.update(table)
            .where(mine)
            .values(
                sealed_narrative=seal(row.vault_id, Purpose.NARRATIVE, places[0], msgspec.json.encode(narrative)),
                sealed_identity=seal(row.vault_id, Purpose.IDENTITY, places[1], msgspec.json.encode(identity)),
            )
        )
        return len(details)


def _covered_in(narrative: Narrative, words: str, token: str) -> tuple[Narrative, list[str]]:
    """The narrative with `token` for each place of `words`, evidence carried over, and what stood there."""
    pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
    parts = {part: covered(text, pattern, token) for part, text in _texts(narrative).items()}
    attachments = []
    for number, one in enumerate(narrative.attachments):
        name = covered(one.name, pattern, token)
        text = parts[f"attachment:{number}"].text if one.text is not None else None
        parts[f"name:{number}"] = name
        attachments.append(replace(one, name=name.text, text=text))
    assessment = replace(
        narrative.assessment,
        people=tuple(pattern.sub(token, one) for one in narrative.assessment.people),
        organisations=tuple(pattern.sub(token, one) for one in narrative.assessment.organisations),
        places=tuple(pattern.sub(token, one) for one in narrative.assessment.places),
        evidence=tuple(
            carried_over(one, parts[one.part]) if one.part in parts else one for one in narrative.assessment.evidence
        ),
    )
    changed = replace(
        narrative,
        subject=parts["subject"].text,
        text=parts["text"].text,
        quoted=parts["quoted"].text,
        attachments=tuple(attachments),
        assessment=assessment,
    )
    return changed, [part.original[start:end] for part in parts.values() for start, end, _ in part.swaps]


def _texts(narrative: Narrative) -> dict[str, str]:
    texts = {"subject": narrative.subject, "text": narrative.text, "quoted": narrative.quoted}
    return texts | {f"attachment:{number}": one.text or "" for number, one in enumerate(narrative.attachments)}
