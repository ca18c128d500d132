"""What monitoring is told of the record: counts and ages, never of one case alone.

Whoever watches a machine has no role here. Restricted cases count nowhere, so that no number moves when one comes, goes
or is answered; they show only in how late the latest letter or alert is, once that is a fault that somebody must mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from mailbot.cases.access import visible
from mailbot.cases.alerts import AlertState
from mailbot.cases.api.subscriptions import NOBODY_IN_PARTICULAR, DeliveryState
from mailbot.cases.database import storage_errors
from mailbot.cases.letters.letters import ACKNOWLEDGEMENT
from mailbot.cases.oversight.learning import DAYS, FLAGS, SAID
from mailbot.cases.schema import (
    alerts,
    answers,
    api_tokens,
    cases,
    deliveries,
    letters,
    messages,
    notices,
    opinions,
    subscriptions,
)
from mailbot.cases.sealing.key_store import backup_table
from mailbot.clock import Clock
from mailbot.domain import CaseState, Channel, LetterState

Stage = Literal["fetch", "file", "send", "alert"]

LATELY = timedelta(hours=1)
"""How far back the stages are timed."""
LATEST = 200
"""How many of the newest are timed at most, so that it costs the same however much there is."""
LETTER_PATIENCE = timedelta(minutes=5)
ALERT_PATIENCE = timedelta(minutes=2)
"""What is late by less is in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The cases of one priority that are not closed. `oldest_at` is since when the first of them waits."""

    priority: int
    open: int
    late: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The record at one moment. `flags` and `received` are of the last 24 hours, as are `acknowledgements` by state.

    `took` has the seconds of each stage of late. `overridden` has, by model, the cases of the last `DAYS` that officers
    answered and those of them that they answered otherwise. `backups` are the newest that were read back, by what they
    hold. What is late is so by that many seconds, 0 where nothing is.
    """

    waiting: Sequence[Waiting]
    received: int
    flags: Mapping[str, int]
    acknowledgements: Mapping[str, int]
    to_post: int
    letters_late: float
    alerts_late: float
    took: Mapping[Stage, Sequence[float]]
    overridden: Mapping[str, tuple[int, int]]
    to_tell: int
    to_tell_since: datetime | None
    token_ends_at: datetime | None
    backups: Mapping[str, datetime]


class Measures:
    """Measures an installation, in a fixed number of queries."""

    def __init__(self, engine: sa.Engine, key_store: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._key_store = key_store
        self._clock = clock

    def taken(self) -> Measured:
        """The record as it stands; raises `StorageFailed` where a database cannot be reached."""
        now = self._clock()
        with storage_errors(), self._engine.connect() as connection:
            received, flags = _received(connection, now)
            to_tell, since = connection.execute(_seen(_to_tell())).one()
            return Measured(
                waiting=_waiting(connection, now),
                received=received,
                flags=flags,
                acknowledgements={row[0]: row[1] for row in connection.execute(_seen(_acknowledgements(now)))},
                to_post=connection.execute(_seen(_to_post())).scalar_one(),
                letters_late=_late(connection, _due_letter(), now, LETTER_PATIENCE),
                alerts_late=_late(connection, _due_alert(), now, ALERT_PATIENCE),
                took=_took(connection, now),
                overridden=_overridden(connection, now),
                to_tell=to_tell,
                to_tell_since=since,
                token_ends_at=connection.execute(_next_token(now)).scalar_one(),
                backups=self._backups(),
            )

    def _backups(self) -> dict[str, datetime]:
        newest = sa.select(backup_table.c.what, sa.func.max(backup_table.c.made_at)).group_by(backup_table.c.what)
        with storage_errors(), self._key_store.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(newest)}


def _seen(query: sa.Select[Any]) -> sa.Select[Any]:
    """Over the cases that everybody may know of."""
    return visible(query, NOBODY_IN_PARTICULAR)


def _counted(what: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((what, 1), else_=0)), 0)


def _waiting(connection: sa.Connection, now: datetime) -> list[Waiting]:
    since, late = sa.func.min(cases.c.waits_since), _counted(cases.c.due_at < now)
    query = sa.select(cases.c.priority, sa.func.count(), late, since).where(cases.c.state != CaseState.CLOSED)
    rows = connection.execute(_seen(query).group_by(cases.c.priority).order_by(cases.c.priority))
    return [Waiting(priority=row[0], open=row[1], late=row[2], oldest_at=row[3]) for row in rows]


def _received(connection: sa.Connection, now: datetime) -> tuple[int, dict[str, int]]:
    columns: list[sa.Label[Any]] = [_counted(cases.c[flag]).label(flag) for flag in FLAGS]
    query = sa.select(*columns, sa.func.count().label("received"))
    row = connection.execute(_seen(query.where(cases.c.received_at >= now - timedelta(days=1)))).one()
    return row.received, {flag: getattr(row, flag) for flag in FLAGS}


