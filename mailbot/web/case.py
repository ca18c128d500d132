"""A case and its review: the masked narrative with the words behind each flag, and what the officer decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.cases.letters.outbox import LetterDecision
from mailbot.cases.oversight.first_answers import Question
from mailbot.cases.store import CORRECTABLE, SEALED_FIELDS, WRITTEN, may_be
from mailbot.domain import (
    APPROACHES,
    OUTLIVE_THE_CASE,
    ActionKind,
    Case,
    Correction,
    Decision,
    Evidence,
    FollowUp,
    Situation,
)
from mailbot.errors import ActionsOpen, StaleWrite
from mailbot.web import accounts, words
from mailbot.web.highlight import Piece, flag_of, pieces
from mailbot.web.writing import changed_page, going_on, seen_of, since

pages = Blueprint("case", __name__, url_prefix="/case")

YES_OR_NO = {"yes": True, "no": False}

WRITTEN_ERRORS = {
    "service_name": "Write the service's name in at most 120 characters",
    "local_authority": "Write the local authority's name, such as Suffolk",
    "urn": "Write the URN as five to seven digits, with up to two letters before them",
    "language": "Write the language's code, such as en or cy",
}


@pages.get("/<reference>")
def show(reference: str) -> str:
    """The case as this officer may read it; the reading is audited.

    Where nothing was flagged, whoever opens it first is asked about it before they see the machine's answer.
    """
    record = current_app.extensions["mailbot"]
    question = record.first_answers.question(reference, g.officer) if record.config.web.ask_first else None
    return _question(question, "") if question else _page(reference, errors={})


@pages.post("/<reference>/first-answer")
def first_answer(reference: str) -> Any:
    """Keeps what the officer says before they see the machine's answer, then shows the case."""
    record = current_app.extensions["mailbot"]
    danger, risk = (YES_OR_NO.get(request.form.get(name, "")) for name in ("danger", "child_at_risk"))
    question = record.first_answers.question(reference, g.officer)
    if question is not None:
        if danger is None or (question.more and risk is None):
            return _question(question, "Answer each question"), 400
        record.first_answers.answer(reference, g.officer, danger=danger, child_at_risk=risk if question.more else None)
        if danger:
            flash(f"{reference} now stands on top of the queue as a child in danger. Act on it first")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/<reference>")
def review(reference: str) -> Any:
    """Writes the officer's review, or shows the form again with what is missing."""
    store = current_app.extensions["mailbot"].store
    case = store.open_case(reference, g.officer)
    version = request.form.get("version", 0, type=int)
    if version != case.version:  # before its answers are compared: what a colleague corrected is no answer of theirs
        return changed_page(case, standing(case)), 409
    decision, errors = decision_from(request.form, standing(case))
    if errors:
        return _page(reference, errors), 400
    try:
        why = store.needs_second(reference, g.officer, decision)
        if why:
            return _ask_second(reference, version, decision, why)
        store.review(reference, g.officer, version, decision)
    except ActionsOpen as error:
        return _page(reference, {"close": str(error)}), 400
    except StaleWrite:
        case = store.open_case(reference, g.officer)
        return changed_page(case, standing(case)), 409
    flash(f"Review of {reference} saved")
    return redirect(url_for("queue.show"))


def _ask_second(reference: str, version: int, decision: Decision, why: str) -> Any:
    if not (decision.note.strip() or any(one.reason for one in decision.corrections)):
        return _page(reference, {"note": "Say why, for the second officer to judge it"}), 400
    current_app.extensions["mailbot"].approvals.ask(reference, g.officer, version, decision, why)
    flash(f"{why}: it counts once a second officer agrees. Until then {reference} stays as it is")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/<reference>/second/<int:number>")
def second_officer(reference: str, number: int) -> Any:
    """What a second officer says of a review that needs them."""
    record = current_app.extensions["mailbot"]
    if request.form.get("decision") == "agree":
        proposed_by = record.approvals.proposer_of(reference, number, g.officer)
        proposer = record.tokens.officer_named(proposed_by) or accounts.officer(record.engine, proposed_by)
        record.approvals.approve(reference, number, g.officer, proposer)
        flash(f"Review of {reference} saved, with both your names")
    else:
        record.approvals.refuse(reference, number, g.officer)
        flash(f"{reference} stays as it is")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/<reference>/cover")
