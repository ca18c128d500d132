"""Other systems that are told when something happens to a case, and what each is still to be told.

What happens stands in the audit trail, written in the same transaction, so that nothing needs to be noted twice and a
crash loses nothing. Only unrestricted cases are ever told of: a case that is restricted by the time its turn comes is
passed over, and shown to nobody as passed over.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.access import Officer, Permission, demand, visible
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import audit as trail
from mailbot.cases.schema import cases, deliveries, subscriptions
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock
from mailbot.domain import ActionKind, ActionState, Role
from mailbot.errors import MailbotError, NotAllowed


class Event(StrEnum):
    """What others may be told of."""

    CASE_FILED = "case.filed"
    MESSAGE_ADDED = "case.message_added"
    CASE_CHANGED = "case.changed"
    ACTION_DECIDED = "action.decided"
    ACTION_SETTLED = "action.settled"


SETTLED = [f"{kind} {state}" for kind in ActionKind for state in (ActionState.DONE, ActionState.DROPPED)]
EVENTS: dict[str, Event] = {
    "filed": Event.CASE_FILED,
    "entered by hand": Event.CASE_FILED,
    "message joined": Event.MESSAGE_ADDED,
    **dict.fromkeys(("judged", "corrected", "noted", "reopened", "case joined", "words covered"), Event.CASE_CHANGED),
    "closed with others": Event.CASE_CHANGED,
    "decided": Event.ACTION_DECIDED,
    **dict.fromkeys(SETTLED, Event.ACTION_SETTLED),
}
"""Which act of the audit trail is which event."""

NOBODY_IN_PARTICULAR = Officer(email=audit.MACHINE, role=Role.OFFICER)
"""For whom cases are looked at: whoever may see the unrestricted ones alone."""

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
ROWS_AT_ONCE = 5000
SHOWN = 50
LEASE = timedelta(minutes=5)
"""For how long a delivery is somebody's who tries it: after a crash it is tried again then."""

WAITS = tuple(timedelta(minutes=one) for one in (1, 5, 30, 120, 300, 600, 840, 1200, 1440))
"""How long is waited after each failure; after the last one it is given up."""


