"""Actions: the list of what is open, and one of a case to be changed, done or dropped."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.domain import ActionState
from mailbot.errors import NotAllowed
from mailbot.targets import last_day
from mailbot.web.days import day_in
from mailbot.web.paging import page_number

pages = Blueprint("actions", __name__)

YEARS = range(2020, 2100)
"""Of the days that something may be due: any other is a slip of the pen."""

DECISIONS = {"done": ActionState.DONE, "dropped": ActionState.DROPPED}


@pages.get("/actions")
def listed() -> str:
    """The open actions that the officer owns, or everybody's on cases that they may see; those due first on top."""
    mine = request.args.get("whose") != "everybody"
    page = current_app.extensions["mailbot"].actions.page(g.officer, mine=mine, number=page_number())
    return render_template("actions.html", page=page, mine=mine)


@pages.get("/case/<reference>/action/<int:number>")
def show(reference: str, number: int) -> str:
    """An action of a case, and the forms to change or settle it."""
    return _page(reference, number, {})


@pages.post("/case/<reference>/action/<int:number>")
def write(reference: str, number: int) -> Any:
    """Gives an action another owner or day, or marks it as done or dropped."""
    actions, decision = current_app.extensions["mailbot"].actions, request.form.get("decision", "")
    try:
        if decision == "change":
            try:
                day = day_in(request.form, "due", YEARS)
            except ValueError:
                wrong = "Write a day such as 24 11 2026, or leave all three empty"
                return _page(reference, number, {"due": wrong}), 400
            actions.change(reference, number, g.officer, owner=request.form.get("owner", ""), due_on=day)
        elif decision in DECISIONS:
            if not request.form.get(decision, "").strip():
                return _page(reference, number, {decision: SAY[decision]}), 400
            actions.settle(reference, number, g.officer, DECISIONS[decision], request.form[decision])
        else:
            abort(400)
    except NotAllowed as error:
        field = "owner" if decision == "change" else decision
        return _page(reference, number, {field: str(error)}), 400
    flash(f"Action of {reference} {'changed' if decision == 'change' else 'marked as ' + decision}")
    return redirect(url_for("case.show", reference=reference))


SAY = {"done": "Say what came of it", "dropped": "Say why it is dropped"}


def _page(reference: str, number: int, errors: dict[str, str]) -> str:
    record = current_app.extensions["mailbot"]
    case = record.store.open_case(reference, g.officer)
    action = next((one for one in case.actions if one.id == number), None)
    if action is None:
        raise NotAllowed("There is no such action on this case")
    due = last_day(action.due_at) if action.due_at else None
    return render_template(
        "action.html",
        case=case,
        action=action,
        due=due,
        owners=record.actions.owners(reference, g.officer),
        errors=errors,
        form=request.form,
    )
