"""What officers enter by hand becomes a case at once, and is judged a little later, within the transaction of others.

A telephone call must be able to alert before any machine has looked at it, and must stand in the queue should the
worker be down. So the form files the case itself, by nothing but what the officer was told; the worker then judges the
same message as any other and writes the judgement into that case. A message that is only marked, or an alert without a
case, would need a second queue and a second way to take, decide and break glass.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from mailbot.cases.alerts import raise_alert, tell_at_once
from mailbot.cases.arrivals.joining import clear_columns, raised, restrict_suggested
from mailbot.cases.arrivals.ledger import StoredMail
from mailbot.cases.arrivals.told import NOT_JUDGED_YET, as_told, before_judgement, parted
from mailbot.cases.masking.mask import COVERED, covered
from mailbot.cases.masking.narrative import (
    FOLLOW_UP_IDENTITY_PLACE,
    FOLLOW_UP_NARRATIVE_PLACE,
    IDENTITY_PLACE,
    NARRATIVE_PLACE,
    Identity,
    Narrative,
)
from mailbot.cases.schema import cases, follow_ups
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.search.index import SearchIndex
from mailbot.cases.waiting import due_anew, waits_from
from mailbot.clock import Clock
from mailbot.domain import (
    Assessment,
    Attachment,
    CaseState,
    Channel,
    Email,
    Entry,
    LetterState,
    Reply,
    Situation,
)
from mailbot.targets import ORDINARY, Targets

WAITS = Reply(channel=Channel.NONE, template=None, withheld_because=f"it is {NOT_JUDGED_YET}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """An entry that has its judgement: the case it was filed as, and the one it belongs to now.

    `untouched` says that nobody has worked on the case meanwhile, so that its letter may go by itself.
    """

    opened_as: int
    case_id: int
    untouched: bool


class Entering:
    """Opens cases for entries, and writes their judgements into them."""

    def __init__(
        self,
        connection: sa.Connection,
        vault: Vault,
        clock: Clock,
        restricted_mailboxes: Collection[str],
        targets: Targets = ORDINARY,
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self._restricted_mailboxes = restricted_mailboxes
        self._targets = targets

    def open(self, vault_id: str, mailbox: str, reference: str, entry: Entry, email: Email) -> int:
        """The number of a new case, on top of the queue and alerting where the officer was told of danger.

        No letter is written yet: whether one may go is for the judgement to say.
        """
        first = before_judgement(entry)
        told = as_told(first, entry)
        narrative, identity = parted(email, first, entry, WAITS)
        case_id: int = self._connection.execute(
            sa.insert(cases).returning(cases.c.id),
            {
                "reference": reference,
                "vault_id": vault_id,
                "mailbox": mailbox,
                "restricted": told.restricted or mailbox in self._restricted_mailboxes,
                "state": CaseState.NEW,
                "version": 1,
                "received_at": entry.received_at,
                "filed_at": self._clock(),
                "acknowledgement": LetterState.WITHHELD,
                **clear_columns(told),
                **waits_from(entry.received_at, told.priority, self._targets),
                **self._sealed(vault_id, (NARRATIVE_PLACE, IDENTITY_PLACE), narrative, identity),
            },
        ).scalar_one()
        SearchIndex(self._connection, self._vault).add_case(case_id, reference, narrative, identity)
        if told.priority == 1:
            raise_alert(self._connection, case_id, self._clock())
        return case_id

    def judge(
        self, stored: StoredMail, entry: Entry, email: Email, judged: Assessment, reply: Reply, *, restricts: bool
    ) -> Entered:
        """Writes what the machine says into the case that `stored` was filed as; `restricts` says that it must be.

        Where somebody has worked on the case meanwhile, or joined it to another, the machine's word only raises.
        """
        case = self._held(cases.c.reference == stored.entered_as)
        narrative, identity = parted(email, judged, entry, reply)
        told, untouched = as_told(judged, entry), case.version == 1
        restricted = told.restricted or restricts or case.mailbox in self._restricted_mailboxes
        found = clear_columns(told) | {"restricted": restricted}
        if untouched:
            self._write(case, case, found, narrative, identity)
            if case.restricted and not restricted:
                tell_at_once(self._connection, case.id, self._clock())
        else:
            found |= {name: getattr(judged, name) for name in ("immediate_risk", "adult_in_danger", "priority")}
            found["child_at_risk"] = Situation.CHILD_AT_RISK in judged.situations
        target = case if case.joined_to is None else self._held(cases.c.id == case.joined_to)
        if not untouched:
            values = raised(target, found)
            if judged.priority > 1:
                values.pop("state", None)  # whoever worked on it knows the words that were judged
            self._write(target, case, values, *self._merged(case, narrative, identity), message_id=stored.id)
        if (told if untouched else judged).priority == 1:
            raise_alert(self._connection, target.id, self._clock())
        SearchIndex(self._connection, self._vault).rewrite([target.id])
        return Entered(opened_as=case.id, case_id=target.id, untouched=untouched)

    def _held(self, which: sa.ColumnElement[bool]) -> Any:
        return self._connection.execute(sa.select(cases).where(which).with_for_update()).one()

    def _write(
        self,
        target: Any,
        case: Any,
        values: dict[str, Any],
        narrative: Narrative,
        identity: Identity,
        message_id: int | None = None,
    ) -> None:
        """The clear columns into `target`; the sealed parts there, or to the follow-up that `case` became in it."""
        values = values | due_anew(target, self._clock(), values["priority"], self._targets)
        change = sa.update(cases).where(cases.c.id == target.id)
        if target.id == case.id:
            values |= self._sealed(case.vault_id, (NARRATIVE_PLACE, IDENTITY_PLACE), narrative, identity)
        else:
            places = (FOLLOW_UP_NARRATIVE_PLACE, FOLLOW_UP_IDENTITY_PLACE)
            later = sa.update(follow_ups).where(follow_ups.c.message_id == message_id)
            self._connection.execute(later.values(**self._sealed(case.vault_id, places, narrative, identity)))
        self._connection.execute(change.values(**values, version=cases.c.version + 1))
        if values["restricted"] and not target.restricted:
            restrict_suggested(self._connection, target.id, self._clock())

    def _merged(self, case: Any, narrative: Narrative, identity: Identity) -> tuple[Narrative, Identity]:
        """The new parts with what officers did to the old ones: what they corrected, and the words they covered.

        Where words are covered, the machine's are left out, which would show them again.
        """
        places, joined = (NARRATIVE_PLACE, IDENTITY_PLACE), case.joined_to is not None
        row = case
        if joined:
            places = (FOLLOW_UP_NARRATIVE_PLACE, FOLLOW_UP_IDENTITY_PLACE)
            query = sa.select(follow_ups).where(follow_ups.c.vault_id == case.vault_id)
            row = self._connection.execute(query).one()
        unseal = self._vault.unseal
        old = msgspec.json.decode(
            unseal(case.vault_id, Purpose.NARRATIVE, places[0], row.sealed_narrative), type=Narrative
        )
        known = msgspec.json.decode(
            unseal(case.vault_id, Purpose.IDENTITY, places[1], row.sealed_identity), type=Identity
        )
        merged = dataclasses.replace(narrative, corrected=narrative.corrected | old.corrected)
        hidden = {token: words for token, words in known.tokens.items() if token.startswith(f"[{COVERED} ")}
        identity = dataclasses.replace(identity, tokens=identity.tokens | hidden)
        if not hidden:
            return merged, identity
        quiet = dataclasses.replace(merged.assessment, people=(), organisations=(), places=(), evidence=())
        kept = dataclasses.replace(merged, subject=old.subject, text=old.text, quoted=old.quoted, assessment=quiet)
        files = tuple(_covered_again(one, hidden) for one in merged.attachments)
        return dataclasses.replace(kept, told=old.told, attachments=files), identity

    def _sealed(
        self, vault_id: str, places: tuple[str, str], narrative: Narrative, identity: Identity
    ) -> dict[str, bytes]:
        seal, encoded = self._vault.seal, msgspec.json.encode
        return {
            "sealed_narrative": seal(vault_id, Purpose.NARRATIVE, places[0], encoded(narrative)),
            "sealed_identity": seal(vault_id, Purpose.IDENTITY, places[1], encoded(identity)),
        }


def _covered_again(file: Attachment, hidden: dict[str, str]) -> Attachment:
    name, text = file.name, file.text
    for token, words in hidden.items():
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
        name = covered(name, pattern, token).text
        text = covered(text, pattern, token).text if text is not None else None
    return dataclasses.replace(file, name=name, text=text)
