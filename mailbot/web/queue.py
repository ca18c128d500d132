"""The queue: what waits for a person, by priority, then age."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, g, render_template, request

from mailbot.cases.access import Permission
from mailbot.domain import CaseState, LetterState

pages = Blueprint("queue", __name__)

TABS = (
    (CaseState.NEW, "To review"),
    (CaseState.OPEN, "In hand"),
    (CaseState.WAITING, "Waiting"),
    (CaseState.CLOSED, "Closed"),
)


@pages.get("/queue")
def show() -> str:
    """The cases of one state that the officer may see; new ones unless asked otherwise."""
    asked = request.args.get("state", CaseState.NEW)
    if asked not in tuple(CaseState):
        abort(404)
    state = CaseState(asked)
    record = current_app.extensions["mailbot"]
    return render_template(
        "queue.html",
        entries=record.store.queue(g.officer, [state]),
        state=state,
        tabs=TABS,
        counts=record.store.counts(g.officer),
        waiting=record.aside.listed(g.officer),
        alerts=[one for one in record.alert_book.open_ones(g.officer) if one.taken_by is None],
        closed_alerts=record.openings.closed_alerts(g.officer) if g.officer.may(Permission.BREAK_GLASS) else (),
        to_post=_to_post(record),
        second_looks=len(record.second_looks.waiting(g.officer)) if g.officer.may(Permission.REVIEW) else 0,
    )


def _to_post(record: Any) -> int:
    """How many letters of cases that the officer may see wait for the post."""
    if not g.officer.may(Permission.SETTLE_LETTERS):
        return 0
    return sum(one.state is LetterState.DUE for one in record.outbox.by_post(g.officer))