def cover(reference: str) -> Any:
    """Covers words that give the source away and that masking missed."""
    count = current_app.extensions["mailbot"].covering.cover(reference, g.officer, request.form.get("words", ""))
    flash(f"Covered in {count} place{'s' if count > 1 else ''}")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/<reference>/restrict")
def restrict(reference: str) -> Any:
    """Restricts a case at once; whoever may not see restricted ones loses it with that."""
    current_app.extensions["mailbot"].covering.restrict(reference, g.officer)
    flash(f"{reference} is restricted: only the whistleblowing officers see it now")
    return redirect(url_for("queue.show"))


@pages.post("/<reference>/reopen")
def reopen(reference: str) -> Any:
    """Opens a closed case again, with the new facts as a note."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        return _page(reference, {"reopen_reason": "Say what is new"}), 400
    current_app.extensions["mailbot"].store.reopen(reference, g.officer, reason)
    flash(f"{reference} is open again")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/<reference>/letter/<int:number>")
def decide_letter(reference: str, number: int) -> Any:
    """What the officer decides about a letter that was held, or that may not have gone."""
    asked = request.form.get("decision", "")
    if asked not in tuple(LetterDecision):
        abort(400)
    current_app.extensions["mailbot"].outbox.decide(reference, number, g.officer, LetterDecision(asked))
    flash(f"Decision on a letter of {reference} saved")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/<reference>/open")
def break_glass(reference: str) -> Any:
    """Opens a restricted case in which somebody may be in danger to a duty manager, who says why it cannot wait."""
    current_app.extensions["mailbot"].openings.open(reference, g.officer, request.form.get("reason", ""))
    flash(f"{reference} is open to you for 24 hours. It is on record, and the whistleblowing lead is told")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/<reference>/task/<int:number>")
def settle_task(reference: str, number: int) -> Any:
    """Notes that a task is seen to; with ``join``, that the case belongs to the one it speaks of."""
    join = request.form.get("decision") == "join"
    goes_on = current_app.extensions["mailbot"].store.settle_task(reference, g.officer, number, join=join)
    flash(f"{reference} joined to {goes_on}" if join else f"Task of {reference} done")
    return redirect(url_for("case.show", reference=goes_on))


@pages.post("/<reference>/alert")
def take_alert(reference: str) -> Any:
    """Notes that this officer deals with the danger; nobody else is told unless nothing is decided in time."""
    current_app.extensions["mailbot"].alert_book.take(reference, g.officer)
    flash(f"You deal with {reference}. Decide what is done within 30 minutes, or the alert is told again")
    return redirect(url_for("case.show", reference=reference))


def standing(case: Case) -> dict[str, str]:
    """Every correctable field as it stands now, as the form's words."""
    fields = [field for field in (*CORRECTABLE, *WRITTEN) if field not in tuple(Situation)]
    values = {field: getattr(case.assessment if field in SEALED_FIELDS else case.entry, field) for field in fields}
    values |= {situation: situation in case.entry.situations for situation in Situation}
    as_words = {
        field: str(value).lower() if isinstance(value, bool) else str(value or "") for field, value in values.items()
    }
    return as_words | case.corrected


