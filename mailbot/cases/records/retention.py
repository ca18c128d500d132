"""When cases go, and what must not: periods, holds, and the two people and thirty days before anything is erased.

proposed -> confirmed -> under way -> done, or undone by a person, or stopped because something holds the case after
all. Whatever still needs a case wins over its period: `reasons` is the table. Restricted cases are there for
whistleblowing officers alone, as everywhere: two of them propose and confirm those.
"""

from __future__ import annotations

import calendar
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, case_for, demand, visible
from mailbot.cases.alerts import AlertState
from mailbot.cases.approvals import ApprovalState
from mailbot.cases.database import held, storage_errors, writing
from mailbot.cases.records import erasing
from mailbot.cases.schema import (
    Moment,
    actions,
    alerts,
    approaches,
    approvals,
    cases,
    court_disclosures,
    disposals,
    entries,
    follow_ups,
    holds,
    information_requests,
    letters,
    messages,
    notes,
    removals,
    request_cases,
    search_documents,
    tasks,
)
from mailbot.cases.sealing.rotation import BACKUP_DAYS
from mailbot.cases.sealing.vault import Purpose, Vault
from mailbot.cases.search.index import SearchIndex, tokens_of
from mailbot.cases.search.words import stems
from mailbot.clock import Clock
from mailbot.config import Period, Retention
from mailbot.domain import ActionState, ApproachState, CaseState, Kind, LetterState, Whistleblowing
from mailbot.errors import NotAllowed
from mailbot.targets import LONDON

UNDO_FOR = timedelta(days=30)
"""How long after two people have agreed anything can still be undone."""

REASON_PLACE = "holds.sealed_reason"
LONGEST = 1000
PAGE = 50

SEXUAL_ABUSE = (
    "sex sexual sexually sexualised rape raped rapist groom grooming molested molest indecent indecently paedophile "
    "paedophilia pornography pornographic porn incest abuser touching touched exploitation trafficked"
)
"""A case with one of these words may be about sexual abuse: it is kept like one. Better one kept too long than lost."""

PROTECTED = "a child may be at risk, a worker disclosed it, or sexual abuse is spoken of"
ORIGINALS = "the originals on the mail server: the record has them"


class What(StrEnum):
    """What goes: the whole case, or its originals on the mail server alone."""

    CASE = "case"
    ORIGINALS = "originals"


class HoldKind(StrEnum):
    LEGAL = "legal"
    INSPECTION = "inspection"
    INVESTIGATION = "investigation"


class DisposalState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    UNDER_WAY = "under_way"
    DONE = "done"
    UNDONE = "undone"
    STOPPED = "stopped"


LIVE = (DisposalState.PROPOSED, DisposalState.CONFIRMED, DisposalState.UNDER_WAY)

NEXT: dict[DisposalState, frozenset[DisposalState]] = {
    DisposalState.PROPOSED: frozenset({DisposalState.CONFIRMED, DisposalState.UNDONE}),
    DisposalState.CONFIRMED: frozenset({DisposalState.UNDER_WAY, DisposalState.UNDONE, DisposalState.STOPPED}),
    DisposalState.UNDER_WAY: frozenset({DisposalState.DONE}),
    DisposalState.DONE: frozenset(),
    DisposalState.UNDONE: frozenset(),
    DisposalState.STOPPED: frozenset(),
}
"""Which state may follow which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A case whose time is over, and by which period; nothing of what it is about."""

    reference: str
    restricted: bool
    received_at: datetime
    worked_on_at: datetime
    due_at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """How something stands that is to go, or has gone.

    `complete_on` is when the last backup of the key store with its keys has aged out, None before it is erased.
    `on_server` counts originals that are still to be taken off the mail server, `problem` why one could not be.
    """

    id: int
    reference: str
    restricted: bool
    what: What
    state: DisposalState
    why: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    carry_out_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    ended_because: str | None
    complete_on: date | None
    on_server: int
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a case is kept, by whom and through which day."""

    id: int
    reference: str
    restricted: bool
    kind: HoldKind
    reason: str
    placed_by: str
    placed_at: datetime
    ends_on: date | None


def before(day: date, months: int) -> date:
    """The same day so many months earlier; the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)


