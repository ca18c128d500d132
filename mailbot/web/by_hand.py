"""The form for a telephone call or a letter (P25): one page for somebody who types while listening, keyboard alone.

What is asked stands in the order in which it is asked on the telephone, danger first. Where danger is ticked nothing
that is missing or contradictory holds the form up: the alert counts more than a whole answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_security import current_user
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from mailbot.cases.access import Permission
from mailbot.cases.arrivals.by_hand import TOKEN, USABLE, EnteredFile, new_token
from mailbot.cases.arrivals.told import CONFIDENTIALITY, CONTACT, QUESTIONS, RELATION
from mailbot.clock import now
from mailbot.domain import Confidentiality, Contact, Entry, EntryKind, Relation
from mailbot.errors import EnteredAlready, StorageFailed
from mailbot.web.words import LONDON

pages = Blueprint("by_hand", __name__)

MAX_FILES_BYTES = 25_000_000
"""What may be sent with one form, all its files together."""

MAX_WORDS_BYTES = 2_000_000

LONGEST = {"service_name": 120, "place": 120, "name": 120, "email": 254, "telephone": 40, "telephone_times": 200}
MOST_LINES = 512
"""Characters of a postal address."""

SCANS: tuple[tuple[bytes, int, str], ...] = (
    (b"%PDF-", 0, "application/pdf"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heic"),
)
"""How a file of each kind begins, and from which byte on; its name is not believed."""

UNKNOWN = "application/octet-stream"
NEEDED_FOR = {
    Contact.EMAIL: ("email", "Write the email address, or choose another way to reach them"),
    Contact.POST: ("postal", "Write the postal address, or choose another way to reach them"),
    Contact.TELEPHONE: ("telephone", "Write the telephone number, or choose another way to reach them"),
}


@pages.url_value_preprocessor
def allow_scans(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Lets staff send scans. It comes before the CSRF check, which reads the form within the limit of that moment."""
    if current_user.is_authenticated:
        request.max_content_length = MAX_FILES_BYTES + MAX_WORDS_BYTES
        request.max_form_memory_size = MAX_WORDS_BYTES


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """What was typed is still in the browser: the form itself could not be read."""
    text = (
        f"Together they may have {MAX_FILES_BYTES // 1_000_000} MB. Nothing was entered. Go back: what you typed is "
        "still there. Send it without them if somebody is in danger."
    )
    return render_template("problem.html", title="The files are too large", text=text, kept=""), 413


@pages.get("/new-call", defaults={"kind": EntryKind.CALL})
@pages.get("/new-letter", defaults={"kind": EntryKind.LETTER})
def show(kind: EntryKind) -> str:
    """An empty form."""
    return _page(kind, {}, new_token())


@pages.post("/new-call", defaults={"kind": EntryKind.CALL})
@pages.post("/new-letter", defaults={"kind": EntryKind.LETTER})
def enter(kind: EntryKind) -> Any:
    """Enters what was told, or shows the form again as it was typed with what is wrong with it."""
    record, form = current_app.extensions["mailbot"], request.form
    token = form.get("token", "")
    token = token if TOKEN.fullmatch(token) else new_token()
    files = _files(request.files.getlist("files"))
    entry, errors = entry_from(form, kind, files, g.officer.email, now())
    danger = entry.child_in_danger or entry.adult_in_danger
    if errors and not danger:
        return _page(kind, errors, token), 400
    try:
        receipt = record.entries.enter(g.officer, _mailbox(form), entry, files, token)
    except EnteredAlready as error:
        return _page(kind, {"said": str(error)}, new_token()), 409
    except StorageFailed as error:
        return _page(kind, {"said": f"It could not be entered: {error}. Send it again"}, token), 503
    if danger:
        flash(f"{receipt.reference}: the alert is raised. Go on with what can be done now")
    else:
        flash(f"Entered as {receipt.reference}, which may be told to them. It is judged within seconds")
    sees = not receipt.restricted or g.officer.may(Permission.READ_RESTRICTED)
    if danger and sees:
        return redirect(url_for("case.show", reference=receipt.reference))
    return redirect(url_for("queue.show"))


def entry_from(
    form: MultiDict[str, str], kind: EntryKind, files: Sequence[EnteredFile], officer: str, at: datetime
) -> tuple[Entry, dict[str, str]]:
    """The entry that a form holds, and what is wrong with it by field, in the form's order."""
    lines = {name: _one_line(form.get(name, ""))[: LONGEST[name]] for name in LONGEST}
    received_at, wrong_date = _arrived(form, at) if kind is EntryKind.LETTER else (at, "")
    entry = Entry(
        kind=kind,
        entered_by=officer,
        received_at=received_at,
        said=form.get("said", "").replace("\r\n", "\n").replace("\x00", "").strip(),
        child_in_danger="child" in form.getlist("danger"),
        adult_in_danger="adult" in form.getlist("danger"),
        anonymous=form.get("anonymous") == "yes",
        confidentiality=_chosen(form, "confidentiality", Confidentiality),
        contact=_chosen(form, "contact", Contact),
        postal=_lines(form.get("postal", ""))[:MOST_LINES],
        relation=_chosen(form, "relation", Relation),
        **lines,
    )
    return entry, _errors(entry, files, form, wrong_date)