def _acknowledgements(now: datetime) -> sa.Select[Any]:
    query = sa.select(letters.c.state, sa.func.count()).join(cases, cases.c.id == letters.c.case_id)
    lately = letters.c.created_at >= now - timedelta(days=1)
    return query.where(letters.c.purpose.startswith(ACKNOWLEDGEMENT), lately).group_by(letters.c.state)


def _to_post() -> sa.Select[Any]:
    query = sa.select(sa.func.count()).select_from(letters).join(cases, cases.c.id == letters.c.case_id)
    return query.where(letters.c.channel == Channel.POST, letters.c.state == LetterState.DUE)


def _to_tell() -> sa.Select[Any]:
    columns: list[Any] = [sa.func.count(), sa.func.min(deliveries.c.happened_at)]
    query = sa.select(*columns).select_from(deliveries).join(cases, cases.c.id == deliveries.c.case_id)
    query = query.join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
    return query.where(deliveries.c.state == DeliveryState.DUE, subscriptions.c.ended_at.is_(None))


def _due_letter() -> sa.Select[Any]:
    """Since when the email waits that waits longest, however often it has been put off."""
    due = (letters.c.state == LetterState.DUE) & (letters.c.channel == Channel.EMAIL)
    return sa.select(sa.func.min(letters.c.created_at)).where(due)


def _due_alert() -> sa.Select[Any]:
    return sa.select(sa.func.min(alerts.c.next_at)).where(alerts.c.state != AlertState.DONE)


def _late(connection: sa.Connection, query: sa.Select[Any], now: datetime, patience: timedelta) -> float:
    """The seconds since; 0 within the patience that is had with it, so that nothing shows what is just in hand."""
    since: datetime | None = connection.execute(query).scalar_one()
    return (now - since).total_seconds() if since is not None and now - since > patience else 0.0


def _took(connection: sa.Connection, now: datetime) -> dict[Stage, list[float]]:
    """How long a message lay on its server, then here until it was filed; a letter until it was sent; an alert."""
    filed = sa.select(messages.c.received_at, messages.c.stored_at, cases.c.filed_at)
    filed = filed.join(cases, cases.c.id == messages.c.case_id).where(messages.c.by_hand.is_(False))
    sent = sa.select(letters.c.created_at, letters.c.settled_at).join(cases, cases.c.id == letters.c.case_id)
    sent = sent.where(letters.c.state == LetterState.SENT, letters.c.channel == Channel.EMAIL)
    first = sa.select(sa.func.min(notices.c.at)).where(notices.c.alert_id == alerts.c.id, notices.c.problem.is_(None))
    told = sa.select(alerts.c.raised_at, first.correlate(alerts).scalar_subquery())
    told = told.join(cases, cases.c.id == alerts.c.case_id)
    of_mail = _newest(connection, filed, messages.c.id)
    return {
        "fetch": _seconds(((row[0], row[1]) for row in of_mail), now),
        "file": _seconds(((row[1], row[2]) for row in of_mail), now),
        "send": _seconds(_newest(connection, sent, letters.c.id), now),
        "alert": _seconds(_newest(connection, told, alerts.c.id), now),
    }


def _newest(connection: sa.Connection, query: sa.Select[Any], number: sa.ColumnElement[int]) -> Sequence[Any]:
    return connection.execute(_seen(query).order_by(number.desc()).limit(LATEST)).all()


def _seconds(spans: Iterable[Any], now: datetime) -> list[float]:
    """The lengths of those that ended lately; servers' clocks may be ahead of ours."""
    return [max(0.0, (end - begin).total_seconds()) for begin, end in spans if end and end >= now - LATELY]


def _overridden(connection: sa.Connection, now: datetime) -> dict[str, tuple[int, int]]:
    otherwise = _counted(sa.or_(*(opinions.c[field] != answers.c[field] for field in SAID)))
    query = (
        sa.select(opinions.c.model, sa.func.count(), otherwise)
        .join(answers, answers.c.case_id == opinions.c.case_id)
        .join(cases, cases.c.id == opinions.c.case_id)
        .where(answers.c.answered_at >= now - timedelta(days=DAYS), opinions.c.decides)
        .group_by(opinions.c.model)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(_seen(query))}


def _next_token(now: datetime) -> sa.Select[Any]:
    working = api_tokens.c.revoked_at.is_(None) & (api_tokens.c.ends_at > now)
    return sa.select(sa.func.min(api_tokens.c.ends_at)).where(working)