class Disposals:
    """What is due to go, and what becomes of it, for those who keep the records."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Clock, rules: Retention) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._vault = vault
        self._clock = clock
        self._rules = rules
        self._periods = sorted(rules.periods, key=lambda one: -one.months)

    def due(self, officer: Officer, what: What = What.CASE, number: int = 1) -> tuple[list[Due], int]:
        """A page of what is due and held by nothing, that `officer` may see, oldest first; and how many there are."""
        demand(officer, Permission.KEEP_RECORDS)
        query = self._due(what, officer).add_columns(sa.func.count().over().label("total"))
        query = query.limit(PAGE).offset((number - 1) * PAGE)
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [self._as_due(row, what) for row in rows], rows[0].total if rows else 0

    def all_due(self, officer: Officer, what: What = What.CASE) -> Iterator[Due]:
        """Everything that is due, page by page; nothing is changed and nothing audited: nothing of a case is told."""
        number, total = 1, 1
        while (number - 1) * PAGE < total:
            found, total = self.due(officer, what, number)
            yield from found
            number += 1

    def propose(self, officer: Officer, references: Collection[str], what: What = What.CASE) -> int:
        """Proposes that these go; audited each. Raises `NotAllowed`, and does nothing, where one is not due."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            rows = connection.execute(self._due(what, officer).where(cases.c.reference.in_(references))).all()
            if not rows or {row.reference for row in rows} != set(references):
                raise NotAllowed("Some of it is not due, or something holds it: look at the list again")
            for row in rows:
                one = self._as_due(row, what)
                values = {"case_id": row.id, "what": what, "state": DisposalState.PROPOSED, "why": one.why[:255]}
                values |= {"proposed_by": officer.email, "proposed_at": now}
                connection.execute(sa.insert(disposals).values(**values))
                self._audit(connection, officer.email, f"{_act(what)} proposed", one.reference, one.why)
        return len(rows)

    def confirm(self, officer: Officer, number: int) -> datetime:
        """Agrees that it goes; says when. Audited. Raises `NotAllowed` where it is one's own, or held by now."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, officer, number, DisposalState.CONFIRMED)
            if row.proposed_by == officer.email:
                raise NotAllowed("You proposed it yourself: another person must agree")
            if reasons := self._against(connection, row.case_id, What(row.what)):
                raise NotAllowed(f"It must stay: {'; '.join(reasons)}")
            values = {"confirmed_by": officer.email, "confirmed_at": now, "carry_out_at": now + UNDO_FOR}
            _change(connection, row, DisposalState.CONFIRMED, **values)
            self._audit(connection, officer.email, f"{_act(row.what)} confirmed", row.reference)
        return now + UNDO_FOR

    def undo(self, officer: Officer, number: int) -> None:
        """Takes back what was proposed or confirmed, until it is carried out. Audited."""
        with storage_errors(), self._writing.begin() as connection:
            row = self._row(connection, officer, number, DisposalState.UNDONE)
            _change(connection, row, DisposalState.UNDONE, ended_by=officer.email, ended_at=self._clock())
            self._audit(connection, officer.email, f"{_act(row.what)} undone", row.reference)

    def standing(self, officer: Officer) -> list[Disposal]:
        """How everything stands that `officer` may see: what is under way first, then what ended last."""
        demand(officer, Permission.KEEP_RECORDS)
        left = (
            sa.select(
                removals.c.disposal_id,
                sa.func.count().label("on_server"),
                sa.func.max(removals.c.problem).label("problem"),
            )
            .where(removals.c.state == "due")
            .group_by(removals.c.disposal_id)
            .subquery()
        )
        query = (
            sa.select(disposals, cases.c.reference, cases.c.restricted, left.c.on_server, left.c.problem)
            .join(cases, cases.c.id == disposals.c.case_id)
            .outerjoin(left, left.c.disposal_id == disposals.c.id)
            .order_by(sa.case((disposals.c.state.in_(LIVE), 0), else_=1), disposals.c.ended_at.desc(), disposals.c.id)
            .limit(4 * PAGE)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [_disposal(row) for row in connection.execute(visible(query, officer))]

    def carry_out(self) -> int:
        """Carries out what two people agreed to thirty days ago, and finishes what was interrupted; says how much.

        What has been opened again or is held by now is stopped, which is audited like all the rest.
        """
        done = 0
        with held(self._engine, "carry out disposals", 0) as mine:
            for number in self._to_carry_out() if mine else ():
                done += self._carry_out(number)
            if done:
                with storage_errors(), self._writing.begin() as connection:
                    SearchIndex(connection, self._vault).tidy()
        return done

    def hold(self, reference: str, officer: Officer, kind: HoldKind, reason: str, ends_on: date | None) -> None:
        """Keeps a case, whatever its period says, through `ends_on` or until it is lifted. Audited.

        What was proposed or confirmed of it is stopped. Raises `NotAllowed` without a reason.
        """
        words, now, token = reason.strip(), self._clock(), secrets.token_hex(16)
        if not 0 < len(words) <= LONGEST:
            raise NotAllowed(f"Say why it is held, in at most {LONGEST} characters")
        if ends_on is not None and ends_on < now.astimezone(LONDON).date():
            raise NotAllowed("The last day of a hold cannot be over already")
        with storage_errors(), self._writing.begin() as connection:
            case = case_for(connection, reference, officer, Permission.KEEP_RECORDS, hold=True)
            number = case.joined_to or case.id
            under_way = (disposals.c.state == DisposalState.UNDER_WAY) & (disposals.c.what == What.CASE)
            if connection.execute(sa.select(disposals.c.id).where(disposals.c.case_id == number, under_way)).first():
                raise NotAllowed("It is being erased at this moment")
            sealed = self._vault.seal(case.vault_id, Purpose.NARRATIVE, f"{REASON_PLACE}:{token}", words.encode())
            values = {"token": token, "case_id": number, "vault_id": case.vault_id, "kind": kind, "ends_on": ends_on}
            values |= {"placed_by": officer.email, "placed_at": now, "sealed_reason": sealed}
            connection.execute(sa.insert(holds).values(**values))
            stopped = {"state": DisposalState.STOPPED, "ended_by": officer.email, "ended_at": now}
            live = (disposals.c.case_id == number) & disposals.c.state.in_((LIVE[0], LIVE[1]))
            connection.execute(sa.update(disposals).where(live).values(**stopped, ended_because=f"{kind} hold"))
            until = f"{kind}, {f'through {ends_on}' if ends_on else 'until it is lifted'}"
            self._audit(connection, officer.email, "held", reference, until)

    def lift(self, officer: Officer, number: int) -> None:
        """Ends a hold. Audited."""
        demand(officer, Permission.KEEP_RECORDS)
        query = sa.select(holds.c.id, holds.c.kind, cases.c.reference).join(cases, cases.c.id == holds.c.case_id)
        query = query.where(holds.c.id == number, holds.c.lifted_at.is_(None))
        with storage_errors(), self._writing.begin() as connection:
            row = connection.execute(visible(query, officer)).one_or_none()
            if row is None:
                raise NotAllowed("There is no such hold, or it has been lifted")
            lifted = {"lifted_by": officer.email, "lifted_at": self._clock()}
            connection.execute(sa.update(holds).where(holds.c.id == number).values(**lifted))
            self._audit(connection, officer.email, "hold lifted", row.reference, row.kind)

    def held(self, officer: Officer) -> list[Hold]:
        """The holds in force on cases that `officer` may see, those that end first on top."""
        demand(officer, Permission.KEEP_RECORDS)
        query = (
            sa.select(holds, cases.c.reference, cases.c.restricted)
            .join(cases, cases.c.id == holds.c.case_id)
            .where(_in_force(self._clock()))
            .order_by(holds.c.ends_on.is_(None), holds.c.ends_on, holds.c.id)
        )
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(visible(query, officer)).all()
        sealed = [(row.vault_id, f"{REASON_PLACE}:{row.token}", row.sealed_reason) for row in rows]
        reasons = self._vault.unseal_many(Purpose.NARRATIVE, sealed)
        return [_hold(row, reason) for row, reason in zip(rows, reasons, strict=True)]

    # What is due

    def _due(self, what: What, officer: Officer | None) -> sa.Select[Any]:
        query = self._over(what).where(*(cases.c.id.not_in(kept) for kept in reasons(self._clock()).values()))
        gone = sa.select(disposals.c.case_id).where(
            disposals.c.state.in_(LIVE), disposals.c.what.in_({what, What.CASE})
        )
        query = query.where(cases.c.id.not_in(gone))
        if officer is not None:
            demand(officer, Permission.KEEP_RECORDS)
            query = visible(query, officer)
        return query.order_by(sa.literal_column("worked_on_at"), cases.c.id)

    def _over(self, what: What) -> sa.Select[Any]:
        """Closed cases whose time is over, whatever holds them, and which period it was."""
        today = self._clock().astimezone(LONDON).date()
        last = self._last()
        columns = (cases.c[name] for name in ("id", "reference", "restricted", "received_at"))
        query = sa.select(*columns, last.label("worked_on_at"))
        query = query.where(cases.c.state == CaseState.CLOSED, cases.c.joined_to.is_(None))
        query = query.where(cases.c.sealed_narrative != b"")
        if what is What.ORIGINALS:
            if not self._rules.remove_from_server:
                return query.add_columns(sa.literal(-1).label("period")).where(sa.false())
            by_hand, listed = sa.select(entries.c.message_id), sa.select(removals.c.message_id)
            lies = sa.select(messages.c.case_id).where(
                messages.c.case_id.is_not(None), messages.c.id.not_in(by_hand), messages.c.id.not_in(listed)
            )
            query = query.where(cases.c.id.in_(lies), last < _at(before(today, self._rules.server_months)))
            return query.add_columns(sa.literal(-1).label("period"))
        number = self._period()
        months = [self._rules.protected_months, *(one.months for one in self._periods), self._rules.other_months]
        ends = {place: _at(before(today, count)) for place, count in enumerate(months)}
        over = sa.or_(*(sa.and_(number == place, last < end) for place, end in ends.items()))
        shortest = _at(before(today, min(months)))
        return query.add_columns(number.label("period")).where(cases.c.received_at < shortest, over)

    def _period(self) -> sa.Case[Any]:
        """Which period counts for a case: 0 for the protected, then those of the table, the longest first."""
        whens = [(self._protected(), 0)]
        whens += [(_fits(period), place) for place, period in enumerate(self._periods, 1)]
        return sa.case(*whens, else_=len(self._periods) + 1)

    def _protected(self) -> sa.ColumnElement[bool]:
        indexed = sa.select(search_documents.c.case_id)
        return sa.or_(
            cases.c.child_at_risk,
            cases.c.immediate_risk,
            cases.c.restricted,
            cases.c.whistleblowing != Whistleblowing.NONE,
            self._says_sexual_abuse(),
            cases.c.id.not_in(indexed),  # nobody knows what it says
        )

    def _says_sexual_abuse(self) -> sa.ColumnElement[bool]:
        tokens = tokens_of(self._vault.keyring, stems(SEXUAL_ABUSE))
        if self._engine.dialect.name == "postgresql":
            any_of = sa.text("string_to_array(tokens, ' ') && :abuse").bindparams(abuse=tokens)
            return cases.c.id.in_(sa.select(search_documents.c.case_id).where(any_of))
        index = sa.table("search_index", sa.column("rowid", sa.Integer))
        return cases.c.id.in_(
            sa.select(index.c.rowid).where(sa.column("search_index").op("MATCH")(" OR ".join(tokens)))
        )

    def _last(self) -> sa.ColumnElement[datetime]:
        """When a case was last worked on, or last heard of."""
        newest = [
            sa.select(sa.func.max(table.c[column])).where(table.c.case_id == cases.c.id).scalar_subquery()
            for table, column in ((follow_ups, "received_at"), (actions, "settled_at"), (notes, "written_at"))
        ]
        known = [sa.func.coalesce(one, cases.c.received_at) for one in (cases.c.reviewed_at, *newest)]
        greatest = sa.func.greatest if self._engine.dialect.name == "postgresql" else sa.func.max
        return greatest(cases.c.received_at, cases.c.filed_at, *known, type_=Moment())

    def _as_due(self, row: Any, what: What) -> Due:
        months, why = self._rules.server_months, ORIGINALS
        if what is What.CASE:
            months, why = self._named(row.period)
        day = before(row.worked_on_at.astimezone(LONDON).date(), -months)
        return Due(
            reference=row.reference,
            restricted=row.restricted,
            received_at=row.received_at,
            worked_on_at=row.worked_on_at,
            due_at=_at(day),
            why=f"{why} ({months} months)",
        )

    def _named(self, place: int) -> tuple[int, str]:
        if place == 0:
            return self._rules.protected_months, PROTECTED
        if place > len(self._periods):
            return self._rules.other_months, "no other period fits"
        period = self._periods[place - 1]
        fits = [value for value in (period.kind, period.decision, period.mailbox) if value]
        return period.months, f"{', '.join(fits).replace('_', ' ') or 'every case'}: {period.because}".rstrip(": ")

    # What becomes of it

    def _row(self, connection: sa.Connection, officer: Officer, number: int, wanted: DisposalState) -> Any:
        """The disposal, where the officer may see its case and it can become `wanted`."""
        demand(officer, Permission.KEEP_RECORDS)
        query = sa.select(disposals, cases.c.reference).join(cases, cases.c.id == disposals.c.case_id)
        row = connection.execute(visible(query.where(disposals.c.id == number), officer)).one_or_none()
        if row is None or wanted not in NEXT[DisposalState(row.state)]:
            raise NotAllowed("There is no such proposal, or somebody has decided it meanwhile")
        return row

    def _against(self, connection: sa.Connection, case_id: int, what: What) -> list[str]:
        """Why it must stay now; nothing where it may go."""
        mine = cases.c.id == case_id
        names = reasons(self._clock())
        asked = [cases.c.id.in_(kept).label(f"reason_{place}") for place, kept in enumerate(names.values())]
        row = connection.execute(sa.select(*asked).where(mine)).one()
        found = [name for name, holds_it in zip(names, row, strict=True) if holds_it]
        if connection.execute(self._over(what).where(mine)).one_or_none() is None:
            found.append("it is not closed, or its time is not over")
        return found

    def _to_carry_out(self) -> Sequence[int]:
        ready = (disposals.c.state == DisposalState.CONFIRMED) & (disposals.c.carry_out_at <= self._clock())
        is_cut_short = disposals.c.what == What.CASE
        if self._rules.remove_from_server:
            is_cut_short |= disposals.c.id.not_in(sa.select(removals.c.disposal_id))
        broken_off = (disposals.c.state == DisposalState.UNDER_WAY) & is_cut_short
        query = sa.select(disposals.c.id).where(ready | broken_off).order_by(disposals.c.id)
        with storage_errors(), self._engine.connect() as connection:
            return connection.execute(query).scalars().all()

    def _carry_out(self, number: int) -> int:
        if not self._begin(number):
            return 0
        with storage_errors(), self._engine.connect() as connection:
            row = connection.execute(_with_reference(number)).one()
            case_ids = list(connection.execute(erasing.together(row.case_id)).scalars())
            keys = erasing.vault_ids(connection, case_ids) if row.what == What.CASE else set()
        with storage_errors():
            self._vault.destroy(keys)  # from here on nothing can be read, whatever happens next
        with storage_errors(), self._writing.begin() as connection:
            ended: dict[str, Any] = {"ended_by": audit.MACHINE, "ended_at": self._clock()}
            if row.what == What.CASE:
                erasing.empty(connection, case_ids, self._clock())
                _change(connection, row, DisposalState.DONE, **ended)
                references = sa.select(cases.c.reference).where(cases.c.id.in_(case_ids)).order_by(cases.c.id)
                names = connection.execute(references).scalars().all()
                detail = f"agreed by {row.proposed_by} and {row.confirmed_by}"
                at, who = self._clock(), audit.MACHINE
                audit.record_each(connection, at=at, actor=who, act="erased", references=names, detail=detail)
            if self._rules.remove_from_server:
                asked = _ask_to_remove(connection, row.id, case_ids)
                if row.what == What.ORIGINALS and not asked:
                    _change(connection, row, DisposalState.DONE, **ended)
        return 1

    def _begin(self, number: int) -> bool:
        """Marks it as under way, so that nobody can hold it any more; or stops it."""
        with storage_errors(), self._writing.begin() as connection:
            row = connection.execute(_with_reference(number)).one()
            if row.state == DisposalState.UNDER_WAY:
                return True
            if row.state != DisposalState.CONFIRMED:
                return False
            if against := self._against(connection, row.case_id, What(row.what)):
                ended, why = {"ended_by": audit.MACHINE, "ended_at": self._clock()}, "; ".join(against)[:255]
                _change(connection, row, DisposalState.STOPPED, **ended, ended_because=why)
                self._audit(connection, audit.MACHINE, f"{_act(row.what)} stopped", row.reference, why)
                return False
            _change(connection, row, DisposalState.UNDER_WAY)
            self._audit(connection, audit.MACHINE, f"{_act(row.what)} begun", row.reference)
        return True

    def _audit(self, connection: sa.Connection, actor: str, act: str, reference: str, detail: str = "") -> None:
        audit.record(connection, at=self._clock(), actor=actor, act=act, reference=reference, detail=detail)


def reasons(now: datetime) -> dict[str, sa.Select[Any]]:
    """What always wins over a period, and the cases that each holds, by number: the one table of it."""
    answered = sa.select(information_requests.c.case_id).where(information_requests.c.answered_at.is_not(None))
    asked_for = sa.select(request_cases.c.case_id).join(
        information_requests, information_requests.c.id == request_cases.c.request_id
    )
    in_hand = (LetterState.DUE, LetterState.SENDING, LetterState.UNKNOWN)
    return {
        "it is held": _whole(holds, _in_force(now)),
        "an action is open": _whole(actions, actions.c.state == ActionState.OPEN),
        "it is a request that nobody has marked as answered": sa.select(cases.c.id).where(
            cases.c.kind == Kind.INFORMATION_REQUEST, cases.c.id.not_in(answered)
        ),
        "a request for information asks for it": sa.select(sa.func.coalesce(cases.c.joined_to, cases.c.id)).where(
            cases.c.id.in_(asked_for.where(information_requests.c.answered_at.is_(None)))
        ),
        "something waits on it for an officer": _whole(tasks, tasks.c.done_at.is_(None)),
        "an alert is not done": _whole(alerts, alerts.c.state != AlertState.DONE),
        "a letter has not gone, or may not have": _whole(letters, letters.c.state.in_(in_hand)),
        "somebody has been asked and has not answered": _whole(approaches, approaches.c.state == ApproachState.SENT),
        "a review waits for a second officer": _whole(approvals, approvals.c.state == ApprovalState.WAITING),
        "a court has asked for it": _whole(court_disclosures, court_disclosures.c.state.in_(("waiting", "approved"))),
    }


def _whole(table: Any, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The cases that such rows hold: of a case that was joined to another, that other."""
    return (
        sa.select(sa.func.coalesce(_part.c.joined_to, _part.c.id))
        .select_from(table.join(_part, _part.c.id == table.c.case_id))
        .where(condition)
    )


