"""Pages for those who keep the records: what goes, what is held, requests for information, courts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.cases.records.requests import Outcome, RequestKind
from mailbot.cases.records.retention import PAGE, DisposalState, HoldKind, What
from mailbot.errors import NotAllowed
from mailbot.web import words
from mailbot.web.days import day_in
from mailbot.web.paging import page_number

pages = Blueprint("records", __name__)

YEARS = range(2020, 2200)
WHATS = {What.CASE: "Cases whose time is over", What.ORIGINALS: "Originals on the mail server"}


@pages.get("/retention")
def retention() -> str:
    """What is due to go, what waits for a second person or can be undone, and what is held."""
    return _retention({})


@pages.post("/retention")
def decide() -> Any:
    """Proposes, confirms or undoes; places or lifts a hold."""
    record, decision, form = current_app.extensions["mailbot"], request.form.get("decision", ""), request.form
    disposals, number = record.disposals, form.get("number", 0, type=int)
    if decision == "hold":
        return _hold()
    try:
        if decision == "propose":
            count = disposals.propose(g.officer, form.getlist("references"), What(form.get("what", What.CASE)))
            flash(f"{count} proposed. Another person must confirm")
        elif decision == "confirm":
            flash(f"Confirmed. It goes after {words.moment(disposals.confirm(g.officer, number))}, unless it is undone")
        elif decision == "undo":
            disposals.undo(g.officer, number)
            flash("Undone. It stays")
        elif decision == "lift":
            disposals.lift(g.officer, number)
            flash("The hold is lifted")
        else:
            abort(400)
    except ValueError:
        abort(400)
    except NotAllowed as error:
        none = decision == "propose" and not form.getlist("references")
        return _retention({"references": "Choose what shall go" if none else str(error)}), 400
    return redirect(url_for("records.retention"))


@pages.get("/requests")
def requests() -> str:
    """Requests for information with the last day of each, and what courts are to be given."""
    return _requests({})


@pages.post("/requests")
def write() -> Any:
    """Says what a request is, extends it, notes that it is dealt with or what it asks for; agrees for a court."""
    record, decision, form = current_app.extensions["mailbot"], request.form.get("decision", ""), request.form
    reference = form.get("reference", "")
    try:
        if decision == "classify":
            record.requests.classify(reference, g.officer, RequestKind(form.get("kind", "")))
        elif decision == "extend":
            record.requests.extend(reference, g.officer, form.get("reason", ""))
        elif decision == "answer":
            record.requests.answer(reference, g.officer, Outcome(form.get("outcome", "")))
        elif decision == "ask_for":
            record.requests.ask_for(reference, g.officer, form.get("other", "").strip().upper())
        elif decision in ("agree", "refuse"):
            record.courts.decide(form.get("number", 0, type=int), g.officer, agrees=decision == "agree")
        else:
            abort(400)
    except ValueError:
        abort(400)
    except NotAllowed as error:
        field = {"extend": "reason", "ask_for": "other"}.get(decision, "requests")
        return _requests({f"{field}-{reference}" if field != "requests" else field: str(error)}), 400
    flash("Noted")
    return redirect(url_for("records.requests"))


def _hold() -> Any:
    form, errors = request.form, {}
    kind = form.get("kind", "")
    if kind not in tuple(HoldKind):
        errors["kind"] = "Choose what it is held for"
    if not form.get("reason", "").strip():
        errors["reason"] = "Enter why it is held"
    day = None
    try:
        day = day_in(form, "ends", YEARS)
    except ValueError:
        errors["ends"] = "Write a day such as 31 12 2030, or leave all three empty"
    if not errors:
        reference = form.get("reference", "").strip().upper()
        try:
            disposals = current_app.extensions["mailbot"].disposals
            disposals.hold(reference, g.officer, HoldKind(kind), form["reason"], day)
        except NotAllowed as error:
            errors["reference"] = str(error)
        else:
            flash(f"{reference} is held")
            return redirect(url_for("records.retention"))
    return _retention(errors), 400


def _retention(errors: dict[str, str]) -> str:
    record = current_app.extensions["mailbot"]
    what = What.ORIGINALS if request.values.get("what") == What.ORIGINALS else What.CASE
    number = page_number()
    due, total = record.disposals.due(g.officer, what, number)
    standing = record.disposals.standing(g.officer)
    return render_template(
        "retention.html",
        what=what,
        whats=WHATS,
        removes=record.config.retention.remove_from_server,
        due=due,
        total=total,
        number=number,
        last=max(1, -(-total // PAGE)),
        waiting=[one for one in standing if one.state is DisposalState.PROPOSED],
        agreed=[one for one in standing if one.state in (DisposalState.CONFIRMED, DisposalState.UNDER_WAY)],
        over=[one for one in standing if one.ended_at is not None],
        held=record.disposals.held(g.officer),
        kinds=tuple(HoldKind),
        errors=errors,
        form=request.form,
    )


def _requests(errors: dict[str, str]) -> str:
    record = current_app.extensions["mailbot"]
    return render_template(
        "requests.html",
        open=record.requests.listed(g.officer),
        answered=record.requests.listed(g.officer, answered=True),
        courts=record.courts.listed(g.officer),
        kinds={RequestKind.FOI: "Freedom of information", RequestKind.SUBJECT_ACCESS: "Subject access"},
        outcomes=tuple(Outcome),
        errors=errors,
        form=request.form,
    )