class DeliveryState(StrEnum):
    DUE = "due"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told what, and where. `events` is empty for all."""

    id: int
    name: str
    url: str
    events: tuple[Event, ...]
    made_by: str
    made_at: datetime
    ended_at: datetime | None

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery to try: what is told, where to, signed with what. `attempts` counts this one."""

    id: int
    subscription_id: int
    message_id: str
    url: str
    secret: bytes
    event: Event
    happened_at: datetime
    reference: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery as administrators see it, who see no case: what happened and how telling it went."""

    id: int
    subscription: str
    event: Event
    happened_at: datetime
    state: DeliveryState
    attempts: int
    next_at: datetime
    problem: str | None


class Subscriptions:
    """Keeps who is told, finds what they are to be told, and how that went."""

    def __init__(self, engine: sa.Engine, keyring: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._keyring = keyring
        self._clock = clock

    def add(self, name: str, url: str, events: Collection[Event], by: str) -> str:
        """A new subscription, from now on; its secret, as ``whsec_…``. Audited."""
        if not NAME.fullmatch(name):
            raise MailbotError(f'"{name}" cannot name a webhook; use small letters, digits, hyphens and full stops')
        token, now = secrets.token_hex(16), self._clock()
        values = {"name": name, "url": url, "token": token, "events": " ".join(sorted(events)), "made_by": by}
        newest = sa.select(sa.func.coalesce(sa.func.max(trail.c.id), 0)).scalar_subquery()
        try:
            with storage_errors(), self._writing.begin() as connection:
                connection.execute(sa.insert(subscriptions).values(**values, made_at=now, read_through=newest))
                audit.record(connection, at=now, actor=by, act="webhook added", detail=name)
        except sa.exc.IntegrityError:
            raise MailbotError(f"there is or was a webhook {name}; choose another name") from None
        return "whsec_" + base64.b64encode(self._secret(token)).decode()

    def listed(self) -> Sequence[Subscription]:
        """Every subscription there was, by name."""
        with storage_errors(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(subscriptions).order_by(subscriptions.c.name)).all()
        return [_subscription(row) for row in rows]

    def end(self, name: str, by: str) -> None:
        """Tells it nothing more, what is due included. Audited."""
        alive = subscriptions.c.name == name, subscriptions.c.ended_at.is_(None)
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            if connection.execute(sa.update(subscriptions).where(*alive).values(ended_at=now)).rowcount != 1:
                raise MailbotError(f"there is no webhook {name}; `mailbot webhook list` shows them")
            audit.record(connection, at=now, actor=by, act="webhook removed", detail=name)

    def find_news(self) -> int:
        """Looks through what the trail holds since the last time, and notes each thing to tell; how many."""
        with storage_errors(), self._engine.connect() as connection:
            newest = connection.execute(sa.select(sa.func.max(trail.c.id))).scalar_one() or 0
            behind = subscriptions.c.read_through < newest
            query = sa.select(subscriptions.c.id).where(subscriptions.c.ended_at.is_(None), behind)
            waiting = connection.execute(query).scalars().all()
        return sum(self._find(number, newest) for number in waiting)

    def claim(self) -> Due | None:
        """The delivery that is due first, for `LEASE` nobody else's; None where none is."""
        now = self._clock()
        query = (
            sa.select(deliveries, subscriptions.c.url, subscriptions.c.token.label("secret_of"), cases.c.reference)
            .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
            .join(cases, cases.c.id == deliveries.c.case_id)
            .where(deliveries.c.state == DeliveryState.DUE, deliveries.c.next_at <= now)
            .where(subscriptions.c.ended_at.is_(None))
            .order_by(deliveries.c.next_at, deliveries.c.id)
            .limit(1)
        )
        with storage_errors(), self._writing.begin() as connection:
            row = connection.execute(visible(query, NOBODY_IN_PARTICULAR)).one_or_none()
            if row is None:
                return None
            claimed = {"attempts": row.attempts + 1, "next_at": now + LEASE}
            connection.execute(sa.update(deliveries).where(deliveries.c.id == row.id).values(**claimed))
        return Due(
            id=row.id,
            subscription_id=row.subscription_id,
            message_id=f"msg_{row.token}",
            url=row.url,
            secret=self._secret(row.secret_of),
            event=Event(row.event),
            happened_at=row.happened_at,
            reference=row.reference,
            attempts=row.attempts + 1,
        )

    def note(self, due: Due, problem: str | None) -> DeliveryState:
        """How a delivery went: taken, to be tried again later, or given up.

        After one that went wrong whatever else is due there waits a while, so that it keeps nobody else waiting.
        """
        now, values = self._clock(), {"problem": problem}
        if problem is None:
            state = DeliveryState.SENT
        else:
            state = DeliveryState.DUE if due.attempts <= len(WAITS) else DeliveryState.FAILED
        later = {"next_at": now + WAITS[due.attempts - 1]} if state is DeliveryState.DUE else {"settled_at": now}
        change = sa.update(deliveries).where(deliveries.c.id == due.id, deliveries.c.state == DeliveryState.DUE)
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(change.values(state=state, **values, **later))
            if problem is not None:
                theirs = deliveries.c.subscription_id == due.subscription_id, deliveries.c.next_at <= now
                others = sa.update(deliveries).where(deliveries.c.state == DeliveryState.DUE, *theirs)
                connection.execute(others.values(next_at=now + WAITS[0]))
        return state

    def again(self, number: int, officer: Officer) -> None:
        """Has a delivery that was given up tried again at once. Audited."""
        demand(officer, Permission.MANAGE_OTHER_SYSTEMS)
        now = self._clock()
        change = sa.update(deliveries).where(deliveries.c.id == number, deliveries.c.state == DeliveryState.FAILED)
        values = {"state": DeliveryState.DUE, "attempts": 0, "next_at": now, "settled_at": None}
        seen = visible(sa.select(deliveries.c.id).join(cases, cases.c.id == deliveries.c.case_id), officer)
        with storage_errors(), self._writing.begin() as connection:
            if connection.execute(change.where(deliveries.c.id.in_(seen)).values(**values)).rowcount != 1:
                raise NotAllowed("There is no such delivery that was given up")
            audit.record(connection, at=now, actor=officer.email, act="delivery tried again")

    def lately(self, officer: Officer) -> Sequence[Delivery]:
        """The last `SHOWN` deliveries, those that went wrong first; none about a case that `officer` may not know."""
        demand(officer, Permission.MANAGE_OTHER_SYSTEMS)
        query = (
            sa.select(deliveries, subscriptions.c.name)
            .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
            .join(cases, cases.c.id == deliveries.c.case_id)
        )
        wrong = sa.case((deliveries.c.problem.is_not(None), 0), else_=1)
        query = visible(query, officer).order_by(wrong, deliveries.c.id.desc()).limit(SHOWN)
        with storage_errors(), self._engine.connect() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def _find(self, number: int, newest: int) -> int:
        with storage_errors(), self._writing.begin() as connection:
            one = connection.execute(sa.select(subscriptions).where(subscriptions.c.id == number)).one()
            through = min(newest, one.read_through + ROWS_AT_ONCE)
            query = sa.select(trail.c.act, trail.c.at, cases.c.id).join(cases, cases.c.reference == trail.c.reference)
            query = query.where(trail.c.id > one.read_through, trail.c.id <= through, trail.c.act.in_(EVENTS))
            rows = connection.execute(visible(query, NOBODY_IN_PARTICULAR).order_by(trail.c.id))
            found = dict.fromkeys((row.id, EVENTS[row.act], row.at) for row in rows)
            wanted = [Event(event) for event in one.events.split()] or list(Event)
            news = [_news(number, *each) for each in found if each[1] in wanted]
            if news:
                connection.execute(sa.insert(deliveries), news)
            connection.execute(
                sa.update(subscriptions).where(subscriptions.c.id == number).values(read_through=through)
            )
        return len(news)

    def _secret(self, token: str) -> bytes:
        """What a subscription's deliveries are signed with: the database alone does not hold it."""
        return audit.derived(self._keyring, f"mailbot webhook {token}".encode())


def _news(subscription: int, case_id: int, event: Event, at: datetime) -> dict[str, Any]:
    return {
        "token": secrets.token_hex(16),
        "subscription_id": subscription,
        "case_id": case_id,
        "event": event,
        "happened_at": at,
        "state": DeliveryState.DUE,
        "attempts": 0,
        "next_at": at,
    }


def _subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        name=row.name,
        url=row.url,
        events=tuple(Event(one) for one in row.events.split()),
        made_by=row.made_by,
        made_at=row.made_at,
        ended_at=row.ended_at,
    )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        subscription=row.name,
        event=Event(row.event),
        happened_at=row.happened_at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        problem=row.problem,
    )
