"""Letters for officers to see to: those that have not gone, and those on paper to be posted or that came back."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, send_file, url_for

from mailbot.correspondence.compose import LONDON
from mailbot.correspondence.paper import on_paper
from mailbot.errors import MailbotError

pages = Blueprint("post", __name__, url_prefix="/post")


@pages.get("")
def show() -> str:
    """The letters that should be gone, those that wait for the post, and those posted lately."""
    return render_template("post.html", stuck=_outbox().stuck(g.officer), letters=_outbox().by_post(g.officer))


@pages.get("/<int:number>.pdf")
def paper(number: int) -> Response | tuple[str, int]:
    """A letter as it is printed; it shows where the sender lives, so seeing it is audited."""
    queued = _outbox().to_post(number, g.officer)
    try:
        content = on_paper(queued.letter, datetime.now(UTC).astimezone(LONDON).date(), queued.case_reference)
    except MailbotError as error:
        title = "This letter cannot be printed"
        return render_template("problem.html", title=title, text=str(error), kept=queued.letter.body), 409
    return send_file(BytesIO(content), "application/pdf", download_name=f"{queued.case_reference}-{number}.pdf")


@pages.post("/<int:number>/posted")
def posted(number: int) -> Any:
    """Notes that the letter has been posted."""
    flash(f"Letter of {_outbox().mark_posted(number, g.officer)} marked as posted")
    return redirect(url_for("post.show"))


@pages.post("/<int:number>/returned")
def returned(number: int) -> Any:
    """Notes that a posted letter came back: a task on its case."""
    flash(f"Letter of {_outbox().mark_returned(number, g.officer)} marked as returned. A task stands on its case")
    return redirect(url_for("post.show"))


def _outbox() -> Any:
    return current_app.extensions["mailbot"].outbox