def decision_from(form: Any, stands: dict[str, str]) -> tuple[Decision, dict[str, str]]:
    """The review that a submitted form holds, and what is wrong with it by field."""
    errors: dict[str, str] = {}
    reason = form.get("reason", "").strip()
    given = {field: form[field].strip() for field in stands if field in form}
    changed = {field: value for field, value in given.items() if value != stands[field]}
    for field, value in changed.items():
        if not may_be(field, value):
            errors[field] = WRITTEN_ERRORS.get(field, f"Choose one of the answers for {words.named(field).lower()}")
    if changed and not reason:
        errors["reason"] = "Say why you changed an answer"
    chosen = [kind for kind in ActionKind if kind in form.getlist("actions")]
    if ActionKind.NO_FURTHER_ACTION in chosen and len(chosen) > 1:
        errors["actions"] = "Choose no further action alone, or the actions you decided"
    closes = form.get("close") == "yes"
    if closes and not form.get("note", "").strip():
        errors["note"] = "Say in the note why the case is closed"
    if not chosen and not changed and not closes and not form.get("note", "").strip():
        errors["actions"] = "Choose a decision, correct an answer or add a note"
    corrections = tuple(Correction(field=field, value=value, reason=reason) for field, value in changed.items())
    return Decision(corrections=corrections, actions=tuple(chosen), note=form.get("note", ""), close=closes), errors


def _question(question: Question, error: str) -> str:
    return render_template("first_answer.html", case=question.case, more=question.more, error=error, form=request.form)


def _page(reference: str, errors: dict[str, str]) -> str:
    record = current_app.extensions["mailbot"]
    case = record.store.open_case(reference, g.officer)
    stands, history = standing(case), record.history.of(reference, g.officer)
    writing = record.writings.kept(reference, g.officer)
    goes_on = writing is not None and request.method == "GET" and "go_on" in request.args
    form = going_on(writing) if goes_on else request.form
    flags = [(one, _place(one, "")) for one in case.assessment.evidence if one.text.strip()]
    for later in case.follow_ups:
        flags += [(one, _place(one, "later message")) for one in later.assessment.evidence if one.text.strip()]
    return render_template(
        "case.html",
        case=case,
        entry=case.entry,
        message=_shown(case),
        follow_ups=[(one, _shown(one)) for one in case.follow_ups],
        downloads=record.originals.scans,
        flags=flags,
        flag_of=flag_of,
        lookers=record.together.look(reference, g.officer),
        colleagues=record.together.colleagues(g.officer, restricted=case.entry.restricted),
        letters=record.outbox.of_case(reference),
        approaches=record.approaches.of_case(reference, g.officer),
        approached_by=APPROACHES,
        approvals=record.approvals.waiting(reference, g.officer),
        history=history,
        writing=writing,
        goes_on=goes_on,
        since=since(writing.written.seen, case, stands, history) if writing and goes_on else None,
        seen=form.get("seen") or seen_of(case, stands, history),
        enquiries=record.lines_of_enquiry.of_case(reference, g.officer),
        weighed=record.weighings.of_case(reference, g.officer),
        held=record.held.of_case(reference, g.officer) if holds(case) else (),
        themes=record.config.inspection.themes,
        neighbours=record.history.about_the_same_service(reference, case.entry.urn, g.officer),
        alert=next((one for one in record.alert_book.open_ones(g.officer) if one.reference == reference), None),
        correctable=CORRECTABLE,
        written=WRITTEN,
        stands=stands | {field: form[field] for field in stands if field in form},
        actions=ActionKind,
        form=form,
        errors=errors,
    )


def holds(case: Case) -> bool:
    """Whether something on the case is, or was, held for an inspection."""
    return any(one.kind in OUTLIVE_THE_CASE for one in case.actions)


def _shown(message: Case | FollowUp) -> dict[str, Any]:
    """The parts of a message, each cut where a flag's words begin and end."""
    flags = [one for one in message.assessment.evidence if one.text.strip()]

    def cut(text: str, part: str) -> list[Piece]:
        return pieces(text, [one for one in flags if one.part == part])

    return {
        "subject": cut(message.subject, "subject"),
        "narrative": cut(message.narrative, "text"),
        "quoted": cut(message.quoted, "quoted"),
        "attachments": [
            (attachment, cut(attachment.text or "", f"attachment:{number}"))
            for number, attachment in enumerate(message.attachments)
        ],
    }


def _place(evidence: Evidence, message: str) -> str:
    """Where a flag's words stand, as officers say it; nothing for the first message's own text."""
    part = "" if evidence.part == "text" else evidence.part.replace(":", " ")
    return ", ".join(filter(None, (message, part)))
