"""The queue: what waits for a person, by priority, then age."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, g, render_template, request

from mailbot.cases.access import Permission
from mailbot.domain import CaseState

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
        second_looks=len(record.second_looks.waiting(g.officer)) if g.officer.may(Permission.REVIEW) else 0,
    )
