"""Writing to an authority, a service, another body or the sender: whom, the telephone call, the draft, its answer."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.cases.access import Permission
from mailbot.correspondence.drafts import OTHER_BODIES
from mailbot.dispatch import THE_SENDER, named_in, person_at
from mailbot.domain import APPROACHES, ActionKind, Addressee, Approach, ApproachState, Call, Case, Draft
from mailbot.errors import NotAllowed

pages = Blueprint("approach", __name__, url_prefix="/case/<reference>/approach")


@pages.get("")
def choose(reference: str) -> str:
    """Whom the officer may write to for a purpose, the likeliest first, with telephone numbers where that is urgent."""
    return _choice(reference, _purpose(request.args.get("purpose", "")), "")


@pages.post("")
def begin(reference: str) -> Any:
    """Keeps a first draft to the one chosen, and opens it."""
    purpose, name = _purpose(request.form.get("purpose", "")), request.form.get("name", "").strip()
    if request.form.get("other", "").strip():
        name = request.form["other"].strip()
    if purpose is ActionKind.ASK_THE_SENDER:
        name = THE_SENDER
    allowed = _record().authority_names if purpose is ActionKind.REFER_TO_AUTHORITY else None
    if not name and purpose is not ActionKind.ASK_THE_SERVICE:
        return _choice(reference, purpose, "Choose whom you write to"), 400
    if allowed is not None and name not in allowed:
        return _choice(reference, purpose, "Choose a local authority from the list"), 400
    number = _record().dispatch.begin(_case(reference), g.officer, purpose, name[:128])
    return redirect(url_for("approach.show", reference=reference, number=number))


@pages.get("/<int:number>")
def show(reference: str, number: int) -> str:
    """The draft with what stands in its way, or what was sent and how it stands."""
    return _page(reference, number, "")


@pages.post("/<int:number>")
def write(reference: str, number: int) -> Any:
    """Keeps the draft as it was written; sends it, or gives it up, where that was asked."""
    record, decision = _record(), request.form.get("decision", "keep")
    if decision == "withdraw":
        record.approaches.withdraw(reference, number, g.officer)
        flash("Draft given up")
        return redirect(url_for("case.show", reference=reference))
    approach = record.approaches.one(reference, number, g.officer)
    record.approaches.rewrite(reference, number, g.officer, _written(approach))
    if decision != "send":
        flash("Draft kept. Nothing has been sent")
        return redirect(url_for("approach.show", reference=reference, number=number))
    approach = record.approaches.one(reference, number, g.officer)
    try:
        record.dispatch.send(_case(reference), approach, g.officer, request.form.get("reason", ""))
    except NotAllowed as error:
        return _page(reference, number, str(error)), 400
    flash(f"Sent. It stands on {reference} until it is answered")
    return redirect(url_for("approach.show", reference=reference, number=number))


@pages.post("/<int:number>/call")
def call(reference: str, number: int) -> Any:
    """Records a telephone call: whom the officer spoke to, the reference they gave, what was said."""
    record = _record()
    told = {name: request.form.get(name, "").strip()[:2000] for name in ("spoke_to", "given_reference", "said")}
    if not told["spoke_to"]:
        return _page(reference, number, "Write whom you spoke to, or who could not be reached"), 400
    approach = record.approaches.one(reference, number, g.officer)
    made = Call(called_by=g.officer.email, called_at=datetime.now(UTC), **told)
    record.dispatch.note_call(approach, g.officer, made)
    if request.form.get("confirmed") == "yes" and approach.state is ApproachState.SENT:
        record.approaches.answered(reference, number, g.officer)
    flash("Telephone call recorded")
    return redirect(url_for("approach.show", reference=reference, number=number))


@pages.post("/<int:number>/answered")
def answered(reference: str, number: int) -> Any:
    """Notes that they have answered, or that the authority has confirmed the referral."""
    _record().approaches.answered(reference, number, g.officer)
    flash("Noted as answered")
    return redirect(url_for("case.show", reference=reference))


def _written(approach: Approach) -> Draft:
    """The draft as the form has it; whom it goes to stays what was chosen, its address may be written."""
    form = request.form
    addressee = approach.draft.addressee
    if approach.purpose is not ActionKind.ASK_THE_SENDER:
        addressee = Addressee(
            name=addressee.name,
            person=form.get("person", addressee.person).strip()[:128],
            email=form.get("email", addressee.email).strip()[:254],
            postal=form.get("postal", addressee.postal).strip()[:512],
        )
    return dataclasses.replace(
        approach.draft,
        addressee=addressee,
        subject=" ".join(form.get("subject", "").split())[:200],
        body=form.get("body", "").replace("\r\n", "\n"),
    )


def _choice(reference: str, purpose: ActionKind, error: str) -> str:
    record, case = _record(), _case(reference)
    service = record.dispatch.service_of(case)
    authorities = record.dispatch.authorities_for(case, record.authority_names)
    return render_template(
        "approach_new.html",
        case=case,
        purpose=purpose,
        service=service,
        contacts=[record.authorities.contact(name) for name in authorities],
        authority_names=record.authority_names,
        people=[(person, named_in(person, case)) for person in person_at(service)],
        bodies=OTHER_BODIES,
        national=record.national,
        error=error,
    )


def _page(reference: str, number: int, error: str) -> str:
    record, case = _record(), _case(reference)
    approach = record.approaches.one(reference, number, g.officer)
    is_draft = approach.state is ApproachState.DRAFT
    writes = is_draft and g.officer.may(Permission.REVIEW)
    urgent = approach.purpose is ActionKind.REFER_TO_AUTHORITY
    return render_template(
        "approach.html",
        case=case,
        approach=approach,
        draft=approach.draft,
        is_draft=is_draft,
        checked=record.dispatch.checked(case, approach, g.officer) if writes else None,
        contact=record.authorities.contact(approach.draft.addressee.name) if urgent else None,
        national=record.national,
        overdue=approach.state is ApproachState.SENT and approach.due_at and approach.due_at < datetime.now(UTC),
        error=error,
        form=request.form,
    )


def _purpose(asked: str) -> ActionKind:
    if asked not in APPROACHES:
        abort(404)
    return ActionKind(asked)


def _case(reference: str) -> Case:
    case: Case = _record().store.open_case(reference, g.officer)
    return case


def _record() -> Any:
    return current_app.extensions["mailbot"]
