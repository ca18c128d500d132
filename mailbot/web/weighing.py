"""Lines of enquiry of a case, and the regulations and standards that it is weighed against."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for

from mailbot.domain import Finding
from mailbot.errors import NotAllowed

pages = Blueprint("weighing", __name__, url_prefix="/case/<reference>")


@pages.get("/enquiries")
def enquiries(reference: str) -> str:
    """The lines of enquiry of a case, with the forms to write one and to say what was found."""
    return _enquiries(reference, {})


@pages.post("/enquiries")
def write_enquiry(reference: str) -> Any:
    """Keeps a line of enquiry."""
    text = request.form.get("question", "")
    if not text.strip():
        return _enquiries(reference, {"question": "Write what an inspection should find out"}), 400
    try:
        current_app.extensions["mailbot"].lines_of_enquiry.write(reference, g.officer, text)
    except NotAllowed as error:
        return _enquiries(reference, {"question": str(error)}), 400
    flash(f"Line of enquiry of {reference} kept")
    return redirect(url_for("weighing.enquiries", reference=reference))


@pages.post("/enquiries/<int:number>")
def answer_enquiry(reference: str, number: int) -> Any:
    """Keeps what was found."""
    listed = current_app.extensions["mailbot"].lines_of_enquiry.of_case(reference, g.officer)
    if number not in {one.id for one in listed}:
        raise NotAllowed("There is no such line of enquiry on this case")
    field, text = f"found-{number}", request.form.get(f"found-{number}", "")
    if not text.strip():
        return _enquiries(reference, {field: "Write what was found"}), 400
    try:
        current_app.extensions["mailbot"].lines_of_enquiry.answer(reference, number, g.officer, text)
    except NotAllowed as error:
        return _enquiries(reference, {field: str(error)}), 400
    flash("What was found is kept")
    return redirect(url_for("weighing.enquiries", reference=reference))


@pages.get("/standards")
def standards(reference: str) -> str:
    """What the case was weighed against, with the form to weigh it against one more."""
    return _standards(reference, {})


@pages.post("/standards")
def weigh(reference: str) -> Any:
    """Keeps a finding on a regulation or standard."""
    form, errors = request.form, {}
    finding = form.get("finding", "")
    if not form.get("standard"):
        errors["standard"] = "Choose a regulation or standard"
    if finding not in tuple(Finding):
        errors["finding"] = "Choose what you found"
    if not form.get("words", "").strip():
        errors["words"] = "Say why"
    if errors:
        return _standards(reference, errors), 400
    try:
        current_app.extensions["mailbot"].weighings.weigh(
            reference, g.officer, form["standard"], Finding(finding), form["words"]
        )
    except NotAllowed as error:
        return _standards(reference, {"standard": str(error)}), 400
    flash(f"Finding on {reference} kept")
    return redirect(url_for("weighing.standards", reference=reference))


def _enquiries(reference: str, errors: dict[str, str]) -> str:
    record = current_app.extensions["mailbot"]
    case = record.store.open_case(reference, g.officer)
    listed = record.lines_of_enquiry.of_case(reference, g.officer)
    return render_template("enquiries.html", case=case, enquiries=listed, errors=errors, form=request.form)


def _standards(reference: str, errors: dict[str, str]) -> str:
    record = current_app.extensions["mailbot"]
    case = record.store.open_case(reference, g.officer)
    return render_template(
        "standards.html",
        case=case,
        standards=record.weighings.book.of(case.entry.service_type),
        weighed=record.weighings.of_case(reference, g.officer),
        findings=Finding,
        errors=errors,
        form=request.form,
    )