def _errors(entry: Entry, files: Sequence[EnteredFile], form: Mapping[str, str], wrong_date: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if not entry.said and not (entry.kind is EntryKind.LETTER and files):
        scan = ", or attach the scan" if entry.kind is EntryKind.LETTER else ""
        found["said"] = f"Write what has happened{scan}"
    for name, longest in LONGEST.items():
        if len(_one_line(form.get(name, ""))) > longest:
            found[name] = f"Write at most {longest} characters"
    if entry.anonymous and entry.name:
        found["name"] = "Write their name, or tick that they do not give it: not both"
    if entry.contact in NEEDED_FOR:
        name, needed = NEEDED_FOR[entry.contact]
        if not getattr(entry, name):
            found[name] = needed
    if entry.contact is Contact.EMAIL and entry.email and not USABLE.fullmatch(entry.email):
        found["email"] = "Write an email address such as name@post.example"
    if entry.contact is Contact.TELEPHONE and entry.telephone and len(re.findall(r"\d", entry.telephone)) < 7:
        found["telephone"] = "Write a telephone number, such as 01632 960 001"
    if wrong_date:
        found["arrived"] = wrong_date
    strange = [one.name for one in files if one.media_type == UNKNOWN]
    if strange:
        found["files"] = f"{strange[0]} is neither a PDF nor a picture (JPEG, PNG, TIFF, HEIC)"
    elif files and found:
        found["files"] = "Attach the files again: the browser cannot keep them"
    order = ("said", "service_name", "place", "name", "email", "postal", "telephone", "telephone_times", "arrived")
    return {name: found[name] for name in (*order, "files") if name in found}


def _arrived(form: Mapping[str, str], at: datetime) -> tuple[datetime, str]:
    """When a letter came: midday of the day that was written, in London; today where none was. And what is wrong."""
    parts = [form.get(f"arrived-{part}", "").strip() for part in ("year", "month", "day")]
    today = at.astimezone(LONDON)
    if not any(parts):
        parts = [str(today.year), str(today.month), str(today.day)]
    try:
        noon = datetime(*(int(part) for part in parts), 12, tzinfo=LONDON)  # type: ignore[misc, arg-type]
    except ValueError:
        return at, "Write the day it arrived in numbers, such as 24 11 2026"
    if noon.date() > today.date():
        return at, "The day it arrived must not lie in the future"
    return min(noon.astimezone(UTC), at), ""


def _files(sent: Sequence[FileStorage]) -> list[EnteredFile]:
    """The files of a form, each with the kind that its first bytes tell."""
    found = []
    for number, one in enumerate((one for one in sent if one.filename), 1):
        content = one.stream.read()
        name = _one_line(re.split(r"[/\\]", one.filename or "")[-1])[:120] or f"scan-{number}"
        found.append(EnteredFile(name=name, media_type=kind_of(content), content=content))
    return found


def kind_of(content: bytes) -> str:
    """The media type of a scan or a picture by its first bytes; `UNKNOWN` of anything else."""
    return next((kind for start, at, kind in SCANS if content[at : at + len(start)] == start), UNKNOWN)


Value = TypeVar("Value", bound=StrEnum)


def _chosen(form: Mapping[str, str], name: str, kind: type[Value]) -> Value | None:
    asked = form.get(name, "")
    return kind(asked) if asked in tuple(kind) else None


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


def _lines(text: str) -> str:
    return "\n".join(filter(None, (_one_line(line) for line in text.splitlines())))


def _mailbox(form: Mapping[str, str]) -> str:
    names = [box.name for box in current_app.extensions["mailbot"].config.mailbox]
    asked = form.get("mailbox", "")
    return asked if asked in names else _usual_mailbox()


def _usual_mailbox() -> str:
    """Where the officer's calls mostly belong: to the first restricted mailbox for those who may read it."""
    boxes = current_app.extensions["mailbot"].config.mailbox
    wanted = g.officer.may(Permission.READ_RESTRICTED)
    name: str = next((box.name for box in boxes if box.restricted == wanted), boxes[0].name)
    return name


def _page(kind: EntryKind, errors: dict[str, str], token: str) -> str:
    return render_template(
        "by_hand.html",
        kind=kind,
        questions=QUESTIONS,
        confidentiality=CONFIDENTIALITY,
        contact=CONTACT,
        relation=RELATION,
        mailboxes=current_app.extensions["mailbot"].config.mailbox,
        mailbox=_mailbox(request.form),
        most_megabytes=MAX_FILES_BYTES // 1_000_000,
        token=token,
        form=request.form,
        errors=errors,
    )
