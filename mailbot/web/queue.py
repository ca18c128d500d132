"""The queue: what waits for a person, by priority, then time left; narrowed by filters, kept as views."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.cases.access import Permission
from mailbot.cases.queue import Filters, filters_from, is_late
from mailbot.domain import CaseState
from mailbot.web.filters import asked, chips, choices
from mailbot.web.paging import page_number

pages = Blueprint("queue", __name__)

TABS = (
    (CaseState.NEW, "To review"),
    (CaseState.OPEN, "In hand"),
    (CaseState.WAITING, "Waiting"),
    (CaseState.CLOSED, "Closed"),
)


@pages.get("/queue")
def show() -> str:
    """A page of the cases of one state that the officer may see; new ones unless asked otherwise."""
    state, filters = _state(request.args.get("state", CaseState.NEW)), _filters(request.args)
    record = current_app.extensions["mailbot"]
    page = record.queue.page(g.officer, state, filters, page_number())
    return render_template(
        "queue.html",
        page=page,
        now=page.at,
        is_late=is_late,
        entries=[*page.pinned, *page.entries],
        state=state,
        tabs=TABS,
        counts=page.counts,
        chosen=filters,
        filters={choice: list(getattr(filters, choice)) for choice in Filters.__slots__},
        choices=choices(record, g.officer),
        chips=chips(filters),
        asked=asked,
        views=record.views.listed(g.officer),
        handovers=record.handovers.unread(g.officer),
        waiting=record.aside.listed(g.officer),
        alerts=[one for one in record.alert_book.open_ones(g.officer) if one.taken_by is None],
        closed_alerts=record.openings.closed_alerts(g.officer) if g.officer.may(Permission.BREAK_GLASS) else (),
        letters=record.outbox.count_for_officers(g.officer) if g.officer.may(Permission.SETTLE_LETTERS) else 0,
        second_looks=record.second_looks.count_waiting(g.officer) if g.officer.may(Permission.REVIEW) else 0,
    )


@pages.post("/queue/views")
def save_view() -> Any:
    """Keeps the filters that are set under a name of the officer's."""
    state, filters = _state(request.form.get("state", CaseState.NEW)), _filters(request.form)
    current_app.extensions["mailbot"].views.save(g.officer, request.form.get("name", ""), state, filters)
    flash("View saved")
    return redirect(url_for("queue.show", state=state, **asked(filters)))


@pages.post("/queue/views/<int:number>/delete")
def forget_view(number: int) -> Any:
    """Deletes one of the officer's views."""
    current_app.extensions["mailbot"].views.forget(g.officer, number)
    flash("View deleted")
    return redirect(url_for("queue.show"))


def _state(written: str) -> CaseState:
    if written not in tuple(CaseState):
        abort(404)
    return CaseState(written)


def _filters(values: Any) -> Filters:
    return filters_from(list(values.items(multi=True)))