_part = cases.alias("part")


def _in_force(now: datetime) -> sa.ColumnElement[bool]:
    today = now.astimezone(LONDON).date()
    return holds.c.lifted_at.is_(None) & (holds.c.ends_on.is_(None) | (holds.c.ends_on >= today))


def _fits(period: Period) -> sa.ColumnElement[bool]:
    found: list[sa.ColumnElement[bool]] = [sa.true()]
    if period.kind:
        found.append(cases.c.kind == period.kind)
    if period.mailbox:
        found.append(cases.c.mailbox == period.mailbox)
    if period.decision:
        decided = (actions.c.kind == period.decision) & (actions.c.state != ActionState.DROPPED)
        found.append(cases.c.id.in_(sa.select(actions.c.case_id).where(decided)))
    return sa.and_(*found)


def _with_reference(number: int) -> sa.Select[Any]:
    query = sa.select(disposals, cases.c.reference).join(cases, cases.c.id == disposals.c.case_id)
    return query.where(disposals.c.id == number)


def _change(connection: sa.Connection, row: Any, state: DisposalState, **values: Any) -> None:
    """Moves a disposal on; raises `NotAllowed` where somebody else has moved it meanwhile."""
    mine = (disposals.c.id == row.id) & (disposals.c.state.in_([one for one in NEXT if state in NEXT[one]]))
    if connection.execute(sa.update(disposals).where(mine).values(state=state, **values)).rowcount == 0:
        raise NotAllowed("Somebody has decided it meanwhile")


def _ask_to_remove(connection: sa.Connection, disposal_id: int, case_ids: Collection[int]) -> int:
    """Puts the originals of these cases on the list of what is to be taken off the mail server; says how many."""
    listed = sa.select(removals.c.message_id)
    by_hand = sa.select(entries.c.message_id)
    these = sa.select(messages.c.id).where(
        messages.c.case_id.in_(case_ids), messages.c.id.not_in(listed), messages.c.id.not_in(by_hand)
    )
    found = connection.execute(these).scalars().all()
    if found:
        rows = [{"message_id": one, "disposal_id": disposal_id, "state": "due"} for one in found]
        connection.execute(sa.insert(removals), rows)
    return len(found)


def _act(what: str) -> str:
    return "erasure" if what == What.CASE else "removal of originals"


def _disposal(row: Any) -> Disposal:
    erased = row.what == What.CASE and row.state == DisposalState.DONE
    complete = row.ended_at + timedelta(days=BACKUP_DAYS) if erased else None
    return Disposal(
        id=row.id,
        reference=row.reference,
        restricted=row.restricted,
        what=What(row.what),
        state=DisposalState(row.state),
        why=row.why,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        confirmed_by=row.confirmed_by,
        carry_out_at=row.carry_out_at,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        ended_because=row.ended_because,
        complete_on=complete.astimezone(LONDON).date() if complete else None,
        on_server=row.on_server or 0,
        problem=row.problem,
    )


def _hold(row: Any, reason: bytes | None) -> Hold:
    return Hold(
        id=row.id,
        reference=row.reference,
        restricted=row.restricted,
        kind=HoldKind(row.kind),
        reason=(reason or b"").decode(),
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        ends_on=row.ends_on,
    )
